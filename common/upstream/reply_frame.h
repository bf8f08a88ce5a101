#pragma once

#include <Poco/Net/HTTPResponse.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace rtbatch {

/// How the end of a body is known (RFC 9112, 6.3), and how it is coded.
struct ReplyFrame {
    int status = 0;
    bool chunked = false;
    std::optional<std::uint64_t> length;  ///< as sent
    bool untilClose = false;
    bool gzip = false;
    bool keepAlive = false;  ///< the peer lets the connection be used again
};

/// The frame of `reply`. Poco passes over what it cannot read in a head, so this looks at the head as it
/// came, interim ones before it included, too. Throws RequestFault for what is not HTTP/1.x, has a malformed
/// field, or leaves open where the body ends.
ReplyFrame frameOf(const Poco::Net::HTTPResponse& reply, std::string_view rawHead);

}  // namespace rtbatch
