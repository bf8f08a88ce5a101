#include "common/log/log.h"

#include <Poco/JSON/Parser.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/eventually.h"
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

/// What syslog gets meanwhile, in a process that has a /dev of its own, with nothing but a socket where
/// syslog listens. Nothing at all where a process may not have that.
std::string sentToSyslog(const LogOptions& options) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const int listener = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{AF_UNIX, "/dev/log"};
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", "/dev", "tmpfs", 0, nullptr) != 0 ||
            ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::_exit(1);
        }
        startLog(options, "test-program");
        logEvent(Poco::Logger::get("rtbatch.test"), Poco::Message::PRIO_WARNING, "it failed",
                 {{"request", "r1"}});
        std::array<char, 1000> got{};
        const ssize_t size = ::recv(listener, got.data(), got.size(), MSG_DONTWAIT);
        static_cast<void>(
            !::write(pipe[1], got.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
        ::_exit(0);
    }
    ::close(pipe[1]);
    std::array<char, 1000> got{};
    const ssize_t size = ::read(pipe[0], got.data(), got.size());
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    return {got.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
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

TEST_CASE("lines of information may go together, and none is lost or comes after what is worse") {
    auto& logger = Poco::Logger::get("rtbatch.test");
    const std::string lines = captured([&] {
        startLog({.together = true}, "test");
        logger.information("1");
        logger.information("2");
        logger.warning("3");
        logger.information("4");
        startLog({}, "test");  // what waits is written
        logger.information("5");
    });
    std::string order;
    for (std::size_t at = lines.find('\n'); at != std::string::npos; at = lines.find('\n', at + 1)) {
        order += lines[at - 1];
    }
    CHECK(order == "12345");

    TempDir dir;
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open(dir.file("stderr").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), STDERR_FILENO);
        startLog({.together = true}, "test");
        logger.information("at the end");
        std::exit(0);
    }
    ::waitpid(child, nullptr, 0);
    CHECK_THAT(readFile(dir.file("stderr")), Catch::EndsWith("at the end\n"));
}

TEST_CASE("a warning is written at once, and what waited before it") {
    TempDir dir;
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open(dir.file("stderr").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), STDERR_FILENO);
        startLog({.together = true}, "test");
        Poco::Logger::get("rtbatch.test").information("before");
        Poco::Logger::get("rtbatch.test").warning("worse");
        ::_exit(0);  // as if it were killed now
    }
    ::waitpid(child, nullptr, 0);
    CHECK_THAT(readFile(dir.file("stderr")), Catch::Contains("before\n") && Catch::EndsWith("worse\n"));
}

TEST_CASE("a line that waits is written soon, also when nothing follows") {
    TempDir dir;
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open(dir.file("stderr").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), STDERR_FILENO);
        startLog({.together = true}, "test");
        Poco::Logger::get("rtbatch.test").information("alone");
        ::pause();
        ::_exit(0);
    }
    CHECK(eventually(std::chrono::seconds(20),
                     [&] { return readFile(dir.file("stderr")).ends_with("alone\n"); }));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
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

TEST_CASE("syslog gets the same line without the time, which it has itself") {
    if (::geteuid() != 0) {
        WARN("not tested: only root may have a /dev of its own");
        return;
    }
    const std::string text = sentToSyslog({.target = LogTarget::syslog});
    CHECK_THAT(text, Catch::StartsWith("<28>"));  // daemon, warning
    CHECK_THAT(text,
               Catch::Contains(" test-program[") && Catch::Contains("]: rtbatch.test: it failed request=r1"));
    CHECK_THAT(sentToSyslog({.format = LogFormat::json, .target = LogTarget::syslog}),
               Catch::Contains(R"("message":"it failed","request":"r1"})"));
}
