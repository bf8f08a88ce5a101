// The arithmetic of one key's hour.

#include "common/keys/quota_line.h"

#include <catch2/catch.hpp>

using namespace rtbatch;
using namespace std::chrono_literals;
using Answer = QuotaLine::Answer;

namespace {

Answer request(QuotaLine& line, std::int64_t limit = 1000) {
    line.ask(limit);
    return line.take();
}

}  // namespace

TEST_CASE("Those that wait are served first, and ahead of them at most an eighth of what is left") {
    CHECK(chunk({.limit = 1000, .waiting = 0, .ahead = 50}, 0) == 50);
    CHECK(chunk({.limit = 1000, .waiting = 0, .ahead = 5000}, 200) == 100);
    CHECK(chunk({.limit = 1000, .waiting = 200, .ahead = 5000}, 0) == 200 + 100);
    CHECK(chunk({.limit = 1000, .waiting = 30, .ahead = 5000}, 990) == 10);
    CHECK(chunk({.limit = 1000, .waiting = 3, .ahead = 5000}, 990) == 3 + 1);
    CHECK(chunk({.limit = 1000, .waiting = 0, .ahead = 5000}, 999) == 1);
    CHECK(chunk({.limit = 1000, .waiting = 0, .ahead = 0}, 0) == 0);
    CHECK(chunk({.limit = 1000, .waiting = 9, .ahead = 9}, 1000) == 0);
    CHECK(chunk({.limit = 1000, .waiting = 9, .ahead = 9}, 1004) == 0);
}

TEST_CASE("The first request of an hour needs no reservation, the next one does, until nothing is left") {
    QuotaLine line(5);
    CHECK(request(line) == Answer::first);
    CHECK(line.isUrgent());
    CHECK(line.remaining() == 999);
    CHECK(request(line) == Answer::unknown);
    line.looked(2, 998);
    CHECK(line.remaining() == 4);
    CHECK(line.take() == Answer::admitted);
    CHECK(request(line) == Answer::admitted);
    CHECK(line.remaining() == 2);
    CHECK(request(line) == Answer::unknown);
    line.looked(0, 1000);
    CHECK(line.take() == Answer::refused);
    CHECK(line.remaining() == 0);

    CHECK(line.turn(6) == 0);
    CHECK(request(line) == Answer::first);
}

TEST_CASE("What is reserved in an hour is given back when it has gone") {
    QuotaLine line(5);
    line.looked(10, 10);
    request(line);
    CHECK(line.turn(6) == 9);
    CHECK(line.hour() == 6);
    CHECK(request(line) == Answer::first);
}

TEST_CASE("Two seconds of requests are reserved, a burst is seen at once, and half of it asks for more") {
    QuotaLine line(5);
    for (int i = 0; i < 100; ++i) {
        request(line);
    }
    CHECK(line.need(false, 10ms)->ahead == 200);  // not as fast as its first moments
    CHECK_FALSE(line.need(false, 10ms));
    const auto need = line.need(true, 500ms);
    REQUIRE(need);
    CHECK(need->ahead == 400);
    line.looked(need->ahead, 500);
    for (int i = 0; i < 199; ++i) {
        REQUIRE(request(line) == Answer::admitted);
        REQUIRE_FALSE(line.isUrgent());
    }
    request(line);
    CHECK(line.isUrgent());
    CHECK(line.need(false, 500ms)->ahead == 200);
}

TEST_CASE("Those that have been given theirs, and have not taken it yet, are not given it twice") {
    QuotaLine line(5);
    request(line);
    for (int i = 0; i < 3; ++i) {
        request(line);
        line.beginWait();
    }
    CHECK(line.need(false, 10ms)->waiting == 3);
    line.looked(2, 3);
    CHECK(line.need(false, 10ms)->waiting == 1);
    line.looked(9, 12);
    CHECK(line.need(true, 1s)->waiting == 0);
    CHECK(line.need(true, 1h) == std::nullopt);
    CHECK(line.isWaitedFor());
    line.endWait();
    CHECK(line.take() == Answer::admitted);
}

TEST_CASE("What is reserved and not needed is given back, all of it when nobody asks") {
    QuotaLine line(5);
    line.looked(100, 100);
    for (int i = 0; i < 10; ++i) {
        request(line);
    }
    line.need(true, 1s);
    CHECK(line.takeSurplus() == 90 - 20);
    CHECK(line.takeSurplus() == 0);
    CHECK_FALSE(line.need(true, 1s));
    CHECK(line.takeSurplus() == 20);
    CHECK(request(line) == Answer::unknown);  // it was admitted before, so not as the first
}

TEST_CASE("That nothing is left is believed only as long as somebody looks") {
    QuotaLine line(5);
    line.looked(0, 1000);
    CHECK(request(line, 1000) == Answer::refused);
    CHECK(line.need(true, 1s));
    CHECK(request(line, 1000) == Answer::refused);
    CHECK(line.need(true, 1s));
    CHECK_FALSE(line.need(true, 1s));
    CHECK(request(line, 1000) == Answer::unknown);
    line.looked(0, 1000);
    CHECK(line.take() == Answer::refused);
    line.looked(0, 990);
    CHECK(line.take() == Answer::unknown);
}
