#include "handler/monitor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <utility>

#include "tests/support/eventually.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kSoon = 20s;

struct Stream : Watched {
    std::atomic<int> departures = 0;
    std::atomic<int> alarms = 0;
    std::atomic<int> tears = 0;

    void departed() override { ++departures; }
    void due() override { ++alarms; }
    void torn() override { ++tears; }
};

Monitor::Clock::time_point in(std::chrono::milliseconds span) {
    return Monitor::Clock::now() + span;
}

}  // namespace

TEST_CASE("a client that leaves is seen once, and only its own stream") {
    Monitor monitor;
    int gone[2];
    int stays[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, gone) == 0);
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, stays) == 0);
    const auto leaver = std::make_shared<Stream>();
    const auto stayer = std::make_shared<Stream>();
    const auto ticket = monitor.watch(gone[0], leaver, in(1h));
    const auto other = monitor.watch(stays[0], stayer, in(1h));
    REQUIRE(::send(gone[1], "data is no departure", 5, 0) == 5);
    ::close(gone[1]);
    REQUIRE(eventually(kSoon, [&] { return leaver->departures == 1; }));
    monitor.forget(ticket);
    monitor.forget(other);
    CHECK(leaver->departures == 1);
    CHECK(stayer->departures == 0);
    for (const int descriptor : {gone[0], stays[0], stays[1]}) {
        ::close(descriptor);
    }
}

TEST_CASE("alarms ring once, in time for the soonest, and not after forget") {
    Monitor monitor;
    const auto later = std::make_shared<Stream>();
    const auto sooner = std::make_shared<Stream>();
    const auto never = std::make_shared<Stream>();
    const auto first = monitor.watch(-1, later, in(1h));
    monitor.forget(monitor.watch(-1, never, in(1ms)));
    monitor.watch(-1, sooner, in(1ms));
    REQUIRE(eventually(kSoon, [&] { return sooner->alarms == 1; }));
    CHECK(later->alarms == 0);
    monitor.rearm(first, in(1ms));
    REQUIRE(eventually(kSoon, [&] { return later->alarms == 1; }));
    CHECK(sooner->alarms == 1);
}

TEST_CASE("what is watched lives until it is forgotten") {
    Monitor monitor;
    auto stream = std::make_shared<Stream>();
    const std::weak_ptr<Stream> seen = stream;
    const auto ticket = monitor.watch(-1, std::exchange(stream, nullptr), in(1h));
    CHECK_FALSE(seen.expired());
    monitor.forget(ticket);
    CHECK(seen.expired());
}

TEST_CASE("all that are watched can be torn") {
    Monitor monitor;
    const auto one = std::make_shared<Stream>();
    const auto two = std::make_shared<Stream>();
    monitor.watch(-1, one, in(1h));
    monitor.watch(-1, two, in(1h));
    monitor.tearAll();
    CHECK(one->tears == 1);
    CHECK(two->tears == 1);
}
