#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "common/page/reader_process.h"
#include "film_page.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kReader = RTBATCH_PAGE_READER;
const std::string kCrash = "<button <div=</div><!D p>M</html>";

/// How often a test repeats itself; a crash takes seconds under AddressSanitizer, which makes a report of it.
#ifdef RTBATCH_SANITIZED
constexpr int kRounds = 1;
#else
constexpr int kRounds = 5;
#endif

/// Everything that a test may wait for is over long before this.
Deadline soon() {
    return Deadline::in(60s);
}

/// A program that takes the reader's place: a shell script, gone with the object.
class FakeReader {
public:
    explicit FakeReader(const std::string& script) {
        std::string name = std::filesystem::temp_directory_path() / "rtbatch-reader-XXXXXX";
        REQUIRE(mkdtemp(name.data()) != nullptr);
        _directory = name;
        std::ofstream(path()) << "#!/bin/sh\n" << script << '\n';
        std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
    }
    ~FakeReader() {
        std::error_code ignored;
        std::filesystem::remove_all(_directory, ignored);
    }
    FakeReader(const FakeReader&) = delete;
    FakeReader& operator=(const FakeReader&) = delete;

    std::filesystem::path path() const { return _directory / "reader"; }

private:
    std::filesystem::path _directory;
};

std::string reasonOf(const Reading& reading) {
    REQUIRE_FALSE(std::holds_alternative<MovieFacts>(reading));
    const auto* unreadable = std::get_if<Unreadable>(&reading);
    return unreadable != nullptr ? unreadable->reason : std::get<NotTried>(reading).reason;
}

/// What becomes of a page when the reader is this script.
std::string reasonWith(const std::string& script, std::chrono::milliseconds timeout = 30s) {
    const FakeReader fake(script);
    return reasonOf(ReaderProcess(fake.path(), {.timeout = timeout}).read("page", soon()));
}

std::size_t openDescriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool hasChildren() {
    return waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD;
}

}  // namespace

TEST_CASE("the reader's process reads a page") {
    ReaderProcess reader(kReader);
    CHECK(std::get<MovieFacts>(reader.read(filmPage(), soon())) == filmFacts());
    CHECK(reasonOf(reader.read("<html></html>", soon())) ==
          "no scorecard: not a film's page of the design that is known");
    CHECK(reasonOf(reader.read("", soon())) == "an empty page");
}

TEST_CASE("a page is larger than any pipe") {
    const std::string page = with(filmPage(), "<hr />", "<!--" + std::string(3'000'000, 'x') + "-->");
    CHECK(std::get<MovieFacts>(ReaderProcess(kReader, {.timeout = 30s}).read(page, soon())) == filmFacts());
    CHECK(reasonOf(ReaderProcess(kReader).read(std::string(5'000'000, 'x'), soon())) ==
          "longer than any page of the site");
}

TEST_CASE("a page that crashes the parser costs one reading") {
    ReaderProcess reader(kReader, {.timeout = 30s});
    CHECK_THAT(reasonOf(reader.read(kCrash, soon())), Catch::StartsWith("the page reader"));
    CHECK(std::get<MovieFacts>(reader.read(filmPage(), soon())) == filmFacts());
}

