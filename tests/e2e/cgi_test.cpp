// Plain CGI, behind each real web server with the configuration that is shipped.
#include <array>
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"
#include "tests/support/web_servers.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::array kServers{WebServer::lighttpd, WebServer::apacheCgid, WebServer::apacheCgi,
                              WebServer::nginxFcgiwrap};

WebServer anyServer() {
    return GENERATE(from_range(kServers.begin(), kServers.end()));
}

/// A web server beside a stack, whose stand-in and database its programs share with the FastCGI handler.
struct Cgi {
    CgiServer server;

    Cgi(const Stack& stack, WebServer kind, std::map<std::string, std::string> more = {})
        : server(kind, environment(stack, std::move(more))) {
        giveTo(kind, stack.directory());
    }
    Endpoint http() const { return server.http(); }

    static std::map<std::string, std::string> environment(const Stack& stack,
                                                          std::map<std::string, std::string> more) {
        more.merge(stack.handlerEnvironment());
        return more;
    }
};

/// With the programs' own log, should the test fail.
#define INFO_OF(cgi) INFO((cgi).server.log())

HttpRequest at(const std::string& method, const std::string& path) {
    HttpRequest request = batchOf({});
    request.method = method;
    request.path = path;
    request.body = method == "POST" ? "{}" : "";  // lighttpd takes no body with GET
    return request;
}

bool commentCame(const HttpResponse& response) {
    return !response.comments().empty();
}

}  // namespace

TEST_CASE("CGI answers to the byte what FastCGI answers, refusals too", "[cgi]") {
    const WebServer kind = anyServer();
    Stack stack;
    const Cgi cgi(stack, kind);
    const std::vector<std::string> ids = madeUpMovies(1, 50);
    stack.warm(ids);

    HttpRequest large = batchOf(ids);
    large.body += std::string(17000, ' ');
    HttpRequest keyless = batchOf(ids);
    keyless.headers.erase("X-API-Key");
    const std::string path = "/api/v1/movies/batch";
    const std::vector<std::pair<HttpRequest, int>> cases{
        {batchOf(ids), 200},
        {batchOf(std::vector<std::string>{"tt12", ids[0]}, {{"Prefer", "handling=lenient"}}), 200},
        {keyless, 401},
        {batchOf(ids, {{"X-API-Key", "guessed"}}), 401},
        {at("POST", "/api/v1/movies"), 404},
        {at("GET", path), 405},
        {large, 413},
        {batchOf(ids, {{"Content-Type", "text/plain"}}), 415},
        {batchOf(std::vector<std::string>{"tt12"}), 422},
        {{.path = "/api/v1/health"}, 200},
        {{.path = "/api/v1/health?--version"}, 200},  // which comes as an argument of the command line
        {{.path = "/api/v1/ready"}, 200},
    };
    for (const auto& [request, status] : cases) {
        const HttpResponse expected = ask(stack.http(), request);
        const HttpResponse response = ask(cgi.http(), request);
        INFO(kind << ": " << request.method << ' ' << request.path << '\n' << response.body());
        INFO_OF(cgi);
        CHECK(response.status() == status);
        CHECK(response.complete());
        CHECK(response.body() == expected.body());
        CHECK(response.header("content-type") == expected.header("content-type"));
        CHECK(response.header("cache-control") == expected.header("cache-control"));
        CHECK(response.header("x-accel-buffering") == expected.header("x-accel-buffering"));
        CHECK(response.header("allow") == expected.header("allow"));
    }
}

