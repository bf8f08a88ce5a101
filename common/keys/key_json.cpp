#include "common/keys/key_json.h"

#include "common/model/json_text.h"

namespace rtbatch {

namespace {

const char* truth(bool value) {
    return value ? "true" : "false";
}

}  // namespace

std::string keyJson(const KeyRow& row, const std::optional<std::string>& key) {
    std::string json = "{\"id\":" + std::to_string(row.id);
    if (key) {
        json += ",\"key\":";
        appendJsonString(json, *key);
    }
    json += ",\"name\":";
    appendJsonString(json, row.name);
    json += std::string(",\"isAdmin\":") + truth(row.admin);
    json += ",\"rateLimit\":" + (row.hourlyLimit ? std::to_string(*row.hourlyLimit) : "null");
    json += ",\"requestsCount\":" + std::to_string(row.requests);
    json += std::string(",\"isActive\":") + truth(row.active());
    json += ",\"createdAt\":";
    appendJsonString(json, toRfc3339(row.createdAt));
    return json + "}";
}

std::string keysJson(std::span<const KeyRow> rows) {
    std::string list;
    for (const KeyRow& row : rows) {
        list += (list.empty() ? "" : ",") + keyJson(row);
    }
    return R"({"keys":[)" + list + "]}\n";
}

}  // namespace rtbatch
