#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/free_port.h"
#include "tests/support/http_client.h"

namespace rtbatch::test {

/// A certificate for localhost and its key, valid for a day.
struct Certificate {
    std::filesystem::path chain;
    std::filesystem::path key;
};
Certificate makeCertificate(const std::filesystem::path& dir);

/// The `upstream rtbatch` of one handler on a unix socket.
std::string upstreamOf(const std::string& handlerSocket);

/// The `upstream rtbatch` that conf/nginx/rtbatch.two-hosts.conf ships, with these servers (`unix:PATH` or
/// `HOST:PORT`) in the place of its own.
std::string shippedUpstreamOf(const std::vector<std::string>& servers);

/// The nginx of conf/nginx/rtbatch.local.conf.in, the same as script/server's, on free ports; over TLS too
/// when asked.
class Nginx {
public:
    /// Throws std::runtime_error when it does not come up. `upstream` is a whole block, `serverLines` go into
    /// the `server` block; `locations` is the directory of the rtbatch-locations.conf that it includes,
    /// without one the shipped one.
    Nginx(std::filesystem::path dir, const std::string& upstream, bool tls,
          const std::string& serverLines = {}, const std::filesystem::path& locations = {});

    Endpoint http() const { return {.port = _port, .tls = false}; }
    Endpoint https() const { return {.port = _tlsPort, .tls = true}; }
    Child& process() { return *_process; }
    /// How it was started.
    const std::vector<std::string>& command() const { return _command; }
    std::string log() const;

private:
    bool start(const std::string& upstream, bool tls, const std::string& serverLines,
               const std::filesystem::path& locations);

    std::filesystem::path _dir;
    std::uint16_t _port = 0;
    std::uint16_t _tlsPort = 0;
    std::vector<std::string> _command;
    std::unique_ptr<Child> _process;
};

}  // namespace rtbatch::test
