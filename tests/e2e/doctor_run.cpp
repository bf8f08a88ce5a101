#include "tests/e2e/doctor_run.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/support/programs.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

using namespace std::chrono_literals;

const std::vector<std::string> kAllChecks{"charset",      "clock",           "contact",     "database",
                                          "database way", "handler socket",  "markup",      "migrations",
                                          "nginx",        "nginx buffering", "page reader", "privileges",
                                          "refresher",    "settings",        "writing"};

std::vector<std::string> allBut(const std::string& check) {
    std::vector<std::string> others = kAllChecks;
    std::erase(others, check);
    return others;
}

std::vector<std::string> Examined::those(const std::string& result) const {
    std::vector<std::string> names;
    for (const auto& [name, finding] : findings) {
        if (finding.result == result) {
            names.push_back(name);
        }
    }
    return names;
}

Examined examine(const Stack& stack, const DoctorRun& run) {
    std::vector<std::string> command = run.wrap;
    const std::string url =
        run.url.empty() ? "http://127.0.0.1:" + std::to_string(stack.http().port) : run.url;
    for (const auto& word :
         {program("rtbatch-admin"), std::string("doctor"), std::string("--json"), "--url=" + url}) {
        command.push_back(word);
    }
    command.insert(command.end(), run.arguments.begin(), run.arguments.end());
    std::map<std::string, std::string> env = environmentOf(run.settings);
    env.merge(stack.handlerEnvironment());
    std::map<std::string, std::string> more = run.env;
    env.merge(more);
    const TempDir dir;
    Child child({.command = command, .env = env, .log = dir.file("doctor.log")});
    const auto status = child.wait(60s);
    Examined examined{.text = child.log()};
    INFO(examined.text);
    REQUIRE(status);
    examined.status = *status;
    CHECK_THAT(examined.text, !Catch::Contains(kKey) && !Catch::Contains("rtbatch-test"));
    Poco::JSON::Parser parser;
    const auto answer = parser.parse(examined.text).extract<Poco::JSON::Object::Ptr>();
    for (const auto& entry : *answer->getArray("checks")) {
        const auto& check = *entry.extract<Poco::JSON::Object::Ptr>();
        examined.findings[check.getValue<std::string>("check")] = {check.getValue<std::string>("result"),
                                                                   check.getValue<std::string>("said"),
                                                                   check.getValue<std::string>("do")};
    }
    CHECK(answer->getValue<bool>("healthy") == (examined.status == 0));
    return examined;
}

void noteRefresherRun(Stack& stack, std::chrono::seconds ago) {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch() - ago);
    const std::string ms = std::to_string(time.count());
    stack.sql("INSERT INTO refresh_run (started_at, owner, ended_at, pages, ended_by) VALUES (" + ms +
              ", 'host/0/0:1:1', " + ms + ", 3, 'nothing left')");
}

}  // namespace rtbatch::test
