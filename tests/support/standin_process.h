#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tests/support/child.h"
#include "tests/support/upstream_control.h"

namespace rtbatch::test {

/// The stand-in for both upstreams, running.
class StandinProcess {
public:
    /// Returns when it listens; on `alsoOn` too, when that is an address.
    explicit StandinProcess(const std::filesystem::path& log, const std::string& alsoOn = "");

    UpstreamControl& control() { return *_control; }

    /// Until resume() it answers nothing, not even what was asked before.
    void pause();
    void resume();

    /// `rt.url` and `wikidata.url`, as settings for a handler. A handler on another host finds it under
    /// another name than 127.0.0.1.
    std::map<std::string, std::string> settings(const std::string& host = "127.0.0.1") const;

private:
    Child _process;
    std::map<std::string, std::string> _urls;
    std::unique_ptr<UpstreamControl> _control;
};

}  // namespace rtbatch::test
