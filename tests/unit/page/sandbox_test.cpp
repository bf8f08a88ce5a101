#include <catch2/catch.hpp>
#include <csignal>

#include "common/page/child_process.h"
#include "common/page/exit_codes.h"
#include "film_page.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

ChildEnd reader(const std::vector<std::string>& args, std::string_view page = "") {
    return runChild(RTBATCH_PAGE_READER, args, page, 1'000'000, Deadline::in(60s));
}

}  // namespace

TEST_CASE("the reader's exit codes") {
    CHECK(reader({}, filmPage()).number == kExitRead);
    CHECK(reader({}, "<html></html>").number == kExitUnreadable);
    CHECK(reader({"--help"}).number == kExitRead);
    CHECK(reader({"--version"}).number == kExitRead);
    CHECK(reader({"--what"}).number == kExitUsage);
    CHECK(reader({"--memory-mb"}).number == kExitUsage);
    CHECK(reader({"--memory-mb", "7"}).number == kExitUsage);
    CHECK(reader({"--cpu-seconds", "0"}).number == kExitUsage);
    CHECK(reader({"--memory-mb", "64", "--cpu-seconds", "9"}, filmPage()).number == kExitRead);
}

TEST_CASE("the reader explains itself to a person") {
    CHECK_THAT(reader({"--help"}).output, Catch::Contains("Exit codes"));
    CHECK_THAT(reader({"--version"}).output, Catch::StartsWith("rtbatch-page-reader "));
    const ChildEnd end = reader({"--explain"}, filmPage());
    CHECK(end.number == kExitRead);
    CHECK_THAT(end.output, Catch::Contains("year: 2011\n  * where-to-watch-json: 2011\n"));
    CHECK_THAT(reader({"--explain"}, "<html></html>").output, Catch::StartsWith("unreadable: no scorecard"));
}

// Builds with sanitizers keep what the sanitizers need.
#ifndef RTBATCH_SANITIZED

TEST_CASE("a reader that was taken over can do nothing") {
    const auto deed = [](const std::string& name) {
        return runChild(RTBATCH_SANDBOX_PROBE, {name}, "", 1000, Deadline::in(60s));
    };
    CHECK(deed("nothing").number == 0);
    for (const std::string name : {"open", "socket", "fork", "exec", "code"}) {
        CAPTURE(name);
        CHECK(deed(name).kind == ChildEnd::Kind::signalled);
        CHECK(deed(name).number == SIGSYS);
    }
    CHECK(deed("memory").number == 1);
}

TEST_CASE("the kernel ends a process that burns CPU time and has no answer to that") {
    const ChildEnd end = runChild(RTBATCH_SANDBOX_PROBE, {"spin"}, "", 1000, Deadline::in(60s));
    CHECK(end.kind == ChildEnd::Kind::signalled);
}

TEST_CASE("a page that needs more memory than allowed costs one reading") {
    std::string page;
    while (page.size() < 4'000'000) {
        page += "<p><b><i>";
    }
    const ChildEnd end = reader({"--memory-mb", "32"}, page + "</html>");
    CHECK((end.kind == ChildEnd::Kind::signalled || end.number == kExitMemory));
}

#endif
