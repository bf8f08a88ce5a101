// Clients that no one here wrote: libraries of others, each used as its users use it (tests/clients/readers),
// and the examples of docs/clients.md, which are taken from there.

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <regex>
#include <sstream>

#include "tests/clients/cached_rows.h"
#include "tests/clients/reader.h"
#include "tests/support/eventually.h"
#include "tests/support/process_info.h"
#include "tests/support/stack.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

const std::string kWholeDocument = "undici_json.mjs";

const std::vector<std::string> kReaders{
    "eventsource_parser.mjs", "fetch_event_source.mjs",
    "fetch_event_stream.mjs", "eventsource_client.mjs",
    "undici_fetch.mjs",       "undici_ndjson.mjs",
    kWholeDocument,           "http_client.py",
    "http_client_ndjson.py",  "curl.sh",
};

/// Their texts are what parsers stumble over: other alphabets, quotes, markup.
const std::vector<std::string> kKnownFilms{"tt0211915", "tt20221436", "tt6751668", "tt1160419"};

/// Hits, misses and an id that Wikidata does not know; the misses are slow enough for heartbeats to stand
/// between.
class MixedBatch {
public:
    MixedBatch() : _stack({.settings = {{"batch.heartbeat_s", "0.1"}}, .tls = true}) {
        _stack.warm(kKnownFilms);
        _ids = insertCachedRows(_stack, 20);
        _ids.insert(_ids.end(), kKnownFilms.begin(), kKnownFilms.end());
        _misses = standinFilms(3);
        _ids.insert(_ids.begin() + 7, _misses.begin(), _misses.end());
        _ids.insert(_ids.begin() + 2, kUnknownFilm);
        _stack.upstreams().setLatency(Site::rt, 400ms);
    }

    Stack& stack() { return _stack; }
    const std::vector<std::string>& ids() const { return _ids; }

    void forgetMisses() { _stack.sql("DELETE FROM rt_cache WHERE imdb_id LIKE 'tt9%'"); }

    /// What a reading that came just now had to give, without `done`, in the order of names and data: what
    /// was fetched for it is a hit for the one who asks again.
    std::vector<DeliveredEvent> outcomes() {
        const HttpResponse raw = ask(_stack.http(), batchOf(_ids));
        ++_asked;
        REQUIRE(wireFault(raw.body()) == std::nullopt);
        std::vector<DeliveredEvent> expected;
        for (const SseEvent& event : raw.events()) {
            std::string data = event.data;
            for (const std::string& miss : _misses) {
                if (data.find(miss) != std::string::npos) {
                    data =
                        std::regex_replace(data, std::regex(R"("status":"cached")"), R"("status":"fetched")");
                }
            }
            if (event.name != "done") {
                expected.push_back({.name = event.name, .data = alphabetical(data)});
            }
        }
        REQUIRE(expected.size() == _ids.size());
        sort(expected);
        return expected;
    }

    DeliveredEvent done() const {
        const std::size_t fetched = _misses.size();
        return {.name = "done",
                .data = alphabetical(R"({"total":)" + std::to_string(_ids.size()) + R"(,"cached":)" +
                                     std::to_string(_ids.size() - fetched - 1) + R"(,"fetched":)" +
                                     std::to_string(fetched) + R"(,"errors":1,"stale":0})")};
    }

    static void sort(std::vector<DeliveredEvent>& events) {
        std::sort(events.begin(), events.end(), [](const auto& one, const auto& other) {
            return std::pair(one.name, one.data) < std::pair(other.name, other.data);
        });
    }

    /// A reader with this batch.
    std::unique_ptr<Reader> read(const std::string& program, const Endpoint& where) {
        ++_asked;
        return std::make_unique<Reader>(program, where, _ids, _stack.directory() / "cert.pem");
    }

    /// Whether nginx has answered each batch once that was asked for here. It notes one just after the client
    /// has the last byte.
    bool eachAnsweredOnce() const {
        eventually(2s, [this] { return batchesAnswered() >= _asked; });
        return batchesAnswered() == _asked;
    }

private:
    std::size_t batchesAnswered() const {
        std::istringstream log(readFile(_stack.directory() / "nginx-access.log"));
        std::size_t batches = 0;
        for (std::string line; std::getline(log, line);) {
            batches += line.find("POST /api/v1/movies/batch") != std::string::npos ? 1 : 0;
        }
        return batches;
    }

    Stack _stack;
    std::size_t _asked = 1;  // to warm it
    std::vector<std::string> _ids;
    std::vector<std::string> _misses;
};

/// One reading of the mixed batch, held to what it had to give.
void checkReading(MixedBatch& batch, const std::string& program, const Endpoint& where) {
    INFO(program << (where.tls ? " over HTTPS" : " over HTTP"));
    batch.forgetMisses();
    Delivered delivered = batch.read(program, where)->result();
    INFO(delivered.printed);
    CHECK(delivered.failure.empty());
    CHECK(batch.eachAnsweredOnce());
    REQUIRE(!delivered.events.empty());
    CHECK(delivered.events.back() == batch.done());
    delivered.events.pop_back();
    MixedBatch::sort(delivered.events);
    CHECK(delivered.events == batch.outcomes());
}

