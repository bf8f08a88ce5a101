// conf/prometheus, as an operator uses it: rules, an example of a configuration, and a dashboard for Grafana,
// with the Prometheus that Debian ships.

#include <Poco/URI.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;
using Poco::JSON::Object;

const std::filesystem::path kShipped = std::filesystem::path(RTBATCH_SOURCE_DIR) / "conf" / "prometheus";
const std::string kRules = kShipped / "rtbatch.rules.yml";
const std::string kDashboard = kShipped / "grafana-dashboard.json";

std::string promtool(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"/usr/bin/promtool"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return runProgram(command, {}, 60s);
}

/// A stack that has counted something of most sorts.
struct Busy {
    Busy() {
        const std::vector<std::string> hits = madeUpMovies(3000, 4);
        stack.warm(hits);
        std::vector<std::string> mixed = hits;
        mixed.push_back(madeUpMovie(3050));
        mixed.push_back(unknownMovie(30));
        checkWhole(ask(stack.http(), batchOf(mixed)), mixed);
        runProgram({program("rtbatch-refresher"), "run"}, stack.handlerEnvironment());
    }

    std::string metrics() const {
        const HttpResponse response = ask(stack.http(), {.path = "/metrics"});
        REQUIRE(response.status() == 200);
        return response.body();
    }

    Stack stack;
    int batches = 2;
};

/// The expressions of the dashboard's panels, for any job and instance.
std::vector<std::string> expressions() {
    std::vector<std::string> all;
    const auto panels = parseObject(readFile(kDashboard))->getArray("panels");
    for (const auto& panel : *panels) {
        const auto targets = panel.extract<Object::Ptr>()->getArray("targets");
        for (std::size_t i = 0; targets && i < targets->size(); ++i) {
            std::string text = targets->getObject(static_cast<unsigned>(i))->getValue<std::string>("expr");
            text = std::regex_replace(text, std::regex(R"(\$(job|instance))"), ".*");
            all.push_back(std::regex_replace(text, std::regex(R"(\$__rate_interval)"), "1m"));
        }
    }
    return all;
}

/// A Prometheus with the shipped configuration, but for the address and the rhythm.
class Prometheus {
public:
    explicit Prometheus(const Endpoint& scraped) {
        std::string configuration = readFile(kShipped / "prometheus.example.yml");
        replace(configuration, R"(["127.0.0.1:9180"])",
                R"(["127.0.0.1:)" + std::to_string(scraped.port) + R"("])");
        replace(configuration, "scrape_interval: 15s", "scrape_interval: 500ms");
        replace(configuration, "evaluation_interval: 15s", "evaluation_interval: 500ms");
        writeFile(_dir.file("prometheus.yml"), configuration);
        writeFile(_dir.file("rtbatch.rules.yml"), readFile(kRules));
        // Between finding a port and taking it, another test may have taken it.
        for (int attempt = 0; attempt < 5 && !start(); ++attempt) {
        }
        INFO(_process->log());
        REQUIRE(_process->running());
    }

    /// `data` of what its API answers.
    Object::Ptr get(const std::string& path) const {
        const HttpResponse response = ask({.port = _port}, {.path = path});
        INFO(path << ": " << response.body());
        REQUIRE(response.status() == 200);
        return parseObject(response.body())->getObject("data");
    }

    /// The values of a query's answer.
    std::vector<std::string> query(const std::string& expression) const {
        std::string encoded;
        Poco::URI::encode(expression, "+&=\"{}[]()~|,#", encoded);
        std::vector<std::string> values;
        const auto results = get("/api/v1/query?query=" + encoded)->getArray("result");
        for (const auto& result : *results) {
            values.push_back(result.extract<Object::Ptr>()->getArray("value")->getElement<std::string>(1));
        }
        return values;
    }

private:
    static void replace(std::string& text, const std::string& what, const std::string& with) {
        REQUIRE(text.find(what) != std::string::npos);
        text.replace(text.find(what), what.size(), with);
    }

    bool start() {
        _port = freePort();
        _process = std::make_unique<Child>(
            ChildOptions{.command = {"/usr/bin/prometheus", "--config.file=" + _dir.file("prometheus.yml"),
                                     "--storage.tsdb.path=" + _dir.file("data"),
                                     "--web.listen-address=127.0.0.1:" + std::to_string(_port)},
                         .log = _dir.file("prometheus.log")});
        return eventually(20s, [this] { return isUp() || !_process->running(); }) && _process->running();
    }

    bool isUp() const {
        try {
            return ask({.port = _port}, {.path = "/-/ready"}).status() == 200;
        } catch (const std::exception&) {
            return false;
        }
    }

