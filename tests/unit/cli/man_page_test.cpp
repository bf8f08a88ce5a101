// The man pages as they are installed: mandoc finds nothing to say about them, and they leave nothing out.

#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "common/cli/man_page.h"

using namespace rtbatch;

namespace {

struct Outcome {
    int status;
    std::string output;
};

Outcome shell(const std::string& command) {
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    Outcome outcome{};
    std::array<char, 4096> buffer{};
    while (const auto size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        outcome.output.append(buffer.data(), size);
    }
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
}

std::string help(const std::string& arguments) {
    const auto outcome = shell(std::string(RTBATCH_BIN_DIR) + "/" + arguments + " --help");
    CHECK(outcome.status == 0);
    return outcome.output;
}

/// The first group of each match.
std::set<std::string> all(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    std::set<std::string> found;
    for (auto it = std::sregex_iterator(text.begin(), text.end(), regex); it != std::sregex_iterator();
         ++it) {
        found.insert((*it)[1]);
    }
    return found;
}

std::set<std::string> optionsIn(const std::string& help) {
    return all(help, R"(\n  (?:-.,|   ) (--[a-z-]+(=[A-Z]+)?))");
}

std::set<std::string> commandsIn(const std::string& help) {
    const auto from = help.find("\nCommands:\n");
    return from == std::string::npos
               ? std::set<std::string>()
               : all(help.substr(from, help.find("\n\n", from) - from), R"(\n  ([a-z-]+))");
}

std::set<std::string> programs() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(RTBATCH_MAN_DIR)) {
        if (entry.path().extension() == ".8") {
            names.insert(entry.path().stem());
        }
    }
    return names;
}

const std::chrono::sys_days kDate{std::chrono::year(2026) / 6 / 5};

}  // namespace

TEST_CASE("Each program has a page") {
    CHECK(programs().contains("rtbatch-admin"));
    CHECK(programs().contains("rtbatch-handler"));
    CHECK(programs().contains("rtbatch-page-reader"));
    CHECK(programs().contains("rtbatch-refresher") ==
          std::filesystem::exists(RTBATCH_BIN_DIR "/rtbatch-refresher"));
}

TEST_CASE("mandoc finds no fault with any page") {
    for (const auto& name : programs()) {
        const auto lint = shell("mandoc -Tlint -W warning " RTBATCH_MAN_DIR "/" + name + ".8");
        CHECK(lint.output == "");
        CHECK(lint.status == 0);
    }
}

TEST_CASE("Each page names every command and every option that the program's help names") {
    for (const auto& name : programs()) {
        CAPTURE(name);
        const auto page = shell("mandoc -Tascii " RTBATCH_MAN_DIR "/" + name + ".8 | col -bx").output;
        const auto own = help(name);
        auto options = optionsIn(own);
        CHECK(options.contains("--help"));
        for (const auto& command : commandsIn(own)) {
            CHECK_THAT(page, Catch::Contains("\n     " + command));
            options.merge(optionsIn(help(name + " " + command)));
        }
        for (const auto& option : options) {
            CHECK_THAT(page, Catch::Contains(option));
        }
    }
}

TEST_CASE("Each program knows its version by both options") {
    for (const auto& name : programs()) {
        for (const char* option : {" --version", " -V"}) {
            const auto outcome = shell(std::string(RTBATCH_BIN_DIR) + "/" + name + option);
            CHECK(outcome.status == 0);
            CHECK_THAT(outcome.output, Catch::StartsWith(name + " "));
        }
        CHECK(shell(std::string(RTBATCH_BIN_DIR) + "/" + name + " -h").output == help(name));
    }
    CHECK_THAT(shell(RTBATCH_BIN_DIR "/rtbatch-handler -v").output, Catch::StartsWith("rtbatch-handler "));
}

TEST_CASE("Text that looks like roff comes out as text") {
    Program program{.name = "prog", .version = "1", .summary = "does things"};
    program.description = {".Sh is no heading. 'br is no break, and C:\\new is no escape."};
    program.exitCodes = {{0, "done"}};
    program.files = {{".Pa \"a b\\c\"", "is one file"}};
    const std::string text = manPage(program, kDate);
    CHECK_THAT(text, Catch::Contains("\n\\&.Sh is no heading.\n\\&'br is no break, and C:\\enew"));
    CHECK_THAT(text, Catch::Contains("\n.It Pa \"\\&.Pa \\(dqa b\\ec\\(dq\"\n"));
    CHECK_THAT(text, Catch::StartsWith(".Dd June 5, 2026\n.Dt PROG 8\n.Os rtbatch 1\n"));
}

TEST_CASE("A page's date is what the build says it is") {
    setenv("SOURCE_DATE_EPOCH", "1780617600", 1);
    CHECK(manDate() == kDate);
    unsetenv("SOURCE_DATE_EPOCH");
    CHECK(manDate() > kDate - std::chrono::days(1000));
}
