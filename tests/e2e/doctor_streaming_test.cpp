// How rtbatch-admin doctor sees whether a stream is passed on while it is written.
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <string>

#include "tests/e2e/batch_view.h"
#include "tests/e2e/doctor_run.h"
#include "tests/support/nginx.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"
#include "tests/support/temp_dir.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

/// An nginx before the stack's handler, whose rtbatch-locations.conf has one line changed.
struct ChangedNginx {
    ChangedNginx(const Stack& stack, const std::string& line, const std::string& instead) {
        namespace fs = std::filesystem;
        std::string text = readFile(fs::path(RTBATCH_SOURCE_DIR) / "conf/nginx/rtbatch-locations.conf");
        const auto at = text.find(line);
        REQUIRE(at != std::string::npos);
        writeFile(dir.file("rtbatch-locations.conf"), text.replace(at, line.size(), instead));
        nginx.emplace(dir.path(), upstreamOf(stack.handlerSocket()), false, "", dir.path());
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(nginx->http().port); }

    TempDir dir;
    std::optional<Nginx> nginx;
};

struct Installation {
    Installation() { noteRefresherRun(stack, 60s); }

    std::string rowsOfNoFilm() {
        std::string rows;
        for (const auto* table : {"rt_cache", "rt_id", "rt_failure", "demand", "rt_scrape"}) {
            rows += stack.mariadb().sql(std::string("SELECT '") + table + "' FROM " + table +
                                        " WHERE imdb_id = 'tt0000000'");
        }
        return rows + stack.mariadb().sql("SELECT name FROM lease WHERE name LIKE 'flight.%'");
    }

    Stack stack{{.database = Database::mariadb, .tls = true}};
};

}  // namespace

TEST_CASE_METHOD(Installation, "an nginx that keeps what the handler writes is told", "[doctor]") {
    const ChangedNginx buffering(stack, "fastcgi_buffering off;",
                                 "fastcgi_buffering on; fastcgi_ignore_headers X-Accel-Buffering;");
    const Examined found = examine(stack, {.url = buffering.url()});
    INFO(found.text);
    CHECK(found.status == 1);
    CHECK(found.those("bad") == Names{"nginx buffering"});
    CHECK(found.those("good") == allBut("nginx buffering"));
    CHECK_THAT(found.of("nginx buffering").doThis,
               Catch::Contains("fastcgi_buffering off") && Catch::Contains("rtbatch-locations.conf"));
    CHECK(rowsOfNoFilm().empty());
}

TEST_CASE_METHOD(Installation, "seeing a stream asks no upstream and leaves nothing behind", "[doctor]") {
    for (int i = 0; i < 3; ++i) {
        const Examined found = examine(stack);
        INFO(found.text);
        CHECK_THAT(found.of("nginx buffering").said, Catch::Contains("first byte of a stream that waits"));
    }
    stack.stopHandler();  // it writes down what was asked for, at the latest now
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 0);
    CHECK(stack.upstreams().counts(Site::rt).requests == 0);
    CHECK(rowsOfNoFilm().empty());
    stack.startHandler();
    CHECK(stack.waitUntilReady());
}

TEST_CASE_METHOD(Installation, "a busy handler does not hide it", "[doctor]") {
    stack.upstreams().setLatency(Site::wikidata, 300ms);
    stack.upstreams().setLatency(Site::rt, 50ms);
    const auto ids = madeUpMovies(1, 50);
    HttpClient busy(stack.http(), batchOf(ids));
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.status == 0);
    checkWhole(busy.readToEnd(60s), ids);
    CHECK(rowsOfNoFilm().empty());
}

