// A second proxy between the client and rtbatch's nginx: each event still comes the moment it is known.

#include <unistd.h>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/clients/cached_rows.h"
#include "tests/support/eventually.h"
#include "tests/support/free_port.h"
#include "tests/support/stack.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

/// `proxy_http_version 1.1;`, or nothing for nginx's default, 1.0.
const std::string kVersion11 = "proxy_http_version 1.1;";
const std::string kVersion10;

/// An nginx that hands on all that it is asked, as `proxy_pass` does by default but for `lines`.
class SecondNginx {
public:
    SecondNginx(const Endpoint& first, const std::string& lines) {
        // Between finding a port and taking it, another test may have taken it.
        for (int attempt = 0; attempt < 5; ++attempt) {
            start(first, lines);
            if (eventually(5s, [this] { return answers() || !_process->running(); }) && _process->running()) {
                return;
            }
        }
        throw std::runtime_error("the second nginx does not start:\n" + readFile(_dir.file("log")));
    }

    Endpoint http() const { return {.port = _port, .tls = false}; }

private:
    void start(const Endpoint& first, const std::string& lines) {
        _process.reset();
        _port = freePort();
        const std::string dir = _dir.path();
        const std::string conf = _dir.file("nginx.conf");
        writeFile(conf, std::string(::geteuid() == 0 ? "user root; " : "") + "daemon off; pid " + dir +
                            "/pid; events {} http { access_log off; client_body_temp_path " + dir +
                            "/b; proxy_temp_path " + dir + "/p; fastcgi_temp_path " + dir +
                            "/f; uwsgi_temp_path " + dir + "/u; scgi_temp_path " + dir +
                            "/s; server { listen 127.0.0.1:" + std::to_string(_port) + "; " + lines +
                            " location / { proxy_pass http://127.0.0.1:" + std::to_string(first.port) +
                            "; } } }\n");
        _process = std::make_unique<Child>(ChildOptions{
            .command = {"/usr/sbin/nginx", "-p", dir, "-c", conf, "-e", "stderr"}, .log = _dir.file("log")});
    }
    bool answers() const { return isReady(http()); }

    TempDir _dir;
    std::uint16_t _port = 0;
    std::unique_ptr<Child> _process;
};

/// The location that docs/operators.md shows, for an nginx in front of this one.
std::string documentedLocation(const Endpoint& first) {
    const std::string page = readFile(std::filesystem::path(RTBATCH_SOURCE_DIR) / "docs" / "operators.md");
    const std::string begin = "\nlocation /api/v1/ {\n";
    const std::string address = "http://10.0.0.11;";
    const std::size_t from = page.find(begin);
    REQUIRE(from != std::string::npos);
    std::string location = page.substr(from, page.find("\n}\n", from) + 3 - from);
    const std::size_t at = location.find(address);
    REQUIRE(at != std::string::npos);
    return location.replace(at, address.size(), "http://127.0.0.1:" + std::to_string(first.port) + ";");
}

/// The express application of proxies/express_compression.mjs.
class Express {
public:
    explicit Express(const Endpoint& first)
        : _process({.command = {"/usr/bin/env", "node", RTBATCH_PROXIES "/express_compression.mjs",
                                std::to_string(first.port)},
                    .log = _dir.file("log")}),
          _port(static_cast<std::uint16_t>(std::stoi(_process.waitForLine("ready ", 20s).substr(6)))) {}

    Endpoint http() const { return {.port = _port, .tls = false}; }

private:
    TempDir _dir;
    Child _process;
    std::uint16_t _port;
};

/// 5 hits, which fit into one buffer of nginx, and a miss that waits,
/// for the upstreams are stopped until release().
class HeldBatch {
public:
    HeldBatch() : _ids(insertCachedRows(stack, 5)), _lastHit(_ids.back()) {
        _ids.push_back(standinFilms(1).front());
        stack.pauseUpstreams();
    }

    HttpRequest request(const std::string& accept) const {
        return batchOf(_ids, {{"Accept", accept}, {"Accept-Encoding", "gzip"}});
    }
    /// Whether all hits come while the miss waits.
    bool hitsCome(HttpClient& client, std::chrono::milliseconds limit) const {
        const auto came = [this](const HttpResponse& response) {
            const std::size_t last = response.body().find(_lastHit);
            return last != std::string::npos && response.body().find("}\n", last) != std::string::npos;
        };
        return client.readUntil(came, limit);
    }
    void release() { stack.resumeUpstreams(); }

    Stack stack;

private:
    std::vector<std::string> _ids;
    std::string _lastHit;
};

/// Each format that is written bit by bit, read through that proxy.
void checkEventsComeOneByOne(HeldBatch& batch, const Endpoint& proxy) {
    const std::string accept = GENERATE("text/event-stream", "application/x-ndjson");
    INFO(accept);
    HttpClient client(proxy, batch.request(accept));
    CHECK(batch.hitsCome(client, 4s));
    CHECK(client.response().body().find("\"fetched\"") == std::string::npos);
    batch.release();
    const HttpResponse& response = client.readToEnd();
    INFO(response.body());
    CHECK(response.complete());
    CHECK(response.header("content-type") == accept);
    CHECK(response.header("cache-control") == "no-cache, no-transform");
    CHECK_FALSE(response.header("content-encoding").has_value());
    CHECK_THAT(response.body(), Catch::Contains(R"("total":6,"cached":5,"fetched":1)"));
}

