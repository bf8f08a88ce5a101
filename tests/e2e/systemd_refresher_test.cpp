// The shipped units of the refresher and their timers, under a real systemd.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/e2e/batch_view.h"
#include "tests/e2e/systemd_machine.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> kFilms = madeUpMovies(1, 3);

/// A machine on which every row is due in each run: it lives for an hour, and the next run is a day away.
struct Refreshing : SystemdMachine {
    Refreshing()
        : SystemdMachine(1, {{"cache.ttl_hours", "1"},
                             {"cache.new_ttl_hours", "1"},
                             {"refresher.every_minutes", "1440"},
                             {"demand.flush_s", "0.05"}}) {
        REQUIRE(waitUntilReady(1));
        fetchAll(http(), kFilms);
    }
    /// systemd forgets how a unit ended that nothing refers to; this timer refers to the refresher's.
    void keepInMind() { host.systemctl({"start", "rtbatch-refresher.timer"}); }
    int pages() { return standin.control().counts(Site::rt).requests; }
};

}  // namespace

TEST_CASE("the refresher's unit runs it once, shut in, and the doctor sees that it ran", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    Refreshing machine;
    INFO(machine.host.log());
    machine.keepInMind();
    CHECK(machine.pages() == 3);
    // Demand is written down a moment later, and without any there is nothing to renew.
    CHECK(eventually(10s, [&] {
        machine.host.systemctl({"start", "rtbatch-refresher.service"});  // returns when it has ended
        return machine.pages() == 6;
    }));
    CHECK(machine.host.property("rtbatch-refresher.service", "Result") == "success");
    CHECK(machine.host.property("rtbatch-refresher.service", "ExecMainStatus") == "0");
    CHECK_FALSE(machine.host.property("rtbatch-refresher.service", "ExecMainExitTimestamp").empty());
    CHECK(machine.host.property("rtbatch-refresher.service", "ActiveState") == "inactive");

    const std::string examined =
        machine.host.inside({"/usr/local/bin/rtbatch-admin", "doctor",
                             "--url=http://127.0.0.1:" + std::to_string(machine.http().port)});
    INFO(examined);
    CHECK_THAT(examined, Catch::Contains("\nok   refresher: last run 20") &&
                             Catch::Contains("\nok   nginx buffering: off") &&
                             Catch::Contains("\n--   handler socket: handler.listen is unset"));
}

TEST_CASE("the refresher's timer starts it again and again, and stops with the rest", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    Refreshing machine;
    INFO(machine.host.log());
    machine.host.systemctl({"enable", "--now", "rtbatch-refresher.timer"});
    CHECK_FALSE(machine.host.property("rtbatch-refresher.timer", "NextElapseUSecRealtime").empty());
    CHECK(machine.host.property("rtbatch-refresher.timer", "TimersCalendar")
              .find("OnCalendar=*-*-* *:00/5:00") != std::string::npos);

    machine.host.dropIn("rtbatch-refresher.timer",
                        "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nRandomizedDelaySec=0\nAccuracySec=1ms\n");
    machine.host.systemctl({"restart", "rtbatch-refresher.timer"});
    CHECK(eventually(30s, [&] { return machine.pages() >= 9; }));

    machine.host.systemctl({"stop", "rtbatch.target"});
    CHECK(machine.host.property("rtbatch-refresher.timer", "ActiveState") == "inactive");
    machine.host.systemctl({"start", "rtbatch.target"});
    CHECK(machine.host.property("rtbatch-refresher.timer", "ActiveState") == "active");
}

TEST_CASE("a site that wants to be left alone is no failure of the refresher's unit", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    Refreshing machine;
    INFO(machine.host.log());
    machine.keepInMind();
    machine.standin.control().setFault(Site::rt, "429", 600s);
    CHECK(eventually(10s, [&] {
        machine.host.systemctl({"start", "rtbatch-refresher.service"});
        return machine.host.property("rtbatch-refresher.service", "ExecMainStatus") == "75";
    }));
    CHECK(machine.host.property("rtbatch-refresher.service", "Result") == "success");
}

TEST_CASE("the refresher's units end what they started when they are stopped", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    Refreshing machine;
    INFO(machine.host.log());
    machine.keepInMind();
    machine.standin.control().setLatency(Site::rt, 1s);
    CHECK(eventually(20s, [&] {
        machine.host.systemctl({"start", "--no-block", "rtbatch-refresher.service"});
        return machine.standin.control().counts(Site::rt).open > 0;
    }));
    machine.host.systemctl({"stop", "rtbatch-refresher.service"});
    CHECK_FALSE(machine.host.property("rtbatch-refresher.service", "ExecMainExitTimestamp").empty());
    CHECK(machine.host.property("rtbatch-refresher.service", "ExecMainStatus") == "0");
    CHECK(machine.host.property("rtbatch-refresher.service", "Result") == "success");
    CHECK(machine.standin.control().counts(Site::rt).aborts == 0);
}

TEST_CASE("the ids' unit takes them over, and its timer waits for its day", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    if (runProgram({program("rtbatch-refresher"), "--help"}, {}).find("sync-ids") == std::string::npos) {
        WARN("not tested: this rtbatch-refresher has no sync-ids");
        return;
    }
    Refreshing machine;
    INFO(machine.host.log());
    machine.host.systemctl({"enable", "--now", "rtbatch-sync-ids.timer"});
    machine.host.systemctl({"start", "rtbatch-sync-ids.service"});
    CHECK(machine.host.property("rtbatch-sync-ids.service", "Result") == "success");
    CHECK(machine.host.property("rtbatch-sync-ids.service", "ExecMainStatus") == "0");
    CHECK_FALSE(machine.host.property("rtbatch-sync-ids.service", "ExecMainExitTimestamp").empty());
    CHECK_FALSE(machine.host.property("rtbatch-sync-ids.timer", "NextElapseUSecRealtime").empty());
}
