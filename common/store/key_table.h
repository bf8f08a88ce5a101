#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// What whoever makes a key decides.
struct NewKey {
    std::string name = {};  ///< 1-100 printable characters: isKeyName()
    bool admin = false;
    std::optional<std::int64_t> hourlyLimit =
        std::nullopt;  ///< requests an hour; absent: as many as it likes
};

/// A row of `api_key`.
struct KeyRow : NewKey {
    std::int64_t id = 0;
    std::string digest;         ///< ApiKey::digest()
    std::int64_t requests = 0;  ///< of all hours
    Timestamp createdAt;
    std::optional<Timestamp> revokedAt;

    bool active() const { return !revokedAt; }
};

/// The table `api_key`. Safe from any thread; every call throws StoreError, and does no harm when it is tried
/// again.
class KeyTable {
public:
    explicit KeyTable(Store& store) : _store(store) {}

    KeyRow create(const NewKey& key, const std::string& digest, Timestamp createdAt);

    /// All, the revoked ones too, in the order of their ids.
    std::vector<KeyRow> list();

    std::optional<KeyRow> find(std::int64_t id);

    /// False: there is no such key. One that was revoked before keeps the time of then.
    bool revoke(std::int64_t id, Timestamp time);

    /// The key of this digest takes the place of the one that there was, which is unknown from then on.
    /// False: there is no such key, or it is revoked.
    bool rotate(std::int64_t id, const std::string& digest);

    /// Those that are not revoked. Their `requests` are not read: 0.
    std::vector<KeyRow> active();

    /// The same for one.
    std::optional<KeyRow> findActive(const std::string& digest);

private:
    Store& _store;
};

}  // namespace rtbatch
