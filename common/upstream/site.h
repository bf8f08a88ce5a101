#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rtbatch {

/// Where an upstream is, read from its configured URL.
struct Site {
    bool tls = true;
    std::string host;  ///< a name or an address; IPv6 without its brackets
    std::uint16_t port = 443;
    std::string basePath;  ///< of the URL, without a slash at its end; empty for the root

    /// Accepts http and https URLs without user, query and fragment. Throws std::invalid_argument, which says
    /// what is wrong.
    static Site parse(const std::string& url);

    /// The value of the field Host: the port only where it is not the scheme's own (RFC 9110, 7.2).
    std::string hostField() const;

    /// The path and query that a redirect leads to, from `path` by way of the field `location`; nothing when
    /// it leaves the site (another scheme, host or port) or is no URL.
    std::optional<std::string> follow(const std::string& path, const std::string& location) const;
};

/// Whether `path` may stand in a request line: begins with a slash, and has visible ASCII characters only.
bool isRequestPath(const std::string& path);

}  // namespace rtbatch
