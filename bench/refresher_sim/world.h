#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "common/model/imdb_id.h"
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
    double popularity;           ///< share of all requests, while it is on the list
    Timestamp until = kForEver;  ///< when another takes its place, and nobody asks for it any more

    static constexpr Timestamp kForEver = Timestamp::max();

    /// Which scores its page shows: another number, other scores.
    std::int64_t scoresAt(Timestamp time) const;

    double popularityAt(Timestamp time) const { return time < until ? popularity : 0; }
};

/// Titles with their popularity by Zipf's law, some of them replaced every day, and the batches of people who
/// ask for them: all that happens, whoever lives in it. The same options give the same world.
class World {
public:
    /// Throws std::invalid_argument when a batch could not be filled, or nothing would be asked.
    explicit World(const WorldOptions& options);

    static Timestamp begin();
    const WorldOptions& options() const { return _options; }
    Timestamp measuredFrom() const { return begin() + std::chrono::days(_options.warmUpDays); }
    Timestamp end() const { return measuredFrom() + std::chrono::days(_options.days); }

    std::size_t batches() const { return _requests.size() / batchSize(); }
    Timestamp timeOf(std::size_t batch) const;

    /// Numbers of the titles of a batch, distinct.
    std::span<const std::int32_t> batch(std::size_t number) const {
        return std::span(_requests).subspan(number * batchSize(), batchSize());
    }

    /// All that there ever were.
    const std::vector<Title>& titles() const { return _titles; }
    const Title& title(std::int32_t number) const { return _titles[static_cast<std::size_t>(number)]; }

private:
    std::size_t batchSize() const { return static_cast<std::size_t>(_options.batchSize); }
    void addTitle(std::size_t place, Timestamp time, bool atBegin);
    void addBatch();

    const WorldOptions _options;
    std::mt19937_64 _random;
    std::vector<Title> _titles;
    std::vector<std::int32_t> _atPlace;  // of the ranking: the title there
    std::vector<double> _cumulated;      // popularity of the places up to each
    std::vector<std::int32_t> _requests;
};

}  // namespace rtbatch::sim
