#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include "common/page/read_links.h"
#include "common/page/reading_json.h"

namespace rtbatch {

namespace {

Links linksOf(const Poco::JSON::Array& array) {
    std::vector<RtId> links;
    if (array.size() > kMaxLinks) {
        return Unreadable{"the page reader's answer has too many links"};
    }
    for (const auto& element : array) {
        const auto id =
            element.isString() ? RtId::parse(element.extract<std::string>()) : std::optional<RtId>();
        if (!id) {
            return Unreadable{"the page reader's answer has something that is no film's id"};
        }
        links.push_back(*id);
    }
    return links;
}

}  // namespace

std::string renderLinks(const Links& links) {
    if (const auto* unreadable = std::get_if<Unreadable>(&links)) {
        return renderReading(*unreadable, {});
    }
    std::string line = "[";
    for (const RtId& id : std::get<std::vector<RtId>>(links)) {
        // Only harmless characters: nothing to escape.
        line.append(line.size() > 1 ? ",\"" : "\"").append(id.text()).append("\"");
    }
    return line + "]\n";
}

Links parseLinks(std::string_view line) {
    try {
        Poco::JSON::Parser parser;
        const Poco::Dynamic::Var json = parser.parse(std::string(line));
        if (json.type() == typeid(Poco::JSON::Array::Ptr)) {
            return linksOf(*json.extract<Poco::JSON::Array::Ptr>());
        }
    } catch (const Poco::Exception&) {
        return Unreadable{"the page reader's answer is not JSON"};
    }
    const Reading reading = parseReading(line);
    const auto* unreadable = std::get_if<Unreadable>(&reading);
    return unreadable != nullptr ? *unreadable : Unreadable{"the page reader gave facts instead of links"};
}

}  // namespace rtbatch
