#include "common/config/config.h"

#include <catch2/catch.hpp>

#include "tests/unit/config/config_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

Config load(const std::string& content) {
    return loadConfig(TemporaryFile(content).path());
}

/// The message of the error, or "" when there is none.
std::string refusal(const std::string& content) {
    try {
        load(content);
        return "";
    } catch (const ConfigError& e) {
        return e.what();
    }
}

std::string complaint(const Config& config) {
    try {
        config.check();
        return "";
    } catch (const ConfigError& e) {
        return e.what();
    }
}

Config standin() {
    Config config;
    config.wikidataUrl = "http://127.0.0.1:8181/sparql";
    config.rtUrl = "http://localhost:8182";
    return config;
}

}  // namespace

TEST_CASE("without a file and variables every setting has its default") {
    CHECK(loadConfig({}) == Config{});
    CHECK(load("") == Config{});
    CHECK(load("# rt.max_concurrent = 9\n! a comment too\n\n") == Config{});
}

TEST_CASE("the file sets what it names, each in its unit") {
    const Config config = load(
        "database.url = mysql://me:p%40ss@db.example:3306/films?charset=x\n"
        "database.timeout_ms=250\n"
        "handler.listen : 127.0.0.1:9000\n"
        "handler.socket_mode = 0600\n"
        "batch.timeout_s = 0.3\n"
        "batch.heartbeat_s = 2\n"
        "auth.required = false\n"
        "cache.ttl_hours = 48\n"
        "rt.url = http://127.0.0.1:8080/\n"
        "rt.timeout_s = 1.25\n"
        "http.max_body_kb = 512\n"
        "http.contact = ops@example.org\n");
    CHECK(config.databaseUrl == "mysql://me:p%40ss@db.example:3306/films?charset=x");
    CHECK(config.databaseTimeout == 250ms);
    CHECK(config.handlerListen == "127.0.0.1:9000");
    CHECK(config.handlerSocketMode == 0600);
    CHECK(config.batchTimeout == 300ms);
    CHECK(config.batchHeartbeat == 2s);
    CHECK_FALSE(config.authRequired);
    CHECK(config.cacheTtl == 48h);
    CHECK(config.rtUrl == "http://127.0.0.1:8080");
    CHECK(config.rtTimeout == 1250ms);
    CHECK(config.httpMaxBody == 524288);
    CHECK(config.httpContact == "ops@example.org");
    CHECK(config.wikidataMaxConcurrent == 5);
}

TEST_CASE("a variable of the environment wins over the file, and an empty one counts as unset") {
    const TemporaryFile file("rt.max_concurrent = 3\ncache.rt_id_ttl_hours = 5\n");
    const TemporaryVariable wins("RTBATCH_RT_MAX_CONCURRENT", "1");
    const TemporaryVariable empty("RTBATCH_CACHE_RT_ID_TTL_HOURS", "");
    const TemporaryVariable emptyAndUnknown("RTBATCH_NO_SUCH_THING", "");
    const Config config = loadConfig(file.path());
    CHECK(config.rtMaxConcurrent == 1);
    CHECK(config.rtIdTtl == 5h);
    CHECK(loadConfig({}).rtMaxConcurrent == 1);
}

TEST_CASE("a misspelt key or variable is refused, and the nearest is named") {
    CHECK_THAT(refusal("rt.max_concurent = 1\n"),
               Contains("there is no key 'rt.max_concurent'; the nearest is 'rt.max_concurrent'"));
    CHECK_THAT(refusal("auth.admin-key = x\n"), Contains("'auth.admin_key'"));
    CHECK_THAT(refusal("RT.URL = https://a.example\n"), Contains("no key 'RT.URL'"));
    CHECK_THAT(refusal("rt = 1\n"), Contains("no key 'rt'"));
    CHECK_THAT(refusal("just words\n"), Contains("no key 'just words'"));

    const TemporaryVariable typo("RTBATCH_RT_URI", "http://127.0.0.1:1");
    CHECK_THROWS_WITH(loadConfig({}),
                      "environment: there is no variable 'RTBATCH_RT_URI'; the nearest is 'RTBATCH_RT_URL'");
}

TEST_CASE("a key that is given twice is refused") {
    CHECK_THAT(refusal("rt.max_concurrent = 1\nrt.max_concurrent = 2\n"),
               Contains("'rt.max_concurrent' is given twice"));
}

