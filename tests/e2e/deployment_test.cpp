// Everything at once, and it goes wrong: several processes, a second host, plain CGI, handlers that are
// killed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <thread>

#include "tests/e2e/batch_view.h"
#include "tests/e2e/load_driver.h"
#include "tests/support/deployment.h"
#include "tests/support/eventually.h"
#include "tests/support/web_servers.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr int kFirstKnown = 1;
constexpr int kFirstNew = 20000;
constexpr int kFirstAfterwards = 900000;
constexpr auto kBetweenKills = 5s;

/// A killed holder's slots come back within the request's deadline and five seconds: nine in all.
const std::map<std::string, std::string> kShortDeadlines = {
    {"rt.timeout_s", "4"}, {"wikidata.timeout_s", "4"}, {"batch.timeout_s", "30"}};

std::chrono::seconds chaosSeconds() {
    const char* said = std::getenv("RTBATCH_CHAOS_SECONDS");
    return std::chrono::seconds(said == nullptr ? 60L : std::max(10L, std::strtol(said, nullptr, 10)));
}

DeploymentOptions fullDeployment() {
    const std::string obstacle = SecondHost::obstacle();
    if (!obstacle.empty()) {
        WARN("without a second host: " << obstacle);
    }
    return {.groups = {4}, .secondHost = obstacle.empty(), .settings = kShortDeadlines};
}

/// The slots that are taken, as the database sees it.
int slotsTaken(Deployment& deployment) {
    return std::stoi(
        deployment.mariadb().sql("SELECT COUNT(*) FROM lease WHERE name LIKE 'slot.%' AND "
                                 "expires_at > UNIX_TIMESTAMP(NOW(3)) * 1000"));
}

void checkLimits(Deployment& deployment) {
    CHECK(deployment.upstreams().counts(Site::wikidata).mostOpen <= 5);
    CHECK(deployment.upstreams().counts(Site::rt).mostOpen <= 2);
}

/// Nothing that was killed has taken a slot along.
void checkAllSlotsBack(Deployment& deployment) {
    UpstreamControl& upstreams = deployment.upstreams();
    CHECK(eventually(20s, [&] { return upstreams.counts(Site::rt).open == 0; }));
    CHECK(eventually(20s, [&] { return slotsTaken(deployment) == 0; }));
    upstreams.reset();
    upstreams.setLatency(Site::rt, 300ms);
    const std::vector<std::string> fresh = madeUpMovies(kFirstAfterwards, 10);
    const HttpResponse response = ask(deployment.http(), batchOf(fresh));
    checkWhole(response, fresh);
    CHECK(doneOf(response).fetched == 10);
    CHECK(upstreams.counts(Site::rt).requests == 10);
    CHECK(upstreams.counts(Site::rt).mostOpen == 2);
}

/// Mixed load for `length`, with a handler killed every few seconds and `inTheMiddle` done once.
void runChaos(Deployment& deployment, std::chrono::seconds length, const std::function<void()>& inTheMiddle) {
    const std::vector<std::string> known = madeUpMovies(kFirstKnown, 200);
    fetchAll(deployment.http(), known);
    deployment.upstreams().setLatency(Site::rt, 80ms);
    deployment.upstreams().setLatency(Site::wikidata, 100ms);

    const CgiServer cgi(WebServer::lighttpd, deployment.handlerEnvironment());
    LoadDriver load(known, kFirstNew);
    load.addUsers(24, deployment.http());
    load.addUsers(20, cgi.http());  // each request a process of its own
    const auto began = Clock::now();
    bool middleDone = false;
    int kills = 0;
    while (Clock::now() - began < length) {
        std::this_thread::sleep_for(kBetweenKills);
        if (!middleDone && Clock::now() - began > length / 2) {
            middleDone = true;
            inTheMiddle();
        }
        deployment.group(0).killOne();
        ++kills;
    }
    const LoadSummary summary = load.finish();
    WARN(kills << " handlers killed, " << summary.whole << " streams whole, " << summary.torn << " torn, "
               << summary.refused
               << " refused; most open: " << deployment.upstreams().counts(Site::wikidata).mostOpen
               << " at Wikidata, " << deployment.upstreams().counts(Site::rt).mostOpen << " pages; "
               << deployment.upstreams().counts(Site::rt).requests << " pages in all");
    for (const std::string& fault : summary.faults) {
        FAIL_CHECK(fault);
    }
    // Else nobody was hit, or little was asked for, and this has shown nothing.
    CHECK(summary.torn > 0);
    CHECK(summary.whole > 50);
    CHECK(deployment.upstreams().counts(Site::rt).requests > 300);  // 200 of them to have something known
    CHECK(eventually(10s, [&] { return deployment.group(0).processes().size() == 4; }));
    checkLimits(deployment);
    checkAllSlotsBack(deployment);
}

}  // namespace

TEST_CASE(
    "while handlers are killed under load the limits hold, streams are whole or torn, and all slots come "
    "back",
    "[chaos]") {
    Deployment deployment(fullDeployment());
    runChaos(deployment, chaosSeconds(), [] {});
}

TEST_CASE("the same with the database restarted in the middle", "[chaos]") {
    Deployment deployment(fullDeployment());
    runChaos(deployment, std::min(chaosSeconds(), std::chrono::seconds(30)),
             [&] { deployment.mariadb().restart(); });
}
