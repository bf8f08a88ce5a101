#include "common/page/page_address.h"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <algorithm>
#include <optional>

#include "common/page/text.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxPart = 200;
constexpr const char* kSite = "https://www.rottentomatoes.com/";

/// What a slug is made of; see RtId, which has the same rule for what we ask for.
bool isSlug(std::string_view part) {
    return !part.empty() && part.size() <= kMaxPart && std::all_of(part.begin(), part.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

/// `s01` and `s01/e02`, and nothing after.
bool isSeasonOrEpisode(std::string_view rest) {
    const std::size_t slash = rest.find('/');
    const std::string_view season = rest.substr(0, slash);
    const bool seasonGood = season.starts_with('s') && parseDigits(season.substr(1));
    if (slash == std::string_view::npos) {
        return seasonGood;
    }
    const std::string_view episode = rest.substr(slash + 1);
    return seasonGood && episode.starts_with('e') && parseDigits(episode.substr(1));
}

/// The path within the site, without a slash at either end; nothing for another host, or for what is no URL.
std::optional<std::string> sitePath(const std::string& url) {
    try {
        Poco::URI resolved(kSite);
        resolved.resolve(url.starts_with("//") ? "https:" + url : url);  // Poco takes it for a path
        const std::string host = Poco::toLower(resolved.getHost());
        const std::string scheme = resolved.getScheme();
        if ((scheme != "https" && scheme != "http") ||
            (host != "rottentomatoes.com" && host != "www.rottentomatoes.com")) {
            return std::nullopt;
        }
        std::string path = resolved.getPath();
        path.erase(0, path.find_first_not_of('/'));
        path.erase(path.find_last_not_of('/') + 1);
        return path;
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

}  // namespace

bool isFilmPath(std::string_view path) {
    if (path.starts_with("m/")) {
        return isSlug(path.substr(2));
    }
    if (!path.starts_with("tv/")) {
        return false;
    }
    path.remove_prefix(3);
    const std::size_t slash = path.find('/');
    return isSlug(path.substr(0, slash)) &&
           (slash == std::string_view::npos || isSeasonOrEpisode(path.substr(slash + 1)));
}

Claim<std::string> pageClaim(std::string_view url) {
    const std::string said = foldWhiteSpace(url);
    if (said.empty()) {
        return {};
    }
    auto path = sitePath(said);
    return path && isFilmPath(*path) ? Claim<std::string>::of(*std::move(path), said)
                                     : Claim<std::string>::bad(said);
}

Claim<std::string> samePage(const Claim<std::string>& first, const Claim<std::string>& second) {
    if (second.silent() || first.kind == Claim<std::string>::Kind::unusable) {
        return first;
    }
    if (first.silent() || second.kind == Claim<std::string>::Kind::unusable) {
        return second;
    }
    return Poco::icompare(first.value, second.value) == 0
               ? first
               : Claim<std::string>::bad(first.said + " and " + second.said);
}

}  // namespace rtbatch