TEST_CASE("CGI streams hits and misses as they come", "[cgi]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    const WebServer kind = database == Database::mariadb ? WebServer::lighttpd : anyServer();
    Stack stack({.database = database});
    const Cgi cgi(stack, kind);
    const std::vector<std::string> ids = madeUpMovies(1, 5);
    stack.warm(std::vector<std::string>{ids[0]});
    stack.upstreams().setLatency(Site::rt, 1500ms);
    INFO(kind << " on " << database);

    // Compression would hold the stream back, and a header "Proxy" must not become a proxy.
    const HttpRequest request = batchOf(ids, {{"Accept-Encoding", "gzip"}, {"Proxy", "http://127.0.0.1:9/"}});
    HttpClient client(cgi.http(), request);
    const auto movies = [&](std::size_t count) {
        return client.readUntil([&](const HttpResponse& r) { return r.count("movie") >= count; }, 20s);
    };
    const auto stillAsking = [&] { return stack.upstreams().counts(Site::rt).open > 0; };
    INFO_OF(cgi);
    REQUIRE(movies(1));
    CHECK(client.response().count("movie") == 1);
    CHECK(eventually(5s, stillAsking));
    REQUIRE(movies(2));
    CHECK(client.response().count("done") == 0);
    CHECK(eventually(5s, stillAsking));
    checkWhole(client.readToEnd(), ids);
    CHECK(doneOf(client.response()) == Done{.total = 5, .cached = 1, .fetched = 4, .errors = 0, .stale = 0});
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 2);
    CHECK(stack.upstreams().counts(Site::rt).mostOpen == 2);
    CHECK(eventually(5s, [&] { return cgi.server.handlers().empty(); }));
}

TEST_CASE("CGI takes a body in chunks", "[cgi]") {
    const WebServer kind = anyServer();
    Stack stack;
    const Cgi cgi(stack, kind);
    const std::vector<std::string> ids{madeUpMovie(1)};
    HttpRequest request = batchOf(ids, {{"Transfer-Encoding", "chunked"}});
    request.body =
        "8\r\n" + request.body.substr(0, 8) + "\r\n11\r\n" + request.body.substr(8) + "\r\n0\r\n\r\n";
    INFO(kind);
    INFO_OF(cgi);
    checkWhole(ask(cgi.http(), request), ids);
}

TEST_CASE("when a client of CGI leaves, the open pages are finished and stored, and the program ends",
          "[cgi]") {
    const WebServer kind = anyServer();
    Stack stack;
    const Cgi cgi(stack, kind);
    // Longer than it takes to notice: lighttpd does at once, the others with the first or second heartbeat,
    // after 4 s at most. Apache kills 3 s later what has not ended.
    stack.upstreams().setLatency(Site::rt, kind == WebServer::lighttpd ? 1500ms : 5300ms);
    const std::vector<std::string> ids = madeUpMovies(1, 10);
    HttpClient client(cgi.http(), batchOf(ids));
    INFO(kind);
    REQUIRE(client.readUntil(commentCame, 10s));
    REQUIRE(eventually(10s, [&] { return stack.upstreams().counts(Site::rt).open == 2; }));
    client.leave();

    CHECK(eventually(12s, [&] { return cgi.server.handlers().empty(); }));
    INFO_OF(cgi);
    CHECK(stack.upstreams().counts(Site::rt).requests == 2);
    CHECK(stack.upstreams().counts(Site::rt).aborts == 0);
    stack.upstreams().setLatency(Site::rt, 0ms);
    const HttpResponse again = ask(stack.http(), batchOf(ids));
    checkWhole(again, ids);
    CHECK(doneOf(again) == Done{.total = 10, .cached = 2, .fetched = 8, .errors = 0, .stale = 0});
}

TEST_CASE("a CGI stream whose program is killed has no `done`, and breaks off where the server lets it",
          "[cgi]") {
    const WebServer kind = anyServer();
    Stack stack;
    const Cgi cgi(stack, kind);
    stack.upstreams().setLatency(Site::rt, 20s);
    HttpRequest request = batchOf(madeUpMovies(1, 4));
    request.recorded = false;
    HttpClient client(cgi.http(), request);
    REQUIRE(client.readUntil(commentCame, 10s));
    REQUIRE(eventually(5s, [&] { return cgi.server.handlers().size() == 1; }));
    ::kill(cgi.server.handlers()[0], SIGKILL);
    client.readToEnd(10s);
    INFO(kind);
    CHECK(client.response().count("done") == 0);
    if (kind == WebServer::lighttpd || kind == WebServer::apacheCgid) {
        CHECK(client.response().torn());
    }
}

