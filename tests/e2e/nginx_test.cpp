// The shipped nginx configuration.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kConf = std::filesystem::path(RTBATCH_SOURCE_DIR) / "conf" / "nginx";

void replaceAll(std::string& text, const std::string& what, const std::string& with) {
    REQUIRE(text.find(what) != std::string::npos);
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

/// The production site as an operator would install it, in a directory that stands for /etc/nginx. Changed is
/// only what belongs to the machine: ports, certificate, socket, logs.
class ProductionSite {
public:
    ProductionSite(const std::string& socket, const std::string& user)
        : http{freePort(), false}, https{freePort(), true} {
        std::filesystem::create_directories(_dir.path() / "snippets");
        std::filesystem::copy(kConf / "rtbatch-locations.conf", _dir.path() / "snippets");
        const Certificate certificate = makeCertificate(_dir.path());
        std::string site = readFile(kConf / "rtbatch.site.conf");
        replaceAll(site, "listen 80;", "listen 127.0.0.1:" + std::to_string(http.port) + ";");
        replaceAll(site, "listen [::]:80;", "");
        replaceAll(site, "listen 443 ", "listen 127.0.0.1:" + std::to_string(https.port) + " ");
        replaceAll(site, "listen [::]:443 ssl http2;", "");
        replaceAll(site, "/etc/letsencrypt/live/rtbatch.example.org/fullchain.pem", certificate.chain);
        replaceAll(site, "/etc/letsencrypt/live/rtbatch.example.org/privkey.pem", certificate.key);
        replaceAll(site, "/run/rtbatch/handler.sock", socket);
        replaceAll(site, "/var/log/nginx", _dir.path());
        writeFile(_dir.file("site.conf"), site);
        const std::string dir = _dir.path();
        writeFile(_dir.file("nginx.conf"),
                  user + " daemon off; pid " + dir +
                      "/pid; events {} http { access_log off; client_body_temp_path " + dir +
                      "/b; proxy_temp_path " + dir + "/p; fastcgi_temp_path " + dir + "/f; uwsgi_temp_path " +
                      dir + "/u; scgi_temp_path " + dir + "/s; include site.conf; }\n");
    }

    std::vector<std::string> command() const {
        return {"/usr/sbin/nginx", "-p", _dir.path(), "-c", _dir.file("nginx.conf"), "-e", "stderr"};
    }

    const TempDir& dir() const { return _dir; }

private:
    TempDir _dir;

public:
    const Endpoint http;
    const Endpoint https;
};

std::string checkConfiguration(std::vector<std::string> command) {
    command.emplace_back("-t");
    return runProgram(command, {});
}

const std::string kUser = ::geteuid() == 0 ? "user root;" : "";

}  // namespace

TEST_CASE("nginx accepts the production site without a warning", "[nginx]") {
    const ProductionSite site("/run/rtbatch/handler.sock", kUser);
    const std::string said = checkConfiguration(site.command());
    INFO(said);
    CHECK_THAT(said, Catch::Contains("test is successful"));
    CHECK_THAT(said, !Catch::Contains("[warn]"));
}

TEST_CASE("nginx accepts the private configuration without a warning", "[nginx]") {
    Stack stack({.tls = true});
    const std::string said = checkConfiguration(stack.nginx().command());
    INFO(said);
    CHECK_THAT(said, Catch::Contains("test is successful"));
    CHECK_THAT(said, !Catch::Contains("[warn]"));
}

TEST_CASE("the production site serves over HTTPS, redirects to it, and limits a wild loop", "[nginx]") {
    Stack stack;
    const ProductionSite site(stack.handlerSocket(), kUser);
    Child nginx({.command = site.command(), .log = site.dir().file("log")});
    INFO(nginx.log());
    const auto health = [&] {
        try {
            return ask(site.https, {.path = "/api/v1/health"}).status() == 200;
        } catch (const std::exception&) {
            return false;
        }
    };
    REQUIRE(eventually(5s, health));

    const std::vector<std::string> ids = madeUpMovies(1, 5);
    checkWhole(ask(site.https, batchOf(ids)), ids);

    HttpRequest plain = batchOf(ids);
    plain.headers["Host"] = "rtbatch.example.org";
    plain.recorded = false;
    const HttpResponse redirect = ask(site.http, plain);
    CHECK(redirect.status() == 308);
    CHECK(redirect.header("location") == "https://rtbatch.example.org/api/v1/movies/batch");

    int limited = 0;
    for (int i = 0; i < 150 && limited == 0; ++i) {
        const HttpResponse response = ask(site.https, batchOf(ids));
        if (response.status() == 429) {
            ++limited;
            CHECK(response.header("content-type") == "application/problem+json");
            CHECK(response.header("retry-after").has_value());
            CHECK(parseObject(response.body())->getValue<std::string>("error") == "too_many_requests");
        }
    }
    CHECK(limited == 1);
    // That was the key's limit. The address has more, for whoever asks from there with another key, and a
    // limit too.
    const auto withAnotherKey = [&](int number) {
        HttpRequest request = batchOf(ids);
        request.headers["X-API-Key"] = "another" + std::to_string(number);
        return ask(site.https, request).status();
    };
    CHECK(withAnotherKey(0) == 401);
    int number = 1;
    while (number < 300 && withAnotherKey(number) == 401) {
        ++number;
    }
    CHECK(withAnotherKey(number) == 429);
    // Only batches are counted.
    CHECK(health());
}

TEST_CASE("only the known paths reach the handler", "[nginx]") {
    Stack stack;
    CHECK(stack.stopHandler() == 0);
    for (const char* path : {"/", "/metrics/", "/api/v1/", "/api/v1/movie", "/api/v1/admin/",
                             "/api/v1/movies/batch/x", "/api/v1/healthy", "/.rtbatch/uri"}) {
        INFO(path);
        CHECK(ask(stack.http(), {.path = path}).status() ==
              404);  // it would be 503 from the handler that is away
    }
    for (const char* path :
         {"/api/v1/movies/batch", "/api/v1/movie/tt0468569", "/api/v1/health", "/api/v1/ready",
          "/api/v1/health?x=1", "/api/v1/admin/keys", "/api/v1/admin/keys/1", "/metrics"}) {
        INFO(path);
        CHECK(ask(stack.http(), {.path = path}).status() == 503);
    }
}

TEST_CASE("what nginx itself refuses is a problem too", "[nginx]") {
    Stack stack;
    const auto check = [&](const HttpRequest& request, int status) {
        const HttpResponse response = ask(stack.http(), request);
        INFO(request.method << ' ' << request.path.substr(0, 60));
        CHECK(response.status() == status);
        REQUIRE(response.header("content-type") == "application/problem+json");
        CHECK(parseObject(response.body())->getValue<int>("status") == status);
    };
    check({.path = "/" + std::string(20000, 'a')}, 414);
    check({.path = "/api/v1/health", .headers = {{"X-Long", std::string(20000, 'a')}}}, 400);
    check({.path = "/api/v1/health", .headers = {{"Host", "a b"}}}, 400);
    check({.method = "TRACE", .path = "/api/v1/health"}, 405);
}
