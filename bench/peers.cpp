// The same cached batch from plain Node and Go peers: same database and rows, same SQL, same bytes out, the
// same nginx settings; and from a responder that looks at nothing, the limit. One run measures all, in turns
// of changing order, for the machine's mood changes.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "bench/shares.h"
#include "tests/clients/cached_rows.h"
#include "tests/support/eventually.h"

namespace rtbatch::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kMovies = 30;
constexpr int kConnections = 16;
constexpr int kRounds = 5;
constexpr std::chrono::milliseconds kSpan{2000};
constexpr std::chrono::milliseconds kWarmUp{300};
constexpr const char* kOurPath = "/api/v1/movies/batch";

// The compared, by the names that the tables have.
constexpr const char* kOurs = "rtbatch";                // rows in memory, as by default
constexpr const char* kOursSelect = "rtbatch, SELECT";  // cache.memory_mb = 0
constexpr const char* kLimit = "limit";
constexpr const char* kGo = "Go, SELECT";
constexpr const char* kGoMap = "Go, map";
constexpr const char* kNode = "Node, SELECT";

constexpr std::array kConnectionCounts{1, 4, 16, 64, 256};
constexpr std::array<std::size_t, 4> kSizes{1, 10, 30, 50};

/// nginx before the peers: what conf/nginx has for the handler, said for HTTP. Kept connections to the peers,
/// which FastCGI does not have, are in their favour.
std::string nginxConf(const fs::path& dir, std::uint16_t port) {
    const std::string conf = R"(@USER@
daemon off;
worker_processes 1;
worker_rlimit_nofile 12000;
pid @DIR@/nginx.pid;
error_log @DIR@/error.log warn;
events { worker_connections 10000; }
http {
    access_log @DIR@/access.log;
    client_body_temp_path @DIR@/body;
    proxy_temp_path @DIR@/proxy;
    fastcgi_temp_path @DIR@/fastcgi;
    uwsgi_temp_path @DIR@/uwsgi;
    scgi_temp_path @DIR@/scgi;
    server_tokens off;
    client_max_body_size 128k;
    client_body_buffer_size 128k;
    gzip off;
    tcp_nodelay on;
    proxy_buffering off;
    proxy_buffer_size 64k;
    proxy_buffers 8 64k;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream node { server unix:@DIR@/node.sock; keepalive 64; }
    upstream go { server unix:@DIR@/go.sock; keepalive 64; }
    upstream gomap { server unix:@DIR@/gomap.sock; keepalive 64; }
    server {
        listen 127.0.0.1:@PORT@ backlog=4096;
        location = /node { proxy_pass http://node; }
        location = /go { proxy_pass http://go; }
        location = /gomap { proxy_pass http://gomap; }
    }
}
)";
    const std::map<std::string, std::string> values{{"@USER@", ::geteuid() == 0 ? "user root;" : ""},
                                                    {"@DIR@", dir.string()},
                                                    {"@PORT@", std::to_string(port)}};
    std::string text = conf;
    for (const auto& [mark, value] : values) {
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
            text.replace(at, mark.size(), value);
        }
    }
    return text;
}

/// The password in `mysql://user:password@...`, which needs no decoding: the tests' MariaDB made it.
std::string passwordOf(const std::string& url) {
    const std::size_t at = url.find('@');
    const std::size_t colon = url.find(':', url.find("//"));
    return colon < at ? url.substr(colon + 1, at - colon - 1) : "";
}

/// The end of a log, for a failure's message.
std::string endOf(const std::string& log) {
    constexpr std::size_t kShown = 1000;
    return log.size() > kShown ? log.substr(log.size() - kShown) : log;
}

/// One of the compared, ready to be asked.
struct Peer {
    std::string name;
    std::uint16_t port = 0;
    std::string path;
    std::vector<pid_t> processes;  ///< its own, without nginx and the database
};

std::string body(const Peer& peer, const std::string& request) {
    std::string got;
    LoadPlan plan{.port = peer.port,
                  .requests = {request},
                  .count = 1,
                  .check = [&got](std::size_t, const Answer& answer) -> std::optional<std::string> {
                      got = answer.body();
                      return std::nullopt;
                  }};
    runLoad(plan);
    return got;
}

/// An answer of 200 as a FastCGI responder sends it: head and body in one record, and the end.
std::string fastCgiAnswer(const std::string& text) {
    const std::string content =
        "Status: 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache, no-transform\r\n"
        "X-Accel-Buffering: no\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\n\r\n" +
        text;
    const auto head = [](char type, std::size_t size) {
        return std::string{1, type, 0, 1, static_cast<char>(size >> 8), static_cast<char>(size & 0xff), 0, 0};
    };
    return head(6, content.size()) + content + head(6, 0) + head(3, 8) + std::string(8, '\0');
}

/// The peers' programs, and the nginx before them, in a directory of their own.
class Peers {
public:
    explicit Peers(test::Stack& stack) : _port(test::freePort()) {
        std::map<std::string, std::string> env{{"PEER_DATABASE", stack.mariadb().socketPath()},
                                               {"PEER_PASSWORD", passwordOf(stack.mariadb().url())},
                                               {"PEER_KEY", test::kKey}};
        start("node", kNode, {"/usr/bin/env", "node", RTBATCH_PEERS_DIR "/node/server.mjs"}, env);
        if (fs::exists(RTBATCH_PEER_GO)) {
            start("go", kGo, {RTBATCH_PEER_GO}, env);
            env["PEER_ROWS"] = "map";
            start("gomap", kGoMap, {RTBATCH_PEER_GO}, env);
        } else {
            std::cout << "  (no Go peer: bench/run builds it when Debian's golang-go and "
                         "golang-github-go-sql-driver-mysql-dev are there)\n";
        }
        test::writeFile(_dir.file("nginx.conf"), nginxConf(_dir.path(), _port));
        _nginx = std::make_unique<test::Child>(
            test::ChildOptions{.command = {"/usr/sbin/nginx", "-p", _dir.path().string(), "-c",
                                           _dir.file("nginx.conf"), "-e", "stderr"},
                               .log = _dir.file("nginx.log")});
    }

    /// Those that run, once each of them answers.
    std::vector<Peer> ready(const std::vector<std::string>& ids) {
        std::vector<Peer> peers;
        for (auto& [name, program] : _programs) {
            Peer peer{.name = program.title, .port = _port, .path = "/" + name, .processes = {}};
            const auto request = batchRequest(peer.path, test::kKey, ids);
            const bool answers = test::eventually(20s, [&] {
                try {
                    return body(peer, request).starts_with(":\n");
                } catch (const std::system_error&) {
                    return false;  // nginx does not listen yet
                }
            });
            INFO(name << ": " << endOf(program.child->log()));
            REQUIRE(answers);
            peer.processes = family(program.child->pid());
            peers.push_back(std::move(peer));
        }
        return peers;
    }

private:
    struct Program {
        std::string title;
        std::unique_ptr<test::Child> child;
    };

    void start(const std::string& name, const char* title, std::vector<std::string> command,
               std::map<std::string, std::string> env) {
        env["PEER_LISTEN"] = _dir.file(name + ".sock");
        _programs[name] = {
            title,
            std::make_unique<test::Child>(test::ChildOptions{
                .command = std::move(command), .env = std::move(env), .log = _dir.file(name + ".log")})};
    }

    test::TempDir _dir;
    std::uint16_t _port;
    std::map<std::string, Program> _programs;
    std::unique_ptr<test::Child> _nginx;
};

/// The responder that sends one answer, behind the nginx that rtbatch has.
class Limit {
public:
    explicit Limit(const std::string& answer) {
        test::writeFile(_dir.file("answer"), fastCgiAnswer(answer));
        _program =
            std::make_unique<test::Child>(test::ChildOptions{.command = {RTBATCH_PEER_LIMIT},
                                                             .env = {{"PEER_LISTEN", _dir.file("limit.sock")},
                                                                     {"PEER_ANSWER", _dir.file("answer")},
                                                                     {"PEER_THREADS", "4"}},
                                                             .log = _dir.file("limit.log")});
        REQUIRE(test::eventually(5s, [this] { return fs::exists(_dir.file("limit.sock")); }));
        _nginx = std::make_unique<test::Nginx>(_dir.path(), test::upstreamOf(_dir.file("limit.sock")), false);
    }
    Peer peer() const {
        return {
            .name = kLimit, .port = _nginx->http().port, .path = kOurPath, .processes = {_program->pid()}};
    }

private:
    test::TempDir _dir;
    std::unique_ptr<test::Child> _program;
    std::unique_ptr<test::Nginx> _nginx;
};

/// What one of them did under one load, over all rounds.
struct Measured {
    std::vector<double> rates{};
    std::vector<double> cpu{};  ///< microseconds of its own for each batch
    std::vector<std::chrono::nanoseconds> first{};
    std::vector<std::chrono::nanoseconds> end{};
};
using Table = std::map<std::string, Measured>;

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void measure(const Peer& peer, const std::vector<std::string>& ids, int connections, Measured& into) {
    LoadPlan plan{.port = peer.port,
                  .requests = {batchRequest(peer.path, test::kKey, ids)},
                  .connections = connections,
                  .span = kWarmUp,
                  .check = sameCompleteBatch({.movies = ids.size()})};
    runLoad(plan);  // just-in-time compilers, connections, caches
    plan.span = kSpan;
    const CpuMeter cpu(peer.processes);
    LoadResult result = runLoad(plan);
    INFO(peer.name << ": " << result.firstFault);
    REQUIRE(result.wrong == 0);
    into.cpu.push_back(cpu.microsecondsEach(result.end.size()));
    into.rates.push_back(result.perSecond());
    into.first.insert(into.first.end(), result.firstEvent.begin(), result.firstEvent.end());
    into.end.insert(into.end.end(), result.end.begin(), result.end.end());
}

/// All of them under one load, in turns; each round begins with another one.
Table measureAll(const std::vector<Peer>& peers, const std::vector<std::string>& ids, int connections) {
    Table table;
    for (std::size_t round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const Peer& peer = peers[(round + i) % peers.size()];
            measure(peer, ids, connections, table[peer.name]);
        }
    }
    return table;
}