/// A stream that this proxy keeps back: `first` is an nginx of ours without what keeps it from that.
void checkEventsAreKeptBack(HeldBatch& batch, const Endpoint& first, const Endpoint& proxy) {
    HttpClient direct(first, batch.request("text/event-stream"));
    HttpClient client(proxy, batch.request("text/event-stream"));
    REQUIRE(batch.hitsCome(direct, 4s));
    CHECK_FALSE(batch.hitsCome(client, 500ms));
    batch.release();
    CHECK(client.readToEnd().complete());
    direct.readToEnd();
}

/// Another nginx of ours, whose rtbatch-locations.conf lacks `line`, in front of the same handler.
class ChangedNginx {
public:
    ChangedNginx(const Stack& stack, const std::string& line, const std::string& serverLines) {
        std::string text =
            readFile(std::filesystem::path(RTBATCH_SOURCE_DIR) / "conf/nginx/rtbatch-locations.conf");
        const std::size_t at = text.find(line);
        REQUIRE(at != std::string::npos);
        writeFile(_dir.file("rtbatch-locations.conf"), text.erase(at, line.size()));
        _nginx = std::make_unique<Nginx>(_dir.path(), upstreamOf(stack.handlerSocket()), false, serverLines,
                                         _dir.path());
    }

    Endpoint http() const { return _nginx->http(); }

private:
    TempDir _dir;
    std::unique_ptr<Nginx> _nginx;
};

}  // namespace

TEST_CASE("through a second nginx with its defaults events come one by one", "[proxy]") {
    const std::string version = GENERATE(as<std::string>(), kVersion11, kVersion10);
    INFO(version);
    HeldBatch batch;
    const SecondNginx second(batch.stack.http(), version);
    checkEventsComeOneByOne(batch, second.http());
}

TEST_CASE("through the nginx of docs/operators.md events come one by one, and a torn stream breaks off",
          "[proxy]") {
    HeldBatch batch;
    const SecondNginx second(batch.stack.http(), documentedLocation(batch.stack.http()));
    SECTION("one by one") {
        checkEventsComeOneByOne(batch, second.http());
    }
    SECTION("torn") {
        HttpClient client(second.http(), batch.request("text/event-stream"));
        REQUIRE(batch.hitsCome(client, 4s));
        batch.stack.handler().signal(SIGKILL);
        CHECK(client.readToEnd().torn());
        batch.stack.handler().wait(5s);
    }
}

TEST_CASE("through express with compression events come one by one", "[proxy]") {
    HeldBatch batch;
    const Express express(batch.stack.http());
    checkEventsComeOneByOne(batch, express.http());
}

TEST_CASE("through both events come one by one", "[proxy]") {
    HeldBatch batch;
    const SecondNginx second(batch.stack.http(), kVersion11);
    const Express express(second.http());
    checkEventsComeOneByOne(batch, express.http());
}

// Over HTTP/1.1 it keeps back only the end of what crosses the edge of one of its buffers, now and then.
TEST_CASE("a second nginx that is not told X-Accel-Buffering keeps events back", "[proxy]") {
    HeldBatch batch;
    const ChangedNginx first(batch.stack, "fastcgi_pass_header X-Accel-Buffering;", "");
    const SecondNginx second(first.http(), kVersion10);
    checkEventsAreKeptBack(batch, first.http(), second.http());
}

TEST_CASE("express that is not told no-transform keeps events back", "[proxy]") {
    HeldBatch batch;
    const ChangedNginx first(batch.stack, "",
                             "fastcgi_hide_header Cache-Control; add_header Cache-Control no-cache;");
    const Express express(first.http());
    checkEventsAreKeptBack(batch, first.http(), express.http());
}

TEST_CASE("a killed handler's stream breaks off through a second nginx, and over HTTP/1.0 ends cleanly",
          "[proxy]") {
    const bool version11 = GENERATE(true, false);
    HeldBatch batch;
    const SecondNginx second(batch.stack.http(), version11 ? kVersion11 : kVersion10);
    HttpClient client(second.http(), batch.request("text/event-stream"));
    REQUIRE(batch.hitsCome(client, 4s));
    batch.stack.handler().signal(SIGKILL);
    const HttpResponse& response = client.readToEnd();
    INFO((version11 ? "HTTP/1.1: " : "HTTP/1.0: ") << response.body());
    CHECK(response.count("done") == 0);
    CHECK(response.torn() == version11);
    CHECK(response.complete() != version11);
    batch.stack.handler().wait(5s);
}

TEST_CASE("a killed handler's stream breaks off through express too", "[proxy]") {
    HeldBatch batch;
    const Express express(batch.stack.http());
    HttpClient client(express.http(), batch.request("text/event-stream"));
    REQUIRE(batch.hitsCome(client, 4s));
    batch.stack.handler().signal(SIGKILL);
    const HttpResponse& response = client.readToEnd();
    CHECK(response.torn());
    batch.stack.handler().wait(5s);
}

}  // namespace rtbatch::test
