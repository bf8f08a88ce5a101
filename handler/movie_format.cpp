#include <Poco/StringTokenizer.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "handler/format.h"

namespace rtbatch {

namespace {

/// A caller whose request fails may go on with what it has for so long (RFC 5861).
constexpr auto kStaleIfError = "86400";

long wholeSeconds(std::chrono::milliseconds span) {
    return static_cast<long>(
        std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(span).count()));
}

/// Weak: `status` may differ between two answers that are the same facts.
std::string entityTag(const MovieOutcome& movie) {
    std::array<char, 32> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "W/\"%lx%s\"",
                                    static_cast<unsigned long>(toMillis(movie.cachedAt)),
                                    movie.status == MovieStatus::stale ? "-stale" : ""));
    return text.data();
}

std::string_view withoutWeakness(std::string_view tag) {
    return tag.starts_with("W/") ? tag.substr(2) : tag;
}

/// Whether If-None-Match names this tag, by the weak comparison (RFC 9110, 13.1.2). A list; our tags hold no
/// comma.
bool names(const std::string& ifNoneMatch, std::string_view tag) {
    const Poco::StringTokenizer list(ifNoneMatch, ",", Poco::StringTokenizer::TOK_TRIM);
    return std::any_of(list.begin(), list.end(), [tag](const std::string& listed) {
        return listed == "*" || withoutWeakness(listed) == withoutWeakness(tag);
    });
}

class MovieFormat : public Format {
public:
    explicit MovieFormat(std::string_view ifNoneMatch) : _ifNoneMatch(ifNoneMatch) {}

    /// Nothing: what the status is, its outcome says.
    std::string begin(Call& call) override {
        _call = &call;
        return {};
    }

    std::string movie(const MovieOutcome& movie) override {
        const std::string tag = entityTag(movie);
        const long lifetime =
            movie.status == MovieStatus::stale ? 0 : wholeSeconds(movie.expiresAt - movie.cachedAt);
        // private: who has no key must not get it from a cache on the way.
        Headers headers{{"Content-Type", "application/json"},
                        {"Cache-Control", "private, max-age=" + std::to_string(lifetime) +
                                              ", stale-if-error=" + kStaleIfError},
                        {"Age", std::to_string(wholeSeconds(movie.time - movie.cachedAt))},
                        {"ETag", tag}};
        if (names(_ifNoneMatch, tag)) {
            headers.erase(headers.begin());
            return _call->head(304, headers);
        }
        std::string body = "{";
        appendMembers(body, movie);
        body += "}\n";
        return _call->head(200, headers, body.size()) + body;
    }

    std::string error(const ErrorOutcome& error) override {
        Headers headers;
        if (error.retryAfterS) {
            headers.emplace_back("Retry-After", std::to_string(*error.retryAfterS));
        }
        const Response response =
            Problem(statusOf(error.error), std::string(error.error), std::string(error.message), headers)
                .response();
        return _call->head(response.status, response.headers, response.body.size()) + response.body;
    }

    std::string done(const Counts& /*counts*/) override { return {}; }
    std::string_view heartbeat() const override { return {}; }
    std::string_view name() const override { return "movie"; }

private:
    static int statusOf(std::string_view error) {
        return error == "not_found" ? 404 : error == "timeout" || error == "not_cached" ? 504 : 502;
    }

    const std::string _ifNoneMatch;
    Call* _call = nullptr;
};

}  // namespace

std::unique_ptr<Format> movieFormat(std::string_view ifNoneMatch) {
    return std::make_unique<MovieFormat>(ifNoneMatch);
}

}  // namespace rtbatch
