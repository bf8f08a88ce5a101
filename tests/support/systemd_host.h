#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

/// A machine, as far as systemd can tell, on which rtbatch was installed with `cmake --install` and enabled
/// as the README says, on SQLite: a real systemd as process 1 of namespaces of its own. It shares the network
/// with the test and nothing else. Needs root; gone with all that runs there when destroyed.
class SystemdHost {
public:
    /// Why there can be none here; empty when there can.
    static std::string obstacle();

    /// `environment` becomes /etc/rtbatch/environment. Returns when systemd answers.
    SystemdHost(const std::map<std::string, std::string>& environment, int instances);
    ~SystemdHost();
    SystemdHost(const SystemdHost&) = delete;
    SystemdHost& operator=(const SystemdHost&) = delete;

    /// What nginx connects to, as the test sees it.
    std::string handlerSocket() const { return _dir.file("run/handler.sock"); }

    /// Runs systemctl there; throws when it fails. Gives what it printed.
    std::string systemctl(const std::vector<std::string>& arguments) const;
    /// A property of a unit, `MainPID`.
    std::string property(const std::string& unit, const std::string& name) const;
    /// The handlers, as the test sees their process ids.
    std::vector<pid_t> handlers() const;

    /// Adds a setting to /etc/rtbatch/environment; an empty value takes it away again.
    void set(const std::string& variable, const std::string& value);

    std::string log() const { return _process->log(); }

private:
    void writeEnvironment(const std::string& directory) const;
    pid_t systemd() const;

    TempDir _dir;
    std::map<std::string, std::string> _environment;
    std::string _cgroup;
    std::unique_ptr<Child> _process;
};

}  // namespace rtbatch::test
