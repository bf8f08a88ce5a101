// rtbatch-admin, the operator's tool.

#include <utility>

#include "admin/command.h"

namespace {

using namespace rtbatch;

Command migrateCommand() {
    return {
        .name = "migrate",
        .summary = "makes the database's tables, or brings them to this program's version",
        .description = {"It says what it did. It may be run again, and while handlers run."},
        .run = &runMigrate,
    };
}

Option jsonOption() {
    return {.name = "json", .help = "the same as one JSON object"};
}

Command statusCommand() {
    return {
        .name = "status",
        .summary = "shows how the installation does",
        .description = {"Rows fresh, stale and missing by demand; the answers of the last hour and day; "
                        "whether each upstream may be asked, and who holds its slots; the refresher's last "
                        "runs and what is left of its budget; what is remembered of Wikidata.",
                        "It ends with 0 whatever it shows."},
        .options = {jsonOption()},
        .run = &runStatus,
    };
}

Command showCommand() {
    return {
        .name = "show",
        .summary = "shows all that is known of one movie",
        .words = {.shown = "IMDB-ID", .least = 1, .most = 1},
        .description = {"Its row and why it lives so long, how much it is asked for, its Rotten Tomatoes id, "
                        "its last failure, when the refresher would take it and why, and its last pages."},
        .options = {jsonOption()},
        .run = &runShow,
    };
}

Command purgeCommand() {
    return {
        .name = "purge",
        .summary = "deletes what is known of movies that nobody uses, or of one movie",
        .words = {.shown = "[IMDB-ID]", .most = 1},
        .description =
            {"With --unused-days: rows, demand, failures and history of movies that nobody has "
             "asked for since then; of those never asked for, if they were cached before then. What "
             "was put on a list of what should be warm since then stays.",
             "With an IMDb id: all that is known of that movie, its Rotten Tomatoes id too. That "
             "is the way out when a stored row is wrong; the next request fetches it anew.",
             "It deletes a few movies at a time, while handlers run, and may be interrupted."},
        .options = {{.name = "unused-days",
                     .letter = 'u',
                     .argument = "N",
                     .help = "not asked for since so many days, 1-3650"},
                    {.name = "dry-run", .letter = 'n', .help = "only says what would be deleted"}},
        .run = &runPurge,
    };
}

std::vector<Command> allCommands() {
    std::vector<Command> commands{migrateCommand(), doctorCommand(), statusCommand(), showCommand(),
                                  purgeCommand(),   repairCommand(), unblockCommand()};
    for (Command& command : keysCommands()) {
        commands.push_back(std::move(command));
    }
    return commands;
}

Program adminProgram() {
    return {
        .name = "rtbatch-admin",
        .version = version(),
        .summary = "looks after an installation of rtbatch",
        .description = {"It reads the same settings as the handler, and works on the database that "
                        "database.url names."},
        .commands = allCommands(),
        .exitCodes = {{0, "done"},
                      {1,
                       "doctor: something is wrong; keys: there is no such key, or it is revoked; unblock: "
                       "the site's row "
                       "is missing"},
                      {64, "the command line is wrong"},
                      {65, "doctor: a file that was given has no key"},
                      {66, "doctor: a file that was given is not there, or may not be read"},
                      {69, "the database is away or refuses, or is of another version: run migrate"},
                      {70, "a defect of the program"},
                      {74, "the answer could not be written"},
                      {78, "a setting is wrong"}},
        .environment = {{"RTBATCH_A_B_C", "the setting a.b_c; it wins over the file"}},
        .files = {{"/etc/rtbatch/rtbatch.properties", "the settings, each with its meaning and default"}},
        .seeAlso = {"rtbatch-handler 8", "rtbatch-page-reader 8"},
    };
}

}  // namespace

int main(int argc, char** argv) {
    return rtbatch::runProgram(adminProgram(), argc, argv);
}
