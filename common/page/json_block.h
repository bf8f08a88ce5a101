#pragma once

#include <Poco/JSON/Object.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch {

/// The JSON of a script block: one object, or for an array of objects each of them; nothing when it is not
/// JSON, nests deeper than 64 levels, or is neither. Never throws for a bad block.
std::optional<std::vector<Poco::JSON::Object::Ptr>> parseJsonObjects(std::string_view text);

/// What a member of a JSON object is, as far as a fact can be made of it.
struct JsonMember {
    enum class Kind { absent, null, text, number, boolean, other };

    Kind kind = Kind::absent;
    std::string text{};    ///< of a text: valid UTF-8
    long long number = 0;  ///< of a whole number that fits; other numbers are `other`
    bool boolean = false;
};

JsonMember jsonMember(const Poco::JSON::Object& object, const std::string& name);

/// A member that is text and not only white space, folded to one line; or nothing.
std::optional<std::string> jsonLine(const Poco::JSON::Object& object, const std::string& name);

/// A member that is an object, or null.
Poco::JSON::Object::Ptr jsonObject(const Poco::JSON::Object& object, const std::string& name);

}  // namespace rtbatch
