#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "common/store/store.h"
namespace rtbatch {
struct KnownKey {
    std::int64_t id = 0;
    std::string name;
    bool admin = false;
    std::optional<std::int64_t> hourlyLimit;
};
struct KeyRingOptions {
    std::string adminKey;
    std::chrono::milliseconds reload{10000};
    std::chrono::milliseconds maxAge{30000};
    bool thread = true;
};
class KeyRing {
public:
    KeyRing(Store&, KeyRingOptions o) : _o(std::move(o)) {}
    std::optional<KnownKey> find(std::string_view t) {
        if (t == _o.adminKey)
            return KnownKey{0, "admin", true, {}};
        return std::nullopt;
    }
    void reload() {}
    KeyRingOptions _o;
};
}  // namespace rtbatch
