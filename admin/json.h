#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <optional>
#include <string>

#include "common/model/timestamp.h"

namespace rtbatch {

/// An object whose keys stay in the order in which they are set.
inline Poco::JSON::Object jsonObject() {
    return Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
}

/// RFC 3339, or null.
inline Poco::Dynamic::Var jsonTime(const std::optional<Timestamp>& time) {
    return time ? Poco::Dynamic::Var(toRfc3339(*time)) : Poco::Dynamic::Var();
}

/// The value, or null.
template <typename T>
Poco::Dynamic::Var jsonValue(const std::optional<T>& value) {
    return value ? Poco::Dynamic::Var(*value) : Poco::Dynamic::Var();
}

/// Indented, ASCII only, with a line's end.
std::string jsonText(const Poco::JSON::Object& object);

}  // namespace rtbatch
