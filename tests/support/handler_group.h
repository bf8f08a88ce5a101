#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child.h"

namespace rtbatch::test {

struct HandlerGroupOptions {
    int processes = 4;
    /// `unix:PATH` or `HOST:PORT`, as nginx's `server` has it.
    std::string address{};
    std::map<std::string, std::string> env{};
    std::filesystem::path log{};
    /// Changes the command before it is run: SecondHost::inside().
    std::function<std::vector<std::string>(std::vector<std::string>)> wrap{};
};

/// Several handlers on one socket, started by the shipped conf/spawn-fcgi/rtbatch-handlers, so that one that
/// is killed comes back.
class HandlerGroup {
public:
    /// Returns when all processes run, which is a moment before they are ready.
    explicit HandlerGroup(HandlerGroupOptions options);

    const std::string& address() const { return _options.address; }

    /// The handlers, as long as they live, oldest first.
    std::vector<pid_t> processes() const;

    /// Kills one with -9, each in its turn; gives its number.
    pid_t killOne();

    /// Kills all of it with -9, what would bring them back first.
    void killAll();

    /// SIGTERM; the exit status, nothing when it still runs at `limit`.
    std::optional<int> stop(std::chrono::milliseconds limit = std::chrono::seconds(15));

    void start();
    Child& supervisor() { return *_supervisor; }

private:
    HandlerGroupOptions _options;
    std::optional<Child> _supervisor;
    std::size_t _turn = 0;
};

}  // namespace rtbatch::test
