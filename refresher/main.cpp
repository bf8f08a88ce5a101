// rtbatch-refresher: keeps the cache warm.

#include "common/cli/log.h"
#include "common/cli/program.h"
#include "common/process/stop_signal.h"
#include "refresher/run_command.h"

namespace {

using namespace rtbatch;

Program refresherProgram() {
    return {
        .name = "rtbatch-refresher",
        .version = version(),
        .summary = "keeps the cache of rtbatch warm",
        .description = {"It fetches what goes stale before anybody asks for it, politely: within a budget of "
                        "pages a day, behind "
                        "people everywhere, and with the handlers' limits and breakers, which hold over all "
                        "programs on one "
                        "database."},
        .commands = {runCommand()},
        .exitCodes = {{0, "done, or nothing to do, or another one is doing it"},
                      {64, "the command line is wrong"},
                      {65, "a file that was given has bad content; the message says where"},
                      {69, "the database is away or refuses"},
                      {70, "a defect of the program"},
                      {74, "the answer could not be written"},
                      {75, "not now: a site wants to be left alone, or its pages have changed"},
                      {78, "a setting is wrong"}},
        .environment = {{"RTBATCH_A_B_C", "the setting a.b_c; it wins over the file"}},
        .files = {{"/etc/rtbatch/rtbatch.properties", "the settings, each with its meaning and default"}},
        .seeAlso = {"rtbatch-admin 8", "rtbatch-handler 8"},
    };
}

}  // namespace

int main(int argc, char** argv) {
    rtbatch::blockStopSignals();
    rtbatch::logToStderr();
    return rtbatch::runProgram(refresherProgram(), argc, argv);
}
