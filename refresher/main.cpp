// rtbatch-refresher: keeps rows fresh before anyone asks.

#include <iostream>

#include "common/cli/program.h"
#include "common/log/log.h"
#include "common/setup/setup.h"
#include "refresher/ids_file.h"
#include "refresher/prewarm_command.h"
#include "refresher/run_command.h"
#include "refresher/sync_ids_command.h"

namespace {

using namespace rtbatch;

const Option kQuiet{.name = "quiet", .letter = 'q', .help = "says nothing unless something is wrong"};

ListAddress listAddress(const std::string& url) {
    const auto address = ListAddress::parse(url);
    if (!address) {
        throw UsageError(
            "--list takes https://www.rottentomatoes.com/browse/... or "
            "https://editorial.rottentomatoes.com/..., and got '" +
            url + "'");
    }
    return *address;
}

ExitCode runPrewarm(const Invocation& invocation) {
    PrewarmOptions options;
    options.ids = invocation.option("ids");
    options.imdbRatings = invocation.option("imdb-ratings");
    const auto list = invocation.option("list");
    if (int{options.ids.has_value()} + int{options.imdbRatings.has_value()} + int{list.has_value()} != 1) {
        throw UsageError("prewarm needs one of --ids, --imdb-ratings and --list");
    }
    if (list) {
        options.list = listAddress(*list);
    }
    if (const auto top = invocation.number("top", 1, kMaxMarked)) {
        if (!options.imdbRatings) {
            throw UsageError("--top goes with --imdb-ratings");
        }
        options.top = static_cast<std::size_t>(*top);
    }
    options.quiet = invocation.has("quiet");
    options.progress = progressMode(options.quiet);
    startLog(logOptions(invocation.config()), "rtbatch-refresher");
    shareMetrics(invocation.config(), CellUser::visitor);
    return prewarm(invocation.config(), options, invocation.out(), std::cerr);
}

ExitCode runSyncIds(const Invocation& invocation) {
    SyncIdsOptions options;
    options.restart = invocation.has("restart");
    options.quiet = invocation.has("quiet");
    options.progress = progressMode(options.quiet);
    startLog(logOptions(invocation.config()), "rtbatch-refresher");
    shareMetrics(invocation.config(), CellUser::visitor);
    return syncIds(invocation.config(), options, invocation.out(), std::cerr);
}

Command prewarmCommand() {
    return {
        .name = "prewarm",
        .summary = "marks movies that should be warm, the most wanted first",
        .description =
            {"It only marks them, from one source; run fetches them within its budget, in the order of "
             "the source. A mark counts for 90 days. A movie that is marked already keeps the better "
             "place.",
             "A page of Rotten Tomatoes is fetched and turned into IMDb ids through Wikidata, within "
             "the limits of the deployment and behind people."},
        .options = {{.name = "ids",
                     .argument = "FILE",
                     .help = "IMDb ids, one a line; # begins a comment; - is standard input"},
                    {.name = "imdb-ratings",
                     .argument = "FILE",
                     .help =
                         "IMDb's data set title.ratings.tsv, or .gz as it is downloaded: most votes first"},
                    {.name = "top", .argument = "N", .help = "of those so many, 1-1000000 (default 10000)"},
                    {.name = "list",
                     .argument = "URL",
                     .help = "a page of www.rottentomatoes.com/browse/ or editorial.rottentomatoes.com"},
                    kQuiet},
        .run = &runPrewarm,
    };
}

Command syncIdsCommand() {
    return {
        .name = "sync-ids",
        .summary = "takes over from Wikidata which IMDb id is which Rotten Tomatoes id",
        .description =
            {"Afterwards a movie that nobody has asked for needs no Wikidata any more. It asks for "
             "pages of the whole mapping, one at a time, smaller ones when they take long.",
             "Started again after it was stopped or killed it goes on where it was; after it came to "
             "its end it begins anew. While one runs, a second one says so and ends."},
        .options = {{.name = "restart", .help = "begins anew, though it had not come to the end"}, kQuiet},
        .run = &runSyncIds,
    };
}

Program refresherProgram() {
    return {
        .name = "rtbatch-refresher",
        .version = version(),
        .summary = "keeps movies fresh before anyone asks",
        .description =
            {"It reads the same settings as the handler, and shares its database and its limits: what "
             "it asks the two sites counts against the same slots, and people go first.",
             "At a terminal it shows a bar on standard error, elsewhere a line a minute. SIGTERM, "
             "SIGINT and SIGHUP, as when the terminal is closed, stop it between two steps; under nohup "
             "SIGHUP does not."},
        .commands = {runCommand(), prewarmCommand(), syncIdsCommand()},
        .exitCodes =
            {{0, "done, stopped as asked, or another one does it"},
             {64, "the command line is wrong"},
             {65, "a file or page that was given is not what it should be; nothing was marked"},
             {66, "a file that was given is not there, or may not be read"},
             {69, "the database is away or refuses"},
             {70, "a defect of the program"},
             {74, "the answer could not be written"},
             {75, "not now: a site wants to be left alone or does not answer, or its pages have changed"},
             {78, "a setting is wrong"}},
        .environment = {{"RTBATCH_A_B_C", "the setting a.b_c; it wins over the file"}},
        .files = {{"/etc/rtbatch/rtbatch.properties", "the settings, each with its meaning and default"}},
        .seeAlso = {"rtbatch-admin 8", "rtbatch-handler 8", "rtbatch-page-reader 8"},
    };
}

}  // namespace

int main(int argc, char** argv) {
    return rtbatch::runProgram(refresherProgram(), argc, argv);
}
