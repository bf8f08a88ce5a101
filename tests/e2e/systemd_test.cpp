// The shipped units, under a real systemd, installed as an operator installs them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "tests/e2e/batch_view.h"
#include "tests/e2e/systemd_machine.h"
#include "tests/support/process_info.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kUnits = std::filesystem::path(RTBATCH_SOURCE_DIR) / "conf" / "systemd";

}  // namespace

TEST_CASE("systemd-analyze finds nothing to say about the shipped units", "[systemd]") {
    // It looks for the program and the user, which are not installed here.
    const TempDir dir;
    std::vector<std::string> verify{"/usr/bin/systemd-analyze", "verify", "--man=no"};
    for (const auto& entry : std::filesystem::directory_iterator(kUnits)) {
        if (entry.path().extension() == ".sysusers" || entry.path().extension() == ".tmpfiles") {
            continue;
        }
        std::string unit = readFile(entry.path());
        const std::string path = "/usr/local/bin/";
        for (std::size_t at = unit.find(path); at != std::string::npos; at = unit.find(path, at + 1)) {
            unit.replace(at, path.size(), program(""));
        }
        verify.push_back(dir.file(entry.path().filename()));
        writeFile(verify.back(), unit);
    }
    CHECK(verify.size() == 3 + 7);
    const std::string said = runProgram(verify, {});
    INFO(said);
    CHECK(said.find("rtbatch") == std::string::npos);
}

TEST_CASE("several services on one socket serve, come back when killed, and stop gently", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    SystemdMachine machine(4);
    INFO(machine.host.log());
    REQUIRE(machine.waitUntilReady(4));

    // A fetch: the page reader starts and shuts itself in under the units' own restrictions.
    const std::vector<std::string> ids = madeUpMovies(1, 5);
    const HttpResponse fetched = ask(machine.http(), batchOf(ids));
    checkWhole(fetched, ids);
    CHECK(doneOf(fetched).fetched == 5);

    const std::vector<pid_t> before = machine.host.handlers();
    ::kill(before.front(), SIGKILL);
    CHECK(eventually(10s, [&] {
        const std::vector<pid_t> now = machine.host.handlers();
        return now.size() == 4 && std::ranges::find(now, before.front()) == now.end();
    }));

    // They count together: the units' restrictions leave them the memory that they share.
    CHECK(eventually(10s, [&] {
        return ask(machine.http(), {.path = "/metrics"}).body().find("\nrtbatch_processes 4\n") !=
               std::string::npos;
    }));

    // Stopping lets an open stream come to its end.
    machine.standin.control().setLatency(Site::rt, 800ms);
    const std::vector<std::string> slow = madeUpMovies(100, 2);
    HttpClient client(machine.http(), batchOf(slow));
    REQUIRE(client.readUntil([](const HttpResponse& r) { return !r.comments().empty(); }, 5s));
    machine.host.systemctl({"stop", "rtbatch.target"});
    checkWhole(client.readToEnd(), slow);
    CHECK(eventually(10s, [&] { return machine.host.handlers().empty(); }));
    for (const auto* unit :
         {"rtbatch@1.service", "rtbatch@2.service", "rtbatch@3.service", "rtbatch@4.service"}) {
        CHECK(machine.host.property(unit, "Result") == "success");
        CHECK(machine.host.property(unit, "ActiveState") == "inactive");
    }
    machine.host.systemctl({"start", "rtbatch.target"});
    CHECK(machine.waitUntilReady(4));
}

TEST_CASE("the units take from the handler what it does not need", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    SystemdMachine machine(1);
    REQUIRE(machine.waitUntilReady(1));
    const std::string status = "/proc/" + std::to_string(machine.host.handlers().front()) + "/status";
    const std::string text = readFile(status);
    CHECK(text.find("\nNoNewPrivs:\t1\n") != std::string::npos);
    CHECK(text.find("\nCapBnd:\t0000000000000000\n") != std::string::npos);
    CHECK(text.find("\nSeccomp:\t2\n") != std::string::npos);
    CHECK(text.find("\nUid:\t0\t") == std::string::npos);
}

TEST_CASE("requests wait in the socket while no handler runs, and wake one", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    SystemdMachine machine(2);
    REQUIRE(machine.waitUntilReady(2));
    machine.host.systemctl({"stop", "rtbatch@1.service", "rtbatch@2.service"});
    CHECK(machine.host.handlers().empty());
    CHECK(ask(machine.http(), {.path = "/api/v1/ready"}).status() == 200);
    CHECK(machine.host.handlers().size() == 1);
}

TEST_CASE("wrong settings neither spin nor take the socket away", "[systemd]") {
    if (noSystemd()) {
        return;
    }
    SystemdMachine machine(2);
    REQUIRE(machine.waitUntilReady(2));
    machine.host.set("handler.workers", "none");
    machine.host.systemctl({"stop", "rtbatch@1.service", "rtbatch@2.service"});
    HttpClient waiting(machine.http(), {.path = "/api/v1/ready"});  // wakes the first, which cannot start
    const auto restarts = [&] { return std::stoi(machine.host.property("rtbatch@1.service", "NRestarts")); };
    const auto began = Clock::now();
    REQUIRE(eventually(20s, [&] { return restarts() >= 3; }));
    CHECK(Clock::now() - began > 2s);
    CHECK(machine.host.property("rtbatch.socket", "ActiveState") == "active");

    machine.host.set("handler.workers", "4");
    CHECK(waiting.readToEnd().status() == 200);
}
