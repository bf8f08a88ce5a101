#include "handler/cache_control.h"

#include <Poco/Net/MessageHeader.h>
#include <Poco/String.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace rtbatch {

namespace {

/// `max-stale` without a value, or with one over this: however old (RFC 9111, 1.2.2 has 2^31 seconds for
/// that).
constexpr std::chrono::seconds kAnyAge{std::int64_t{1} << 31};

/// Digits, as a token or quoted.
std::optional<std::chrono::seconds> parseSeconds(std::string_view text) {
    if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
        text = text.substr(1, text.size() - 2);
    }
    if (text.empty()) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        seconds = std::min<std::int64_t>(seconds * 10 + (c - '0'), kAnyAge.count());
    }
    return std::chrono::seconds(seconds);
}

}  // namespace

CacheControl parseCacheControl(std::string_view header) {
    CacheControl control;
    if (header.empty()) {
        return control;
    }
    std::vector<std::string> directives;
    Poco::Net::MessageHeader::splitElements(std::string(header), directives);
    for (const std::string& directive : directives) {
        const auto end = directive.find('=');
        const std::string name = Poco::toLower(directive.substr(0, end));
        if (name == "only-if-cached" && end == std::string::npos) {
            control.onlyIfCached = true;
        } else if (name == "max-stale" && !control.maxStale) {
            control.maxStale = end == std::string::npos
                                   ? kAnyAge
                                   : parseSeconds(std::string_view(directive).substr(end + 1));
        }
    }
    return control;
}

}  // namespace rtbatch
