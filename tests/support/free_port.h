#pragma once

#include <cstdint>

namespace rtbatch::test {

/// A port of loopback that nothing listened on a moment ago, outside the range that the kernel gives to
/// clients. Throws std::runtime_error when it finds none.
std::uint16_t freePort();

}  // namespace rtbatch::test
