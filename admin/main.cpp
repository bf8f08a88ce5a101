// rtbatch-admin, the operator's tool.

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

Program adminProgram() {
    return {
        .name = "rtbatch-admin",
        .version = version(),
        .summary = "looks after an installation of rtbatch",
        .description = {"It reads the same settings as the handler, and works on the database that "
                        "database.url names."},
        .commands = {migrateCommand(), doctorCommand()},
        .exitCodes = {{0, "done"},
                      {1, "doctor: something is wrong"},
                      {64, "the command line is wrong"},
                      {69, "the database is away or refuses"},
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
