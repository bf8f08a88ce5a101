#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtbatch::standin {

/// A reply that is all right as HTTP, whatever it says.
struct Reply {
    int status = 200;
    std::string contentType = "text/html; charset=utf-8";
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};

    /// The head up to the empty line, with `framing` (Content-Length or Transfer-Encoding) as given.
    std::string head(const std::string& framing, bool keepAlive) const;
};

/// Deflates the body, as both sites do for a client that accepts gzip.
void compress(Reply& reply);

/// `text` as one gzip stream.
std::string gzip(std::string_view text, int level);

/// A gzip stream of 65 kB that inflates to 64 MB.
const std::string& gzipBomb();

/// A small page that says what went wrong, as the sites' servers have them.
Reply errorReply(int status, const std::string& detail);

}  // namespace rtbatch::standin
