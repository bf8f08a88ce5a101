#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <iostream>
#include <optional>
#include <string>

namespace rtbatch {

/// How a long piece of work shows how far it is.
enum class ProgressMode {
    bar,    ///< one line that is drawn again and again: for a person at a terminal
    lines,  ///< a line a minute: for a log
    none,
};

/// What suits standard error, where progress goes.
ProgressMode progressMode(bool quiet);

/// A line where progress is shown: it wipes a bar away, which is drawn again with the next step.
void sayBeside(ProgressMode mode, const std::string& line, std::ostream& out);

/// Where progress goes and by which clock; tests have their own.
struct ProgressOutlet {
    using Time = std::chrono::steady_clock::time_point;

    std::ostream& out = std::cerr;
    std::function<Time()> now = std::chrono::steady_clock::now;
    std::function<int()> columns{};  ///< of the terminal; absent: asked of standard error
};

/// How far a piece of work is, with its rate and the time left. Debian has no C++ library for this. For one
/// thread.
class Progress {
public:
    /// `what` is counted, in the plural: "pages". `total` may be unknown.
    Progress(std::string what, std::optional<std::uint64_t> total, ProgressMode mode,
             ProgressOutlet outlet = {});
    ~Progress();  ///< clears the bar
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// So many more are done; 0 only shows how the time passes. Draws at most ten times a second.
    void advance(std::uint64_t count = 1);

    /// Clears the bar, so that other lines may follow. Nothing is shown from here on.
    void finish();

private:
    using Time = ProgressOutlet::Time;

    std::string line(Time time) const;
    void draw(Time time);

    const std::string _what;
    const std::optional<std::uint64_t> _total;
    ProgressMode _mode;
    const ProgressOutlet _outlet;
    const Time _start;
    std::uint64_t _done = 0;
    Time _shown;
    bool _drawn = false;
};

}  // namespace rtbatch
