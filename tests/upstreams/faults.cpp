#include "tests/upstreams/faults.h"

#include <algorithm>
#include <array>

namespace rtbatch::standin {

namespace {

constexpr std::array<std::string_view, 21> kOfBoth{"none",          "404",           "403",
                                                   "429",           "500",           "503",
                                                   "reset",         "hang",          "drip",
                                                   "cut",           "cut_chunked",   "cut_gzip",
                                                   "empty",         "garbage",       "huge",
                                                   "gzip_bomb",     "redirect_loop", "redirect_offsite",
                                                   "redirect_home", "blocked",       "stale_connection"};
constexpr std::array<std::string_view, 4> kOfPages{"crash", "no_scorecard", "no_places", "old_design"};
constexpr std::array<std::string_view, 1> kOfQueries{"partial"};

}  // namespace

bool isFault(std::string_view name, bool forPages) {
    const auto holds = [name](const auto& names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    return holds(kOfBoth) || (forPages ? holds(kOfPages) : holds(kOfQueries));
}

void FaultBook::setLatency(std::chrono::milliseconds latency) {
    const std::lock_guard lock(_mutex);
    _latency = latency;
}

void FaultBook::set(const std::string& id, const Fault& fault) {
    const std::lock_guard lock(_mutex);
    _faults.insert_or_assign(id, fault);
}

void FaultBook::clearFaults() {
    const std::lock_guard lock(_mutex);
    _faults.clear();
}

void FaultBook::reset() {
    const std::lock_guard lock(_mutex);
    _faults.clear();
    _latency = std::chrono::milliseconds(0);
}

Fault FaultBook::take(const std::vector<std::string>& ids) {
    const std::lock_guard lock(_mutex);
    auto found = _faults.end();
    for (const std::string& id : ids) {
        found = _faults.find(id);
        if (found != _faults.end()) {
            break;
        }
    }
    if (found == _faults.end()) {
        found = _faults.find("*");
    }
    Fault fault = found == _faults.end() ? Fault{} : found->second;
    if (found != _faults.end() && found->second.times && --*found->second.times <= 0) {
        _faults.erase(found);
    }
    fault.latency = fault.latency.value_or(_latency);
    return fault;
}

}  // namespace rtbatch::standin
