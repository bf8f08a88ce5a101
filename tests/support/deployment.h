#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/handler_group.h"
#include "tests/support/mariadb.h"
#include "tests/support/nginx.h"
#include "tests/support/second_host.h"
#include "tests/support/stack.h"
#include "tests/support/standin_process.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

struct DeploymentOptions {
    /// How many processes each socket of this host has; nginx has a `server` for each.
    std::vector<int> groups{4};
    Database database = Database::mariadb;
    /// One process on a second host, the last `server` of nginx. Needs MariaDB.
    bool secondHost = false;
    std::map<std::string, std::string> settings{};
};

/// rtbatch as a larger operator runs it: one database, one stand-in for the upstreams, several handlers on
/// one socket or more, and maybe a second host, behind one nginx that has the shipped upstream of several
/// servers. When it goes, every group of handlers must stop with exit status 0.
class Deployment {
public:
    /// Returns when /api/v1/ready answers 200. Throws with all logs when that does not come.
    explicit Deployment(const DeploymentOptions& options = {});
    ~Deployment();
    Deployment(const Deployment&) = delete;
    Deployment& operator=(const Deployment&) = delete;

    Endpoint http() const { return _nginx->http(); }
    UpstreamControl& upstreams() { return _standin->control(); }
    MariaDb& mariadb() { return *_mariadb; }
    HandlerGroup& group(std::size_t number) { return *_groups.at(number); }
    HandlerGroup& remote() { return *_groups.back(); }
    SecondHost& secondHost() { return *_secondHost; }

    /// The settings of a handler of this host, as its environment; for whatever else starts some.
    std::map<std::string, std::string> handlerEnvironment() const;

    /// What all programs said, for the report of a failure.
    std::string logs() const;

private:
    void addGroup(int processes, const std::string& address);

    DeploymentOptions _options;
    TempDir _dir;
    std::unique_ptr<SecondHost> _secondHost;
    std::unique_ptr<MariaDb> _mariadb;
    std::unique_ptr<StandinProcess> _standin;
    std::vector<std::unique_ptr<HandlerGroup>> _groups;
    std::unique_ptr<Nginx> _nginx;
};

}  // namespace rtbatch::test
