#include "common/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <utility>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 100ms;
constexpr auto kLine = 1min;
constexpr int kUsualColumns = 80;
constexpr int kWidestBar = 40;

/// Ends a bar: to the start of the line, and nothing to the right.
constexpr auto kClear = "\r\x1b[K";

int columnsOfTerminal() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

std::string spanOf(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
    if (whole < 60) {
        return std::to_string(whole) + " s";
    }
    if (whole < 3600) {
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    }
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string rateOf(double perSecond) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(perSecond < 10 ? 1 : 0) << perSecond << "/s";
    return text.str();
}

}  // namespace

ProgressMode progressMode(bool quiet) {
    if (quiet) {
        return ProgressMode::none;
    }
    return ::isatty(STDERR_FILENO) == 1 ? ProgressMode::bar : ProgressMode::lines;
}

void sayBeside(ProgressMode mode, const std::string& line, std::ostream& out) {
    out << (mode == ProgressMode::bar ? kClear : "") << line << std::endl;
}

Progress::Progress(std::string what, std::optional<std::uint64_t> total, ProgressMode mode,
                   ProgressOutlet outlet)
    : _what(std::move(what)),
      _total(total),
      _mode(mode),
      _outlet(std::move(outlet)),
      _start(_outlet.now()),
      _shown(_start) {
    if (_mode == ProgressMode::bar) {
        draw(_start);
    }
}

Progress::~Progress() {
    finish();
}

void Progress::advance(std::uint64_t count) {
    _done += count;
    if (_mode == ProgressMode::none) {
        return;
    }
    const Time time = _outlet.now();
    if (time - _shown < (_mode == ProgressMode::bar ? Time::duration(kRedraw) : Time::duration(kLine))) {
        return;
    }
    _shown = time;
    if (_mode == ProgressMode::bar) {
        draw(time);
    } else {
        _outlet.out << _what << ": " << line(time) << std::endl;
    }
}

void Progress::finish() {
    if (std::exchange(_drawn, false)) {
        _outlet.out << kClear << std::flush;
    }
    _mode = ProgressMode::none;
}

/// `1200 of 3000 (40 %), 60/s, 30 s left`, as far as it is known.
std::string Progress::line(Time time) const {
    const double seconds = std::chrono::duration<double>(time - _start).count();
    const double rate = seconds > 0 ? static_cast<double>(_done) / seconds : 0;
    std::string text = std::to_string(_done);
    if (_total) {
        const std::uint64_t percent =
            *_total == 0 ? 100 : std::min<std::uint64_t>(100, _done * 100 / *_total);
        text += " of " + std::to_string(*_total) + " (" + std::to_string(percent) + " %)";
    }
    if (rate > 0) {
        text += ", " + rateOf(rate);
        if (_total && *_total >= _done) {
            text += ", " + spanOf(static_cast<double>(*_total - _done) / rate) + " left";
        }
    }
    return text;
}

void Progress::draw(Time time) {
    const int columns = _outlet.columns ? _outlet.columns() : columnsOfTerminal();
    std::string text = _what + ": " + line(time);
    const int room = std::min(kWidestBar, columns - 4 - static_cast<int>(text.size()));
    if (_total && *_total > 0 && room >= 10) {
        const auto full = static_cast<std::size_t>(
            static_cast<double>(room) *
            std::min(1.0, static_cast<double>(_done) / static_cast<double>(*_total)));
        text += " [" + std::string(full, '#') + std::string(static_cast<std::size_t>(room) - full, '.') + "]";
    }
    // A line that wraps could not be drawn over.
    text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(1, columns - 1))));
    _outlet.out << kClear << text << std::flush;
    _drawn = true;
}

}  // namespace rtbatch
