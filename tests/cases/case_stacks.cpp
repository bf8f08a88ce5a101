#include "tests/cases/case_stacks.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "common/keys/api_key.h"
#include "tests/cases/wire_client.h"
#include "tests/support/eventually.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

// A time long ago, and one that no test will see, but no further ahead than is believed.
const std::string kCachedAt = "1700000000123";
const std::string kNever =
    std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch() + std::chrono::hours(20))
                       .count());

/// Their pages fail at the stand-in of `plain`.
const std::vector<std::string> kFailing = {"tt9000010", "tt9000020"};

struct KeyOfCases {
    int id;
    std::string name;  ///< in cases it is `{name}`
    char digit;        ///< the key is `rtb_` and 64 of it
    bool admin = false;
    int hourlyLimit = 0;
    int usedThisHour = 0;
    bool revoked = false;
};

const std::vector<KeyOfCases>& keys() {
    static const std::vector<KeyOfCases> all = {
        {.id = 1, .name = "key", .digit = '1'},
        {.id = 2, .name = "limited-key", .digit = '2', .hourlyLimit = 10, .usedThisHour = 10},
        {.id = 3, .name = "revoked-key", .digit = '3', .revoked = true},
        {.id = 4, .name = "admin-key", .digit = '4', .admin = true},
        {.id = 5, .name = "roomy-key", .digit = '5', .hourlyLimit = 1000000},
        {.id = 6, .name = "doomed-key", .digit = '6'},
        {.id = 7, .name = "dead-key", .digit = '7', .revoked = true},
    };
    return all;
}

std::string textOf(const KeyOfCases& key) {
    return "rtb_" + std::string(64, key.digit);
}

/// What every key has used is there for the next hours too: the hour may change while the cases run.
std::string sqlOf(const KeyOfCases& key) {
    const auto hour = std::chrono::floor<std::chrono::hours>(std::chrono::system_clock::now());
    std::string sql = "INSERT INTO api_key VALUES (" + std::to_string(key.id) + ",'" +
                      ApiKey::parse(textOf(key)).value().digest() + "','" + key.name + "'," +
                      (key.admin ? "1" : "0") + "," + std::to_string(key.hourlyLimit) + "," + kCachedAt +
                      "," + (key.revoked ? kCachedAt : "0") + ");";
    for (int i = 0; i < 2; ++i) {
        sql += "INSERT INTO api_usage VALUES (" + std::to_string(key.id) + "," +
               std::to_string(hour.time_since_epoch().count() + i) + "," + std::to_string(key.usedThisHour) +
               ");";
    }
    return sql;
}

std::string rowOf(const std::string& imdbId, const std::string& rtId, const std::string& expiresAt,
                  const std::string& facts) {
    return "INSERT INTO rt_cache (imdb_id, rt_slug, facts, cached_at, expires_at) VALUES ('" + imdbId +
           "','" + rtId + R"(','{"rtUrl":"https://www.rottentomatoes.com/)" + rtId + "\"," + facts + "}'," +
           kCachedAt + "," + expiresAt + ");";
}

const std::string kFull =
    R"("title":"X","year":1999,"criticScore":0,"audienceScore":100,"criticRating":"rotten",)"
    R"("audienceRating":"upright","consensus":"None.")";
const std::string kGaps =
    R"("title":"Gaps","year":null,"criticScore":null,"audienceScore":null,"criticRating":null,)"
    R"("audienceRating":null,"consensus":null)";
/// As common/model renders it; the backslashes are doubled for SQL.
const std::string kEscaped =
    R"("title":"Am\\u00e9lie \\u2028 \\ud83c\\udf45","year":2001,"criticScore":90,"audienceScore":59,)"
    R"("criticRating":"certified_fresh","audienceRating":"spilled","consensus":"Say \\"yes\\".")";

/// Old rows of films whose pages are there, tt9000211 and on: right but for their scores.
constexpr int kFirstOld = 9000211;
constexpr int kLastOld = 9000225;

std::string oldRowOf(int number, const std::string& expiresAt) {
    const std::string text = std::to_string(number);
    return rowOf(
        "tt" + text, "m/standin_" + text, expiresAt,
        "\"title\":\"Stand-in No. " + text + "\",\"year\":" + std::to_string(1930 + number % 95) +
            R"(,"criticScore":1,"audienceScore":2,"criticRating":"rotten","audienceRating":"spilled",)"
            R"("consensus":null)");
}

/// Those beside kFailing are known to have failed and are left alone, so that no breaker counts them.
std::string filmsSql() {
    const std::string stale = "1700000600123";
    std::string sql =
        rowOf("tt0000001", "m/x", kNever, kFull) + rowOf("tt10000002", "m/gaps", kNever, kGaps) +
        rowOf("tt0000003", "m/amelie", kNever, kEscaped) + rowOf("tt0000010", "m/old", stale, kFull) +
        rowOf("tt9000010", "m/standin_9000010", stale, kFull);
    for (int number = kFirstOld; number <= kLastOld; ++number) {
        sql += oldRowOf(number, stale);
    }
    for (const std::string id : {"tt0000010", "tt0000020", "tt0000021"}) {
        sql += "INSERT INTO rt_failure VALUES ('" + id + "',3," + kCachedAt + "," + kNever +
               ",'The page could not be read.');";
    }
    for (const std::string id : {"tt0000030", "tt0000031"}) {
        sql += "INSERT INTO rt_id VALUES ('" + id + "',NULL," + kCachedAt + "," + kNever + ");";
    }
    return sql;
}

