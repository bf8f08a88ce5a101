// rtbatch-upstreams as a program: its ready line and its end.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/upstreams/raw_client.h"

using namespace rtbatch;
using namespace rtbatch::standin;
using namespace std::chrono_literals;

namespace {

/// A child process and its first lines; killed at the end if it still runs.
class Child {
public:
    explicit Child(std::vector<std::string> command) {
        std::array<int, 2> ends{};
        REQUIRE(pipe(ends.data()) == 0);
        std::vector<char*> arguments;
        for (std::string& word : command) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        _pid = fork();
        if (_pid == 0) {
            dup2(ends[1], STDOUT_FILENO);
            execv(arguments[0], arguments.data());
            _exit(127);
        }
        close(ends[1]);
        _out = ends[0];
    }
    ~Child() {
        close(_out);
        if (_pid > 0) {
            kill(_pid, SIGKILL);
            waitpid(_pid, nullptr, 0);
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    std::string line() const {
        std::string text;
        for (char c = 0; read(_out, &c, 1) == 1 && c != '\n';) {
            text += c;
        }
        return text;
    }

    void signal(int number) const { kill(_pid, number); }

    /// How it ended, as a shell would say it.
    int wait() {
        int status = 0;
        waitpid(_pid, &status, 0);
        _pid = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t _pid = -1;
    int _out = -1;
};

std::string wordAfter(const std::string& line, const std::string& mark) {
    const std::size_t start = line.find(mark) + mark.size();
    return line.substr(start, line.find(' ', start) - start);
}

bool listens(const std::string& url) {
    try {
        return get(url, "/_control/counts?brief").status() == 200;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

TEST_CASE("the program says where it listens and exits 0 on SIGTERM and SIGINT, with requests open") {
    for (const int number : {SIGTERM, SIGINT}) {
        Child child({RTBATCH_UPSTREAMS});
        const std::string line = child.line();
        CHECK_THAT(line,
                   Catch::Matches(
                       "ready rt=http://127\\.0\\.0\\.1:\\d+ "
                       "wikidata=http://127\\.0\\.0\\.1:\\d+/sparql elsewhere=http://127\\.0\\.0\\.1:\\d+"));
        const std::string url = wordAfter(line, "rt=");
        CHECK(listens(url));
        control(url, "PUT", "fault", R"({"upstream":"rt","id":"*","fault":"hang"})");
        RawClient open(url);
        open.send("GET", "/m/heat");
        child.signal(number);
        CHECK(child.wait() == 0);
        CHECK_FALSE(listens(url));
    }
}

TEST_CASE("the program ends with its parent when told so") {
    Child shell({"/bin/sh", "-c", std::string(RTBATCH_UPSTREAMS) + " --with-parent & read line < /dev/zero"});
    const std::string url = wordAfter(shell.line(), "rt=");
    CHECK(listens(url));
    shell.signal(SIGKILL);
    CHECK(shell.wait() == 128 + SIGKILL);
    CHECK(eventually([&] { return !listens(url); }));
}

TEST_CASE("an argument that makes no sense is refused with the usage") {
    for (const auto* argument : {"--rt-prt", "--rt-port", "--tls-cert"}) {
        Child child({RTBATCH_UPSTREAMS, argument});
        CHECK(child.wait() == 2);
    }
    Child child({RTBATCH_UPSTREAMS, "--rt-port", "65536"});
    CHECK(child.wait() == 2);
}
