#include "common/store/scrape_table.h"

#include <Poco/Data/Statement.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

/// One of so many is chosen, so that nobody can know which.
constexpr int kGoodFilms = 20;

}  // namespace

std::string_view nameOf(ScrapeOutcome outcome) {
    switch (outcome) {
        case ScrapeOutcome::read:
            return "read";
        case ScrapeOutcome::lost:
            return "lost";
        case ScrapeOutcome::unreadable:
            return "unreadable";
        case ScrapeOutcome::other:
            return "other";
        case ScrapeOutcome::gone:
            return "gone";
        case ScrapeOutcome::failed:
            break;
    }
    return "failed";
}

void ScrapeTable::add(const ScrapeRecord& record) {
    _store.impl().call([&](Connection& c) {
        std::string id = record.imdbId.string();
        std::int64_t scrapedAt = toMillis(record.scrapedAt);
        std::string outcome(nameOf(record.outcome));
        int critic = record.criticScore.value_or(-1);  // no score is below 0
        int audience = record.audienceScore.value_or(-1);
        std::string detail = cutToColumn(record.detail);
        Statement statement(c.session());
        statement
            << "INSERT INTO rt_scrape (imdb_id, scraped_at, outcome, critic_score, audience_score, detail) "
               "VALUES (?, ?, ?, NULLIF(?, -1), NULLIF(?, -1), ?)";
        statement.addBind(use(id));
        statement.addBind(use(scrapedAt));
        statement.addBind(use(outcome));
        statement.addBind(use(critic));
        statement.addBind(use(audience));
        statement.addBind(use(detail));
        return statement.execute();
    });
}

PageTally ScrapeTable::tally(int pages, Timestamp since) {
    return _store.impl().call([&](Connection& c) {
        std::int64_t from = toMillis(since);
        std::int64_t to = toMillis(latestBelieved(SharedTime::scrapedAt, _store.time()));
        std::vector<std::string> ids;
        std::vector<std::string> outcomes;
        Statement statement(c.session());
        statement << "SELECT imdb_id, CASE WHEN outcome = 'lost' AND detail = 'year' THEN 'read' ELSE "
                     "outcome END FROM "
                     "rt_scrape WHERE scraped_at >= ? AND scraped_at <= ? AND outcome IN ('read', 'lost', "
                     "'unreadable') AND "
                     "EXISTS (SELECT 1 FROM rt_cache WHERE rt_cache.imdb_id = rt_scrape.imdb_id) "
                     "ORDER BY scraped_at DESC, id DESC LIMIT " +
                         std::to_string(pages);
        statement.addBind(use(from));
        statement.addBind(use(to));
        statement.addExtract(into(ids));
        statement.addExtract(into(outcomes));
        statement.execute();
        std::map<std::string, bool> films;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            films.emplace(ids[i], outcomes[i] != nameOf(ScrapeOutcome::read));
        }
        PageTally tally;
        for (const auto& [id, bad] : films) {
            ++tally.films;
            tally.bad += bad ? 1 : 0;
        }
        return tally;
    });
}

std::optional<StoredMovie> ScrapeTable::findGoodFilm(const std::optional<ImdbId>& except) {
    std::vector<std::string> ids = _store.impl().call([](Connection& c) {
        std::vector<std::string> found;
        Statement statement(c.session());
        statement
            << "SELECT imdb_id FROM rt_cache WHERE suspect_at = 0 AND rt_slug <> '' AND NOT EXISTS (SELECT "
               "1 FROM rt_failure WHERE rt_failure.imdb_id = rt_cache.imdb_id) ORDER BY expires_at DESC "
               "LIMIT " +
                   std::to_string(kGoodFilms);
        statement.addExtract(into(found));
        statement.execute();
        return found;
    });
    if (except) {
        std::erase(ids, except->string());
    }
    if (ids.empty()) {
        return std::nullopt;
    }
    std::random_device random;
    const auto id = ImdbId::parse(ids[random() % ids.size()]);
    return id ? _store.findStored(*id) : std::nullopt;
}

std::size_t ScrapeTable::purge(Timestamp before, int most) {
    return _store.impl().call([&](Connection& c) {
        std::int64_t until = toMillis(before);
        Statement statement(c.session());
        // SQLite is built without DELETE ... LIMIT; MySQL has no LIMIT in such a subquery but in one more.
        statement << "DELETE FROM rt_scrape WHERE id IN (SELECT id FROM (SELECT id FROM rt_scrape WHERE "
                     "scraped_at < ? "
                     "ORDER BY scraped_at LIMIT " +
                         std::to_string(most) + ") AS old)";
        statement.addBind(use(until));
        return statement.execute();
    });
}

}  // namespace rtbatch
