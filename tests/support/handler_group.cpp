#include "tests/support/handler_group.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "tests/support/eventually.h"
#include "tests/support/process_info.h"
#include "tests/support/programs.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kUnix = "unix:";

std::vector<std::string> commandOf(const HandlerGroupOptions& options) {
    std::vector<std::string> command{std::string(RTBATCH_SOURCE_DIR) + "/conf/spawn-fcgi/rtbatch-handlers",
                                     "-H",
                                     program("rtbatch-handler"),
                                     "-c",
                                     "",
                                     "-f",
                                     std::to_string(options.processes)};
    if (options.address.starts_with(kUnix)) {
        command.insert(command.end(), {"-s", options.address.substr(kUnix.size())});
    } else {
        const std::size_t colon = options.address.rfind(':');
        command.insert(command.end(),
                       {"-a", options.address.substr(0, colon), "-p", options.address.substr(colon + 1)});
    }
    return options.wrap ? options.wrap(std::move(command)) : command;
}

bool isHandler(pid_t pid) {
    return readFile("/proc/" + std::to_string(pid) + "/comm") == "rtbatch-handler\n";
}

}  // namespace

HandlerGroup::HandlerGroup(HandlerGroupOptions options) : _options(std::move(options)) {
    start();
}

void HandlerGroup::start() {
    _supervisor.reset();
    _supervisor.emplace(
        ChildOptions{.command = commandOf(_options), .env = _options.env, .log = _options.log});
    const auto all = static_cast<std::size_t>(_options.processes);
    if (!eventually(20s, [&] { return processes().size() == all || !_supervisor->running(); }) ||
        !_supervisor->running()) {
        throw std::runtime_error("the handlers at " + _options.address + " do not start:\n" +
                                 _supervisor->log());
    }
}

std::vector<pid_t> HandlerGroup::processes() const {
    std::vector<pid_t> all = childrenOf(_supervisor->pid());
    std::erase_if(all, [](pid_t pid) { return !isHandler(pid); });
    std::ranges::sort(all);
    return all;
}

pid_t HandlerGroup::killOne() {
    const std::vector<pid_t> all = processes();
    if (all.empty()) {
        throw std::runtime_error("no handler is left to kill at " + _options.address);
    }
    const pid_t victim = all[_turn++ % all.size()];
    ::kill(victim, SIGKILL);
    return victim;
}

void HandlerGroup::killAll() {
    const std::vector<pid_t> all = processes();
    _supervisor->signal(SIGKILL);
    _supervisor->wait(5s);
    for (const pid_t pid : all) {
        ::kill(pid, SIGKILL);
    }
}

std::optional<int> HandlerGroup::stop(std::chrono::milliseconds limit) {
    return _supervisor->stop(limit);
}

}  // namespace rtbatch::test
