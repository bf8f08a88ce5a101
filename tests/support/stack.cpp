#include "tests/support/stack.h"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <Poco/Exception.h>

#include <catch2/catch.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "tests/support/eventually.h"
#include "tests/support/programs.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

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
    _standin = options.standinOf != nullptr ? options.standinOf->_standin
                                            : std::make_shared<StandinProcess>(_dir.file("upstreams.log"));
    if (options.migrate) {
        migrate();
    }
    startHandler();
    _nginx = std::make_unique<Nginx>(_dir.path(), upstreamOf(handlerSocket()), options.tls);
    if (options.migrate && !waitUntilReady()) {
        throw std::runtime_error("the stack does not get ready; " + logs());
    }
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

void Stack::forgetFailures() {
    sql("UPDATE rt_failure SET retry_at = 0");
    sql("UPDATE upstream_state SET failures = 0, forbidden = 0, redirected = 0, is_open = 0, shut_until = 0, "
        "probe_until = 0, version = version + 1");
}

std::map<std::string, std::string> Stack::handlerEnvironment() const {
    std::map<std::string, std::string> settings = _options.settings;
    settings.merge(_standin->settings());
    settings.merge(std::map<std::string, std::string>{
        {"database.url", databaseUrl()}, {"handler.listen", handlerSocket()}, {"auth.admin_key", kKey}});
    if (_options.programs.empty()) {  // older ones have no such setting
        settings.emplace("metrics.dir", _dir.path());
        settings.emplace("cache.memory_mb", "0");  // else rows that a test changes would be seen too late
    }
    return environmentOf(settings);
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

bool Stack::waitUntilReady(std::chrono::milliseconds limit) const {
    eventually(limit, [this] { return ready() || !_handler->running(); });
    return ready();
}

std::string Stack::handlerLog() const {
    return readFile(_dir.file("handler.log"));
}

std::string Stack::accessLog() const {
    return readFile(_dir.file("nginx-access.log"));
}

std::string Stack::logs() const {
    std::string text = "\n---- handler ----\n" + readEnd(_dir.file("handler.log"));
    text += "\n---- nginx ----\n" + readEnd(_dir.file("nginx.log")) + readEnd(_dir.file("nginx-error.log"));
    text += "\n---- upstreams ----\n" + readEnd(_dir.file("upstreams.log"));
    return text;
}

bool isReady(const Endpoint& where) {
    try {
        return ask(where, {.path = "/api/v1/ready"}).status() == 200;
    } catch (const Poco::Exception&) {
        return false;
    }
}

void fetchAll(const Endpoint& where, std::span<const std::string> imdbIds) {
    constexpr std::size_t kMost = 50;  // in one batch
    for (std::size_t from = 0; from < imdbIds.size(); from += kMost) {
        const auto part = imdbIds.subspan(from, std::min(kMost, imdbIds.size() - from));
        const HttpResponse response = ask(where, batchOf(part));
        INFO(response.body());
        REQUIRE(response.count("movie") == part.size());
    }
}

std::string expiryOf(std::span<const std::string> imdbIds) {
    return "UPDATE rt_cache SET expires_at = 1 WHERE imdb_id IN (" + quotedList(imdbIds) + ")";
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
