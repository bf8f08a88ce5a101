#include "common/fetch/slot_line.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace rtbatch {

std::string nameOf(Upstream upstream) {
    return upstream == Upstream::wikidata ? "wikidata" : "rt";
}

std::string slotName(Upstream upstream, int number) {
    return "slot." + nameOf(upstream) + "." + std::to_string(number);
}

std::string placeName(Upstream upstream, Priority priority, const Owner& owner) {
    return "slot." + nameOf(upstream) + (priority == Priority::people ? ".wait.0." : ".wait.1.") +
           owner.text();
}

bool SlotLine::Place::operator<(const Place& other) const {
    return std::tie(priority, held, since) < std::tie(other.priority, other.held, other.since);
}

SlotLine::SlotLine(const LeaseView& view, Upstream upstream, int capacity, const Owner& self)
    : _ownSince(view.time) {
    const std::string prefix = "slot." + nameOf(upstream) + ".";
    const std::string people = prefix + "wait.0.";
    const std::string refresher = prefix + "wait.1.";
    std::vector<int> taken;
    std::map<std::string, int> held;
    for (const LeaseRow& lease : view.leases) {
        const Owner owner = Owner::parse(lease.owner);
        const bool waits = lease.name.starts_with(people) || lease.name.starts_with(refresher);
        if (waits && owner == self) {
            _ownSince = std::min(_ownSince, lease.acquiredAt);
        } else if (waits && !owner.isDead()) {
            _others.push_back({owner, lease.name.starts_with(people) ? Priority::people : Priority::refresher,
                               0, lease.acquiredAt});
        }
        _farOwner = _farOwner || !owner.isNear();
        int number = 0;
        const char* end = lease.name.data() + lease.name.size();
        const auto read = std::from_chars(lease.name.data() + prefix.size(), end, number);
        if (read.ec == std::errc() && read.ptr == end) {
            taken.push_back(number);
            ++held[owner.text()];
            _untilExpiry = std::min(_untilExpiry, lease.expiresAt - view.time);
        }
    }
    // A host that is told of more slots than we are holds some that we would not count by their numbers.
    const int free = capacity - static_cast<int>(taken.size());
    for (int number = 1; number <= capacity && static_cast<int>(_free.size()) < free; ++number) {
        if (std::ranges::find(taken, number) == taken.end()) {
            _free.push_back(number);
        }
    }
    for (Place& place : _others) {
        const auto count = held.find(place.owner.text());
        place.held = count == held.end() ? 0 : count->second;
    }
    std::ranges::sort(_others, std::less<>());
}

std::string SlotLine::firstOthers(std::size_t served) const {
    std::string text;
    for (std::size_t i = served; i < std::min(_others.size(), served + 2); ++i) {
        text += (text.empty() ? "" : " ") + _others[i].owner.text();
    }
    return text;
}

std::size_t SlotLine::ahead(Priority priority, int held, Timestamp since) const {
    const Place own{{}, priority, held, since};
    return static_cast<std::size_t>(
        std::ranges::count_if(_others, [&](const Place& place) { return place < own; }));
}

}  // namespace rtbatch
