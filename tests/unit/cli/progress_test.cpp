#include "common/cli/progress.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <sstream>
#include <string>

using namespace rtbatch;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// A terminal of 100 columns, or a log, and a clock that the test turns.
struct Screen {
    std::ostringstream out;
    ProgressOutlet::Time time{};

    ProgressOutlet outlet(int columns = 100) {
        return {.out = out, .now = [this] { return time; }, .columns = [columns] { return columns; }};
    }
    /// What was written since the last look.
    std::string look() {
        std::string text = out.str();
        out.str("");
        return text;
    }
};

std::size_t timesIn(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("At a terminal one line shows count, share, rate and time left, over itself") {
    Screen screen;
    Progress progress("pages", 300, ProgressMode::bar, screen.outlet());
    CHECK_THAT(screen.look(), Contains("pages: 0 of 300 (0 %)"));
    screen.time += 10s;
    progress.advance(120);
    const std::string line = screen.look();
    CHECK_THAT(line, Contains("pages: 120 of 300 (40 %), 12/s, 15 s left [") && Contains("####....") &&
                         !Contains("\n"));
    CHECK(line.starts_with("\r\x1b[K"));
}

TEST_CASE("A line beside a bar wipes it away first") {
    Screen screen;
    sayBeside(ProgressMode::bar, "wait", screen.out);
    CHECK(screen.look() == "\r\x1b[Kwait\n");
    sayBeside(ProgressMode::lines, "wait", screen.out);
    sayBeside(ProgressMode::none, "wait", screen.out);
    CHECK(screen.look() == "wait\nwait\n");
}

TEST_CASE("The bar is drawn at most ten times a second, and is gone at the end") {
    Screen screen;
    {
        Progress progress("ids", std::nullopt, ProgressMode::bar, screen.outlet());
        screen.look();
        for (int i = 0; i < 1000; ++i) {
            screen.time += 1ms;
            progress.advance();
        }
        const std::string text = screen.look();
        CHECK(timesIn(text, "ids:") == 10);
        CHECK_THAT(text, Contains("ids: 1000, 1000/s") && !Contains("%") && !Contains("left"));
    }
    CHECK(screen.look() == "\r\x1b[K");
}

TEST_CASE("Nothing follows the end") {
    Screen screen;
    Progress progress("ids", 5, ProgressMode::bar, screen.outlet());
    progress.finish();
    screen.look();
    screen.time += 1h;
    progress.advance(5);
    progress.finish();
    CHECK(screen.look().empty());
}

TEST_CASE("The bar never takes more than its line") {
    Screen screen;
    Progress progress("very long words for what is counted", 1000000, ProgressMode::bar, screen.outlet(30));
    screen.time += 1h;
    screen.look();
    progress.advance(3600);
    CHECK(screen.look().size() == std::string("\r\x1b[K").size() + 29);
}

TEST_CASE("A log gets a line a minute, also when nothing was done") {
    Screen screen;
    Progress progress("pages", 7200, ProgressMode::lines, screen.outlet());
    for (int i = 0; i < 119; ++i) {
        screen.time += 1s;
        progress.advance();
    }
    CHECK(screen.look() == "pages: 60 of 7200 (0 %), 1.0/s, 1 h 59 min left\n");
    screen.time += 60s;
    progress.advance(0);
    CHECK_THAT(screen.look(), Contains("pages: 119 of 7200 (1 %), 0.7/s"));
    progress.finish();
    CHECK(screen.look().empty());
}

TEST_CASE("Who wants quiet sees nothing") {
    Screen screen;
    {
        Progress progress("pages", 10, ProgressMode::none, screen.outlet());
        screen.time += 1h;
        progress.advance(5);
    }
    CHECK(screen.look().empty());
    CHECK(progressMode(true) == ProgressMode::none);
}

TEST_CASE("More than the total, or a total of 0, is no reason to fail") {
    Screen screen;
    Progress none("pages", 0, ProgressMode::bar, screen.outlet());
    CHECK_THAT(screen.look(), Contains("0 of 0 (100 %)"));
    Progress over("pages", 3, ProgressMode::bar, screen.outlet());
    screen.time += 1s;
    over.advance(5);
    CHECK_THAT(screen.look(), Contains("5 of 3 (100 %), 5.0/s [##########"));
}
