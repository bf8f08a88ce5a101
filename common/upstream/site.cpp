#include "common/upstream/site.h"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <algorithm>
#include <stdexcept>

namespace rtbatch {

namespace {

constexpr std::size_t kMaxLocation = 4096;

/// A backslash is a slash to some readers of URLs and a letter to others, which is how filters are fooled.
bool isVisibleAscii(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != '\\'; });
}

std::string unbracketed(std::string host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return host.substr(1, host.size() - 2);
    }
    return host;
}

bool isTls(const Poco::URI& uri) {
    return uri.getScheme() == "https";
}

}  // namespace

Site Site::parse(const std::string& url) {
    try {
        const Poco::URI uri(url);
        if (!isVisibleAscii(url) || (uri.getScheme() != "http" && uri.getScheme() != "https") ||
            uri.getHost().empty() || uri.getPort() == 0) {
            throw std::invalid_argument("\"" + url + "\" is not a URL like https://host/path");
        }
        if (!uri.getUserInfo().empty() || !uri.getRawQuery().empty() || !uri.getFragment().empty()) {
            throw std::invalid_argument("the URL of an upstream has no user, query or fragment");
        }
        Site site{isTls(uri), unbracketed(uri.getHost()), uri.getPort(), uri.getPathAndQuery()};
        while (site.basePath.ends_with('/')) {
            site.basePath.pop_back();
        }
        return site;
    } catch (const Poco::Exception&) {
        throw std::invalid_argument("\"" + url + "\" is not a URL like https://host/path");
    }
}

std::string Site::hostField() const {
    const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

std::optional<std::string> Site::follow(const std::string& path, const std::string& location) const {
    if (location.empty() || location.size() > kMaxLocation || !isVisibleAscii(location)) {
        return std::nullopt;
    }
    try {
        const std::string scheme = tls ? "https:" : "http:";
        const Poco::URI here(scheme + "//" + hostField() + path);
        // Poco takes "//host/path" for a path.
        const Poco::URI there =
            location.starts_with("//") ? Poco::URI(scheme + location) : Poco::URI(here, location);
        if (there.getScheme() != here.getScheme() || there.getPort() != here.getPort() ||
            Poco::icompare(there.getHost(), here.getHost()) != 0 || !there.getUserInfo().empty()) {
            return std::nullopt;
        }
        std::string next = there.getPathAndQuery();
        if (!next.starts_with('/')) {
            next.insert(0, "/");
        }
        return isRequestPath(next) ? std::optional(next) : std::nullopt;
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

bool isRequestPath(const std::string& path) {
    return path.starts_with('/') && isVisibleAscii(path);
}

}  // namespace rtbatch
