// What Prometheus is told: one sum for all processes of a host, and what the database knows of the
// deployment.
#include <catch2/catch.hpp>
#include <csignal>
#include <optional>
#include <sstream>

#include "tests/e2e/batch_view.h"
#include "tests/support/deployment.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// One sample, by its name and labels as they are written.
std::optional<double> sample(const std::string& page, const std::string& name) {
    std::istringstream in(page);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(name + " ")) {
            return std::stod(line.substr(name.size() + 1));
        }
    }
    return std::nullopt;
}

std::string pageOf(const Endpoint& where) {
    const HttpResponse response = ask(where, {.path = "/metrics"});
    CHECK(response.status() == 200);
    CHECK(response.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    return response.body();
}

}  // namespace

TEST_CASE("any of four processes tells the sum of all, and a killed one takes nothing with it", "[metrics]") {
    Deployment deployment({.groups = {1, 1, 1, 1}});
    const auto ids = madeUpMovies(1, 2);
    fetchAll(deployment.http(), ids);
    constexpr int kBatches = 40;
    for (int i = 0; i < kBatches; ++i) {
        ask(deployment.http(), batchOf(ids));
    }
    const auto counted = [&] {
        return sample(pageOf(deployment.http()), "rtbatch_batches_total{result=\"completed\"}");
    };
    // A batch counts after its last byte, so the client may be first; four pages, from four processes.
    REQUIRE(eventually(20s, [&] { return counted() == kBatches + 1; }));
    for (int i = 0; i < 4; ++i) {
        const std::string page = pageOf(deployment.http());
        CHECK(sample(page, "rtbatch_batches_total{result=\"completed\"}") == kBatches + 1);
        CHECK(sample(page, "rtbatch_outcomes_total{outcome=\"cached\"}") == kBatches * 2);
        CHECK(sample(page, "rtbatch_outcomes_total{outcome=\"fetched\"}") == 2);
        CHECK(sample(page, "rtbatch_done_seconds_count") == kBatches + 1);
        CHECK(sample(page, "rtbatch_first_event_seconds_count") == kBatches + 1);
        CHECK(sample(page, "rtbatch_upstream_requests_total{upstream=\"rt\",result=\"ok\"}") == 2);
        CHECK(sample(page, "rtbatch_pages_total{outcome=\"read\"}") == 2);
        CHECK(sample(page, "rtbatch_processes") == 4);
        CHECK(sample(page, "rtbatch_open_streams") == 0);
        CHECK(sample(page, "rtbatch_queue_length{queue=\"rt\"}") == 0);
        CHECK(sample(page, "rtbatch_database_up") == 1);
        CHECK(sample(page, "rtbatch_slots{upstream=\"rt\"}") == 2);
        CHECK(sample(page, "rtbatch_breaker_state{upstream=\"rt\",state=\"closed\"}") == 1);
        CHECK(sample(page, "rtbatch_breaker_state{upstream=\"rt\",state=\"open\"}") == 0);
    }
    // Two pages are open, and seen by whichever process is asked.
    deployment.upstreams().setLatency(Site::rt, 3s);
    HttpClient waiting(deployment.http(), batchOf(madeUpMovies(100, 5)));
    REQUIRE(eventually(20s, [&] {
        return sample(pageOf(deployment.http()), "rtbatch_slots_in_use{upstream=\"rt\"}") == 2;
    }));
    CHECK(sample(pageOf(deployment.http()), "rtbatch_open_streams") == 1);
    CHECK(sample(pageOf(deployment.http()), "rtbatch_queue_length{queue=\"rt\"}") >= 1);
    waiting.leave();
    REQUIRE(eventually(20s, [&] { return sample(pageOf(deployment.http()), "rtbatch_open_streams") == 0; }));
    CHECK(sample(pageOf(deployment.http()), "rtbatch_batches_total{result=\"left\"}") == 1);

    deployment.group(0).killOne();
    REQUIRE(eventually(20s, [&] { return sample(pageOf(deployment.http()), "rtbatch_processes") == 4; }));
    CHECK(counted() >= kBatches + 1);
}

TEST_CASE("metrics are for this machine and for admins", "[metrics]") {
    Stack stack;
    const std::map<std::string, std::string> handedOn{{"X-Forwarded-For", "192.0.2.1"}};
    CHECK(ask(stack.http(), {.path = "/metrics"}).status() == 200);
    CHECK(ask(stack.http(), {.path = "/metrics", .headers = handedOn}).status() == 401);
    CHECK(ask(stack.http(),
              {.path = "/metrics", .headers = {{"X-Forwarded-For", "192.0.2.1"}, {"X-API-Key", kKey}}})
              .status() == 200);
    CHECK(ask(stack.http(), {.method = "POST", .path = "/metrics"}).status() == 405);
}

TEST_CASE("without the database the rest is told all the same", "[metrics]") {
    Stack stack({.database = Database::mariadb, .settings = {{"database.timeout_ms", "300"}}});
    stack.mariadb().stop();
    const std::string page = pageOf(stack.http());
    CHECK(sample(page, "rtbatch_database_up") == 0);
    CHECK(sample(page, "rtbatch_store_errors_total") >= 1);
    CHECK_FALSE(sample(page, "rtbatch_slots_in_use{upstream=\"rt\"}").has_value());
    CHECK(sample(page, "rtbatch_processes") == 1);
    stack.mariadb().start();
}
