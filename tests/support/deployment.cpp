#include "tests/support/deployment.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "tests/support/eventually.h"
#include "tests/support/programs.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;
using Settings = std::map<std::string, std::string>;

constexpr const char* kRemotePort = "9000";  // as in the shipped upstream

Settings merged(Settings first, Settings others) {
    first.merge(others);
    return first;
}

}  // namespace

Deployment::Deployment(const DeploymentOptions& options) : _options(options) {
    if (options.secondHost) {
        _secondHost = std::make_unique<SecondHost>();
    }
    const std::string alsoOn = _secondHost ? _secondHost->ourAddress() : "";
    if (options.database == Database::mariadb) {
        _mariadb = std::make_unique<MariaDb>(
            MariaDbOptions{.arguments = {"--bind-address=127.0.0.1" + (alsoOn.empty() ? "" : "," + alsoOn)}});
    }
    _standin = std::make_unique<StandinProcess>(_dir.file("upstreams.log"), alsoOn);
    runProgram({program("rtbatch-admin"), "migrate"}, handlerEnvironment());

    std::vector<std::string> servers;
    for (const int processes : options.groups) {
        servers.push_back("unix:" + _dir.file("handler" + std::to_string(servers.size()) + ".sock"));
        addGroup(processes, servers.back());
    }
    if (_secondHost) {
        servers.push_back(_secondHost->itsAddress() + ":" + kRemotePort);
        addGroup(1, servers.back());
    }
    _nginx = std::make_unique<Nginx>(_dir.path(), shippedUpstreamOf(servers), false);
    // nginx gives each server its turn, so that as many answers as there are servers speak for all.
    const auto ask = [&] {
        return std::ranges::all_of(servers, [&](const auto&) { return isReady(http()); });
    };
    if (!eventually(20s, ask)) {
        throw std::runtime_error("the deployment does not get ready; " + logs());
    }
}

Deployment::~Deployment() {
    bool stopped = true;
    for (const auto& group : _groups) {
        stopped = (!group->supervisor().running() || group->stop() == 0) && stopped;
    }
    const bool failing = !Catch::getResultCapture().lastAssertionPassed();
    if (!stopped || failing || std::uncaught_exceptions() > 0) {
        std::cerr << logs();
    }
    if (std::uncaught_exceptions() == 0) {
        INFO("the handlers' exit status");
        CHECK(stopped);
    }
}

Settings Deployment::handlerEnvironment() const {
    return environmentOf(
        merged(_options.settings,
               merged(_standin->settings(),
                      {{"database.url", _mariadb ? _mariadb->tcpUrl() : "sqlite:" + _dir.file("rtbatch.db")},
                       {"auth.admin_key", kKey},
                       {"metrics.dir", _dir.path()}})));
}

void Deployment::addGroup(int processes, const std::string& address) {
    HandlerGroupOptions options{.processes = processes,
                                .address = address,
                                .env = handlerEnvironment(),
                                .log = _dir.file("handlers" + std::to_string(_groups.size()) + ".log")};
    if (!address.starts_with("unix:")) {
        options.env = merged(
            environmentOf(merged(_standin->settings("localhost"),
                                 {{"database.url", _mariadb->tcpUrl("rtbatch", _secondHost->ourAddress())}})),
            options.env);
        options.wrap = [this](const std::vector<std::string>& command) {
            return _secondHost->inside(command);
        };
    }
    _groups.push_back(std::make_unique<HandlerGroup>(std::move(options)));
}

std::string Deployment::logs() const {
    std::string text;
    for (std::size_t i = 0; i < _groups.size(); ++i) {
        const std::string name = "handlers" + std::to_string(i) + ".log";
        text += "\n---- " + name + " ----\n" + readEnd(_dir.file(name));
    }
    text += "\n---- nginx ----\n" + readEnd(_dir.file("nginx.log")) + readEnd(_dir.file("nginx-error.log"));
    text += "\n---- upstreams ----\n" + readEnd(_dir.file("upstreams.log"));
    constexpr std::size_t kMost = 60000;
    return text.size() > kMost
               ? text.substr(0, kMost / 2) + "\n[...]\n" + text.substr(text.size() - kMost / 2)
               : text;
}

}  // namespace rtbatch::test