bool mentionsAny(const std::string& text, const std::vector<std::string>& words) {
    return std::ranges::any_of(words,
                               [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

}  // namespace

CaseNames CaseStacks::names() {
    CaseNames names;
    for (const KeyOfCases& key : keys()) {
        names[key.name] = textOf(key);
    }
    names["master-key"] = kKey;
    return names;
}

Endpoint CaseStacks::endpointFor(const Case& wanted) {
    if (wanted.stack == "crowded") {
        return crowded(wanted);
    }
    const Endpoint where = find(wanted.stack).http();
    const std::string limited = names().at("limited-key");
    if (wanted.request.onTheWire().find(limited) != std::string::npos) {
        // A handler admits the first request of an hour before it looks at what is left: it must not be the
        // case's.
        ask(where, {.path = "/api/v1/movie/tt0000001", .headers = {{"X-API-Key", limited}}});
    }
    if (wanted.stack == "plain" && mentionsAny(wanted.request.body + wanted.path(), kFailing)) {
        // Five such cases in a row would open the breaker, and other cases find the site left alone.
        _mariadb.sql("UPDATE upstream_state SET failures = 0, version = version + 1");
    }
    return where;
}

Stack& CaseStacks::find(const std::string& name) {
    if (name == "plain") {
        return plain();
    }
    if (name == "quick") {
        return quick();
    }
    if (name == "away") {
        return away();
    }
    if (name == "stopped") {
        return stopped();
    }
    if (name == "full") {
        return full();
    }
    throw CaseFault("there is no stack \"" + name + "\"");
}

Stack& CaseStacks::plain() {
    if (!_plain) {
        _plain = std::make_unique<Stack>(StackOptions{.databaseUrl = _mariadb.url()});
        std::string sql = filmsSql();
        for (const KeyOfCases& key : keys()) {
            sql += sqlOf(key);
        }
        _mariadb.sql(sql);
        for (const std::string& id : kFailing) {
            _plain->upstreams().setFault(id, "500");
        }
    }
    return *_plain;
}

Stack& CaseStacks::quick() {
    if (!_quick) {
        _mariadb.createDatabase("quick");
        _quick = std::make_unique<Stack>(
            StackOptions{.settings = {{"movie.timeout_s", "1"}, {"batch.timeout_s", "1"}},
                         .databaseUrl = _mariadb.url("quick")});
        _mariadb.sql(filmsSql(), "quick");
        _quick->upstreams().setLatency(Site::rt, 3s);
    }
    return *_quick;
}

Stack& CaseStacks::away() {
    if (!_away) {
        // Nothing listens there.
        _away = std::make_unique<Stack>(StackOptions{.settings = {{"database.timeout_ms", "500"}},
                                                     .migrate = false,
                                                     .databaseUrl = "mysql://nobody@127.0.0.1:1/rtbatch"});
        const auto healthy = [this] {
            return ask(_away->http(), {.path = "/api/v1/health"}).status() == 200;
        };
        if (!eventually(20s, healthy)) {
            throw std::runtime_error("the stack without a database does not get healthy; " + _away->logs());
        }
    }
    return *_away;
}

Stack& CaseStacks::stopped() {
    if (!_stopped) {
        _stopped = std::make_unique<Stack>();
        if (_stopped->stopHandler() != 0) {
            throw std::runtime_error("the handler does not stop; " + _stopped->logs());
        }
    }
    return *_stopped;
}

Stack& CaseStacks::full() {
    if (!_full) {
        _full = std::make_unique<Stack>(StackOptions{.settings = {{"handler.max_streams", "1"},
                                                                  {"handler.stop_timeout_s", "0"},
                                                                  {"batch.timeout_s", "600"},
                                                                  {"wikidata.timeout_s", "600"}}});
        _full->upstreams().setLatency(Site::wikidata, 600s);
        _filling =
            std::make_unique<HttpClient>(_full->http(), batchOf(std::vector<std::string>{"tt9000001"}));
        if (!_filling->readUntil([](const HttpResponse& r) { return !r.body().empty(); }, 20s)) {
            throw std::runtime_error("the stack does not get full; " + _full->logs());
        }
    }
    return *_full;
}

/// The limit is on the request's id, which each case has for itself, so that none depends on another.
Endpoint CaseStacks::crowded(const Case& wanted) {
    if (!_crowded) {
        _crowded = std::make_unique<Nginx>(_crowdedDir.path(),
                                           "limit_req_zone $http_x_request_id zone=cases:1m rate=1r/m; " +
                                               upstreamOf(plain().handlerSocket()),
                                           false, "limit_req zone=cases; limit_req_status 429;");
    }
    exchange(_crowded->http(), wanted, 20s);
    return _crowded->http();
}

}  // namespace rtbatch::test
