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

/// A fresh Debian machine with a real systemd (fresh_machine.sh), on which rtbatch was installed with
/// `cmake --install` and enabled as the README says, on SQLite, but for the timers. It shares the network
/// with the test. Needs root; gone with all that runs there when destroyed.
class SystemdHost {
public:
    /// Why there can be none here; empty when there can.
    static std::string obstacle();

    /// `settings` become /etc/rtbatch/rtbatch.properties. Returns when the handlers are started.
    SystemdHost(std::map<std::string, std::string> settings, int instances);

    /// A file of the machine, as the test sees it.
    std::string file(const std::string& path) const;

    /// What nginx connects to, as the test sees it.
    std::string handlerSocket() const { return file("/run/rtbatch/handler.sock"); }

    /// Runs a program there, as root in a fresh environment; throws when it fails. Gives what it printed.
    std::string inside(const std::vector<std::string>& command) const;

    /// What `systemctl edit` writes: these lines add to the unit's own.
    void dropIn(const std::string& unit, const std::string& text) const;

    /// Runs systemctl there; throws when it fails. Gives what it printed.
    std::string systemctl(const std::vector<std::string>& arguments) const;
    /// A property of a unit, `MainPID`.
    std::string property(const std::string& unit, const std::string& name) const;
    /// The handlers, as the test sees their process ids.
    std::vector<pid_t> handlers() const;

    /// Writes a setting into /etc/rtbatch/rtbatch.properties.
    void set(const std::string& key, const std::string& value);

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

    void writeSettings() const;
    pid_t systemd() const;

    TempDir _dir;
    std::map<std::string, std::string> _settings;
    ControlGroup _group;
    std::unique_ptr<Child> _process;  // last: it goes before its group
};

}  // namespace rtbatch::test
