// What --help shows.

#include <catch2/catch.hpp>
#include <string>

#include "common/cli/help_text.h"

using namespace rtbatch;

namespace {

Program program() {
    return {.name = "prog",
            .version = "1.2",
            .summary = "does things",
            .description = {"The first paragraph goes on for so long that it does not fit into one line of "
                            "eighty columns.",
                            "The second."},
            .commands = {{.name = "echo",
                          .summary = "says what it was given",
                          .words = {.shown = "WORD", .least = 1, .most = 1},
                          .description = {"More of it."},
                          .options = {{.name = "top", .letter = 'n', .argument = "N", .help = "so many"},
                                      {.name = "a-name-that-is-very-long",
                                       .argument = "VALUE",
                                       .help = "stands on a line of its own"}}}},
            .exitCodes = {{0, "done"}, {64, "the command line is wrong"}}};
}

}  // namespace

TEST_CASE("A program's help has commands, options and exit codes, within 80 columns") {
    CHECK(helpText(program()) == R"(prog: does things

usage: prog [OPTIONS] COMMAND [ARGUMENTS]

The first paragraph goes on for so long that it does not fit into one line of
eighty columns.

The second.

Commands:
  echo  says what it was given

Options:
  -c, --config=FILE  the settings; without it the defaults, and RTBATCH_A_B_C of
                     the environment for each setting a.b_c
  -h, --help         shows the help
  -V, --version      shows the version

prog help COMMAND says more of a command; so does COMMAND --help.

Exit codes:
  0   done
  64  the command line is wrong
)");
}

TEST_CASE("A command's help has its own options before the program's") {
    CHECK(helpText(program(), program().commands.front()) == R"(prog echo: says what it was given

usage: prog echo [OPTIONS] WORD

More of it.

Options:
  -n, --top=N               so many
      --a-name-that-is-very-long=VALUE
                            stands on a line of its own
  -c, --config=FILE         the settings; without it the defaults, and
                            RTBATCH_A_B_C of the environment for each setting
                            a.b_c
  -h, --help                shows the help
  -V, --version             shows the version
)");
}

TEST_CASE("A program that reads no settings has no option for them") {
    auto plain = program();
    plain.readsConfig = false;
    CHECK_THAT(helpText(plain), !Catch::Contains("--config"));
}
