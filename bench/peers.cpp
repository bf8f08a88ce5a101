// The same cached batch from a plain Node peer and a plain Go peer: same database and rows, same SQL, same
// bytes out, the same nginx settings. One run measures all, in turns, for the machine's mood changes.

#include <unistd.h>

#include <algorithm>
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

constexpr int kMovies = 30;
constexpr int kConnections = 16;
constexpr int kRounds = 3;
constexpr std::chrono::seconds kSpan{5};
constexpr const char* kOurs = "rtbatch";
constexpr const char* kOurPath = "/api/v1/movies/batch";

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
    server {
        listen 127.0.0.1:@PORT@ backlog=4096;
        location = /node { proxy_pass http://node; }
        location = /go { proxy_pass http://go; }
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
    std::vector<double> rates{};
    std::vector<std::chrono::nanoseconds> times{};
    double cpu = 0;  ///< microseconds of its own for each batch
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

/// The peers' programs and their nginx, in a directory of their own.
class Peers {
public:
    explicit Peers(test::Stack& stack) : _port(test::freePort()) {
        const std::map<std::string, std::string> env{{"PEER_DATABASE", stack.mariadb().socketPath()},
                                                     {"PEER_PASSWORD", passwordOf(stack.mariadb().url())},
                                                     {"PEER_KEY", test::kKey}};
        start("node", {"/usr/bin/env", "node", RTBATCH_PEERS_DIR "/node/server.mjs"}, env);
        if (fs::exists(RTBATCH_PEER_GO)) {
            start("go", {RTBATCH_PEER_GO}, env);
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
        for (auto& [name, child] : _children) {
            Peer peer{.name = name, .port = _port, .path = "/" + name, .processes = {}};
            const auto request = batchRequest(peer.path, test::kKey, ids);
            const bool answers = test::eventually(20s, [&] {
                try {
                    return body(peer, request).starts_with(":\n");
                } catch (const std::system_error&) {
                    return false;  // nginx does not listen yet
                }
            });
            INFO(name << ": " << endOf(child->log()));
            REQUIRE(answers);
            peer.processes = family(child->pid());
            peers.push_back(std::move(peer));
        }
        return peers;
    }

private:
    void start(const std::string& name, std::vector<std::string> command,
               std::map<std::string, std::string> env) {
        env["PEER_LISTEN"] = _dir.file(name + ".sock");
        _children[name] = std::make_unique<test::Child>(test::ChildOptions{
            .command = std::move(command), .env = std::move(env), .log = _dir.file(name + ".log")});
    }

    test::TempDir _dir;
    std::uint16_t _port;
    std::map<std::string, std::unique_ptr<test::Child>> _children;
    std::unique_ptr<test::Child> _nginx;
};

void measure(Peer& peer, const std::vector<std::string>& ids) {
    LoadPlan plan{.port = peer.port,
                  .requests = {batchRequest(peer.path, test::kKey, ids)},
                  .connections = kConnections,
                  .span = 1s,
                  .check = sameCompleteBatch({.movies = kMovies})};
    runLoad(plan);  // warm: just-in-time compilers, connections, caches
    plan.span = kSpan;
    const CpuMeter cpu(peer.processes);
    LoadResult result = runLoad(plan);
    INFO(peer.name << ": " << result.firstFault);
    REQUIRE(result.wrong == 0);
    peer.cpu += cpu.microsecondsEach(result.end.size()) / kRounds;
    peer.rates.push_back(result.perSecond());
    peer.times.insert(peer.times.end(), result.end.begin(), result.end.end());
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

TEST_CASE("peers", "[peers]") {
    test::Stack stack({.database = test::Database::mariadb});
    const auto ids = test::insertCachedRows(stack, kMovies);
    Peers others(stack);
    std::vector<Peer> peers = others.ready(ids);
    peers.insert(
        peers.begin(),
        {.name = kOurs, .port = stack.http().port, .path = kOurPath, .processes = {stack.handler().pid()}});
    const std::string ours = body(peers.front(), batchRequest(kOurPath, test::kKey, ids));
    for (const Peer& peer : peers) {
        INFO(peer.name << " does not say what rtbatch says");
        REQUIRE(body(peer, batchRequest(peer.path, test::kKey, ids)) == ours);
    }
    for (int round = 0; round < kRounds; ++round) {
        for (Peer& peer : peers) {
            measure(peer, ids);
        }
    }
    std::vector<std::vector<std::string>> rows{
        {"batches of 30 hits", "requests/s", "rtbatch is", "p50 ms", "p99 ms", "own CPU us each"}};
    for (const Peer& peer : peers) {
        const double rate = median(peer.rates);
        rows.push_back({peer.name, number(rate, 0), number(median(peers.front().rates) / rate, 2) + " x",
                        number(percentile(peer.times, 0.5), 2), number(percentile(peer.times, 0.99), 2),
                        number(peer.cpu, 0)});
    }
    printTable("peers: 16 kept connections, median of 3 x 5 s in turns, through nginx, MariaDB, same bytes",
               rows);
}

}  // namespace
}  // namespace rtbatch::bench
