// The deployed client loses an event whenever one of its reads ends inside it. Does it lose any of ours?

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/clients/cached_rows.h"
#include "tests/clients/node.h"
#include "tests/clients/segmenting_proxy.h"
#include "tests/support/stack.h"

namespace rtbatch::test {
namespace {

std::string joined(const std::vector<std::string>& ids) {
    std::string list;
    for (const std::string& id : ids) {
        list += (list.empty() ? "" : ",") + id;
    }
    return list;
}

std::string batchUrl(const Endpoint& where) {
    return (where.tls ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(where.port) +
           "/api/v1/movies/batch";
}

/// The certificate that nginx of this stack shows.
std::string certificate(const Stack& stack) {
    return std::filesystem::path(stack.sqliteFile()).parent_path() / "cert.pem";
}

/// Reads the same batch again and again over the three ways to a client.
class Ways {
public:
    explicit Ways(const Stack& stack) : _stack(stack), _proxy(stack.https().port) {}

    Poco::JSON::Object::Ptr read(const std::string& way, const std::vector<std::string>& ids, int runs) {
        Endpoint where = way == "HTTP" ? _stack.http() : _stack.https();
        if (way == "HTTPS in small packets") {
            where.port = _proxy.port();
        }
        std::vector<std::string> arguments{batchUrl(where), kKey, joined(ids), "--runs",
                                           std::to_string(runs)};
        if (where.tls) {
            arguments.insert(arguments.end(), {"--ca", certificate(_stack)});
        }
        const auto before = _proxy.segments();
        auto summary = runForgetfulReader(arguments);
        _segments = _proxy.segments() - before;
        return summary;
    }

    /// Packets that the last reading took through the proxy.
    std::uint64_t segments() const { return _segments; }

private:
    const Stack& _stack;
    SegmentingProxy _proxy;
    std::uint64_t _segments = 0;
};

TEST_CASE("the forgetful client gets 50 of 50 cached movies, 200 times over each way") {
    Stack stack({.tls = true});
    const auto ids = insertCachedRows(stack, 50);
    Ways ways(stack);
    for (const std::string way : {"HTTP", "HTTPS", "HTTPS in small packets"}) {
        const auto summary = ways.read(way, ids, 200);
        INFO(way << ": " << text(summary));
        CHECK(range(summary, "movies") == std::pair(50, 50));
        CHECK(range(summary, "distinct") == std::pair(50, 50));
        CHECK(field(summary, "lost") == 0);
        CHECK(field(summary, "runsNotGood") == 0);
    }
    // 50 events are more than 20 kB: at least 14 packets each time, or the network was none.
    CHECK(ways.segments() > 200U * 14U);
}

TEST_CASE("the forgetful client gets every cached, fetched and failed movie of a mixed batch") {
    Stack stack({.tls = true});
    std::vector<std::string> ids = insertCachedRows(stack, 20);
    const auto films = standinFilms(20);
    ids.insert(ids.begin() + 10, films.begin(), films.end());
    ids.push_back(kUnknownFilm);
    Ways ways(stack);
    for (const std::string way : {"HTTP", "HTTPS", "HTTPS in small packets"}) {
        for (int run = 0; run < 8; ++run) {
            stack.sql("DELETE FROM rt_cache WHERE imdb_id LIKE 'tt9%'");
            const auto summary = ways.read(way, ids, 1);
            INFO(way << ": " << text(summary));
            CHECK(range(summary, "movies") == std::pair(40, 40));
            CHECK(range(summary, "errors") == std::pair(1, 1));
            CHECK(range(summary, "distinct") == std::pair(41, 41));
            CHECK(field(summary, "runsNotGood") == 0);
        }
    }
}

}  // namespace
}  // namespace rtbatch::test
