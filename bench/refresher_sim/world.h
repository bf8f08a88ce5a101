#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/model/lifetime.h"
#include "common/model/timestamp.h"

namespace rtbatch::sim {

/// How large the world is, and how it moves.
struct WorldOptions {
    int titles = 20000;
    int requestsPerDay = 200000;
    int batchSize = 30;
    double newPerWeek = 0.02;   ///< share of the titles that others replace
    double justReleased = 0.5;  ///< share of the replacements that are new releases; the rest are older films
    int days = 30;              ///< measured
    int warmUpDays = 30;        ///< before that, so that the cache is as it would be
    std::uint64_t seed = 1;
};

/// A film as it is, whatever is cached of it.
struct Title {
    ImdbId id;
    int year;
    std::chrono::sys_days released;
    std::chrono::minutes changesEvery;  ///< its scores
    std::chrono::minutes phase;
    double popularity = 0;  ///< share of all requests while it is on the list

    /// Which scores its page shows: another number, other scores.
    std::int64_t scoresAt(Timestamp time) const;
};

/// Titles with their popularity by Zipf's law, some of them replaced every day, and the batches of people who
/// ask for them. The same options give the same world, whoever lives in it.
class World {
public:
    explicit World(const WorldOptions& options);

    static Timestamp begin();
    const WorldOptions& options() const { return _options; }
    Timestamp measuredFrom() const { return begin() + std::chrono::days(_options.warmUpDays); }
    Timestamp end() const { return measuredFrom() + std::chrono::days(_options.days); }
    std::chrono::milliseconds betweenBatches() const;

    /// The titles of the batch at `time`, distinct; times only go forward.
    const std::vector<int>& nextBatch(Timestamp time);

    const Title& title(int number) const { return _titles[static_cast<std::size_t>(number)]; }
    int titles() const { return static_cast<int>(_titles.size()); }

private:
    void addTitle(std::size_t place, Timestamp time, bool atBegin);

    const WorldOptions _options;
    std::mt19937_64 _random;
    std::vector<Title> _titles;      // all that there ever were
    std::vector<int> _atPlace;       // of the ranking: the title there
    std::vector<double> _cumulated;  // popularity of the places up to each
    std::vector<int> _batch;
    Timestamp _replaceAt;
};

}  // namespace rtbatch::sim
