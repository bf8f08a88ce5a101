#include "handler/json_body.h"

#include <Poco/JSON/Parser.h>
#include <Poco/Net/MediaType.h>

#include "handler/response.h"

namespace rtbatch {

Poco::JSON::Object::Ptr parseBody(std::string_view body, const std::string& example) {
    if (body.size() > kMaxBody) {
        throw Problem(413, "body_too_large",
                      "The body is longer than " + std::to_string(kMaxBody) + " bytes. Send less at a time.");
    }
    Poco::Dynamic::Var root;
    try {
        Poco::JSON::Parser parser;
        root = parser.parse(std::string(body));
    } catch (const Poco::Exception&) {
        // Integers over 64 bits throw a SyntaxException, not a JSONException. Bare values are refused too.
        throw Problem(400, "invalid_json", "The body is not JSON. Send " + example + ".");
    }
    if (root.type() != typeid(Poco::JSON::Object::Ptr)) {
        throw Problem(422, "invalid_body", "The body is not a JSON object. Send " + example + ".");
    }
    return root.extract<Poco::JSON::Object::Ptr>();
}

void checkJson(std::string_view contentType) {
    if (!Poco::Net::MediaType(std::string(contentType)).matches("application", "json")) {
        throw Problem(415, "unsupported_media_type", "Send the body as Content-Type: application/json.");
    }
}

}  // namespace rtbatch
