#include "handler/key_endpoints.h"

#include <Poco/Logger.h>

#include <charconv>
#include <optional>
#include <string>

#include "common/keys/api_key.h"
#include "common/keys/key_json.h"
#include "common/keys/key_name.h"
#include "common/log/log.h"
#include "common/store/key_table.h"
#include "handler/json_body.h"

namespace rtbatch {

namespace {

using Poco::Dynamic::Var;

const std::string kExample = R"({"name":"cinematch","rateLimit":1000,"isAdmin":false})";

Problem badRequest(const std::string& what) {
    return {422, "invalid_key_request", what + " Send " + kExample + "."};
}

std::string readName(const Var& value) {
    if (!value.isString() || !isKeyName(value.extract<std::string>())) {
        throw badRequest("\"name\" is not a string of " + std::string(kKeyNameRule) + ".");
    }
    return value.extract<std::string>();
}

/// A bool is an integer to Poco.
std::optional<std::int64_t> readLimit(const Var& value) {
    if (value.isEmpty()) {
        return std::nullopt;
    }
    if (value.isBoolean() || !value.isInteger() || value.convert<std::int64_t>() < kLeastHourly ||
        value.convert<std::int64_t>() > kMostHourly) {
        throw badRequest("\"rateLimit\" is not a whole number from " + std::to_string(kLeastHourly) + " to " +
                         std::to_string(kMostHourly) + ", or null for no limit.");
    }
    return value.convert<std::int64_t>();
}

NewKey readRequest(const Poco::JSON::Object& body) {
    NewKey key;
    bool named = false;
    for (const auto& [member, value] : body) {
        if (member == "name") {
            key.name = readName(value);
            named = true;
        } else if (member == "rateLimit") {
            key.hourlyLimit = readLimit(value);
        } else if (member == "isAdmin") {
            if (!value.isBoolean()) {
                throw badRequest("\"isAdmin\" is neither true nor false.");
            }
            key.admin = value.extract<bool>();
        } else {
            throw badRequest("A key has no \"" + member + "\".");
        }
    }
    if (!named) {
        throw badRequest("The body has no \"name\".");
    }
    return key;
}

std::optional<std::int64_t> readId(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

void logChange(const Call& call, const std::string& what, std::int64_t id) {
    logEvent(Poco::Logger::get("rtbatch.keys"), Poco::Message::PRIO_INFORMATION, what,
             {{"id", id}, {"by", call.keyName()}, {"request", call.requestId()}});
}

}  // namespace

void KeyEndpoints::list(Call& call) {
    call.answer(jsonResponse(200, keysJson(KeyTable(_store).list())));
}

void KeyEndpoints::create(Call& call) {
    checkJson(call.exchange().param("CONTENT_TYPE"));
    const NewKey wanted = readRequest(*parseBody(call.exchange().body(), kExample));
    const ApiKey key = ApiKey::generate();
    const KeyRow row = KeyTable(_store).create(wanted, key.digest(), _store.time());
    _ring.reload();
    logChange(call, "a key was made", row.id);
    Response response = jsonResponse(201, keyJson(row, key.text()) + "\n");
    response.headers.emplace_back("Location", "/api/v1/admin/keys/" + std::to_string(row.id));
    call.answer(response);
}

void KeyEndpoints::revoke(Call& call, std::string_view id) {
    const auto number = readId(id);
    if (!number || !KeyTable(_store).revoke(*number, _store.time())) {
        throw Problem(404, "no_such_key", "There is no key of this id. GET /api/v1/admin/keys lists them.");
    }
    _ring.reload();
    logChange(call, "a key was revoked", *number);
    call.answer({204, {{"Cache-Control", "no-store"}}, ""});
}

}  // namespace rtbatch
