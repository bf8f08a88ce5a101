// Three Galera nodes with a handler on each, and one node that dies under load.
#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/galera.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kNodes = GaleraCluster::kNodes;
constexpr std::size_t kDoomed = 2;

/// A batch that a client asked for.
struct Stream {
    std::size_t node;
    std::vector<std::string> ids;
    HttpResponse response;
};

struct Fetched {
    std::size_t node;
    std::string imdbId;
    Clock::time_point at;
};

/// Clients of each handler that ask for batch after batch, each of some films that nobody has asked for and
/// some that were fetched for somebody, on whichever node.
class Load {
public:
    explicit Load(const std::array<std::unique_ptr<Stack>, kNodes>& stacks) {
        for (std::size_t node = 0; node < kNodes; ++node) {
            for (int client = 0; client < kClients; ++client) {
                _clients.emplace_back([this, node, where = stacks.at(node)->http()] { run(node, where); });
            }
        }
    }

    ~Load() { stop(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Returns when all streams have ended.
    void stop() {
        _stopping = true;
        for (std::thread& client : _clients) {
            client.join();
        }
        _clients.clear();
    }

    /// The movies that a client was told were fetched, in the order in which he was told.
    std::vector<Fetched> fetched() const {
        const std::lock_guard lock(_mutex);
        return _fetched;
    }

    std::size_t fetchedBy(std::size_t node, Clock::time_point since = {}) const {
        const std::lock_guard lock(_mutex);
        return static_cast<std::size_t>(std::ranges::count_if(
            _fetched, [&](const Fetched& movie) { return movie.node == node && movie.at > since; }));
    }

    /// After stop().
    const std::vector<Stream>& streams() const { return _streams; }
    const std::vector<std::string>& faults() const { return _faults; }

private:
    static constexpr int kClients = 2;  ///< of each handler
    static constexpr std::size_t kMisses = 3;
    static constexpr std::size_t kHits = 5;

    void run(std::size_t node, const Endpoint& where) {
        while (!_stopping) {
            try {
                follow(node, where, nextBatch());
            } catch (const std::exception& e) {
                const std::lock_guard lock(_mutex);
                _faults.push_back("node " + std::to_string(node) + ": " + e.what());
            }
        }
    }

    std::vector<std::string> nextBatch() {
        std::vector<std::string> ids = madeUpMovies(_next.fetch_add(10), kMisses);
        const std::lock_guard lock(_mutex);
        for (std::size_t i = 0; i < std::min(kHits, _fetched.size()); ++i) {
            ids.push_back(_fetched.at(_fetched.size() * i / kHits).imdbId);
        }
        return ids;
    }

    void follow(std::size_t node, const Endpoint& where, const std::vector<std::string>& ids) {
        HttpClient client(where, batchOf(ids));
        std::size_t seen = 0;
        const bool ended = client.readUntil(
            [&](const HttpResponse& response) {
                for (; seen < response.events().size(); ++seen) {
                    note(node, response.events().at(seen));
                }
                return response.complete() || response.closed();
            },
            90s);
        {
            const std::lock_guard lock(_mutex);
            _streams.push_back({node, ids, client.response()});
            if (!ended) {
                _faults.push_back("node " + std::to_string(node) + ": a stream does not end");
            }
        }
        if (client.response().status() != 200) {
            std::this_thread::sleep_for(100ms);  // as a client does that is refused
        }
    }

    void note(std::size_t node, const SseEvent& event) {
        if (event.name == "movie") {
            const auto movie = parseObject(event.data);
            if (movie->getValue<std::string>("status") == "fetched") {
                const std::lock_guard lock(_mutex);
                _fetched.push_back({node, movie->getValue<std::string>("imdbId"), event.at});
            }
        }
    }

    std::atomic<bool> _stopping = false;
    std::atomic<int> _next = 1;
    mutable std::mutex _mutex;
    std::vector<Fetched> _fetched;  // guarded by _mutex, as the next two
    std::vector<Stream> _streams;
    std::vector<std::string> _faults;
    std::vector<std::thread> _clients;  // last: they use all of the above
};

/// The longest time without a fetched movie on the handlers that live, from `since` on.
std::chrono::duration<double> longestStall(const std::vector<Fetched>& movies, Clock::time_point since) {
    std::chrono::duration<double> longest{0};
    Clock::time_point last = since;
    for (const Fetched& movie : movies) {
        if (movie.node != kDoomed && movie.at > since) {
            longest = std::max<std::chrono::duration<double>>(longest, movie.at - last);
            last = movie.at;
        }
    }
    return longest;
}

std::string quoted(const std::set<std::string>& ids) {
    std::string list;
    for (const std::string& id : ids) {
        list += (list.empty() ? "'" : ",'") + id + "'";
    }
    return list;
}

}  // namespace

TEST_CASE("a Galera node that is killed under load costs a pause, and neither rows nor streams nor limits",
          "[galera]") {
    if (!GaleraCluster::available()) {
        WARN("skipped: it needs the packages mariadb-server, galera-4 and rsync");
        return;
    }
    GaleraCluster cluster;
    std::array<std::unique_ptr<Stack>, kNodes> stacks;
    for (std::size_t node = 0; node < kNodes; ++node) {
        // Each migrates through its own node; the first makes the tables and the others find them.
        stacks.at(node) = std::make_unique<Stack>(StackOptions{
            .databaseUrl = cluster.url(node), .standinOf = node == 0 ? nullptr : stacks.front().get()});
    }
    UpstreamControl& upstreams = stacks.front()->upstreams();
    upstreams.setLatency(Site::wikidata, 100ms);
    upstreams.setLatency(Site::rt, 150ms);
    Load load(stacks);
    const auto allHaveFetched = [&](std::size_t count, Clock::time_point since = {}) {
        return load.fetchedBy(0, since) >= count && load.fetchedBy(1, since) >= count;
    };
    REQUIRE(eventually(60s, [&] { return allHaveFetched(10) && load.fetchedBy(kDoomed) >= 10; }));

    const auto killedAt = Clock::now();
    cluster.kill9(kDoomed);
    const std::size_t whenKilled = load.fetched().size();
    // Later than the pause that two seconds of silence cost.
    REQUIRE(eventually(60s, [&] { return allHaveFetched(10, killedAt + 2s); }));
    CHECK_FALSE(stacks.at(kDoomed)->ready());
    const std::chrono::duration<double> stall = longestStall(load.fetched(), killedAt);

    cluster.rejoin(kDoomed);
    const auto rejoinedAt = Clock::now();
    CHECK(stacks.at(kDoomed)->waitUntilReady());
    CHECK(eventually(60s, [&] { return load.fetchedBy(kDoomed, rejoinedAt) >= 3; }));
    load.stop();

    WARN("a node killed: " << stall.count() << " s without a fetched movie on the other two; "
                           << load.fetched().size() << " movies in all, "
                           << std::chrono::duration<double>(rejoinedAt - killedAt).count()
                           << " s from the kill until the node was back");
    CHECK(upstreams.counts(Site::wikidata).mostOpen <= 5);
    CHECK(upstreams.counts(Site::rt).mostOpen <= 2);
    for (const Stream& stream : load.streams()) {
        if (stream.node != kDoomed) {
            checkWhole(stream.response, stream.ids);
        }
    }
    for (const std::string& fault : load.faults()) {
        INFO(fault);
        CHECK(fault.starts_with("node " + std::to_string(kDoomed)));
    }

    std::set<std::string> told;
    const std::vector<Fetched> movies = load.fetched();
    for (std::size_t i = 0; i < whenKilled; ++i) {
        told.insert(movies.at(i).imdbId);
    }
    for (std::size_t node = 0; node < kNodes; ++node) {
        CHECK(cluster.sql(node, "SELECT COUNT(*) FROM rt_cache WHERE imdb_id IN (" + quoted(told) + ")") ==
              std::to_string(told.size()) + "\n");
    }
}