TEST_CASE("a file that cannot be read is refused with the reason") {
    CHECK_THROWS_WITH(
        loadConfig("/no/such/rtbatch.properties"),
        "cannot read the configuration file /no/such/rtbatch.properties: there is no such file");
    CHECK_THROWS_WITH(loadConfig("/etc/passwd/x"), Contains("there is no such file"));
    CHECK_THROWS_WITH(loadConfig("/"), Contains("Is a directory"));

    const TemporaryFile file("");
    std::filesystem::permissions(file.path(), std::filesystem::perms::none);
    if (::geteuid() != 0) {  // root may read all; readme_test.sh tries it as somebody else
        CHECK_THROWS_WITH(loadConfig(file.path()), Contains("this user may not read it (try sudo)"));
    }
}

TEST_CASE("the file is the one of --config, else that of RTBATCH_CONFIG, else the installed one") {
    const TemporaryVariable named("RTBATCH_CONFIG", "/named.properties");
    CHECK(settingsFile("/given.properties") == "/given.properties");
    CHECK(settingsFile() == "/named.properties");
    CHECK_NOTHROW(loadConfig({}));  // it is no misspelt setting
    const TemporaryVariable empty("RTBATCH_CONFIG", "");
    const bool installed = std::filesystem::exists("/etc/rtbatch/rtbatch.properties");
    CHECK(settingsFile() == (installed ? "/etc/rtbatch/rtbatch.properties" : ""));
}

TEST_CASE("the version is a number, and which commit it was built from where that is known") {
    CHECK_THAT(version(), Catch::Matches(R"([0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.-]+)?)"));
}

TEST_CASE("a value of the wrong form is refused with what to write") {
    CHECK_THAT(refusal("rt.max_concurrent = two\n"),
               Contains("rt.max_concurrent is 'two'; write a whole number from 1 to 16"));
    CHECK_THAT(refusal("batch.timeout_s = 1m\n"),
               Contains("batch.timeout_s is '1m'; write a number of seconds from 0.05 to 3600"));
    CHECK_THAT(refusal("auth.required = yes\n"), Contains("write true or false"));

    const TemporaryVariable wrong("RTBATCH_BATCH_MAX_IDS", "51");
    CHECK_THROWS_WITH(loadConfig({}),
                      "environment: RTBATCH_BATCH_MAX_IDS is '51'; write a whole number from 1 to 50");
}

TEST_CASE("values at the edge of their range pass and those beyond do not") {
    for (const auto* good :
         {"rt.max_concurrent = 1", "rt.max_concurrent = 16", "batch.max_ids = 50", "batch.timeout_s = 3600",
          "batch.timeout_s = 0.05", "handler.stop_timeout_s = 0", "handler.socket_mode = 777",
          "handler.listen = [::1]:9000", "handler.listen = run/rtbatch.sock", "handler.listen = rtbatch.sock",
          "handler.listen =", "wikidata.url = https://[::1]:8443/sparql", "rt.url = HTTPS://a.example/"}) {
        INFO(good);
        CHECK(refusal(good).empty());
    }
    for (const auto* bad : {"rt.max_concurrent = 0",
                            "rt.max_concurrent = 17",
                            "rt.max_concurrent = +2",
                            "rt.max_concurrent = -1",
                            "rt.max_concurrent = 2.0",
                            "rt.max_concurrent =",
                            "rt.max_concurrent = 0x2",
                            "rt.max_concurrent = 99999999999999999999",
                            "batch.max_ids = 0",
                            "batch.timeout_s = 0",
                            "batch.timeout_s = 3600.001",
                            "batch.timeout_s = .5",
                            "batch.timeout_s = 5.",
                            "batch.timeout_s = 1e2",
                            "batch.timeout_s = nan",
                            "batch.timeout_s = 0.1234",
                            "batch.timeout_s = 99999999999999999999",
                            "handler.socket_mode = 0689",
                            "handler.socket_mode = 1777",
                            "handler.socket_mode = 7",
                            "handler.listen = 127.0.0.1:0",
                            "handler.listen = 127.0.0.1:65536",
                            "handler.listen = :9000",
                            "database.url = postgres://x/y",
                            "database.url = sqlite:",
                            "database.url =",
                            "rt.url = ftp://a.example",
                            "rt.url = www.rottentomatoes.com",
                            "rt.url = https://",
                            "rt.url = https://a.example/m",
                            "rt.url = https://u:p@a.example",
                            "rt.url = https://a.example?x=1",
                            "rt.url = https://a.example:99999",
                            "wikidata.url = https://a.example/sparql#x",
                            "wikidata.url =",
                            "auth.admin_key = two words",
                            "http.contact = me (at home)",
                            "http.contact = caf\xc3\xa9"}) {
        INFO(bad);
        CHECK_FALSE(refusal(bad).empty());
    }
    CHECK_FALSE(refusal("handler.listen = /" + std::string(107, 'x')).empty());
    CHECK(refusal("handler.listen = /" + std::string(106, 'x')).empty());
    CHECK_FALSE(refusal("http.contact = " + std::string(201, 'x')).empty());
}

