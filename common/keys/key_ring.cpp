#include "common/keys/key_ring.h"

#include <Poco/Logger.h>

#include <exception>
#include <new>
#include <unordered_map>
#include <utility>

#include "common/keys/api_key.h"
#include "common/log/log.h"
#include "common/store/key_table.h"

namespace rtbatch {

namespace {

/// Whoever times a look-up learns no more than these of a digest.
std::string indexOf(const std::string& digest) {
    constexpr std::size_t kBytes = 8;
    return digest.substr(0, 2 * kBytes);
}

/// What an error says, if there is memory for it.
std::string textOf(const std::exception& error) noexcept {
    try {
        return error.what();
    } catch (const std::bad_alloc&) {
        return "no memory";
    }
}

KnownKey knownKey(const KeyRow& row) {
    return {row.id, row.name, row.admin, row.hourlyLimit};
}

}  // namespace

struct KeyRing::Memory {
    std::unordered_multimap<std::string, KeyRow> keys;  // by indexOf()
    Clock::time_point since;                            // before they were read
};

KeyRing::KeyRing(Store& store, KeyRingOptions options)
    : _store(store),
      _options(std::move(options)),
      _adminDigest(_options.adminKey.empty() ? "" : sha256(_options.adminKey)),
      _thread(_options.thread ? std::jthread([this] { run(); }) : std::jthread()) {}

KeyRing::~KeyRing() {
    const std::scoped_lock lock(_mutex);
    _stopping = true;
    _changed.notify_all();
}

std::optional<KnownKey> KeyRing::find(std::string_view text) {
    if (!_adminDigest.empty() && sameDigest(sha256(text), _adminDigest)) {
        return KnownKey{.id = 0, .name = "auth.admin_key", .admin = true};
    }
    const auto key = ApiKey::parse(text);
    if (!key) {
        return std::nullopt;
    }
    const std::string digest = key->digest();
    if (!_options.thread) {
        const auto row = KeyTable(_store).findActive(digest);
        return row ? std::optional(knownKey(*row)) : std::nullopt;
    }
    return lookUp(digest);
}

bool KeyRing::isNobodys(std::string_view text) {
    if (!_adminDigest.empty() && sameDigest(sha256(text), _adminDigest)) {
        return false;
    }
    const auto key = ApiKey::parse(text);
    if (!key) {
        return true;
    }
    const std::scoped_lock lock(_mutex);
    return isFresh(_memory) && _unknown.contains(key->digest()) && !findIn(*_memory, key->digest());
}

std::optional<KnownKey> KeyRing::lookUp(const std::string& digest) {
    std::unique_lock lock(_mutex);
    for (bool looked = false;;) {
        const auto memory = _memory;
        lock.unlock();
        const bool fresh = isFresh(memory);
        if (auto found = fresh ? findIn(*memory, digest) : std::nullopt) {
            return found;
        }
        lock.lock();
        if (fresh && _unknown.contains(digest)) {
            return std::nullopt;
        }
        if (memory != _memory) {
            continue;
        }
        if (_reading) {
            // It may be the read that another request with the same new key has begun.
            if (!_changed.wait_for(lock, _options.patience, [&] { return !_reading; })) {
                throw StoreError("the keys cannot be read in time");
            }
        } else if (!looked && (!_lookedAt || Clock::now() - *_lookedAt >= _options.lookEvery)) {
            looked = true;
            const StorePatience patience(_options.patience);
            read(lock);
            _lookedAt = Clock::now();
        } else if (!_fault.empty() || !fresh) {
            throw StoreError("the keys cannot be read" + (_fault.empty() ? " in time" : ": " + _fault),
                             _faultKind);
        } else {
            if (looked) {
                rememberUnknown(digest);
            }
            return std::nullopt;
        }
    }
}

std::optional<KnownKey> KeyRing::findIn(const Memory& memory, const std::string& digest) {
    const auto [first, last] = memory.keys.equal_range(indexOf(digest));
    for (auto at = first; at != last; ++at) {
        if (sameDigest(at->second.digest, digest)) {
            return knownKey(at->second);
        }
    }
    return std::nullopt;
}

bool KeyRing::isFresh(const std::shared_ptr<const Memory>& memory) const {
    return memory && Clock::now() - memory->since <= _options.maxAge;
}

/// Nobody can have used a key before it was made, so what is unknown once stays so.
void KeyRing::rememberUnknown(const std::string& digest) {
    constexpr std::size_t kMost = 1000;
    if (_unknown.size() >= kMost) {
        _unknown.clear();
    }
    _unknown.insert(digest);
}

void KeyRing::reload() {
    std::unique_lock lock(_mutex);
    _changed.wait(lock, [&] { return !_reading; });  // one that began before
    read(lock);
    if (!_fault.empty()) {
        throw StoreError(_fault, _faultKind);
    }
}

void KeyRing::refresh() {
    const std::scoped_lock lock(_mutex);
    _refreshAsked = true;
    _changed.notify_all();
}

void KeyRing::read(std::unique_lock<std::mutex>& lock) {
    _reading = true;
    lock.unlock();
    std::shared_ptr<Memory> memory;
    std::string fault;
    auto kind = StoreError::Kind::fault;
    try {
        memory = std::make_shared<Memory>();
        memory->since = Clock::now();
        for (KeyRow& row : KeyTable(_store).active()) {
            std::string index = indexOf(row.digest);
            memory->keys.emplace(std::move(index), std::move(row));
        }
    } catch (const std::exception& error) {  // whoever waits for the read is never left waiting
        fault = textOf(error);
        if (const auto* ofStore = dynamic_cast<const StoreError*>(&error)) {
            kind = ofStore->kind();
        }
        if (_wellRead.exchange(false)) {
            logFailure(Poco::Logger::get("rtbatch.keys"), Poco::Message::PRIO_WARNING,
                       "the keys cannot be read again", error);
        }
    }
    lock.lock();
    if (fault.empty()) {
        _memory = std::move(memory);
        _wellRead = true;
    }
    _fault = std::move(fault);
    _faultKind = kind;
    _reading = false;
    _changed.notify_all();
}

void KeyRing::run() {
    std::unique_lock lock(_mutex);
    while (!_stopping) {
        if (!_reading) {
            _refreshAsked = false;
            read(lock);
        }
        _changed.wait_for(lock, _options.reload, [&] { return _stopping || (_refreshAsked && !_reading); });
    }
}

}  // namespace rtbatch
