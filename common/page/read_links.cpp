#include "common/page/read_links.h"

#include <algorithm>
#include <array>
#include <set>

#include "common/page/document.h"
#include "common/page/read_page.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

/// The site's own element for a link is one, too.
constexpr std::array<std::string_view, 2> kLinks{"a", "rt-link"};
constexpr std::array<std::string_view, 5> kAround{"header", "rt-header", "nav", "aside", "footer"};

/// The places of the links inside `within`, in document order.
std::set<std::size_t> linksIn(const Document& page, std::optional<Document::Element> within) {
    std::set<std::size_t> links;
    for (const auto name : kLinks) {
        for (const auto element : page.named(name, within)) {
            links.insert(element.index);
        }
    }
    return links;
}

std::set<std::size_t> linksOfTheList(const Document& page) {
    std::set<std::size_t> links;
    const auto mains = page.named("main");
    for (const auto main : mains) {
        links.merge(linksIn(page, main));
    }
    if (mains.empty()) {
        links = linksIn(page, std::nullopt);
    }
    for (const auto name : kAround) {
        for (const auto element : page.named(name)) {
            for (const std::size_t index : linksIn(page, element)) {
                links.erase(index);
            }
        }
    }
    return links;
}

}  // namespace

std::optional<RtId> rtIdOfLink(std::string_view href) {
    href = href.substr(0, href.find_first_of("?#"));
    const auto drop = [&href](std::string_view start) {
        const bool there = href.starts_with(start);
        href.remove_prefix(there ? start.size() : 0);
        return there;
    };
    const bool scheme = drop("https:") || drop("http:");
    if (drop("//")) {
        drop("www.");
        if (!drop("rottentomatoes.com")) {
            return std::nullopt;
        }
    } else if (scheme) {
        return std::nullopt;
    }
    if (!drop("/")) {
        return std::nullopt;
    }
    if (href.ends_with('/')) {
        href.remove_suffix(1);
    }
    return RtId::parse(href);
}

Links readLinks(std::string_view html) {
    if (html.size() > kMaxPageBytes) {
        return Unreadable{"longer than any page of the site"};
    }
    if (!endsAsPage(html)) {
        return Unreadable{"cut off: the page does not end"};
    }
    const Document page(toValidUtf8(html));
    std::vector<RtId> found;
    std::set<RtId> known;
    for (const std::size_t index : linksOfTheList(page)) {
        const auto id = rtIdOfLink(page.attribute({index}, "href").value_or(""));
        if (id && known.insert(*id).second) {
            found.push_back(*id);
        }
        if (found.size() == kMaxLinks) {
            break;
        }
    }
    return found;
}

}  // namespace rtbatch
