#include "tests/support/stack.h"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <Poco/Exception.h>

#include <catch2/catch.hpp>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "tests/support/eventually.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

std::string program(const std::string& name) {
    return std::string(RTBATCH_BIN_DIR) + "/" + name;
}

/// RTBATCH_A_B_C for a.b_c.
std::string environmentName(const std::string& key) {
    std::string name = "RTBATCH_";
    for (const char c : key) {
        name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

/// `'a','b'`, of ids that the test itself wrote.
std::string quotedList(std::span<const std::string> ids) {
    std::string list;
    for (const std::string& id : ids) {
        list += (list.empty() ? "'" : ",'") + id + "'";
    }
    return list;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Database database) {
    return out << (database == Database::sqlite ? "SQLite" : "MariaDB");
}

Stack::Stack(const StackOptions& options) : _options(options) {
    if (options.databaseUrl.empty() && options.database == Database::mariadb) {
        _mariadb = std::make_unique<MariaDb>();
    }
    if (options.standinOf != nullptr) {
        _upstreamUrls = options.standinOf->_upstreamUrls;
    } else {
        startUpstreams();
    }
    if (options.migrate) {
        migrate();
    }
    startHandler();
    _nginx = std::make_unique<Nginx>(_dir.path(), handlerSocket(), options.tls);
    if (options.migrate && !waitUntilReady()) {
        throw std::runtime_error("the stack does not get ready; " + logs());
    }
}

void Stack::startUpstreams() {
    _upstreams = std::make_unique<Child>(
        ChildOptions{.command = {program("rtbatch-upstreams")}, .log = _dir.file("upstreams.log")});
    std::istringstream ready(_upstreams->waitForLine("ready ", 20s));
    for (std::string word; ready >> word;) {
        if (const std::size_t equals = word.find('='); equals != std::string::npos) {
            _upstreamUrls[word.substr(0, equals)] = word.substr(equals + 1);
        }
    }
    _control = std::make_unique<UpstreamControl>(_upstreamUrls.at("rt"));
}

Stack::~Stack() {
    std::optional<int> status = 0;
    if (_handler && _handler->running()) {
        status = stopHandler();
    }
    const bool stopped = status == 0;
    const bool failing = !Catch::getResultCapture().lastAssertionPassed();
    if (!stopped || failing || std::uncaught_exceptions() > 0) {
        std::cerr << logs();
    }
    if (std::uncaught_exceptions() == 0) {
        INFO("the handler's exit status");
        CHECK(stopped);
    }
}

std::string Stack::ownProgram(const std::string& name) const {
    return _options.programs.empty() ? program(name) : _options.programs + "/" + name;
}

std::string Stack::databaseUrl() const {
    if (!_options.databaseUrl.empty()) {
        return _options.databaseUrl;
    }
    return _mariadb ? _mariadb->url() : "sqlite:" + sqliteFile();
}

void Stack::sql(const std::string& statement) {
    if (!_options.databaseUrl.empty()) {
        throw std::logic_error("this stack's database is the test's");
    }
    if (_mariadb) {
        _mariadb->sql(statement);
        return;
    }
    Poco::Data::SQLite::Connector::registerConnector();
    Poco::Data::Session session(Poco::Data::SQLite::Connector::KEY, sqliteFile());
    session << "PRAGMA busy_timeout = 5000", Poco::Data::Keywords::now;
    session << statement, Poco::Data::Keywords::now;
}

void Stack::expire(std::span<const std::string> imdbIds) {
    sql("UPDATE rt_cache SET expires_at = 1 WHERE imdb_id IN (" + quotedList(imdbIds) + ")");
}

void Stack::forgetFailures() {
    sql("UPDATE rt_failure SET retry_at = 0");
    sql("UPDATE upstream_state SET failures = 0, forbidden = 0, is_open = 0, shut_until = 0, probe_until = "
        "0, "
        "version = version + 1");
}

std::map<std::string, std::string> Stack::handlerEnvironment() const {
    std::map<std::string, std::string> env = {
        {"RTBATCH_DATABASE_URL", databaseUrl()},
        {"RTBATCH_HANDLER_LISTEN", handlerSocket()},
        {"RTBATCH_AUTH_ADMIN_KEY", kKey},
        {"RTBATCH_RT_URL", _upstreamUrls.at("rt")},
        {"RTBATCH_WIKIDATA_URL", _upstreamUrls.at("wikidata")},
    };
    for (const auto& [key, value] : _options.settings) {
        env[environmentName(key)] = value;
    }
    return env;
}

void Stack::migrate() {
    runProgram({ownProgram("rtbatch-admin"), "migrate"}, handlerEnvironment());
}

void Stack::startHandler() {
    _handler.reset();
    _handler = std::make_unique<Child>(ChildOptions{.command = {ownProgram("rtbatch-handler")},
                                                    .env = handlerEnvironment(),
                                                    .log = _dir.file("handler.log"),
                                                    .maxFiles = _options.handlerMaxFiles});
}

std::optional<int> Stack::stopHandler(std::chrono::milliseconds limit) {
    return _handler->stop(limit);
}

bool Stack::ready() const {
    try {
        return ask(http(), {.path = "/api/v1/ready"}).status() == 200;
    } catch (const Poco::Exception&) {
        return false;
    }
}

bool Stack::waitUntilReady(std::chrono::milliseconds limit) const {
    eventually(limit, [this] { return ready() || !_handler->running(); });
    return ready();
}

void Stack::warm(std::span<const std::string> imdbIds) {
    constexpr std::size_t kMost = 50;  // in one batch
    for (std::size_t from = 0; from < imdbIds.size(); from += kMost) {
        const auto part = imdbIds.subspan(from, std::min(kMost, imdbIds.size() - from));
        const HttpResponse response = ask(http(), batchOf(part));
        INFO(response.body());
        REQUIRE(response.count("movie") == part.size());
    }
}

std::string Stack::logs() const {
    std::string text = "\n---- handler ----\n" + readFile(_dir.file("handler.log"));
    text += "\n---- nginx ----\n" + readFile(_dir.file("nginx.log")) + readFile(_dir.file("nginx-error.log"));
    text += "\n---- upstreams ----\n" + readFile(_dir.file("upstreams.log"));
    return text;
}

HttpRequest batchOf(std::span<const std::string> imdbIds, const std::map<std::string, std::string>& headers) {
    std::string list;
    for (const std::string& id : imdbIds) {
        list += (list.empty() ? "\"" : ",\"") + id + "\"";
    }
    HttpRequest request{.method = "POST",
                        .path = "/api/v1/movies/batch",
                        .headers = {{"X-API-Key", kKey}, {"Content-Type", "application/json"}},
                        .body = R"({"imdbIds":[)" + list + "]}"};
    for (const auto& [name, value] : headers) {
        request.headers[name] = value;
    }
    return request;
}

}  // namespace rtbatch::test
