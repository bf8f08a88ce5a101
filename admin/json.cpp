#include "admin/json.h"

#include <Poco/JSON/Stringifier.h>

#include <sstream>

namespace rtbatch {

std::string jsonText(const Poco::JSON::Object& object) {
    constexpr unsigned kIndent = 2;
    std::ostringstream out;
    Poco::JSON::Stringifier::stringify(object, out, kIndent, -1,
                                       Poco::JSON_WRAP_STRINGS | Poco::JSON_ESCAPE_UNICODE);
    return out.str() + "\n";
}

}  // namespace rtbatch
