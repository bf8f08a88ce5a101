#include "handler/key_check.h"

#include <optional>
#include <string>
#include <string_view>

namespace rtbatch {

namespace {

/// Asked by a program of this machine, and not handed on by a proxy of this machine.
bool isFromLoopback(const Exchange& exchange) {
    const std::string_view address = exchange.param("REMOTE_ADDR");
    return (address.starts_with("127.") || address == "::1") &&
           exchange.param("HTTP_X_FORWARDED_FOR").empty() && exchange.param("HTTP_FORWARDED").empty();
}

Headers challenge() {
    return {{"WWW-Authenticate", R"(X-API-Key realm="rtbatch")"}};
}

Problem keyMissing() {
    return {401, "key_missing", "Send your key in the header X-API-Key.", challenge()};
}

Problem keyUnknown() {
    return {401, "key_unknown", "This key is not known, or was revoked. Ask the operator for one.",
            challenge()};
}

}  // namespace

void KeyCheck::admit(Call& call, Access access) {
    if (isFree(call, access)) {
        return;
    }
    const KnownKey key = find(call);
    if (const auto limit = _quota.take(key)) {
        tell(call, *limit);
    }
    // Only now: whatever becomes of a request, it is counted, and its key is told how it stands.
    if (access != Access::key && !key.admin) {
        throw Problem(403, "admin_only", "This needs the key of an admin.");
    }
}

bool KeyCheck::isFree(Call& call, Access access) const {
    return access == Access::everybody || (access == Access::key && !_required) ||
           (access == Access::metrics && isFromLoopback(call.exchange()));
}

void KeyCheck::refuseAtSight(Call& call, Access access) const {
    if (isFree(call, access)) {
        return;
    }
    const std::string_view text = call.exchange().param("HTTP_X_API_KEY");
    if (text.empty()) {
        throw keyMissing();
    }
    if (_ring.isNobodys(text)) {
        throw keyUnknown();
    }
}

void KeyCheck::tell(Call& call, const RateLimit& limit) {
    // draft-ietf-httpapi-ratelimit-headers, before its version 7: the form that most clients know.
    const std::string reset = std::to_string(limit.reset.count());
    call.addHeader("RateLimit-Limit", std::to_string(limit.limit));
    call.addHeader("RateLimit-Remaining", std::to_string(limit.remaining));
    call.addHeader("RateLimit-Reset", reset);
    if (!limit.admitted) {
        throw Problem(429, "quota_exceeded",
                      "This key's " + std::to_string(limit.limit) +
                          " requests of this hour are used up. Try again in " + reset + " seconds.",
                      {{"Retry-After", reset}});
    }
}

KnownKey KeyCheck::find(Call& call) {
    const std::string_view text = call.exchange().param("HTTP_X_API_KEY");
    if (text.empty()) {
        throw keyMissing();
    }
    auto key = _ring.find(text);
    if (!key) {
        throw keyUnknown();
    }
    call.setKeyName(key->id == 0 ? "admin" : std::to_string(key->id));
    return *std::move(key);
}

}  // namespace rtbatch
