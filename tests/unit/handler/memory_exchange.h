#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/exchange.h"
#include "tests/support/eventually.h"

namespace rtbatch::test {

/// What the web server has been given, which outlives the exchange.
struct Wire {
    std::mutex mutex;
    std::vector<std::string> groups;   // guarded by mutex
    std::string end = "open";          // guarded by mutex
    std::atomic<bool> reading = true;  // else nothing that is written is ever read
    std::atomic<bool> broken = false;

    std::string text() {
        const std::scoped_lock lock(mutex);
        std::string all;
        for (const std::string& group : groups) {
            all += group;
        }
        return all;
    }
    std::string howItEnded() {
        const std::scoped_lock lock(mutex);
        return end;
    }
    bool ended(const std::string& how) {
        return eventually(std::chrono::seconds(20), [&] { return howItEnded() == how; });
    }
    std::size_t longestGroup() {
        const std::scoped_lock lock(mutex);
        return std::ranges::max(groups, {}, &std::string::size).size();
    }
};

/// A web server in memory.
class MemoryExchange : public Exchange {
public:
    explicit MemoryExchange(std::shared_ptr<Wire> wire, int descriptor = -1)
        : _wire(std::move(wire)), _descriptor(descriptor) {}
    ~MemoryExchange() override {
        const std::scoped_lock lock(_wire->mutex);
        _wire->end = _finished ? "finished" : "torn";
    }
    MemoryExchange(const MemoryExchange&) = delete;
    MemoryExchange& operator=(const MemoryExchange&) = delete;

    std::string_view param(const char* name) const override {
        const auto place = params.find(name);
        return place == params.end() ? std::string_view() : std::string_view(place->second);
    }
    std::string_view body() const override { return bodyText; }
    bool write(std::string_view bytes) override {
        const std::scoped_lock lock(_wire->mutex);
        _wire->groups.emplace_back(bytes);
        return !_wire->broken;
    }
    bool drained() const override { return _wire->reading; }
    int descriptor() const override { return _descriptor; }
    bool finish(std::string_view bytes) override {
        _finished = bytes.empty() || write(bytes);
        return _finished;
    }

    std::map<std::string, std::string> params{};
    std::string bodyText{};

private:
    std::shared_ptr<Wire> _wire;
    int _descriptor;
    bool _finished = false;
};

}  // namespace rtbatch::test
