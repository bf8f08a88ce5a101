#include "common/upstream/sparql_rows.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>

namespace rtbatch {

namespace {

Poco::JSON::Object::Ptr parse(std::string_view json) {
    try {
        Poco::JSON::Parser parser;
        return parser.parse(std::string(json)).extract<Poco::JSON::Object::Ptr>();
    } catch (const std::exception&) {
        // Also what Poco throws for numbers beyond 64 bits, which is no JSONException.
        throw unreadableReply("it is not a JSON object, or cut short");
    }
}

bool names(const Poco::JSON::Array& variables, std::string_view name) {
    return std::any_of(variables.begin(), variables.end(), [&](const auto& one) {
        return one.isString() && one.template extract<std::string>() == name;
    });
}

std::string listOf(std::initializer_list<std::string_view> variables) {
    std::string list;
    for (const auto name : variables) {
        list.append(list.empty() ? "?" : " and ?").append(name);
    }
    return list;
}

}  // namespace

RequestFault unreadableReply(const std::string& why) {
    return {UpstreamFailure::Kind::broken, "sent a reply that cannot be read: " + why};
}

SparqlRows::SparqlRows(std::string_view json, std::initializer_list<std::string_view> variables) {
    const auto root = parse(json);
    const auto head = root->getObject("head");
    const auto named = head ? head->getArray("vars") : nullptr;
    const auto results = root->getObject("results");
    _bindings = results ? results->getArray("bindings") : nullptr;
    if (!named || !_bindings ||
        !std::ranges::all_of(variables, [&](auto name) { return names(*named, name); })) {
        throw unreadableReply("it is not a SPARQL result of " + listOf(variables));
    }
}

std::optional<std::string> SparqlRows::optionalValue(std::size_t row, const std::string& variable) const {
    const auto cells = _bindings->getObject(static_cast<unsigned>(row));
    if (!cells) {
        throw unreadableReply("a row that is not an object");
    }
    if (!cells->has(variable)) {
        return std::nullopt;
    }
    const auto cell = cells->getObject(variable);
    const auto value = cell ? cell->get("value") : Poco::Dynamic::Var();
    if (!value.isString()) {
        throw unreadableReply("a row without a value of ?" + variable);
    }
    return value.extract<std::string>();
}

bool SparqlRows::isText(std::size_t row, const std::string& variable) const {
    const auto cells = _bindings->getObject(static_cast<unsigned>(row));
    const auto cell = cells ? cells->getObject(variable) : nullptr;
    // Some services say "typed-literal" (SPARQL 1.0's JSON).
    return cell && cell->optValue<std::string>("type", "").ends_with("literal");
}

std::string SparqlRows::value(std::size_t row, const std::string& variable) const {
    auto value = optionalValue(row, variable);
    if (!value) {
        throw unreadableReply("a row without ?" + variable);
    }
    return *std::move(value);
}

}  // namespace rtbatch