TEST_CASE("with wrong settings CGI answers 500, and says why in its log only", "[cgi]") {
    struct Wrong {
        const char* name;
        const char* value;
        const char* reason;
    };
    static const std::vector<Wrong> kWrong{
        {"RTBATCH_CACHE_TTL_HOURS", "soon", "RTBATCH_CACHE_TTL_HOURS is 'soon'"},
        {"RTBATCH_CONFIG", "/nowhere/rtbatch.properties", "cannot read the configuration file /nowhere"},
    };
    const std::size_t which = GENERATE(0U, 1U);
    const Wrong& wrong = kWrong[which];
    const WebServer kind = which == 0 ? anyServer() : WebServer::lighttpd;
    Stack stack;
    const Cgi cgi(stack, kind, {{wrong.name, wrong.value}});
    const HttpResponse response = ask(cgi.http(), batchOf(std::vector<std::string>{madeUpMovie(1)}));
    INFO(kind << '\n' << response.body());
    INFO_OF(cgi);
    CHECK(response.status() == 500);
    CHECK(response.header("content-type") == "application/problem+json");
    CHECK(parseObject(response.body())->getValue<std::string>("error") == "internal_error");
    CHECK_THAT(response.body(), !Catch::Contains(wrong.value) && !Catch::Contains(wrong.name));
    CHECK(eventually(5s, [&] { return cgi.server.log().find(wrong.reason) != std::string::npos; }));
}

TEST_CASE("a CGI program without a web server answers into a file, and SIGTERM ends it", "[cgi]") {
    Stack stack;
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    const HttpRequest request = batchOf(ids);
    const TempDir dir;
    writeFile(dir.file("in"), request.body + "what follows is not ours");
    writeFile(dir.file("rtbatch.properties"), "batch.heartbeat_s = 0.2\n");
    auto environment = stack.handlerEnvironment();
    environment.merge(
        std::map<std::string, std::string>{{"GATEWAY_INTERFACE", "CGI/1.1"},
                                           {"REQUEST_METHOD", "POST"},
                                           {"SCRIPT_NAME", request.path},
                                           {"CONTENT_TYPE", "application/json"},
                                           {"CONTENT_LENGTH", std::to_string(request.body.size())},
                                           {"HTTP_X_API_KEY", kKey},
                                           {"RTBATCH_CONFIG", dir.file("rtbatch.properties")}});
    const ChildOptions options{
        .command = {"/bin/sh", "-c",
                    "exec " RTBATCH_BIN_DIR "/rtbatch-handler <" + dir.file("in") + " >" + dir.file("out")},
        .env = environment,
        .log = dir.file("log")};
    const auto out = [&] { return readFile(dir.file("out")); };

    stack.upstreams().setLatency(Site::rt, 1500ms);
    Child stopped(options);
    REQUIRE(eventually(10s, [&] { return stack.upstreams().counts(Site::rt).open == 2; }));
    CHECK(eventually(5s, [&] { return out().ends_with("\r\n\r\n:\n:\n"); }));  // the file's heartbeat
    CHECK(stopped.stop(10s) == 0);
    CHECK_THAT(out(), !Catch::Contains("event: done"));
    CHECK(stack.upstreams().counts(Site::rt).requests == 2);
    CHECK(stack.upstreams().counts(Site::rt).aborts == 0);

    stack.upstreams().reset();
    stack.upstreams().setLatency(Site::rt, 300ms);
    Child whole(options);
    REQUIRE(eventually(10s, [&] { return stack.upstreams().counts(Site::rt).open > 0; }));
    whole.signal(SIGHUP);  // passed over
    CHECK(whole.wait(10s) == 0);
    CHECK_THAT(out(), Catch::StartsWith("Status: 200 OK\r\n"));
    CHECK_THAT(out(), Catch::EndsWith(R"({"total":4,"cached":2,"fetched":2,"errors":0,"stale":0})"
                                      "\n\n"));
    INFO(whole.log());
    CHECK_THAT(whole.log(),
               Catch::Contains(" answered request=") && Catch::Contains(" result=completed total=4 "));
    CHECK_THAT(whole.log(), !Catch::Contains("Warning") && !Catch::Contains("Error"));
}
