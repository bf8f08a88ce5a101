#include "refresher/page_size.h"

#include <catch2/catch.hpp>

using namespace rtbatch;
using namespace std::chrono_literals;
using Kind = UpstreamFailure::Kind;

TEST_CASE("Pages that come quickly grow, up to a bound") {
    PageSize size(20s);
    CHECK(size.limit() == 5000);
    size.succeeded(4999ms);
    CHECK(size.limit() == 10000);
    size.succeeded(1ms);
    CHECK(size.limit() == 10000);
}

TEST_CASE("A page that takes over half of the time is halved, one between stays") {
    PageSize size(20s);
    size.succeeded(10001ms);
    CHECK(size.limit() == 2500);
    size.succeeded(8s);
    CHECK(size.limit() == 2500);
}

TEST_CASE("A page that does not come is halved, and at the least size three in a row are enough") {
    for (const Kind kind : {Kind::timeout, Kind::broken, Kind::refused}) {
        PageSize size(20s);
        for (const std::size_t limit : {2500, 1250, 625, 500}) {
            size.failed(kind);
            CHECK(size.limit() == limit);
            CHECK_FALSE(size.hopeless());
        }
        size.failed(kind);
        size.failed(kind);
        CHECK_FALSE(size.hopeless());
        size.failed(kind);
        CHECK(size.hopeless());
    }
}

TEST_CASE("A page that comes begins the count anew") {
    PageSize size(20s);
    for (int i = 0; i < 6; ++i) {
        size.failed(Kind::timeout);
    }
    size.succeeded(8s);
    size.failed(Kind::timeout);
    size.failed(Kind::timeout);
    CHECK_FALSE(size.hopeless());
}

TEST_CASE("A service that throttles or forbids is not asked for less, but not for ever either") {
    PageSize size(20s);
    size.failed(Kind::throttled);
    size.failed(Kind::forbidden);
    CHECK(size.limit() == 5000);
    CHECK_FALSE(size.hopeless());
    size.failed(Kind::throttled);
    CHECK(size.hopeless());
}
