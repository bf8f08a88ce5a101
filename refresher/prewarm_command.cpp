#include "refresher/prewarm_command.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <vector>

#include "common/cli/exit_code.h"
#include "common/process/stop_signal.h"
#include "common/setup/setup.h"
#include "common/store/wanted_table.h"
#include "refresher/ids_file.h"
#include "refresher/listed_films.h"
#include "refresher/ratings_file.h"

namespace rtbatch {

namespace {

constexpr std::size_t kIdsAStep = 500;

/// So many of what is counted are named too.
constexpr std::size_t kNamed = 3;

std::ifstream open(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        throw NoInputError(file + " cannot be opened: " + std::strerror(errno));
    }
    if (std::filesystem::is_directory(file)) {
        throw NoInputError(file + " is a directory");
    }
    return in;
}

std::vector<ImdbId> idsOf(const PrewarmOptions& options) {
    if (options.imdbRatings) {
        auto in = open(*options.imdbRatings);
        return mostVoted(in, options.top, *options.imdbRatings);
    }
    if (options.ids == "-") {
        return readIds(std::cin, "standard input");
    }
    auto in = open(options.ids.value());
    return readIds(in, *options.ids);
}

struct Marked {
    std::size_t marked = 0;
    std::size_t warm = 0;  ///< already
};

Marked markAll(Store& store, std::span<const ImdbId> ids, ProgressMode mode, const GoOn& goOn) {
    WantedTable table(store);
    const Timestamp time = store.time();
    Progress progress("movies marked", ids.size(), mode);
    Marked result;
    while (result.marked < ids.size() && goOn(std::chrono::milliseconds(0))) {
        const auto some = ids.subspan(result.marked, std::min(kIdsAStep, ids.size() - result.marked));
        table.mark(some, static_cast<std::int64_t>(result.marked), time);
        result.warm += table.countWarm(some, time);
        result.marked += some.size();
        progress.advance(some.size());
    }
    return result;
}

/// ` (m/heat, m/arrival and 3 more)`, or nothing where there are none.
std::string namesOf(const std::vector<RtId>& ids) {
    std::string names;
    for (std::size_t i = 0; i < std::min(kNamed, ids.size()); ++i) {
        names += (i == 0 ? "" : ", ") + ids[i].text();
    }
    if (ids.size() > kNamed) {
        names += " and " + std::to_string(ids.size() - kNamed) + " more";
    }
    return names.empty() ? "" : " (" + names + ")";
}

void report(const PrewarmOptions& options, const Marked& marked, const ListedFilms& films,
            const std::string& database, std::ostream& out) {
    if (options.quiet) {
        return;
    }
    out << "prewarm: ";
    if (options.list) {
        out << films.listed << " films on the page, " << films.unknown.size() << " unknown to Wikidata"
            << namesOf(films.unknown) << "; ";
    }
    out << "marked " << marked.marked << " in " << database << ", of which " << marked.warm
        << " are warm already; rtbatch-refresher run fetches the others\n";
}

}  // namespace

ExitCode prewarm(const Config& config, const PrewarmOptions& options, std::ostream& out, std::ostream& err) {
    ListedFilms films;
    if (!options.list) {
        // Before the signals are held back: who types ids into it must be able to end it.
        films.ids = idsOf(options);
    }
    blockStopSignals();
    StopRequest stop;
    const GoOn goOn = [&stop](std::chrono::milliseconds wait) { return !stop.came(wait); };
    Store store(storeOptions(config));
    store.check();
    if (options.list) {
        WaitNotice notice("rtbatch-refresher: prewarm", options.quiet,
                          [&](const std::string& line) { sayBeside(options.progress, line, err); });
        auto fetched = fetchListedFilms(config, store, *options.list, options.progress, goOn, notice);
        if (const auto* none = std::get_if<NotNow>(&fetched)) {
            err << "rtbatch-refresher: nothing was marked: " << none->message << "\n";
            return ExitCode::tempFail;
        }
        films = std::move(std::get<ListedFilms>(fetched));
    }
    const Marked marked = markAll(store, films.ids, options.progress, goOn);
    report(options, marked, films, databaseName(config), out);
    if (marked.marked < films.ids.size()) {
        err << "rtbatch-refresher: stopped; " << films.ids.size() - marked.marked
            << " movies were not marked\n";
        return ExitCode::tempFail;
    }
    return ExitCode::ok;
}

}  // namespace rtbatch
