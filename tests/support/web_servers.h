#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/http_client.h"
#include "tests/support/nginx.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

/// The web servers that run rtbatch-handler as plain CGI.
enum class WebServer { lighttpd, apacheCgid, apacheCgi, nginxFcgiwrap };
std::ostream& operator<<(std::ostream& out, WebServer server);

/// One of them, real, with the configuration that is shipped, on a free port, and with its own copy of the
/// program. When it goes, nothing of it is left running.
class CgiServer {
public:
    /// `environment`: the settings, RTBATCH_A_B_C, in the way of that server. Throws std::runtime_error when
    /// it does not come up. `processes` is how many requests fcgiwrap takes at once.
    CgiServer(WebServer kind, std::map<std::string, std::string> environment, int processes = 8);
    ~CgiServer();
    CgiServer(const CgiServer&) = delete;
    CgiServer& operator=(const CgiServer&) = delete;

    Endpoint http() const { return {.port = _port, .tls = false}; }

    /// The processes that answer requests now.
    std::vector<pid_t> handlers() const;

    /// What the web server and the programs said.
    std::string log() const;

    /// The user that the programs run as: Apache does not run as root. Zero: the user of the test.
    static uid_t programUser(WebServer kind);

private:
    void start(WebServer kind);
    std::string shipped(const std::string& name) const;
    std::string environmentLines(const std::string& before, const std::string& between,
                                 const std::string& after) const;
    void startLighttpd();
    void startApache(bool cgid);
    void startNginx();
    bool answers() const;
    void killHandlers() const;

    const std::map<std::string, std::string> _environment;
    const int _processes;
    TempDir _dir;
    std::filesystem::path _program;
    std::uint16_t _port = 0;
    std::unique_ptr<Child> _process;
    std::unique_ptr<Nginx> _nginx;
};

/// Gives a directory and what is in it to the user that a server's programs run as, when that is another one.
void giveTo(WebServer kind, const std::filesystem::path& directory);

}  // namespace rtbatch::test
