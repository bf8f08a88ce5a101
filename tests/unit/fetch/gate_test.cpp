#include "common/fetch/gate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>
#include <thread>
#include <vector>

#include "common/store/migrate.h"
#include "tests/support/child.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Kind = UpstreamFailure::Kind;

namespace {

constexpr auto kSoon = 20s;  // only a broken gate takes so long
constexpr Upstream kPages = Upstream::rottenTomatoes;

/// One process of a deployment.
struct Process {
    Process(const StoreOptions& options, const std::string& owner, const GateOptions& gateOptions)
        : store(options), leases(store, Owner::parse(owner)), gate(gateOptions, store, leases, bell) {}

    std::optional<Slot> enter(Deadline deadline = Deadline::in(kSoon), Priority priority = Priority::people) {
        Gate::Entry entry = gate.enter(kPages, priority, deadline);
        auto* slot = std::get_if<Slot>(&entry);
        return slot == nullptr ? std::nullopt : std::optional<Slot>(std::move(*slot));
    }
    /// Looks, and looks again for a while.
    bool finds() { return enter(Deadline::in(150ms)).has_value(); }

    Store store;
    Bell bell;
    Leases leases;
    Gate gate;
};

struct Fixture {
    TempDir dir;
    StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    GateOptions gateOptions;
    std::list<Process> processes;

    Fixture() { migrate(storeOptions); }

