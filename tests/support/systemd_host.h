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
/// as the README says, on SQLite, but for the timers: a real systemd as process 1 of namespaces of its own.
/// It shares the network with the test and nothing else. Needs root; gone with all that runs there when
/// destroyed.
class SystemdHost {
public:
    /// Why there can be none here; empty when there can.
    static std::string obstacle();

    /// `environment` becomes /etc/rtbatch/environment. Returns when systemd answers.
    SystemdHost(std::map<std::string, std::string> environment, int instances);

    /// What nginx connects to, as the test sees it.
    std::string handlerSocket() const { return _dir.file("run/handler.sock"); }

    /// Runs a program there, as root; throws when it fails. Gives what it printed.
    std::string inside(const std::vector<std::string>& command,
                       std::map<std::string, std::string> environment = {}) const;

    /// What `systemctl edit` writes: these lines add to the unit's own.
    void dropIn(const std::string& unit, const std::string& text) const;

    /// /etc/rtbatch/environment.
    const std::map<std::string, std::string>& environment() const { return _environment; }

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
    /// The group of all its processes; removed with its inner ones when destroyed.
    class ControlGroup {
    public:
        ControlGroup();
        ~ControlGroup();
        ControlGroup(const ControlGroup&) = delete;
        ControlGroup& operator=(const ControlGroup&) = delete;
        const std::string& path() const { return _path; }

    private:
        std::string _path;
    };

    void writeEnvironment(const std::string& directory) const;
    pid_t systemd() const;

    TempDir _dir;
    std::map<std::string, std::string> _environment;
    ControlGroup _group;
    std::unique_ptr<Child> _process;  // last: it goes before its group
};

}  // namespace rtbatch::test