TEST_CASE("a secret never enters a message") {
    CHECK_THAT(refusal("database.url = mysq://me:hunter2@db/films\n"),
               Contains("database.url is not understood") && !Contains("hunter2"));
    CHECK_THAT(refusal("auth.admin_key = hunter2 and more\n"), !Contains("hunter2"));
}

TEST_CASE("a line break cannot enter the User-Agent") {
    CHECK_FALSE(refusal("http.contact = a@b.example\\r\\nX-Evil: 1\n").empty());
}

TEST_CASE("the User-Agent names the product, and the contact where there is one") {
    Config config;
    CHECK(config.userAgent() == "rtbatch/" + version());
    config.httpContact = "https://example.org/bots";
    CHECK(config.userAgent() == "rtbatch/" + version() + " (+https://example.org/bots)");
}

TEST_CASE("a stand-in on loopback is not live and needs no contact") {
    Config config = standin();
    for (const auto* host : {"http://127.0.0.1:1", "http://127.9.9.9", "http://localhost:1",
                             "http://LOCALHOST", "http://[::1]:8080"}) {
        INFO(host);
        config.rtUrl = host;
        CHECK_FALSE(config.live());
        CHECK(complaint(config).empty());
    }
}

TEST_CASE("one real upstream is enough to be live, and live without a contact does not start") {
    const TemporaryFile authorities("");
    Config config = standin();
    config.httpCaFile = authorities.path();
    CHECK(Config{}.live());
    config.rtUrl = "https://www.rottentomatoes.com";
    CHECK(config.live());
    CHECK_THAT(complaint(config), Contains("http.contact is empty; write your mail address or URL"));
    config.httpContact = "ops@example.org";
    CHECK(complaint(config).empty());
}

TEST_CASE("http goes to loopback only") {
    Config config = standin();
    config.httpContact = "ops@example.org";
    for (const auto* host : {"http://www.rottentomatoes.com", "http://127.0.0.1.example.org",
                             "http://localhost.example.org", "http://192.168.0.1", "http://0.0.0.0"}) {
        INFO(host);
        config.rtUrl = host;
        CHECK(config.live());
        CHECK_THAT(complaint(config), Contains("rt.url") && Contains("write https"));
    }
}

TEST_CASE("https without readable certificates does not start") {
    Config config = standin();
    config.httpCaFile = "/no/such/authorities.pem";
    CHECK(complaint(config).empty());
    config.rtUrl = "https://127.0.0.1:8443";
    CHECK_FALSE(config.live());
    CHECK_THAT(complaint(config), Contains("http.ca_file is '/no/such/authorities.pem'"));
}

TEST_CASE("the editorial site is not asked without a contact, though the others are stand-ins") {
    Config config;
    config.wikidataUrl = "http://127.0.0.1:1/sparql";
    config.rtUrl = "http://127.0.0.1:2";
    CHECK_NOTHROW(config.check());
    CHECK_THROWS_AS(config.checkAsked("rt.editorial_url", config.rtEditorialUrl), ConfigError);
    CHECK_NOTHROW(config.checkAsked("rt.url", config.rtUrl));
    config.httpContact = "you@example.org";
    CHECK_NOTHROW(config.checkAsked("rt.editorial_url", config.rtEditorialUrl));
    config.rtEditorialUrl = "http://editorial.example.org";
    CHECK_THROWS_AS(config.check(), ConfigError);
}