    /// `host` is none that this test runs on, so that nobody hears a bell.
    Process& start(const std::string& name, const std::string& host = "elsewhere/1/1") {
        return processes.emplace_back(storeOptions, host + ":1:" + name, gateOptions);
    }
    std::vector<std::string> leaseNames() {
        Store store(storeOptions);
        std::vector<std::string> names;
        for (const LeaseRow& lease : store.readUpstream("rt").slots.leases) {
            names.push_back(lease.name);
        }
        return names;
    }
    /// Waits until so many processes stand in the line.
    bool inLine(std::size_t count) {
        return eventually(kSoon, [&] {
            return static_cast<std::size_t>(std::ranges::count_if(leaseNames(), [](const std::string& name) {
                       return name.find(".wait.") != std::string::npos;
                   })) == count;
        });
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "there are as many slots as said, over all processes, for each upstream by itself") {
    Process& a = start("a");
    Process& b = start("b");
    const auto first = a.enter();
    const auto second = b.enter();
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(a.finds());
    CHECK_FALSE(b.finds());
    const auto wikidata = a.gate.enter(Upstream::wikidata, Priority::people, Deadline::in(kSoon));
    CHECK(std::holds_alternative<Slot>(wikidata));
}

TEST_CASE_METHOD(Fixture,
                 "a slot comes back once, when it is given back or destroyed, and moves with its permit") {
    gateOptions.pageSlots = 1;
    Process& a = start("a");
    Process& b = start("b");
    auto slot = a.enter();
    REQUIRE(slot);
    Slot moved = std::move(*slot);
    slot.reset();
    CHECK_FALSE(b.finds());
    moved.giveBack({true});
    moved.giveBack({true});
    CHECK(leaseNames().size() <= 1);  // b may stand in the line
    const auto again = b.enter();
    CHECK(again);
    CHECK_FALSE(a.finds());
}

TEST_CASE_METHOD(Fixture, "a slot lasts for the longest request and five seconds more") {
    gateOptions.pageTimeout = 4s;
    const auto slot = start("a").enter();
    REQUIRE(slot);
    const auto left = slot->deadline().left();
    CHECK(left <= 9s);
    CHECK(left > 6s);
}

TEST_CASE_METHOD(Fixture, "the slots of a process that was killed come back when their leases end") {
    gateOptions.pageTimeout = -4900ms;  // leases of 100 ms
    gateOptions.pageSlots = 1;
    Process& dead = start("dead");
    REQUIRE(dead.leases.acquire(slotName(kPages, 1), 300ms));
    auto lease = dead.leases.acquire(slotName(kPages, 1), 300ms);
    REQUIRE(lease);
    lease->abandon();
    CHECK_FALSE(start("b").finds());
    CHECK(start("c").enter());
}

TEST_CASE_METHOD(Fixture, "the slots of a process of this host are free as soon as it is dead") {
    gateOptions.pageSlots = 1;
    Child child({.command = {"/bin/sleep", "60"}});
    Leases leases(processes.emplace_back(storeOptions, "elsewhere/1/1:1:x", gateOptions).store,
                  Owner::of(child.pid()));
    auto lease = leases.acquire(slotName(kPages, 1), 1h);
    REQUIRE(lease);
    lease->abandon();
    CHECK_FALSE(start("b").finds());
    child.signal(9);
    child.wait(kSoon);
    CHECK(start("c").enter());
}

TEST_CASE_METHOD(Fixture, "processes that compete get the slots in turn") {
    gateOptions.pageSlots = 1;
    std::mutex mutex;
    std::vector<std::string> order;
    auto first = start("first").enter();
    REQUIRE(first);
    std::vector<std::jthread> threads;
    const std::vector<std::string> names{"a", "b", "c"};
    for (const std::string& name : names) {
        threads.emplace_back([&, &process = start(name)] {
            for (int i = 0; i < 3; ++i) {
                auto slot = process.enter();
                const std::scoped_lock lock(mutex);
                order.push_back(slot ? name : "none");
            }
            process.gate.withdraw(kPages);
        });
        REQUIRE(inLine(threads.size()));
    }
    first.reset();
    threads.clear();  // joins
    REQUIRE(order.size() == 9);
    CHECK(std::vector(order.begin(), order.begin() + 3) == names);
    for (const std::string& name : names) {
        CHECK(std::ranges::count(order, name) == 3);
    }
}

TEST_CASE_METHOD(Fixture, "processes of one host get the slots in turn, by the bell and not by looking") {
    gateOptions.pageSlots = 1;
    gateOptions.nearLook = 1h;
    std::list<Child> lives;  // an owner of this host is believed only if it lives
    std::vector<std::jthread> threads;
    std::mutex mutex;
    std::vector<std::size_t> order;
    auto first = start("first").enter();
    REQUIRE(first);
    for (std::size_t i = 0; i < 3; ++i) {
        const Child& life = lives.emplace_back(ChildOptions{.command = {"/bin/sleep", "120"}});
        Process& process = processes.emplace_back(storeOptions, Owner::of(life.pid()).text(), gateOptions);
        for (int thread = 0; thread < 2; ++thread) {
            threads.emplace_back([&, i] {
                for (int turn = 0; turn < 5; ++turn) {
                    auto slot = process.enter();
                    {
                        const std::scoped_lock lock(mutex);
                        order.push_back(slot ? i : 99);
                    }
                    if (slot) {
                        slot->giveBack({true});
                    }
                }
                process.gate.withdraw(kPages);
            });
        }
        REQUIRE(inLine(i + 1));
    }
    first.reset();
    threads.clear();  // joins
    REQUIRE(order.size() == 30);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(std::ranges::count(order, i) == 10);
        // In turn, as long as all three want some.
        CHECK(std::count(order.begin(), order.begin() + 15, i) >= 3);
    }
}

TEST_CASE_METHOD(Fixture,
                 "a process keeps its slot for its next request as long as nobody else comes first") {
    Process& a = start("a");
    auto slot = a.enter();
    REQUIRE(slot);
    const auto taken = leaseNames();
    std::optional<Slot> next;
    std::optional<Slot> other = a.enter();
    std::jthread waiter([&] {
        if (auto got = a.enter()) {
            next.emplace(std::move(*got));
        }
    });
    REQUIRE(inLine(1));
    const auto acquiredAt = [&] {
        for (const LeaseRow& lease : a.store.readUpstream("rt").slots.leases) {
            if (lease.name == taken.front()) {
                return lease.acquiredAt;
            }
        }
        return Timestamp{};
    };
    const Timestamp before = acquiredAt();
    slot->giveBack({true});
    waiter.join();
    REQUIRE(next);
    CAPTURE(taken, leaseNames());
    CHECK(toMillis(acquiredAt()) == toMillis(before));
}

TEST_CASE_METHOD(Fixture, "people of any process come before the refresher") {
    gateOptions.pageSlots = 1;
    Process& holder = start("holder");
    auto held = holder.enter();
    REQUIRE(held);
    std::mutex mutex;
    std::vector<Priority> order;
    const auto ask = [&](Process& process, Priority priority) {
        const auto slot = process.enter(Deadline::in(kSoon), priority);
        const std::scoped_lock lock(mutex);
        order.push_back(priority);
    };
    Process& a = start("a");
    std::jthread refresher([&] { ask(a, Priority::refresher); });
    REQUIRE(inLine(1));
    Process& b = start("b");
    std::jthread person([&] { ask(b, Priority::people); });
    REQUIRE(inLine(2));
    held.reset();
    refresher.join();
    person.join();
    CHECK(order == std::vector{Priority::people, Priority::refresher});
}

TEST_CASE_METHOD(Fixture,
                 "a process that waits with a renewal moves up in the line when a person comes to it") {
    gateOptions.pageSlots = 1;
    gateOptions.nearLook = gateOptions.farLook = 1h;
    Process& holder = start("holder");
    auto held = holder.enter();
    REQUIRE(held);
    Process& a = start("a");
    std::jthread renewal([&] { a.enter(Deadline::in(kSoon), Priority::refresher); });
    REQUIRE(inLine(1));
    std::jthread person([&] { a.enter(); });
    CHECK(eventually(kSoon / 2, [&] {
        return std::ranges::any_of(
            leaseNames(), [](const std::string& name) { return name.starts_with("slot.rt.wait.0."); });
    }));
    held.reset();
    a.gate.close();
}

TEST_CASE_METHOD(Fixture, "a process that stands first and never takes its slot does not stop the others") {
    gateOptions.pageSlots = 1;
    Process& dead = start("dead");
    auto place = dead.leases.acquire(placeName(kPages, Priority::people, dead.leases.owner()), 1h);
    REQUIRE(place);
    place->abandon();
    CHECK(start("b").enter());
}

TEST_CASE_METHOD(Fixture,
                 "a Retry-After that one process was told of stops all of them, and is told with its end") {
    Process& a = start("a");
    Process& b = start("b");
    auto slot = a.enter();
    REQUIRE(slot);
    CHECK_FALSE(b.gate.shut(kPages));
    const UpstreamFailure failure{Kind::throttled, "429", 1h};
    slot->giveBack({true, &failure});
    const Gate::Entry entry = b.gate.enter(kPages, Priority::people, Deadline::in(kSoon));
    REQUIRE(std::holds_alternative<Shut>(entry));
    CHECK(Deadline::at(std::get<Shut>(entry).until).left() > 59min);
    CHECK(a.gate.shut(kPages));
    CHECK(start("c").gate.shut(kPages));
    CHECK_FALSE(a.gate.shut(Upstream::wikidata));
}

TEST_CASE_METHOD(Fixture, "failures of different processes count together, and one of them probes") {
    Process& a = start("a");
    Process& b = start("b");
    const UpstreamFailure failure{Kind::broken, "500", std::nullopt};
    for (int i = 0; i < 5; ++i) {
        auto slot = (i % 2 == 0 ? a : b).enter();
        REQUIRE(slot);
        slot->giveBack({true, &failure});
    }
    CHECK(a.gate.shut(kPages));
    UpstreamState state = a.store.readUpstream("rt").state;
    CHECK(state.open);
    state.shutUntil = fromMillis(1);  // 30 s later
    REQUIRE(a.store.saveUpstream("rt", state));
    Process& c = start("c");
    auto probe = c.enter();
    REQUIRE(probe);
    Process& d = start("d");
    const Gate::Entry entry = d.gate.enter(kPages, Priority::people, Deadline::in(kSoon));
    REQUIRE(std::holds_alternative<Shut>(entry));
    CHECK(std::get<Shut>(entry).probing);
    probe->giveBack({true});
    CHECK(eventually(kSoon, [&] { return d.enter().has_value(); }));
}

TEST_CASE_METHOD(Fixture, "without the database nothing is let through, and with it again work goes on") {
    Process& a = start("a");
    REQUIRE(a.finds());
    Store(storeOptions).releaseLeases(std::vector<std::string>{"none"}, "none");
    std::filesystem::rename(dir.file("rtbatch.db"), dir.file("away.db"));
    Process& b = start("b");
    CHECK_FALSE(b.enter(Deadline::in(300ms)));
    std::filesystem::rename(dir.file("away.db"), dir.file("rtbatch.db"));
    CHECK(b.enter());
}

TEST_CASE_METHOD(Fixture, "closing ends all waiting, and slots that are out may still come back") {
    gateOptions.pageSlots = 1;
    Process& a = start("a");
    auto held = a.enter();
    REQUIRE(held);
    std::optional<Slot> got;
    std::jthread waiter([&] {
        if (auto slot = a.enter()) {
            got.emplace(std::move(*slot));
        }
    });
    REQUIRE(inLine(1));
    a.gate.close();
    waiter.join();
    CHECK_FALSE(got);
    held.reset();
    CHECK_FALSE(a.enter());
    CHECK(leaseNames().empty());
}

TEST_CASE_METHOD(Fixture, "the places of processes that were killed do not pile up") {
    Process& a = start("a");
    for (int i = 0; i < 100; ++i) {
        const Owner dead = Owner::parse("elsewhere/1/1:1:" + std::to_string(i));
        a.store.acquireLease(placeName(kPages, Priority::people, dead), dead.text(), -2min);
    }
    REQUIRE(a.store.readUpstream("rt").ended == 100);
    REQUIRE(a.enter());
    CHECK(a.store.readUpstream("rt").ended == 0);
}