    TempDir _dir;
    std::uint16_t _port = 0;
    std::unique_ptr<Child> _process;
};

TEST_CASE("promtool finds the shipped configuration and rules right, and each rule fires when it should",
          "[prometheus]") {
    CHECK_NOTHROW(promtool({"check", "config", kShipped / "prometheus.example.yml"}));
    CHECK_NOTHROW(promtool({"check", "rules", kRules}));
    CHECK_NOTHROW(promtool({"test", "rules", kShipped / "rtbatch.rules.test.yml"}));
}

TEST_CASE("each rule has a test in which it fires, and tells the operator what to do", "[prometheus]") {
    const std::string rules = readFile(kRules);
    const std::string tests = readFile(kShipped / "rtbatch.rules.test.yml");
    const std::regex alert(R"(- alert: (\w+))");
    int alerts = 0;
    for (std::sregex_iterator it(rules.begin(), rules.end(), alert), end; it != end; ++it, ++alerts) {
        INFO(it->str(1));
        CHECK_THAT(tests, Catch::Contains("alertname=\"" + it->str(1) + "\""));
    }
    CHECK(alerts >= 11);
    for (const char* annotation : {"summary: ", "description: "}) {
        const std::regex word(annotation);
        CHECK(std::distance(std::sregex_iterator(rules.begin(), rules.end(), word), {}) == alerts);
    }
}

TEST_CASE("promtool has nothing to say against what /metrics serves", "[prometheus]") {
    const TempDir dir;
    writeFile(dir.file("metrics"), Busy().metrics());
    CHECK(runProgram({"/bin/sh", "-c", "promtool check metrics <\"$0\"", dir.file("metrics")}, {}).empty());
}

TEST_CASE("the metrics and labels of the rules and the dashboard are among those that are served",
          "[prometheus]") {
    const std::string served = Busy().metrics();
    std::string used = readFile(kRules);
    for (const std::string& expression : expressions()) {
        used += expression + "\n";
    }
    std::set<std::string> names;
    const std::regex metric(R"(rtbatch_[a-z_]+)");
    for (std::sregex_iterator it(used.begin(), used.end(), metric), end; it != end; ++it) {
        names.insert(it->str());
    }
    CHECK(names.size() > 20);
    for (const std::string& name : names) {
        INFO(name);
        CHECK((served.find("\n" + name + "{") != std::string::npos ||
               served.find("\n" + name + " ") != std::string::npos));
    }
    const std::regex selected(R"re((\w+)[!=]=?~?"([a-z0-9_|]+)")re");
    for (std::sregex_iterator it(used.begin(), used.end(), selected), end; it != end; ++it) {
        if (it->str(1) == "job") {
            continue;  // Prometheus adds it
        }
        std::istringstream values(it->str(2));
        for (std::string value; std::getline(values, value, '|');) {
            INFO(it->str());
            CHECK_THAT(served, Catch::Contains(it->str(1) + "=\"" + value + "\""));
        }
    }
}

TEST_CASE("a real Prometheus reads what was counted, and has something for each panel of the dashboard",
          "[prometheus]") {
    const Busy busy;
    const Prometheus prometheus(busy.stack.http());
    const auto up = [&] { return prometheus.query(R"(up{job="rtbatch"} == 1)").size() == 1; };
    CHECK(eventually(20s, up));
    const auto target = prometheus.get("/api/v1/targets")->getArray("activeTargets")->getObject(0);
    INFO(target->getValue<std::string>("lastError"));
    REQUIRE(target->getValue<std::string>("health") == "up");

    CHECK(prometheus.query(R"(rtbatch_batches_total{result="completed"})") ==
          std::vector{std::to_string(busy.batches)});
    CHECK(prometheus.query(R"(rtbatch_outcomes_total{outcome="not_found"})") ==
          std::vector<std::string>{"1"});
    CHECK(prometheus.query("rtbatch_done_seconds_count") == std::vector{std::to_string(busy.batches)});
    for (const std::string& expression : expressions()) {
        INFO(expression);
        // A rate needs two readings.
        REQUIRE(eventually(10s, [&] { return !prometheus.query(expression).empty(); }));
    }

    const auto groups = prometheus.get("/api/v1/rules")->getArray("groups");
    REQUIRE(groups->size() == 1);
    for (const auto& rule : *groups->getObject(0)->getArray("rules")) {
        const auto one = rule.extract<Object::Ptr>();
        INFO(one->getValue<std::string>("name") << ": " << one->optValue<std::string>("lastError", ""));
        CHECK(one->getValue<std::string>("health") == "ok");
        CHECK(one->getValue<std::string>("state") == "inactive");
    }
}

}  // namespace
}  // namespace rtbatch::test