TEST_CASE("a page that takes the parser a minute costs what was allowed") {
    std::string nested;
    for (int i = 0; i < 200'000; ++i) {
        nested += "<div>";
    }
    const auto start = std::chrono::steady_clock::now();
    CHECK_THAT(reasonOf(ReaderProcess(kReader, {.timeout = 300ms}).read(nested + "</html>", soon())),
               Catch::StartsWith("the page reader"));
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("a page that reaches the CPU limit is an ordinary unreadable page") {
    std::string tangled = "<html><body>";
    for (int i = 0; i < 3000; ++i) {
        tangled += "<a><font><i><b><p>";
    }
    // Wall time enough for the busiest machine: what ends the reading is the CPU's.
    ReaderProcess reader(kReader, {.timeout = 60s, .cpuSeconds = 1});
    const std::string reason = "it takes more than 1 s of CPU time to read";
    CHECK(reasonOf(reader.read(tangled + "</html>", soon())) == reason);
    CHECK(std::get<Unreadable>(reader.links(tangled + "</html>", soon())).reason == reason);
}

TEST_CASE("whatever the reader does is told") {
    CHECK(reasonWith("kill -SEGV $$") == "the page reader was killed by signal 11");
    CHECK(reasonWith("exit 7") == "the page reader ended with code 7");
    CHECK(reasonWith("exit 3") ==
          "the page reader ended with code 3 (the system does not let it limit itself)");
    CHECK(reasonWith("exit 0") == "the page reader's answer is not JSON");
    CHECK(reasonWith("echo garbage") == "the page reader's answer is not JSON");
    CHECK(reasonWith(R"(echo '{"title":""}')") == "the page reader's answer has something that is no fact");
    CHECK(reasonWith(R"(echo '{"unreadable":"because"}'; exit 1)") == "because");
    CHECK(reasonOf(ReaderProcess("/nonexistent/reader").read("page", soon())) ==
          "the page reader could not be started: No such file or directory");
}

TEST_CASE("facts with an exit code that denies them are no facts") {
    CHECK(reasonWith(R"(echo '{"title":"T","year":null,"criticScore":null,"audienceScore":null,)"
                     R"("certified":false,"consensus":null,"released":null,"page":null}'; exit 1)") ==
          "the page reader's answer and its exit code differ");
}

TEST_CASE("a reader that hangs is killed at the sooner of its limit and the deadline") {
    const FakeReader fake("exec /bin/sleep 600");
    const auto start = std::chrono::steady_clock::now();
    CHECK(reasonOf(ReaderProcess(fake.path(), {.timeout = 100ms}).read("page", soon())) ==
          "the page reader took too long and was killed");
    CHECK(reasonOf(ReaderProcess(fake.path(), {.timeout = 500s}).read("page", Deadline::in(100ms))) ==
          "the page reader took too long and was killed");
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    CHECK_FALSE(hasChildren());
}

TEST_CASE("a reader that closes its output and hangs is killed too") {
    CHECK(reasonWith("exec /bin/sleep 600 >&-", 100ms) == "the page reader took too long and was killed");
}

TEST_CASE("a reader that talks without end is killed") {
    CHECK(reasonWith("while :; do echo 0123456789012345678901234567890123456789; done") ==
          "the page reader said more than an answer and was killed");
}

TEST_CASE("what a reader leaves running goes with it") {
    const FakeReader fake(R"(/bin/sleep 600 & echo "{\"unreadable\":\"$!\"}"; exit 1)");
    const pid_t left = std::stoi(reasonOf(ReaderProcess(fake.path()).read("page", soon())));
    const auto deadline = soon();
    while (kill(left, 0) == 0 && !deadline.passed()) {
        // Killed, and now for init to reap; a zombie nobody reaps here also counts as gone.
        std::ifstream stat("/proc/" + std::to_string(left) + "/stat");
        std::string pid;
        std::string name;
        std::string state;
        if (stat >> pid >> name >> state && state == "Z") {
            break;
        }
        std::this_thread::yield();
    }
    CHECK_FALSE(deadline.passed());
}

TEST_CASE("the reader inherits nothing") {
    const int inheritable = fcntl(STDERR_FILENO, F_DUPFD, 77);
    REQUIRE(inheritable >= 77);
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &blocked, &before) == 0);
    auto* handler = std::signal(SIGPIPE, SIG_IGN);

    // 3 is the shell's own look into the folder, 10 its script.
    CHECK(reasonWith(R"(for f in /proc/$$/fd/*; do all="$all ${f##*/}"; done; )"
                     "echo \"{\\\"unreadable\\\":\\\"$all\\\"}\"; exit 1") == "0 1 10 2 3");
    CHECK(reasonWith("echo \"{\\\"unreadable\\\":\\\"$(/usr/bin/wc -c < /proc/$$/environ)\\\"}\"; exit 1") ==
          "0");
    // 180000000 are the two signals of the C library itself, which posix_spawn always has ignored.
    CHECK(reasonWith("echo \"{\\\"unreadable\\\":\\\"$(echo $(/bin/grep -E 'Sig(Blk|Ign)' /proc/self/status))"
                     "\\\"}\"; exit 1") == "SigBlk: 0000000000000000 SigIgn: 0000000180000000");

    CHECK(std::signal(SIGPIPE, handler) == SIG_IGN);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    close(inheritable);
}

TEST_CASE("no descriptor and no process is left behind") {
    const FakeReader hangs("exec /bin/sleep 600");
    const std::size_t before = openDescriptors();
    for (int i = 0; i < kRounds; ++i) {
        ReaderProcess(kReader).read(filmPage(), soon());
        ReaderProcess(kReader).read(kCrash, soon());
        ReaderProcess(hangs.path(), {.timeout = 20ms}).read("page", soon());
        ReaderProcess("/nonexistent/reader").read("page", soon());
    }
    CHECK(openDescriptors() == before);
    CHECK_FALSE(hasChildren());
}

TEST_CASE("pages are read at the same time, each for itself") {
    ReaderProcess reader(kReader, {.timeout = 60s});
    std::vector<std::thread> threads;
    std::vector<int> right(4, 0);
    for (std::size_t t = 0; t < right.size(); ++t) {
        MovieFacts expected = filmFacts();
        expected.year = 1990 + static_cast<int>(t);
        // Made here: Catch's checks are for one thread.
        std::string page = with(filmPage(), R"("2011")", '"' + std::to_string(*expected.year) + '"');
        threads.emplace_back([&reader, &count = right[t], expected, page = std::move(page)] {
            for (int i = 0; i < kRounds; ++i) {
                const Reading good = reader.read(page, soon());
                const Reading bad = reader.read(kCrash, soon());
                const auto* facts = std::get_if<MovieFacts>(&good);
                count += facts != nullptr && *facts == expected && bad.index() == 1 ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(right == std::vector<int>(4, kRounds));
    CHECK_FALSE(hasChildren());
}

TEST_CASE("the reader stands beside the programs that use it") {
    CHECK(readerBesideThisProgram() ==
          std::filesystem::read_symlink("/proc/self/exe").parent_path() / "rtbatch-page-reader");
}

TEST_CASE("The films of a list are read in the process, and whatever becomes of it costs one reading") {
    ReaderProcess reader(kReader);
    const Links links = reader.links("<html><body><a href=\"/m/heat\">Heat</a></body></html>", soon());
    REQUIRE(std::holds_alternative<std::vector<RtId>>(links));
    CHECK(std::get<std::vector<RtId>>(links) == std::vector{RtId::parse("m/heat").value()});
    CHECK(std::holds_alternative<Unreadable>(reader.links(kCrash, soon())));
    CHECK(std::get<Unreadable>(reader.links("<html>", soon())).reason == "cut off: the page does not end");

    const FakeReader forging("echo '[\"m/heat\"]'; exit 1");
    CHECK(std::get<Unreadable>(ReaderProcess(forging.path()).links("x", soon())).reason ==
          "the page reader's answer and its exit code differ");
}

TEST_CASE("what the reader fails on is the page's matter only where it reads a known page") {
    CHECK_FALSE(ReaderProcess(kReader).check());
    CHECK(std::holds_alternative<Unreadable>(ReaderProcess(kReader, {.timeout = 30s}).read(kCrash, soon())));

    CHECK(std::holds_alternative<NotTried>(ReaderProcess("/nonexistent/reader").read(filmPage(), soon())));
    for (const std::string script : {"exit 3", "kill -9 $$", "echo '{\"title\":\"Of another version\"}'",
                                     "echo x; exit 1", "exec sleep 60"}) {
        CAPTURE(script);
        const FakeReader broken(script);
        ReaderProcess reader(broken.path(), {.timeout = 200ms});
        CHECK(std::holds_alternative<NotTried>(reader.read(filmPage(), soon())));
        CHECK(reader.check());
    }
}

TEST_CASE("a process that inherited ignoring the ends of its children reads pages all the same") {
    struct sigaction before {};
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN;
    REQUIRE(sigaction(SIGCHLD, &ignored, &before) == 0);
    const auto reading = ReaderProcess(kReader).read(filmPage(), soon());
    sigaction(SIGCHLD, &before, nullptr);
    CHECK(std::holds_alternative<MovieFacts>(reading));
}
