#include "handler/cgi_exchange.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <thread>

#include "handler/call.h"
#include "handler/monitor.h"
#include "handler/response.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kSoon = 20s;
const std::string kHead = "Status: 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// The web server's ends and the program's: two pipes, or one socket for both ways.
struct Server {
    FileDescriptor toProgram, fromProgram;
    std::unique_ptr<CgiExchange> exchange;

    static Server pipes(std::chrono::milliseconds patience = kSoon) {
        std::array<int, 2> in{}, out{};
        REQUIRE(::pipe2(in.data(), O_CLOEXEC) == 0);
        REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
        return {FileDescriptor(in[1]), FileDescriptor(out[0]),
                std::make_unique<CgiExchange>(in[0], out[1], patience)};
    }
    static Server socket(std::chrono::milliseconds patience = kSoon) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        return {FileDescriptor(::dup(ends[0])), FileDescriptor(ends[0]),
                std::make_unique<CgiExchange>(ends[1], ::dup(ends[1]), patience)};
    }
    void send(const std::string& bytes) const {
        REQUIRE(::write(toProgram.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    /// As much as one read gives.
    std::string readOnce() const {
        std::string bytes(65536, '\0');
        const ssize_t got = ::read(fromProgram.get(), bytes.data(), bytes.size());
        bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return bytes;
    }
    std::string readToEnd() const {
        std::string all;
        for (std::string piece = readOnce(); !piece.empty(); piece = readOnce()) {
            all += piece;
        }
        return all;
    }
    void leave() {
        toProgram = FileDescriptor();
        fromProgram = FileDescriptor();
    }
};

/// A meta-variable, for one test.
class Variable {
public:
    Variable(const char* name, const std::string& value) : _name(name) { ::setenv(name, value.c_str(), 1); }
    ~Variable() { ::unsetenv(_name); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* _name;
};

/// The status of the refusal, 0 when there is none.
int refusal(CgiExchange& exchange, std::chrono::milliseconds patience = kSoon) {
    try {
        exchange.receive(Deadline::in(patience));
        return 0;
    } catch (const Problem& problem) {
        return problem.response().status;
    }
}

struct Stream : Watched {
    std::atomic<int> departures = 0;
    std::atomic<int> alarms = 0;

    void departed() override { ++departures; }
    void due() override { ++alarms; }
    void torn() override {}
};

struct IgnoredPipeSignal {
    IgnoredPipeSignal() { static_cast<void>(std::signal(SIGPIPE, SIG_IGN)); }
} const ignoredPipeSignal;

}  // namespace

TEST_CASE("a CGI body has as many bytes as its length says, however they come") {
    const bool socket = GENERATE(false, true);
    const Server server = socket ? Server::socket() : Server::pipes();
    const Variable length("CONTENT_LENGTH", "9000");
    const std::string body = std::string(8999, 'b') + "c";
    std::jthread web([&] {  // no assertion here: Catch's are for one thread
        for (const char byte : body + "not ours") {
            static_cast<void>(::write(server.toProgram.get(), &byte, 1));
        }
    });
    REQUIRE(refusal(*server.exchange) == 0);
    CHECK(server.exchange->body() == body);
}

TEST_CASE("a CGI body in chunks goes to the end, and without a length there is none") {
    Server server = Server::pipes();
    server.send("{}");
    SECTION("in chunks") {
        const Variable chunked("HTTP_TRANSFER_ENCODING", "chunked");
        server.toProgram = FileDescriptor();
        REQUIRE(refusal(*server.exchange) == 0);
        CHECK(server.exchange->body() == "{}");
    }
    SECTION("none") {
        REQUIRE(refusal(*server.exchange) == 0);
        CHECK(server.exchange->body().empty());
    }
}

TEST_CASE("a CGI body that does not come whole is refused, and the refusal can be sent") {
    Server server = GENERATE(0, 1) == 0 ? Server::pipes() : Server::socket();
    SECTION("cut short") {
        const Variable length("CONTENT_LENGTH", "10");
        server.send("123456789");
        ::shutdown(server.toProgram.get(), SHUT_WR);
        server.toProgram = FileDescriptor();
        CHECK(refusal(*server.exchange) == 400);
    }
    SECTION("late") {
        const Variable length("CONTENT_LENGTH", "10");
        server.send("1");
        CHECK(refusal(*server.exchange, 20ms) == 408);
    }
    SECTION("of no length that one could read") {
        const Variable length("CONTENT_LENGTH", "-1");
        CHECK(refusal(*server.exchange) == 400);
    }
    CHECK(server.exchange->write(kHead));
    server.exchange->finish({});
    CHECK(server.readToEnd() == kHead);
}

TEST_CASE("no more of a CGI body is read than anybody would look at") {
    Server server = Server::pipes();
    const Variable length("CONTENT_LENGTH", "99999999999");
    std::jthread web([&] {
        const std::string piece(65536, 'b');
        while (::write(server.toProgram.get(), piece.data(), piece.size()) > 0) {
        }
    });
    REQUIRE(refusal(*server.exchange) == 0);
    CHECK(server.exchange->body().size() == kMaxCgiBody);
    server.exchange.reset();
}

TEST_CASE("a CGI answer is drained when the web server has read it") {
    const Server server = GENERATE(0, 1) == 0 ? Server::pipes() : Server::socket();
    CHECK(server.exchange->drained());
    REQUIRE(server.exchange->write(kHead));
    CHECK_FALSE(server.exchange->drained());
    CHECK(server.readOnce() == kHead);
    CHECK(server.exchange->drained());
}

TEST_CASE("the monitor sees that the reader of a CGI answer has left, and so does a write") {
    Server server = GENERATE(0, 1) == 0 ? Server::pipes() : Server::socket();
    Monitor monitor;
    const auto stream = std::make_shared<Stream>();
    const auto ticket = monitor.watch(server.exchange->descriptor(), stream, Monitor::Clock::now() + 1h);
    REQUIRE(server.exchange->write(kHead));
    server.leave();
    CHECK(eventually(kSoon, [&] { return stream->departures == 1; }));
    CHECK_FALSE(server.exchange->write("more"));
    monitor.forget(ticket);
}

TEST_CASE("a web server that says no more, as mod_cgid after the body, has not left") {
    Server server = Server::socket();
    Monitor monitor;
    const auto stream = std::make_shared<Stream>();
    ::shutdown(server.toProgram.get(), SHUT_WR);
    const auto ticket = monitor.watch(server.exchange->descriptor(), stream, Monitor::Clock::now() + 1ms);
    REQUIRE(eventually(kSoon, [&] { return stream->alarms == 1; }));  // what was there to see has been seen
    CHECK(stream->departures == 0);
    server.leave();
    CHECK(eventually(kSoon, [&] { return stream->departures == 1; }));
    monitor.forget(ticket);
}

TEST_CASE("a CGI answer may go to a file, whose reader never leaves") {
    const TempDir dir;
    const int file = ::open(dir.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CgiExchange exchange(::open("/dev/null", O_RDONLY | O_CLOEXEC), file);
    CHECK(exchange.descriptor() == -1);
    CHECK(exchange.write(kHead));
    CHECK(exchange.drained());
    exchange.finish({});
    CHECK(readFile(dir.file("out")) == kHead);
}

TEST_CASE("a web server that reads slowly gets everything, and one that does not read is given up") {
    const bool socket = GENERATE(false, true);
    const std::string much(1'000'000, 'x');
    SECTION("slowly") {
        Server server = socket ? Server::socket() : Server::pipes();
        std::string got;
        std::jthread reader([&] { got = server.readToEnd(); });
        CHECK(server.exchange->write(much));
        server.exchange->finish({});
        reader.join();
        CHECK(got == much);
    }
    SECTION("not at all") {
        const Server server = socket ? Server::socket(20ms) : Server::pipes(20ms);
        CHECK_FALSE(server.exchange->write(much));
    }
}

TEST_CASE("on one socket for both ways, an answer that is not finished is reset") {
    const bool finished = GENERATE(false, true);
    Server server = Server::socket();
    const Variable length("CONTENT_LENGTH", "2");
    server.send("{}");
    REQUIRE(refusal(*server.exchange) == 0);
    CHECK(server.exchange->body() == "{}");
    REQUIRE(server.exchange->write(kHead));
    if (finished) {
        server.exchange->finish({});
    }
    server.exchange.reset();
    CHECK(server.readOnce() == kHead);
    char byte = 0;
    errno = 0;
    CHECK(::read(server.fromProgram.get(), &byte, 1) == (finished ? 0 : -1));
    CHECK(errno == (finished ? 0 : ECONNRESET));
}

TEST_CASE("lighttpd gets an answer without a length in chunks, the last one only when it is whole") {
    const Variable software("SERVER_SOFTWARE", "lighttpd/1.4.69");
    Server server = Server::pipes();
    REQUIRE(server.exchange->write(kHead + ":\n"));
    REQUIRE(server.exchange->write("event: done\n"));
    const std::string begun =
        "Status: 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\n:\n\r\n"
        "c\r\nevent: done\n\r\n";
    SECTION("whole") {
        server.exchange->finish({});
        CHECK(server.readToEnd() == begun + "0\r\n\r\n");
    }
    SECTION("torn") {
        server.exchange.reset();
        CHECK(server.readToEnd() == begun);
    }
}

TEST_CASE("an answer with a length goes to lighttpd as it is") {
    const Variable software("SERVER_SOFTWARE", "lighttpd/1.4.69");
    Server server = Server::pipes();
    Call(std::move(server.exchange)).answer(jsonResponse(200, "{}"));
    CHECK_THAT(server.readToEnd(), Catch::EndsWith("Content-Length: 2\r\n\r\n{}"));
}
