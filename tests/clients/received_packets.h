#pragma once

#include <cstdint>

namespace rtbatch {

/// How many packets with data the kernel has received on this TCP socket: what the network did, however late
/// and in whatever pieces the program read it.
std::uint32_t receivedPackets(int descriptor);

}  // namespace rtbatch
