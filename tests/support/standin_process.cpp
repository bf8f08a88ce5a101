#include "tests/support/standin_process.h"

#include <csignal>
#include <sstream>
#include <vector>

#include "tests/support/programs.h"

namespace rtbatch::test {
namespace {

std::vector<std::string> commandFor(const std::string& alsoOn) {
    std::vector<std::string> command{program("rtbatch-upstreams")};
    if (!alsoOn.empty()) {
        command.insert(command.end(), {"--also-on", alsoOn});
    }
    return command;
}

}  // namespace

StandinProcess::StandinProcess(const std::filesystem::path& log, const std::string& alsoOn)
    : _process({.command = commandFor(alsoOn), .log = log}) {
    std::istringstream ready(_process.waitForLine("ready ", std::chrono::seconds(20)));
    for (std::string word; ready >> word;) {
        if (const std::size_t equals = word.find('='); equals != std::string::npos) {
            _urls[word.substr(0, equals)] = word.substr(equals + 1);
        }
    }
    _control = std::make_unique<UpstreamControl>(_urls.at("rt"));
}

void StandinProcess::pause() {
    _process.signal(SIGSTOP);
}

void StandinProcess::resume() {
    _process.signal(SIGCONT);
}

std::map<std::string, std::string> StandinProcess::settings(const std::string& host) const {
    std::map<std::string, std::string> settings;
    for (const auto* name : {"rt", "wikidata"}) {
        constexpr std::string_view kLoopback = "127.0.0.1";
        std::string url = _urls.at(name);
        url.replace(url.find(kLoopback), kLoopback.size(), host);
        settings[std::string(name) + ".url"] = url;
    }
    return settings;
}

}  // namespace rtbatch::test
