#include "tests/support/systemd_host.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/eventually.h"
#include "tests/support/process_info.h"

namespace rtbatch::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Where the unified hierarchy of control groups is mounted; empty when it is not.
std::string cgroupRoot() {
    std::ifstream mounts("/proc/mounts");
    for (std::string device, place, kind, rest;
         mounts >> device >> place >> kind && std::getline(mounts, rest);) {
        if (kind == "cgroup2") {
            return place;
        }
    }
    return "";
}

std::string messageOf(const std::vector<std::string>& command) {
    try {
        runProgram(command, {});
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

}  // namespace

std::string SystemdHost::obstacle() {
    if (::geteuid() != 0) {
        return "it takes root to run a systemd of our own";
    }
    if (::access("/lib/systemd/systemd", X_OK) != 0) {
        return "there is no systemd here";
    }
    if (cgroupRoot().empty()) {
        return "no cgroup2 is mounted";
    }
    const std::string mounts =
        "mount -t proc proc /proc && mount -t tmpfs tmpfs /sys/fs/cgroup && "
        "mount -t cgroup2 cgroup2 /sys/fs/cgroup";
    return messageOf({"/usr/bin/unshare", "--pid", "--fork", "--mount", "--uts", "--ipc", "--cgroup",
                      "--propagation", "private", "/bin/sh", "-c", mounts});
}

SystemdHost::ControlGroup::ControlGroup()
    : _path(cgroupRoot() + "/rtbatch-test-" + std::to_string(::getpid())) {}

SystemdHost::ControlGroup::~ControlGroup() {
    // Empty a moment after the last of its processes has gone; inner ones first.
    eventually(5s, [this] {
        std::error_code ignored;
        std::vector<std::string> groups{_path};
        for (const auto& entry : fs::recursive_directory_iterator(_path, ignored)) {
            if (entry.is_directory(ignored)) {
                groups.push_back(entry.path().string());
            }
        }
        std::reverse(groups.begin(), groups.end());
        for (const std::string& group : groups) {
            ::rmdir(group.c_str());
        }
        return !fs::exists(_path, ignored);
    });
}

SystemdHost::SystemdHost(std::map<std::string, std::string> settings, int instances)
    : _settings(std::move(settings)) {
    _process =
        std::make_unique<Child>(ChildOptions{.command = {RTBATCH_SOURCE_DIR "/tests/support/fresh_machine.sh",
                                                         _dir.path(), _group.path(), RTBATCH_SOURCE_DIR},
                                             .log = _dir.file("systemd.log"),
                                             .stopSignal = SIGKILL});
    const auto up = [this] {
        try {
            return systemctl({"is-active", "multi-user.target"}) == "active\n";
        } catch (const std::runtime_error&) {
            return false;  // not yet
        }
    };
    if (!eventually(30s, [&] { return up() || !_process->running(); }) || !_process->running()) {
        throw std::runtime_error("systemd does not come up:\n" + log());
    }

    // What the README tells an operator to do; readme_test.sh takes it from there.
    inside({"/usr/bin/cmake", "--install", RTBATCH_BUILD_DIR, "--prefix", "/usr/local"});
    inside({"/usr/bin/systemd-sysusers", "rtbatch.conf"});
    inside({"/usr/bin/systemd-tmpfiles", "--create", "rtbatch.conf"});
    systemctl({"daemon-reload"});
    writeSettings();
    inside({"/usr/local/bin/rtbatch-admin", "migrate"});
    std::vector<std::string> enable{"enable", "--now", "rtbatch.socket", "rtbatch.target"};
    for (int i = 1; i <= instances; ++i) {
        enable.push_back("rtbatch@" + std::to_string(i) + ".service");
    }
    systemctl(enable);
}

std::string SystemdHost::file(const std::string& path) const {
    return "/proc/" + std::to_string(systemd()) + "/root" + path;
}

pid_t SystemdHost::systemd() const {
    const std::vector<pid_t> children = childrenOf(_process->pid());
    if (children.empty()) {
        throw std::runtime_error("there is no systemd yet");
    }
    return children.front();
}

std::string SystemdHost::inside(const std::vector<std::string>& command) const {
    std::vector<std::string> words{"/usr/bin/nsenter",
                                   "--target",
                                   std::to_string(systemd()),
                                   "--mount",
                                   "--pid",
                                   "--cgroup",
                                   "--",
                                   "/usr/bin/env",
                                   "-i",
                                   "SYSTEMD_PAGER=",
                                   "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    words.insert(words.end(), command.begin(), command.end());
    return runProgram(words, {}, 60s);
}

std::string SystemdHost::systemctl(const std::vector<std::string>& arguments) const {
    std::vector<std::string> command{"/usr/bin/systemctl"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return inside(command);
}

void SystemdHost::dropIn(const std::string& unit, const std::string& text) const {
    const fs::path directory = file("/etc/systemd/system/" + unit + ".d");
    fs::create_directories(directory);
    writeFile(directory / "test.conf", text);
    systemctl({"daemon-reload"});
}

std::string SystemdHost::property(const std::string& unit, const std::string& name) const {
    std::string value = systemctl({"show", "--property=" + name, "--value", unit});
    value.erase(value.find_last_not_of('\n') + 1);
    return value;
}

std::vector<pid_t> SystemdHost::handlers() const {
    std::vector<pid_t> all = childrenOf(systemd());
    std::erase_if(all, [](pid_t pid) {
        return readFile("/proc/" + std::to_string(pid) + "/comm") != "rtbatch-handler\n";
    });
    return all;
}

void SystemdHost::set(const std::string& key, const std::string& value) {
    _settings[key] = value;
    writeSettings();
}

void SystemdHost::writeSettings() const {
    std::ostringstream text;
    for (const auto& [key, value] : _settings) {
        text << key << " = " << value << "\n";
    }
    writeFile(file("/etc/rtbatch/rtbatch.properties"), text.str());
}

}  // namespace rtbatch::test
