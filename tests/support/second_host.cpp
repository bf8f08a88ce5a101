#include "tests/support/second_host.h"

#include <unistd.h>

#include <random>
#include <stdexcept>

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kUnshare = "/usr/bin/unshare";
constexpr const char* kIp = "/usr/sbin/ip";

/// Says so when the namespaces are there, and stays, for they live as long as it does.
constexpr const char* kLive =
    "mount --bind \"$1\" /etc/hosts && hostname rtbatch-second && echo up && exec sleep infinity";

void ip(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{kIp};
    command.insert(command.end(), arguments.begin(), arguments.end());
    runProgram(command, {});
}

std::string hostsFile(const TempDir& dir, const std::string& localhost) {
    std::string file = dir.file("hosts");
    writeFile(file, localhost + " localhost\n");
    return file;
}

/// A block of four addresses in the range for benchmarks of networks (RFC 2544), which nobody routes.
std::string randomBlock() {
    std::random_device seed;
    std::uniform_int_distribution<int> byte(0, 255);
    return "198." + std::to_string(18 + byte(seed) % 2) + "." + std::to_string(byte(seed)) + ".";
}

}  // namespace

std::string SecondHost::obstacle() {
    if (::geteuid() != 0) {
        return "it takes root to make a second host";
    }
    if (::access(kIp, X_OK) != 0) {
        return "there is no ip (package iproute2)";
    }
    try {
        runProgram({kUnshare, "--net", "--uts", "--mount", "--propagation", "private", "/bin/sh", "-c",
                    std::string(kIp) + " link add rtba type veth peer name rtbb && hostname second"},
                   {});
    } catch (const std::runtime_error& error) {
        return std::string("this machine lets us make no second host: ") + error.what();
    }
    return "";
}

SecondHost::SecondHost()
    : _cable("rtb" + std::to_string(::getpid())),
      _ours(randomBlock() + "1"),
      _theirs(_ours.substr(0, _ours.size() - 1) + "2"),
      _namespaces({.command = {kUnshare, "--net", "--uts", "--mount", "--propagation", "private", "/bin/sh",
                               "-c", kLive, "sh", hostsFile(_dir, _ours)},
                   .log = _dir.file("namespaces.log")}) {
    _namespaces.waitForLine("up", 10s);
    ip({"link", "add", _cable, "type", "veth", "peer", "name", "uplink", "netns",
        std::to_string(_namespaces.pid())});
    ip({"address", "add", _ours + "/30", "dev", _cable});
    ip({"link", "set", _cable, "up"});
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"address", "add", _theirs + "/30", "dev", "uplink"},
                                               {"link", "set", "uplink", "up"},
                                               {"link", "set", "lo", "up"}}) {
        std::vector<std::string> command{kIp};
        command.insert(command.end(), arguments.begin(), arguments.end());
        runProgram(inside(command), {});
    }
}

std::vector<std::string> SecondHost::inside(const std::vector<std::string>& command) const {
    std::vector<std::string> whole{
        "/usr/bin/nsenter", "--target", std::to_string(_namespaces.pid()), "--net", "--uts", "--mount", "--"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

void SecondHost::unplug() {
    // Down at our end only drops what we send and receive; routes and addresses stay as they are.
    runProgram(inside({kIp, "link", "set", "uplink", "down"}), {});
}

void SecondHost::plugIn() {
    runProgram(inside({kIp, "link", "set", "uplink", "up"}), {});
}

}  // namespace rtbatch::test
