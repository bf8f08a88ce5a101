#include "tests/upstreams/counts.h"

#include <algorithm>

#include "common/model/timestamp.h"
#include "tests/upstreams/json_writing.h"
#include "tests/upstreams/wire.h"

namespace rtbatch::standin {

namespace {

// Bounds of what is kept, so that a long load test does not fill the memory.
constexpr std::size_t kMaxIds = 50000;
constexpr std::size_t kMaxListed = 10000;
constexpr std::size_t kMaxUserAgents = 20;

template <class Range, class ToText>
std::string joined(const Range& range, ToText toText) {
    std::string out;
    for (const auto& item : range) {
        out += out.empty() ? "" : ",";
        out += toText(item);
    }
    return out;
}

}  // namespace

Counts::Open::Open(Counts& counts, int socket) : _counts(counts), _number(counts.open(socket)) {}

Counts::Open::~Open() {
    close();
}

void Counts::Open::close() {
    _counts.end(_number, false);
}

void Counts::Open::aborted() {
    _counts.end(_number, true);
}

std::uint64_t Counts::open(int socket) {
    const std::lock_guard lock(_mutex);
    ++_numbers.requests;
    if (_numbers.timestamps.size() < kMaxListed) {
        _numbers.timestamps.push_back(toMillis(now()));
    }
    if (_open.size() >= _numbers.peak) {
        dropTheDeparted();
    }
    _open.emplace(++_next, socket);
    _numbers.peak = std::max<std::uint64_t>(_numbers.peak, _open.size());
    return _next;
}

void Counts::end(std::uint64_t number, bool aborted) {
    const std::lock_guard lock(_mutex);
    if (_open.erase(number) > 0 && aborted) {
        ++_numbers.aborted;
    }
}

/// With the lock held: it only asks the kernel, and waits for nothing.
void Counts::dropTheDeparted() {
    for (auto it = _open.begin(); it != _open.end();) {
        if (peerIsGone(it->second)) {
            ++_numbers.aborted;
            it = _open.erase(it);
        } else {
            ++it;
        }
    }
}

void Counts::asked(const std::vector<std::string>& ids, const std::string& userAgent) {
    const std::lock_guard lock(_mutex);
    for (const std::string& id : ids) {
        const auto known = _numbers.byId.find(id);
        if (known != _numbers.byId.end()) {
            ++known->second;
            ++_numbers.retries;
        } else if (_numbers.byId.size() < kMaxIds) {
            _numbers.byId.emplace(id, 1);
        }
    }
    if (_numbers.idCounts.size() < kMaxListed) {
        _numbers.idCounts.push_back(ids.size());
    }
    if (_numbers.userAgents.size() < kMaxUserAgents) {
        _numbers.userAgents.insert(userAgent);
    }
}

std::string Counts::toJson(bool details) const {
    const std::lock_guard lock(_mutex);
    const auto number = [](const auto& value) { return std::to_string(value); };
    std::string json = R"({"requests":)" + number(_numbers.requests) + R"(,"open":)" + number(_open.size()) +
                       R"(,"peak":)" + number(_numbers.peak) + R"(,"aborted":)" + number(_numbers.aborted) +
                       R"(,"retries":)" + number(_numbers.retries) + R"(,"userAgents":[)" +
                       joined(_numbers.userAgents, [](const auto& agent) { return jsonString(agent); }) + "]";
    if (details) {
        json +=
            R"(,"byId":{)" +
            joined(_numbers.byId,
                   [&](const auto& entry) { return jsonString(entry.first) + ":" + number(entry.second); }) +
            R"(},"idCounts":[)" + joined(_numbers.idCounts, number) + R"(],"timestamps":[)" +
            joined(_numbers.timestamps, number) + "]";
    }
    return json + "}";
}

void Counts::reset() {
    const std::lock_guard lock(_mutex);
    _numbers = Numbers{};
    _numbers.peak = _open.size();
}

}  // namespace rtbatch::standin