TEST_CASE("libraries of others deliver every event of a mixed batch, each once and done last") {
    MixedBatch batch;
    for (const std::string& program : kReaders) {
        checkReading(batch, program, batch.stack().http());
        checkReading(batch, program, batch.stack().https());
    }
}

TEST_CASE("the mixed batch of these tests has heartbeats between its events") {
    MixedBatch batch;
    const HttpResponse raw = ask(batch.stack().http(), batchOf(batch.ids()));
    REQUIRE(raw.events().size() == batch.ids().size() + 1);
    const auto between = std::count_if(raw.comments().begin(), raw.comments().end(), [&](auto at) {
        return at > raw.events().front().at && at < raw.events().back().at;
    });
    CHECK(between >= 2);
}

TEST_CASE("in the other formats these heartbeats are blanks before the next object") {
    MixedBatch batch;
    const HttpResponse lines =
        ask(batch.stack().http(), batchOf(batch.ids(), {{"Accept", "application/x-ndjson"}}));
    CHECK_THAT(lines.body(), Catch::StartsWith(" {") && Catch::Contains("}\n  "));
    batch.forgetMisses();
    const HttpResponse document =
        ask(batch.stack().http(), batchOf(batch.ids(), {{"Accept", "application/json"}}));
    CHECK_THAT(document.body(), Catch::StartsWith("   "));
}

TEST_CASE("with libraries of others a torn stream is not taken for a whole one, and not asked for again") {
    MixedBatch batch;
    const bool tls = GENERATE(false, true);
    const Endpoint where = tls ? batch.stack().https() : batch.stack().http();
    batch.stack().upstreams().setLatency(Site::rt, 60s);
    const pid_t nginx = childrenOf(batch.stack().nginx().process().pid()).front();
    const std::size_t descriptors = openDescriptors(nginx);
    std::vector<std::unique_ptr<Reader>> readers;
    for (const std::string& program : kReaders) {
        readers.push_back(batch.read(program, where));
    }
    // Each has its connection and one to the handler; by now the hits are sent, too.
    REQUIRE(eventually(15s, [&] { return openDescriptors(nginx) >= descriptors + 2 * kReaders.size(); }));
    std::this_thread::sleep_for(500ms);
    batch.stack().handler().signal(SIGKILL);
    batch.stack().handler().wait(5s);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const Delivered delivered = readers[i]->result();
        INFO(kReaders[i] << (tls ? " over HTTPS: " : " over HTTP: ") << delivered.printed);
        const std::size_t hits = batch.ids().size() - 3;
        // A fetch that breaks may drop what its reader has not taken yet, on a busy machine.
        CHECK(delivered.events.size() <= (kReaders[i] == kWholeDocument ? 0 : hits));
        CHECK_FALSE(delivered.whole());
        // Python's takes it for the end; only the missing `done` tells there.
        CHECK((kReaders[i] == "http_client.py" || !delivered.failure.empty()));
    }
    CHECK(batch.eachAnsweredOnce());
}

/// Without what stands before each line, so that an example may be indented less than its origin.
std::vector<std::string> trimmedLines(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line.substr(std::min(line.find_first_not_of(' '), line.size())));
    }
    return lines;
}

TEST_CASE("the examples of docs/clients.md are parts of the readers that are tested here") {
    std::vector<std::vector<std::string>> readers;
    for (const auto& file : std::filesystem::directory_iterator(RTBATCH_READERS)) {
        if (file.is_regular_file()) {
            readers.push_back(trimmedLines(readFile(file.path())));
        }
    }
    const std::string page = readFile(std::filesystem::path(RTBATCH_SOURCE_DIR) / "docs" / "clients.md");
    const std::size_t from = page.find("**npm `eventsource-parser`**");
    REQUIRE(from != std::string::npos);
    int examples = 0;
    const std::string fence = "\n```";
    for (std::size_t at = page.find(fence, from); at != std::string::npos; ++examples) {
        const std::size_t begin = page.find('\n', at + fence.size()) + 1;
        const std::size_t end = page.find(fence, begin);
        REQUIRE(end != std::string::npos);
        const std::string example = page.substr(begin, end - begin);
        at = page.find(fence, end + fence.size());
        const std::vector<std::string> lines = trimmedLines(example);
        INFO(example);
        CHECK(std::any_of(readers.begin(), readers.end(), [&](const std::vector<std::string>& reader) {
            return std::search(reader.begin(), reader.end(), lines.begin(), lines.end()) != reader.end();
        }));
    }
    CHECK(examples >= 7);
}

}  // namespace
}  // namespace rtbatch::test
