#include "common/lease/bell.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <vector>

#include "tests/support/eventually.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// Notes what it hears.
struct Ear {
    std::mutex mutex;
    std::vector<std::string> messages;
    Bell::Listener listener() {
        return [this](std::string_view message) {
            const std::scoped_lock lock(mutex);
            messages.emplace_back(message);
        };
    }
    bool heard(const std::string& message) {
        const std::scoped_lock lock(mutex);
        return std::ranges::find(messages, message) != messages.end();
    }
};

}  // namespace

TEST_CASE("all of the deployment who listen on the host hear a bell, but not the one who rang it") {
    Bell a;
    Bell b;
    Bell c;
    Bell other;
    CHECK_FALSE(a.works());
    for (Bell* bell : {&a, &b, &c}) {
        bell->join("ours");
    }
    other.join("another deployment");
    REQUIRE(eventually(10s, [&] { return a.works() && b.works() && c.works(); }));
    Ear atA;
    Ear atB;
    Ear atC;
    const Bell::Subscription subscriptionA(a, atA.listener());
    const Bell::Subscription subscriptionB(b, atB.listener());
    const Bell::Subscription subscriptionC(c, atC.listener());
    Ear elsewhere;
    const Bell::Subscription subscriptionElsewhere(other, elsewhere.listener());
    a.ring("flights tt0113277");
    CHECK(eventually(10s, [&] { return atB.heard("flights tt0113277") && atC.heard("flights tt0113277"); }));
    b.ring("slot.rt ");
    CHECK(eventually(10s, [&] { return atA.heard("slot.rt ") && atC.heard("slot.rt "); }));
    CHECK_FALSE(atA.heard("flights tt0113277"));
    CHECK(elsewhere.messages.empty());
}

TEST_CASE("nothing is heard after a subscription has ended") {
    Bell a;
    Bell b;
    a.join("ours");
    b.join("ours");
    REQUIRE(eventually(10s, [&] { return a.works(); }));
    Ear early;
    Ear late;
    { const Bell::Subscription ended(b, early.listener()); }
    const Bell::Subscription subscription(b, late.listener());
    a.ring("a bell");
    CHECK(eventually(10s, [&] { return late.heard("a bell"); }));
    CHECK_FALSE(early.heard("a bell"));
}
