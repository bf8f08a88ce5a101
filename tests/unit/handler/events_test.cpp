#include "handler/events.h"

#include <catch2/catch.hpp>

using namespace rtbatch;

TEST_CASE("a movie event is the stored facts between id, status and time, to the byte") {
    CHECK(
        movieEvent(*ImdbId::parse("tt0113277"), MovieStatus::stale, R"({"rtUrl":"u","consensus":null})",
                   fromMillis(1769851800007)) ==
        "event: movie\n"
        R"(data: {"imdbId":"tt0113277","status":"stale","rtUrl":"u","consensus":null,"cachedAt":"2026-01-31T09:30:00.007Z"})"
        "\n\n");
}

TEST_CASE("an error event says which id, what and why, and when to ask again if that is known") {
    CHECK(errorEvent("tt0000001", "scrape_failed", "Why.") ==
          "event: error\ndata: "
          "{\"imdbId\":\"tt0000001\",\"error\":\"scrape_failed\",\"message\":\"Why.\"}\n\n");
    CHECK(errorEvent("\n\xe2\x80\xa8", "invalid_id", "W", 7) ==
          "event: error\ndata: "
          "{\"imdbId\":\"\\n\\u2028\",\"error\":\"invalid_id\",\"message\":\"W\",\"retryAfterS\":7}\n\n");
}

TEST_CASE("done has all counts") {
    CHECK(doneEvent({.total = 6, .cached = 3, .fetched = 2, .errors = 1, .stale = 1}) ==
          "event: done\ndata: {\"total\":6,\"cached\":3,\"fetched\":2,\"errors\":1,\"stale\":1}\n\n");
}
