#include "common/log/log.h"

#include <Poco/JSON/Parser.h>
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/support/temp_dir.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

/// What goes to stderr meanwhile.
template <typename Work>
std::string captured(Work work) {
    TempDir dir;
    const int kept = ::dup(STDERR_FILENO);
    const int file = ::open(dir.file("stderr").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ::dup2(file, STDERR_FILENO);
    work();
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    ::close(file);
    logToStderr();
    std::ifstream in(dir.file("stderr"));
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void logSomething() {
    logEvent(Poco::Logger::get("rtbatch.test"), Poco::Message::PRIO_WARNING, "it \"failed\"\nat once",
             {{"request", "r 1"}, {"plain", "a,b"}, {"none", ""}, {"ms", 12}});
    Poco::Logger::get("rtbatch.test").information("hidden");
}

}  // namespace

TEST_CASE("an event is one line of text, its fields after it, those with blanks in quotes") {
    const std::string line = captured([] {
        startLog({.level = LogLevel::warning}, "test");
        logSomething();
    });
    CHECK_THAT(
        line,
        Catch::EndsWith(
            "Z Warning rtbatch.test: it \"failed\" at once request=\"r 1\" plain=a,b none=\"\" ms=12\n"));
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
}

TEST_CASE("or one JSON object a line, numbers as numbers") {
    const std::string line = captured([] {
        startLog({.format = LogFormat::json, .level = LogLevel::warning}, "test");
        logSomething();
    });
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    const auto object = Poco::JSON::Parser().parse(line).extract<Poco::JSON::Object::Ptr>();
    CHECK(object->getValue<std::string>("level") == "warning");
    CHECK(object->getValue<std::string>("source") == "rtbatch.test");
    CHECK(object->getValue<std::string>("message") == "it \"failed\"\nat once");
    CHECK(object->getValue<std::string>("request") == "r 1");
    CHECK(object->get("ms").isInteger());
    CHECK(object->getValue<std::string>("time").size() == 24);
}
