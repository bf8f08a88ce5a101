#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rtbatch {

/// How the end of a body is known (RFC 9112, 6.3).
enum class Framing { none, length, chunked, untilClose };

/// The status line and the fields of a reply.
struct ReplyHead {
    int status = 0;
    Framing framing = Framing::none;
    std::uint64_t length = 0;  ///< of the body as sent, for Framing::length
    bool keepAlive = false;    ///< the peer lets the connection be used again
    bool gzip = false;         ///< the body is gzip; other codings are a fault, for they were not asked for
    std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case, values trimmed

    /// The first value of a field (`name` in lower case); empty when it is absent.
    const std::string& field(const std::string& name) const;
};

/// Reads the lines of a head, status line first, line ends cut off. Throws RequestFault for anything that is
/// not HTTP/1.x or leaves open where the body ends.
ReplyHead parseHead(std::span<const std::string> lines);

}  // namespace rtbatch
