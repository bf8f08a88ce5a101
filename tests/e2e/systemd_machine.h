#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>

#include "tests/support/eventually.h"
#include "tests/support/nginx.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"
#include "tests/support/standin_process.h"
#include "tests/support/systemd_host.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

/// A host with rtbatch on systemd, behind an nginx of the test.
struct SystemdMachine {
    explicit SystemdMachine(int instances, std::map<std::string, std::string> settings = {})
        : standin(dir.file("upstreams.log")), host(settingsFor(standin, std::move(settings)), instances) {
        nginx = std::make_unique<Nginx>(dir.path(), upstreamOf(host.handlerSocket()), false);
    }

    static std::map<std::string, std::string> settingsFor(const StandinProcess& standin,
                                                          std::map<std::string, std::string> settings) {
        settings.merge(standin.settings());
        settings.merge(std::map<std::string, std::string>{{"auth.admin_key", kKey}});
        return settings;
    }

    Endpoint http() const { return nginx->http(); }
    bool waitUntilReady(int handlers) {
        return eventually(std::chrono::seconds(20),
                          [&] { return std::ssize(host.handlers()) == handlers && isReady(http()); });
    }

    TempDir dir;
    StandinProcess standin;
    SystemdHost host;
    std::unique_ptr<Nginx> nginx;
};

/// Whether there can be no systemd here; says why.
inline bool noSystemd() {
    const std::string obstacle = SystemdHost::obstacle();
    if (!obstacle.empty()) {
        WARN("not tested: " << obstacle);
    }
    return !obstacle.empty();
}

}  // namespace rtbatch::test