double rate(const Table& table, const std::string& name) {
    const auto found = table.find(name);
    return found == table.end() ? 0 : median(found->second.rates);
}

void goalOver(const Table& table, const std::string& ours, const std::string& theirs, double least) {
    if (table.contains(theirs)) {
        goalAtLeast(ours + " / " + theirs, rate(table, ours) / rate(table, theirs), least, "x", 2);
    }
}

void print(const std::string& title, const std::vector<Peer>& peers, const Table& table) {
    std::vector<std::vector<std::string>> rows{
        {title, "requests/s", "rtbatch is", "SELECT is", "p50 ms", "p99 ms", "own CPU us each"}};
    for (const Peer& peer : peers) {
        const Measured& of = table.at(peer.name);
        const double theirs = rate(table, peer.name);
        rows.push_back({peer.name, number(theirs, 0), number(rate(table, kOurs) / theirs, 2) + " x",
                        number(rate(table, kOursSelect) / theirs, 2) + " x",
                        number(percentile(of.end, 0.5), 2), number(percentile(of.end, 0.99), 2),
                        number(median(of.cpu), 0)});
    }
    printTable(
        "peers: " + title + ", medians of " + std::to_string(kRounds) + " turns, through nginx, MariaDB",
        rows);
}

/// For bench/plot_peers.mjs.
void writeRates(const std::string& file, const std::vector<Peer>& peers,
                const std::map<int, Table>& byConnections) {
    std::string text = "connections";
    for (const Peer& peer : peers) {
        text += "\t" + peer.name;
    }
    for (const auto& [connections, table] : byConnections) {
        text += "\n" + std::to_string(connections);
        for (const Peer& peer : peers) {
            text += "\t" + number(rate(table, peer.name), 0);
        }
    }
    test::writeFile(file, text + "\n");
}

