#include "refresher/list_address.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include "common/upstream/site.h"

namespace rtbatch {

std::optional<ListAddress> ListAddress::parse(const std::string& url) {
    try {
        const Poco::URI uri(url);
        const std::string path = uri.getPathAndQuery();
        const bool editorial = uri.getHost() == "editorial.rottentomatoes.com";
        const bool browse = uri.getHost() == "www.rottentomatoes.com" && path.starts_with("/browse/");
        if (uri.getScheme() != "https" || uri.getPort() != 443 || !uri.getUserInfo().empty() ||
            !isRequestPath(path) || !(editorial || browse)) {
            return std::nullopt;
        }
        return ListAddress{editorial, path};
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

}  // namespace rtbatch
