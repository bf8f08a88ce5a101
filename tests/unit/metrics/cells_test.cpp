#include "common/metrics/cells.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

#include "common/metrics/exposition.h"
#include "common/metrics/metrics.h"
#include "common/page/claims.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr int kAdditions = 10000;

/// A process that shares its cells, counts, tells, and waits to be killed. Sharing can be done once in a
/// process, so every test that shares does it in children.
class Counting {
public:
    Counting(const std::string& dir, CellUser user) {
        int pipe[2];
        REQUIRE(::pipe(pipe) == 0);
        _pid = ::fork();
        if (_pid == 0) {
            shareCells(dir, "group", metrics().layout(), user);
            std::vector<std::jthread> threads;
            for (int i = 0; i < 4; ++i) {
                threads.emplace_back([] {
                    for (int k = 0; k < kAdditions; ++k) {
                        metrics().batches.count(BatchEnd::completed);
                    }
                });
            }
            threads.clear();
            metrics().openStreams.add(3);
            metrics().done.observe(300ms);
            static_cast<void>(!::write(pipe[1], "x", 1));
            ::pause();
            ::_exit(0);
        }
        char told = 0;
        REQUIRE(::read(pipe[0], &told, 1) == 1);
        ::close(pipe[0]);
        ::close(pipe[1]);
    }
    ~Counting() { kill(); }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;

    void kill() {
        if (_pid > 0) {
            ::kill(_pid, SIGKILL);
            ::waitpid(std::exchange(_pid, -1), nullptr, 0);
        }
    }

private:
    pid_t _pid = -1;
};

/// What a newcomer tells: the page of a process that shares the same cells and has counted nothing.
std::string pageOf(const std::string& dir) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        shareCells(dir, "group", metrics().layout(), CellUser::visitor);
        const std::string page = renderMetrics(collectCounted());
        static_cast<void>(!::write(pipe[1], page.data(), page.size()));
        ::_exit(0);
    }
    ::close(pipe[1]);
    std::string page;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
        page.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    return page;
}

bool says(const std::string& page, const std::string& line) {
    return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("processes add up to one sum that no death lessens, and gauges are those of the living") {
    TempDir dir;
    Counting first(dir.path(), CellUser::service);
    Counting second(dir.path(), CellUser::service);
    Counting visitor(dir.path(), CellUser::visitor);
    const auto sum = std::to_string(3 * 4 * kAdditions);
    std::string page = pageOf(dir.path());
    INFO(page);
    CHECK(says(page, "rtbatch_batches_total{result=\"completed\"} " + sum));
    CHECK(says(page, "rtbatch_open_streams 6"));
    CHECK(says(page, "rtbatch_processes 2"));
    CHECK(says(page, "rtbatch_done_seconds_bucket{le=\"0.25\"} 0"));
    CHECK(says(page, "rtbatch_done_seconds_bucket{le=\"0.5\"} 3"));
    CHECK(says(page, "rtbatch_done_seconds_bucket{le=\"+Inf\"} 3"));
    CHECK(says(page, "rtbatch_done_seconds_sum 0.9"));

    second.kill();
    visitor.kill();
    page = pageOf(dir.path());
    CHECK(says(page, "rtbatch_batches_total{result=\"completed\"} " + sum));
    CHECK(says(page, "rtbatch_open_streams 3"));
    CHECK(says(page, "rtbatch_processes 1"));

    // The next one takes the place of the dead one, and not its gauges.
    const Counting third(dir.path(), CellUser::service);
    page = pageOf(dir.path());
    CHECK(says(page, "rtbatch_open_streams 6"));
    CHECK(says(page, "rtbatch_processes 2"));
}

TEST_CASE("cells are not shared with another group or layout, nor where they cannot be") {
    TempDir dir;
    const Counting one(dir.path(), CellUser::service);
    const auto files = [&] {
        return std::distance(std::filesystem::directory_iterator(dir.path()),
                             std::filesystem::directory_iterator());
    };
    CHECK(files() == 1);
    const auto file = std::filesystem::directory_iterator(dir.path())->path();
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);

    const pid_t child = ::fork();
    if (child == 0) {
        shareCells(dir.path(), "another", metrics().layout(), CellUser::service);
        ::_exit(readCells().processes == 1 && readCells().shared[0] == 0 ? 0 : 1);
    }
    int ended = 0;
    ::waitpid(child, &ended, 0);
    CHECK(ended == 0);
    CHECK(files() == 2);

    CHECK_THROWS_WITH(shareCells(dir.path() / "none", "g", "l", CellUser::service),
                      Catch::Contains("No such file"));
    std::filesystem::create_symlink("/etc/passwd", dir.path() / "link");
    const auto before = files();
    std::filesystem::remove(file);
    std::filesystem::create_symlink("elsewhere", file);
    CHECK_THROWS(shareCells(dir.path(), "group", metrics().layout(), CellUser::service));
    CHECK(files() == before);
    metrics().batches.count(BatchEnd::completed);  // goes on for itself
}

TEST_CASE("the layers that are counted are those that the reader knows") {
    const auto& names = metrics().pageFailures.labels().front().values;
    REQUIRE(names.size() == static_cast<std::size_t>(Layer::consensus) + 3);
    for (int i = 0; i <= static_cast<int>(Layer::consensus); ++i) {
        CHECK(names[static_cast<std::size_t>(i)] == layerName(static_cast<Layer>(i)));
    }
}
