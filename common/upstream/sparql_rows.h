#pragma once

#include <Poco/JSON/Array.h>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "common/upstream/request_fault.h"

namespace rtbatch {

/// A reply that came whole as HTTP and says nothing that can be believed.
RequestFault unreadableReply(const std::string& why);

/// The rows of a SPARQL result in JSON (application/sparql-results+json). The service says 200 before it
/// knows whether it will finish, so a reply is believed only when it is whole. Everything throws RequestFault
/// (broken).
class SparqlRows {
public:
    /// `variables` are those that the query selects.
    SparqlRows(std::string_view json, std::initializer_list<std::string_view> variables);

    std::size_t size() const { return _bindings->size(); }

    /// What a row binds a variable to.
    std::string value(std::size_t row, const std::string& variable) const;

    /// The same, or nothing when the row does not bind it.
    std::optional<std::string> optionalValue(std::size_t row, const std::string& variable) const;

    /// Whether what a row binds a variable to is a text, not an item or a value that is not known.
    bool isText(std::size_t row, const std::string& variable) const;

private:
    Poco::JSON::Array::Ptr _bindings;
};

}  // namespace rtbatch
