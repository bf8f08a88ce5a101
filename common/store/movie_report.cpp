#include "common/store/movie_report.h"

#include <Poco/Data/Statement.h>

#include <array>

#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

std::optional<RtIdRecord> findRtId(Connection& c, std::string id) {
    std::vector<std::string> rtIds;
    std::vector<std::int64_t> checkedAt;
    std::vector<std::int64_t> expiresAt;
    Statement statement(c.session());
    statement << "SELECT COALESCE(rt_id, ''), checked_at, expires_at FROM rt_id WHERE imdb_id = ?";
    statement.addBind(use(id));
    statement.addExtract(into(rtIds));
    statement.addExtract(into(checkedAt));
    statement.addExtract(into(expiresAt));
    statement.execute();
    if (rtIds.empty()) {
        return std::nullopt;
    }
    return RtIdRecord{rtIds[0].empty() ? std::nullopt : std::optional(rtIds[0]), fromMillis(checkedAt[0]),
                      fromMillis(expiresAt[0])};
}

std::optional<FailureRecord> findFailure(Connection& c, std::string id) {
    std::array<std::vector<std::int64_t>, 3> numbers;
    std::vector<std::string> messages;
    Statement statement(c.session());
    statement << "SELECT failures, failed_at, retry_at, message FROM rt_failure WHERE imdb_id = ?";
    statement.addBind(use(id));
    for (auto& column : numbers) {
        statement.addExtract(into(column));
    }
    statement.addExtract(into(messages));
    statement.execute();
    if (messages.empty()) {
        return std::nullopt;
    }
    return FailureRecord{numbers[0][0], fromMillis(numbers[1][0]), fromMillis(numbers[2][0]), messages[0]};
}

std::vector<PageRecord> findPages(Connection& c, std::string id, int most) {
    std::vector<std::int64_t> times;
    std::vector<std::string> outcomes;
    std::vector<int> critics;
    std::vector<int> audiences;
    std::vector<std::string> details;
    Statement statement(c.session());
    statement
        << "SELECT scraped_at, outcome, COALESCE(critic_score, -1), COALESCE(audience_score, -1), detail "
           "FROM rt_scrape WHERE imdb_id = ? ORDER BY scraped_at DESC, id DESC LIMIT " +
               std::to_string(most);
    statement.addBind(use(id));
    statement.addExtract(into(times));
    statement.addExtract(into(outcomes));
    statement.addExtract(into(critics));
    statement.addExtract(into(audiences));
    statement.addExtract(into(details));
    statement.execute();
    const auto score = [](int value) { return value < 0 ? std::nullopt : std::optional(value); };
    std::vector<PageRecord> pages;
    for (std::size_t i = 0; i < times.size(); ++i) {
        pages.push_back(
            {fromMillis(times[i]), outcomes[i], score(critics[i]), score(audiences[i]), details[i]});
    }
    return pages;
}

}  // namespace

MovieReport reportOn(Store& store, const ImdbId& id, int pages) {
    MovieReport report{.due = RefreshTable(store).find(id)};
    report.row = store.findStored(id);
    store.impl().call([&](Connection& c) {
        report.rtId = findRtId(c, id.string());
        report.failure = findFailure(c, id.string());
        report.pages = findPages(c, id.string(), pages);
        return true;
    });
    return report;
}

}  // namespace rtbatch
