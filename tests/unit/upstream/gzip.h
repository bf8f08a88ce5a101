#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rtbatch::test {

/// `text` as one gzip member.
std::string gzip(std::string_view text);

/// A gzip member of less than a hundredth of `inflatedBytes`, all zeros.
std::string gzipBomb(std::size_t inflatedBytes);

}  // namespace rtbatch::test
