#include "refresher/wait_notice.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace rtbatch;
using namespace std::chrono_literals;

namespace {

struct Told {
    std::vector<std::string> lines;

    WaitNotice notice(bool quiet = false) {
        return {"sync-ids", quiet, [this](const std::string& line) { lines.push_back(line); }};
    }
};

using Lines = std::vector<std::string>;
const Timestamp kTime = Timestamp(std::chrono::sys_days{std::chrono::year(2026) / 6 / 5}) + 14h + 30min;

}  // namespace

TEST_CASE("A reason is told the first time, when it changes, and after all was well again") {
    Told told;
    auto notice = told.notice();
    notice.failed("Wikidata answered 500");
    notice.failed("Wikidata answered 500");
    CHECK(told.lines == Lines{"sync-ids: Wikidata answered 500; it is tried again"});
    notice.failed("Wikidata answered 403");
    CHECK(told.lines.size() == 2);
    notice.answered();
    notice.failed("Wikidata answered 403");
    CHECK(told.lines.size() == 3);
}

TEST_CASE("A wait is told with its end and its reason, once") {
    Told told;
    auto notice = told.notice();
    notice.waits("Wikidata", 30s, kTime);
    notice.waits("Wikidata", 29s, kTime + 1200ms);
    CHECK(told.lines ==
          Lines{"sync-ids: Wikidata is left alone until 14:30:30 UTC, then tried again: it failed "
                "before, see rtbatch-admin status"});
    notice.failed("Wikidata answered 403");
    notice.waits("Wikidata", 60s, kTime + 31s);
    CHECK(told.lines.back() ==
          "sync-ids: Wikidata is left alone until 14:31:31 UTC, then tried again: Wikidata answered 403");
}

TEST_CASE("For cron only the first wait is told") {
    Told told;
    auto notice = told.notice(true);
    notice.failed("Wikidata answered 403");
    CHECK(told.lines.empty());
    notice.waits("Wikidata", 30s, kTime);
    notice.waits("Wikidata", 60s, kTime + 31s);
    notice.answered();
    notice.waits("Wikidata", 60s, kTime + 120s);
    CHECK(told.lines.size() == 1);
}