TEST_CASE_METHOD(Installation, "it is seen over HTTPS, whose certificate is checked", "[doctor]") {
    const std::string url = "https://localhost:" + std::to_string(stack.https().port);
    const auto certificate = (stack.directory() / "cert.pem").string();
    const Examined found = examine(stack, {.settings = {{"http.ca_file", certificate}}, .url = url});
    INFO(found.text);
    CHECK(found.those("good") == kAllChecks);

    const Examined distrusted = examine(stack, {.url = url});
    CHECK(distrusted.those("bad") == Names{"nginx"});
    CHECK_THAT(distrusted.of("nginx").said, Catch::Contains("certificate"));
    CHECK_THAT(distrusted.of("nginx").doThis, Catch::Contains("--url https://NAME"));
}

TEST_CASE_METHOD(Installation, "a handler on another database is told", "[doctor]") {
    stack.upstreams().setLatency(Site::wikidata, 50ms);
    const TempDir dir;
    const std::string other = "sqlite:" + dir.file("other.db");
    auto env = stack.handlerEnvironment();
    env["RTBATCH_DATABASE_URL"] = other;
    runProgram({program("rtbatch-admin"), "migrate"}, env);
    const Examined found = examine(stack, {.settings = {{"database.url", other}}});
    INFO(found.text);
    CHECK(found.of("nginx buffering").result == "bad");
    CHECK_THAT(found.of("nginx buffering").said, Catch::Contains("it uses another database"));
}

TEST_CASE_METHOD(Installation, "it cannot be seen while an upstream is left alone, or without a key",
                 "[doctor]") {
    const Examined keyless = examine(stack, {.settings = {{"auth.admin_key", "another-key"}}});
    CHECK(keyless.of("nginx buffering").result == "unknown");
    CHECK_THAT(keyless.of("nginx buffering").said, Catch::Contains("does not know our key"));
    CHECK(keyless.status == 0);

    CHECK_THAT(keyless.of("nginx buffering").doThis, Catch::Contains("--admin-key-file FILE"));

    const auto later = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch() + 1h);
    stack.sql("UPDATE upstream_state SET is_open = 1, shut_until = " + std::to_string(later.count()) +
              " WHERE upstream = 'wikidata'");
    const Examined shut = examine(stack);
    CHECK(shut.of("nginx buffering").result == "unknown");
    CHECK_THAT(shut.of("nginx buffering").said, Catch::Contains("Wikidata is left alone"));
    CHECK(rowsOfNoFilm().empty());
}

TEST_CASE_METHOD(Installation, "it takes a key from a file or from standard input, and keeps it to itself",
                 "[doctor]") {
    const std::map<std::string, std::string> another{{"auth.admin_key", "another-key"}};
    const TempDir dir;
    writeFile(dir.file("key"), kKey + "\nwhat follows is not ours\n");
    const std::vector<std::string> piped{"/bin/sh", "-c", "exec \"$@\" <" + dir.file("key"), "sh"};
    for (const Examined& found :
         {examine(stack, {.settings = another, .arguments = {"--admin-key-file", dir.file("key")}}),
          examine(stack, {.settings = another, .wrap = piped, .arguments = {"--admin-key-file=-"}})}) {
        INFO(found.text);
        CHECK(found.of("nginx buffering").result == "good");
    }
}

TEST_CASE_METHOD(Installation, "a server that is not ours is told", "[doctor]") {
    const ChangedNginx other(stack, "location = /api/v1/health       { fastcgi_pass rtbatch; }", "");
    const Examined found = examine(stack, {.url = other.url()});
    CHECK(found.those("bad") == Names{"nginx"});
    CHECK_THAT(found.of("nginx").said, Catch::Contains("404: its paths are not ours"));

    const ChangedNginx redirecting(stack, "location = /api/v1/health       { fastcgi_pass rtbatch; }",
                                   "location = /api/v1/health { return 308 https://localhost$request_uri; }");
    const Examined redirected = examine(stack, {.url = redirecting.url()});
    CHECK_THAT(redirected.of("nginx").said, Catch::Contains("redirects away"));
    CHECK_THAT(redirected.of("nginx").doThis, Catch::Contains("--url https://NAME"));
}
