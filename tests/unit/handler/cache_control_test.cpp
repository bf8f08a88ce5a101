#include "handler/cache_control.h"

#include <catch2/catch.hpp>
#include <string>

using namespace rtbatch;
using namespace std::chrono_literals;

namespace {

/// "" (nothing asked), "only-if-cached", "max-stale=S", or both.
std::string read(const std::string& header) {
    const CacheControl control = parseCacheControl(header);
    std::string text = control.onlyIfCached ? "only-if-cached" : "";
    if (control.maxStale) {
        text += (text.empty() ? "" : " ");
        text += "max-stale=" + std::to_string(*control.maxStale / 1s);
    }
    return text;
}

const std::string kHoweverOld = "max-stale=2147483648";

}  // namespace

TEST_CASE("a request's Cache-Control is read as RFC 9111 writes it") {
    CHECK(read("").empty());
    CHECK(read("max-stale") == kHoweverOld);
    CHECK(read("max-stale=60") == "max-stale=60");
    CHECK(read("max-stale=0") == "max-stale=0");
    CHECK(read("only-if-cached") == "only-if-cached");
    CHECK(read("only-if-cached, max-stale=60") == "only-if-cached max-stale=60");
    CHECK(read(" ,\tMax-Stale=060 ,, ONLY-IF-CACHED,") == "only-if-cached max-stale=60");
}

TEST_CASE("a value of Cache-Control may be quoted") {
    CHECK(read("max-stale=\"60\"") == "max-stale=60");
    CHECK(read("max-stale=\"6, only-if-cached").empty());
    CHECK(read("x=\"a, max-stale, \\\", only-if-cached\", max-stale=7") == "max-stale=7");
}

TEST_CASE("a time that no number holds is any time") {
    CHECK(read("max-stale=2147483648") == kHoweverOld);
    CHECK(read("max-stale=" + std::string(1000, '9')) == kHoweverOld);
}

TEST_CASE("what is malformed or unknown in Cache-Control is ignored") {
    for (const auto* header : {"max-stale=",
                               "max-stale=abc",
                               "max-stale=-1",
                               "max-stale=+1",
                               "max-stale=1.5",
                               "max-stale=6 0",
                               "max-stale = 60",
                               "max-stale=\"\"",
                               "max-stale=\"",
                               "max-stale='60'",
                               "max-stale;60",
                               "only-if-cached=1",
                               "only-if-cached=",
                               "only_if_cached",
                               "no-cache",
                               "no-store, max-age=0",
                               "min-fresh=60",
                               "stale-if-error=60",
                               "=",
                               "\"max-stale\"",
                               "foo=bar; max-stale"}) {
        INFO(header);
        CHECK(read(header).empty());
    }
    CHECK(read("no-cache, max-stale=5, max-age=0") == "max-stale=5");
}

TEST_CASE("of several values of max-stale the first that can be read counts") {
    CHECK(read("max-stale=5, max-stale=70") == "max-stale=5");
    CHECK(read("max-stale=x, max-stale=70") == "max-stale=70");
}
