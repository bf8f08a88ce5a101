// The estimate of the database's clock.
#include "common/store/shared_clock.h"

#include <catch2/catch.hpp>

using namespace rtbatch;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp kTheirs{std::chrono::sys_days{std::chrono::year(2026) / 6 / 1}};
const SharedClock::Steady::time_point kHere{1000s};

}  // namespace

TEST_CASE("Nothing is known of the database's clock before it was measured") {
    const SharedClock clock;
    CHECK_FALSE(clock.time());
    CHECK(clock.isDue());
}

TEST_CASE("Between two measurements the database's clock goes on with the steady one") {
    SharedClock clock;
    clock.measured(kTheirs, kHere, kHere);
    CHECK(clock.timeAt(kHere) == kTheirs);
    CHECK(clock.timeAt(kHere + 7s) == kTheirs + 7s);
    CHECK(clock.isDue());  // that was long ago
    clock.measured(kTheirs, SharedClock::Steady::now(), SharedClock::Steady::now());
    CHECK_FALSE(clock.isDue());
}

TEST_CASE("A slow answer moves the estimate no more than it proves") {
    SharedClock clock;
    clock.measured(kTheirs, kHere, kHere);
    clock.measured(kTheirs + 10s, kHere + 10s, kHere + 15s);  // asked at once, or on the way for 5 s?
    CHECK(clock.timeAt(kHere + 20s) == kTheirs + 20s);
    clock.measured(kTheirs + 18s, kHere + 20s, kHere + 21s);  // it is behind by 2 s at least
    CHECK(clock.timeAt(kHere + 30s) == kTheirs + 28s + 1ms);
}

TEST_CASE("A database whose clock is set is followed at once") {
    SharedClock clock;
    clock.measured(kTheirs + 48h, kHere, kHere);
    clock.measured(kTheirs + 1s, kHere + 1s, kHere + 1s);
    CHECK(std::chrono::abs(*clock.timeAt(kHere + 1s) - (kTheirs + 1s)) <= 1ms);
}
