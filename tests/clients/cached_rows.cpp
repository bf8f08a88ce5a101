#include "tests/clients/cached_rows.h"

#include <chrono>

#include "common/model/facts.h"
#include "common/model/timestamp.h"

namespace rtbatch::test {

namespace {

constexpr int kFirstId = 8000000;

// From here on the stand-in makes up films; those that end in 99 are unknown to its Wikidata.
constexpr int kFirstStandinFilm = 9000000;

// No quotes and no backslashes: it stands in an SQL text of either database as it is.
constexpr const char* kConsensus =
    "Long in the making and longer in the telling, this film rewards the patient with fine work from its "
    "cast, a "
    "score that stays for days, and a last act that earns every minute before it.";

std::string row(int number, Timestamp cachedAt, Timestamp expiresAt) {
    const std::string slug = "m/a_film_for_measuring_" + std::to_string(number);
    const MovieFacts facts{.title = "A Film for Measuring, Part " + std::to_string(number),
                           .year = 1950 + number % 75,
                           .criticScore = number % 101,
                           .audienceScore = number * 7 % 101,
                           .certified = number % 101 > 75,
                           .consensus = kConsensus};
    return "('tt" + std::to_string(kFirstId + number) + "','" + slug + "','" +
           renderFacts(RtId::parse(slug).value(), facts) + "'," + std::to_string(toMillis(cachedAt)) + "," +
           std::to_string(toMillis(expiresAt)) + ")";
}

}  // namespace

std::vector<std::string> insertCachedRows(Stack& stack, int count) {
    const Timestamp cachedAt = now();
    std::string rows;
    std::vector<std::string> ids;
    for (int number = 1; number <= count; ++number) {
        rows += (rows.empty() ? "" : ",") + row(number, cachedAt, cachedAt + std::chrono::days(30));
        ids.push_back("tt" + std::to_string(kFirstId + number));
    }
    stack.sql("INSERT INTO rt_cache (imdb_id, rt_slug, facts, cached_at, expires_at) VALUES " + rows);
    return ids;
}

std::vector<std::string> standinFilms(int count) {
    std::vector<std::string> ids;
    for (int number = 0; std::ssize(ids) < count; ++number) {
        if (number % 100 != 99) {
            ids.push_back("tt" + std::to_string(kFirstStandinFilm + number));
        }
    }
    return ids;
}

}  // namespace rtbatch::test
