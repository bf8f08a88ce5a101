#include "tests/e2e/load_driver.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "tests/e2e/batch_view.h"
#include "tests/support/stack.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kBatchLimit = 50s;  // beyond batch.timeout_s and nginx's fastcgi_read_timeout
constexpr std::size_t kMostFaults = 5;

/// What is wrong with the outcomes: an id that was not asked for, or has two; with `all`, one that has none.
std::optional<std::string> outcomeFault(const HttpResponse& response, std::span<const std::string> imdbIds,
                                        bool all) {
    std::map<std::string, int> counts;
    for (const std::string& id : imdbIds) {
        counts[id] = 0;
    }
    for (const Outcome& outcome : outcomesOf(response)) {
        const auto count = counts.find(outcome.imdbId);
        if (count == counts.end() || ++count->second > 1) {
            return outcome.imdbId + " has an outcome too many";
        }
    }
    for (const auto& [id, count] : counts) {
        if (all && count == 0) {
            return id + " has no outcome";
        }
    }
    return std::nullopt;
}

std::optional<std::string> faultOfWhole(const HttpResponse& response, std::span<const std::string> imdbIds) {
    if (response.events().empty() || response.events().back().name != "done") {
        return "it ended cleanly without done";
    }
    if (auto fault = wireFault(response.body())) {
        return fault;
    }
    const int total = parseObject(response.events().back().data)->getValue<int>("total");
    if (total != static_cast<int>(imdbIds.size())) {
        return "done counts " + std::to_string(total);
    }
    return outcomeFault(response, imdbIds, true);
}

}  // namespace

Verdict judge(const HttpResponse& response, std::span<const std::string> imdbIds) {
    Verdict verdict;
    if (response.headComplete() && response.status() != 200) {
        verdict.ending = Ending::refused;
        if (response.header("content-type") != "application/problem+json" || !response.complete()) {
            verdict.fault =
                "a refusal with status " + std::to_string(response.status()) + " is no problem+json";
        }
    } else if (response.complete()) {
        verdict.fault = faultOfWhole(response, imdbIds);
    } else {
        verdict.ending = Ending::torn;
        verdict.fault = outcomeFault(response, imdbIds, false);
    }
    if (verdict.fault) {
        *verdict.fault += ":\n" + response.body();
    }
    return verdict;
}

LoadDriver::LoadDriver(std::vector<std::string> known, int firstNew)
    : _known(std::move(known)), _nextNew(firstNew) {}

LoadDriver::~LoadDriver() {
    _stopping = true;
}

void LoadDriver::addUsers(int count, const Endpoint& where) {
    for (int i = 0; i < count; ++i) {
        const auto seed = static_cast<unsigned>(_users.size() + 1);
        _users.emplace_back([this, where, seed] { ask(where, seed); });
    }
}

LoadSummary LoadDriver::finish() {
    _stopping = true;
    _users.clear();
    const std::lock_guard lock(_mutex);
    return _summary;
}

std::vector<std::string> LoadDriver::pickMovies(unsigned& random) {
    constexpr int kShared = 20;  // new ones near each other are asked for by several
    const int count = 5 + rand_r(&random) % 16;
    std::set<std::string> picked;
    while (std::ssize(picked) < count) {
        const auto roll = static_cast<unsigned>(rand_r(&random));
        picked.insert(roll % 5 == 0 ? madeUpMovie(_nextNew++ / 2 + rand_r(&random) % kShared)
                                    : _known[roll / 5 % _known.size()]);
    }
    return {picked.begin(), picked.end()};
}

void LoadDriver::ask(const Endpoint& where, unsigned seed) {
    while (!_stopping) {
        const std::vector<std::string> movies = pickMovies(seed);
        try {
            HttpClient client(where, batchOf(movies));
            note(judge(client.readToEnd(kBatchLimit), movies));
            if (client.response().status() != 200) {
                std::this_thread::sleep_for(100ms);  // what was refused is not asked for again at once
            }
        } catch (const Poco::Exception& error) {
            note({.ending = Ending::refused, .fault = error.displayText()});
        } catch (const std::exception& error) {
            note({.ending = Ending::torn, .fault = error.what()});
        }
    }
}

void LoadDriver::note(const Verdict& verdict) {
    const std::lock_guard lock(_mutex);
    ++(verdict.ending == Ending::whole  ? _summary.whole
       : verdict.ending == Ending::torn ? _summary.torn
                                        : _summary.refused);
    if (verdict.fault && _summary.faults.size() < kMostFaults) {
        _summary.faults.push_back(*verdict.fault);
    }
}

}  // namespace rtbatch::test
