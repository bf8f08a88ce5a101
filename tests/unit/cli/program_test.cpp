// How a program that is described as data reads its command line and ends.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "common/cli/program.h"
#include "common/store/store.h"

using namespace rtbatch;

namespace {

/// Holds what a stream is given while it lives.
class Captured {
public:
    explicit Captured(std::ostream& stream) : _stream(stream), _before(stream.rdbuf(_text.rdbuf())) {}
    ~Captured() { _stream.rdbuf(_before); }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    std::string text() const { return _text.str(); }

private:
    std::ostringstream _text;
    std::ostream& _stream;
    std::streambuf* _before;
};

struct Outcome {
    int status;
    std::string out;
    std::string err;
};

Outcome run(const Program& program, std::vector<std::string> words) {
    words.insert(words.begin(), program.name);
    std::vector<char*> arguments;
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    const Captured out(std::cout);
    const Captured err(std::cerr);
    const int status = runProgram(program, static_cast<int>(arguments.size()), arguments.data());
    return {status, out.text(), err.text()};
}

/// Says what it was given.
ExitCode echo(const Invocation& invocation) {
    const auto top = invocation.number("top", 1, 50);
    invocation.out() << "top " << top.value_or(-1) << ", json " << invocation.has("json") << ", list "
                     << invocation.option("list").value_or("-");
    for (const auto& word : invocation.arguments()) {
        invocation.out() << ", " << word;
    }
    return ExitCode::ok;
}

Program program(Run run = &echo) {
    return {.name = "prog",
            .version = "1.2",
            .summary = "does things",
            .description = {},
            .commands = {{.name = "echo",
                          .summary = "says what it was given",
                          .words = {.shown = "WORD [WORD]", .least = 1, .most = 2},
                          .options = {{.name = "top", .letter = 'n', .argument = "N", .help = "so many"},
                                      {.name = "json", .help = "as JSON"},
                                      {.name = "list", .argument = "URL", .help = "a list"}},
                          .run = std::move(run)},
                         {.name = "rest", .summary = "does nothing", .run = [](const Invocation&) {
                              return ExitCode::tempFail;
                          }}}};
}

template <typename Error>
Program throwing(Error error) {
    return program([error](const Invocation&) -> ExitCode { throw error; });
}

}  // namespace

TEST_CASE("A command gets its options and words, in any order") {
    const auto words = GENERATE(values<std::vector<std::string>>({
        {"echo", "a", "b", "--top", "7", "--json", "--list", "http://x"},
        {"echo", "--top=7", "a", "--json", "--list=http://x", "b"},
        {"echo", "-n7", "--list", "http://x", "--json", "a", "b"},
        {"echo", "-n", "7", "--list", "http://x", "--json", "a", "b"},
    }));
    const auto outcome = run(program(), words);
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "top 7, json 1, list http://x, a, b");
}

TEST_CASE("Options that were not given are nothing, and after -- all is words") {
    CHECK(run(program(), {"echo", "a"}).out == "top -1, json 0, list -, a");
    CHECK(run(program(), {"echo", "--", "--json"}).out == "top -1, json 0, list -, --json");
}

TEST_CASE("The settings' file may be named before the command and after it") {
    const auto file = program(
        [](const Invocation& i) { return i.configFile() == "/a/b" ? ExitCode::ok : ExitCode::failed; });
    CHECK(run(file, {"--config", "/a/b", "echo", "w"}).status == 0);
    CHECK(run(file, {"echo", "-c", "/a/b", "w"}).status == 0);
    CHECK(run(file, {"-c/a/b", "echo", "w"}).status == 0);
}

TEST_CASE("The settings are read only when the command asks for them") {
    CHECK(run(program(), {"-c", "/nonexistent", "echo", "a"}).status == 0);
    const auto reading = program([](const Invocation& i) { return i.config(), ExitCode::ok; });
    const auto outcome = run(reading, {"-c", "/nonexistent", "echo", "a"});
    CHECK(outcome.status == 78);
    CHECK(outcome.err == "prog: cannot read the configuration file /nonexistent: there is no such file\n");
}

TEST_CASE("What is not understood ends with 64, says what is wrong and where to read on") {
    const auto [words, message, see] = GENERATE(table<std::vector<std::string>, std::string, std::string>({
        {std::vector<std::string>(), "no command given", "prog"},
        {{"dance"}, "no such command: 'dance'", "prog"},
        {{"help", "dance"}, "no such command: 'dance'", "prog"},
        {{"help", "--dance"}, "dance", "prog"},
        {{"--frob", "echo", "a"}, "frob", "prog"},
        {{"--json", "echo", "a"}, "json", "prog"},
        {{"rest", "--json"}, "json", "prog rest"},
        {{"rest", "a"}, "rest takes no arguments, and got 'a'", "prog rest"},
        {{"echo"}, "echo needs WORD [WORD]", "prog echo"},
        {{"echo", "a", "b", "c"}, "echo takes WORD [WORD], and got 'c' too", "prog echo"},
        {{"echo", "a", "--top"}, "top requires N", "prog echo"},
        {{"echo", "a", "--json=yes"}, "json", "prog echo"},
        {{"echo", "a", "--top", "0"}, "--top is '0'; write a whole number from 1 to 50", "prog echo"},
        {{"echo", "a", "--top", "51"}, "--top is '51'", "prog echo"},
        {{"echo", "a", "--top", "7x"}, "--top is '7x'", "prog echo"},
        {{"echo", "a", "--json", "--json"}, "json", "prog echo"},
    }));
    const auto outcome = run(program(), words);
    CAPTURE(words);
    CHECK(outcome.status == 64);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Catch::StartsWith("prog: ") && Catch::Contains(message) &&
                                Catch::EndsWith(" (see " + see + " --help)\n"));
}

