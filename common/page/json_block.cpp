#include "common/page/json_block.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include "common/page/text.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxDepth = 64;

}  // namespace

std::optional<std::vector<Poco::JSON::Object::Ptr>> parseJsonObjects(std::string_view text) {
    std::vector<Poco::JSON::Object::Ptr> objects;
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(kMaxDepth);
        const Poco::Dynamic::Var json = parser.parse(std::string(text));
        if (json.type() == typeid(Poco::JSON::Object::Ptr)) {
            objects.push_back(json.extract<Poco::JSON::Object::Ptr>());
        } else if (json.type() == typeid(Poco::JSON::Array::Ptr)) {
            const auto& array = json.extract<Poco::JSON::Array::Ptr>();
            for (std::size_t i = 0; i < array->size(); ++i) {
                if (const auto object = array->getObject(static_cast<unsigned>(i))) {
                    objects.push_back(object);
                }
            }
        }
    } catch (const Poco::Exception&) {
        // JSONException, and SyntaxException for numbers that do not fit, which is no JSONException.
        return std::nullopt;
    }
    return objects.empty() ? std::nullopt : std::optional(objects);
}

JsonMember jsonMember(const Poco::JSON::Object& object, const std::string& name) {
    JsonMember member;
    if (!object.has(name)) {
        return member;
    }
    const Poco::Dynamic::Var value = object.get(name);
    member.kind = JsonMember::Kind::other;
    if (value.isEmpty()) {
        member.kind = JsonMember::Kind::null;
    } else if (value.isBoolean()) {
        member.kind = JsonMember::Kind::boolean;
        member.boolean = value.extract<bool>();
    } else if (value.isString()) {
        member.kind = JsonMember::Kind::text;
        member.text = toValidUtf8(value.extract<std::string>());
    } else if (value.isInteger()) {
        try {
            member.number = value.convert<long long>();
            member.kind = JsonMember::Kind::number;
        } catch (const Poco::Exception&) {
            return member;  // beyond 64 bits, signed
        }
    }
    return member;
}

std::optional<std::string> jsonLine(const Poco::JSON::Object& object, const std::string& name) {
    const JsonMember member = jsonMember(object, name);
    std::string line = foldWhiteSpace(member.text);
    return line.empty() ? std::nullopt : std::optional(std::move(line));
}

Poco::JSON::Object::Ptr jsonObject(const Poco::JSON::Object& object, const std::string& name) {
    return object.has(name) && object.isObject(name) ? object.getObject(name) : nullptr;
}

}  // namespace rtbatch