TEST_CASE("peers", "[peers]") {
    test::Stack stack({.database = test::Database::mariadb, .settings = {{"cache.memory_mb", "32"}}});
    test::Stack withoutMemory(
        {.settings = {{"cache.memory_mb", "0"}}, .databaseUrl = stack.databaseUrl(), .standinOf = &stack});
    const auto all = test::insertCachedRows(stack, static_cast<int>(kSizes.back()));
    const std::vector<std::string> ids(all.begin(), all.begin() + kMovies);
    Peers others(stack);
    std::vector<Peer> peers{
        {.name = kOurs, .port = stack.http().port, .path = kOurPath, .processes = {stack.handler().pid()}},
        {.name = kOursSelect,
         .port = withoutMemory.http().port,
         .path = kOurPath,
         .processes = {withoutMemory.handler().pid()}}};
    const std::string ours = body(peers.front(), batchRequest(kOurPath, test::kKey, ids));
    const Limit limit(ours);
    peers.push_back(limit.peer());
    for (Peer& peer : others.ready(ids)) {
        peers.push_back(std::move(peer));
    }
    for (const Peer& peer : peers) {
        INFO(peer.name << " does not say what rtbatch says");
        REQUIRE(body(peer, batchRequest(peer.path, test::kKey, ids)) == ours);
    }

    std::map<int, Table> byConnections;
    for (const int connections : kConnectionCounts) {
        const Table& table = byConnections[connections] = measureAll(peers, ids, connections);
        print("30 hits, " + std::to_string(connections) + " connections", peers, table);
    }
    std::map<std::size_t, Table> bySize;
    for (const std::size_t size : kSizes) {
        if (size != kMovies) {
            std::vector<Peer> asked = peers;
            std::erase_if(asked, [](const Peer& peer) { return peer.name == kLimit; });  // it has one answer
            bySize[size] = measureAll(asked, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)},
                                      kConnections);
            print(std::to_string(size) + " hits, 16 connections", asked, bySize[size]);
        }
    }
    writeRates(RTBATCH_PEER_RATES, peers, byConnections);

    const Table& usual = byConnections.at(kConnections);
    goalOver(usual, kOursSelect, kGo, 1.25);
    goalOver(usual, kOursSelect, kNode, 1.5);
    goalOver(usual, kOurs, kGo, 2.5);
    goalOver(usual, kOurs, kNode, 3);
    goalOver(usual, kOurs, kGoMap, 1.2);
    goalOver(usual, kOurs, kLimit, 0.6);
    goalAtMost("CPU of a batch from memory", median(usual.at(kOurs).cpu), 45, "us", 0);
    goalAtMost("CPU of a batch with the SELECT", median(usual.at(kOursSelect).cpu), 90, "us", 0);
    const Measured& alone = byConnections.at(1).at(kOurs);
    goalAtMost("first event, p99, one connection", percentile(alone.first, 0.99), 0.4, "ms", 2);
    goalAtMost("done, p99, one connection", percentile(alone.end, 0.99), 0.5, "ms", 2);
    for (const char* name : {kOurs, kOursSelect}) {
        for (const auto& [connections, table] : byConnections) {
            goalAtLeast(std::string(name) + ", " + std::to_string(connections) + " connections / Node",
                        rate(table, name) / rate(table, kNode), 1.5, "x", 2);
        }
        for (const auto& [size, table] : bySize) {
            goalAtLeast(std::string(name) + ", " + std::to_string(size) + " hits / Node",
                        rate(table, name) / rate(table, kNode), 1.5, "x", 2);
        }
    }
}

}  // namespace
}  // namespace rtbatch::bench