TEST_CASE("Each kind of fault has its exit code") {
    CHECK(run(throwing(UsageError("x")), {"echo", "a"}).status == 64);
    CHECK(run(throwing(DataError("x")), {"echo", "a"}).status == 65);
    CHECK(run(throwing(NoInputError("x")), {"echo", "a"}).status == 66);
    CHECK(run(throwing(StoreError("x")), {"echo", "a"}).status == 69);
    CHECK(run(throwing(std::runtime_error("x")), {"echo", "a"}).status == 70);
    CHECK(run(throwing(ConfigError("x")), {"echo", "a"}).status == 78);
    CHECK(run(throwing(std::invalid_argument("x")), {"echo", "a"}).status == 78);
    CHECK(run(program(), {"rest"}).status == 75);
}

TEST_CASE("A program may call every fault but usage and settings its own failure") {
    auto data = throwing(DataError("x"));
    auto config = throwing(ConfigError("x"));
    data.failure = config.failure = ExitCode::failed;
    CHECK(run(data, {"echo", "a"}).status == 1);
    CHECK(run(config, {"echo", "a"}).status == 78);
}

TEST_CASE("A command that asks for an option it does not have is a defect of ours") {
    const auto outcome =
        run(program([](const Invocation& i) { return i.has("jsn"), ExitCode::ok; }), {"echo", "a"});
    CHECK(outcome.status == 70);
    CHECK_THAT(outcome.err, Catch::Contains("--jsn"));
}

TEST_CASE("A program without commands takes options and words itself") {
    Program single{.name = "one", .version = "1", .summary = "is one"};
    single.words = {.shown = "[FILE]", .most = 1};
    single.options = {{.name = "quiet", .letter = 'q', .help = "says less"}};
    single.run = [](const Invocation& i) {
        i.out() << i.has("quiet") << i.arguments().size();
        return ExitCode::ok;
    };
    CHECK(run(single, {"-q", "f"}).out == "11");
    CHECK(run(single, {}).out == "00");
    CHECK(run(single, {"f", "g"}).status == 64);
}

TEST_CASE("A command may have two words, with options of the program between them") {
    Program two = program();
    for (const char* name : {"keys list", "keys make", "keys end"}) {
        two.commands.push_back({.name = name,
                                .summary = "does it",
                                .words = {.shown = "[ID]", .most = 1},
                                .options = {{.name = "all", .help = "all"}},
                                .run = [](const Invocation& i) {
                                    i.out() << i.has("all") << i.configFile() << i.arguments().size();
                                    return ExitCode::ok;
                                }});
    }
    CHECK(run(two, {"keys", "list"}).out == "0\"\"0");
    CHECK(run(two, {"-c", "/a", "keys", "-c", "/b", "make", "--all", "7"}).out == "1\"/b\"1");
    CHECK(run(two, {"-c", "/a", "keys", "end"}).out == "0\"/a\"0");
    CHECK(run(two, {"echo", "list"}).out == "top -1, json 0, list -, list");
    CHECK_THAT(run(two, {"keys", "list", "--help"}).out, Catch::StartsWith("prog keys list: does it\n"));
    const std::string ofKeys = run(two, {"keys", "--help"}).out;
    CHECK_THAT(ofKeys, Catch::StartsWith("usage: prog keys COMMAND") &&
                           Catch::Contains("\n  list  does it\n") && !Catch::Contains("echo"));
    CHECK(run(two, {"help", "keys"}).out == ofKeys);
    CHECK(run(two, {"help", "keys", "list"}).out == run(two, {"keys", "list", "--help"}).out);
    CHECK(run(two, {"help", "keys", "frob"}).err == "prog: no such command: 'keys frob' (see prog --help)\n");
    CHECK(run(two, {"keys", "--version"}).out == "prog 1.2\n");
    CHECK(run(two, {"keys"}).err ==
          "prog: keys needs a word more: list, make or end (see prog keys --help)\n");
    CHECK(run(two, {"keys", "frob"}).err == "prog: no such command: 'keys frob' (see prog keys --help)\n");
    CHECK_THAT(run(two, {"keys", "list", "--frob"}).err, Catch::EndsWith(" (see prog keys list --help)\n"));
    CHECK(run(two, {"keys", "--all", "list"}).status == 64);
    CHECK(run(two, {"keys list"}).status == 0);
}

TEST_CASE("Help and version are answered before anything else is looked at") {
    CHECK(run(program(), {"--version"}).out == "prog 1.2\n");
    CHECK(run(program(), {"-V", "dance"}).out == "prog 1.2\n");
    CHECK_THAT(run(program(), {"-h"}).out, Catch::StartsWith("prog: does things\n"));
    CHECK_THAT(run(program(), {"--help", "dance"}).out, Catch::StartsWith("prog: does things\n"));
    const auto outcome = run(program(), {"echo", "--help"});
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Catch::StartsWith("prog echo: says what it was given\n"));
}

TEST_CASE("Help is asked for by a word as well") {
    CHECK(run(program(), {"help"}).out == run(program(), {"--help"}).out);
    CHECK(run(program(), {"help", "echo"}).out == run(program(), {"echo", "--help"}).out);
    CHECK(run(program(), {"help"}).status == 0);
}

TEST_CASE("The option for the man page stands in no help") {
    CHECK_THAT(run(program(), {"--man"}).out, Catch::StartsWith(".Dd "));
    CHECK_THAT(run(program(), {"--help"}).out, !Catch::Contains("--man"));
}
