#include "common/fetch/slots.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace rtbatch;
using namespace std::chrono_literals;

TEST_CASE("there are as many slots as said, for each upstream by itself") {
    LocalSlots slots(1, 2);
    const auto first = slots.acquire(Upstream::rottenTomatoes, Priority::people, Deadline::in(1s));
    const auto second = slots.acquire(Upstream::rottenTomatoes, Priority::people, Deadline::in(1s));
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(slots.acquire(Upstream::rottenTomatoes, Priority::people, Deadline::in(5ms)));
    CHECK(slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(1s)));
}

TEST_CASE("a slot comes back once, when it is released or destroyed, and moves with its permit") {
    LocalSlots slots(1, 1);
    auto slot = slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(1s));
    REQUIRE(slot);
    Slot moved = std::move(*slot);
    slot.reset();
    CHECK_FALSE(slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(5ms)));
    moved.release();
    moved.release();
    const auto again = slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(1s));
    CHECK(again);
    CHECK_FALSE(slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(5ms)));
}

TEST_CASE("a slot that comes back goes to people before the refresher") {
    LocalSlots slots(1, 1);
    auto held = slots.acquire(Upstream::rottenTomatoes, Priority::people, Deadline::in(1s));
    REQUIRE(held);
    std::mutex mutex;
    std::vector<Priority> order;
    const auto ask = [&](Priority priority) {
        const auto slot = slots.acquire(Upstream::rottenTomatoes, priority, Deadline::in(30s));
        const std::scoped_lock lock(mutex);
        order.push_back(priority);
    };
    std::jthread person([&] { ask(Priority::people); });
    while (slots.waiting(Upstream::rottenTomatoes, Priority::people) == 0) {
        std::this_thread::yield();
    }
    std::jthread refresher([&] { ask(Priority::refresher); });
    while (slots.waiting(Upstream::rottenTomatoes, Priority::refresher) == 0) {
        std::this_thread::yield();
    }
    held.reset();
    person.join();
    refresher.join();
    CHECK(order == std::vector{Priority::people, Priority::refresher});
}

TEST_CASE("closing ends all waiting, and slots that are out may still come back") {
    LocalSlots slots(1, 1);
    auto held = slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(1s));
    std::optional<Slot> got;
    std::jthread waiter([&] {
        if (auto slot = slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(30s))) {
            got.emplace(std::move(*slot));
        }
    });
    slots.close();
    waiter.join();
    CHECK_FALSE(got);
    held.reset();
    CHECK_FALSE(slots.acquire(Upstream::wikidata, Priority::people, Deadline::in(30s)));
}
