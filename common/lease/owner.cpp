#include "common/lease/owner.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

namespace rtbatch {

namespace {

/// The number of a namespace, `4026531840` of `net:[4026531840]`.
std::string namespaceNumber(const char* which) {
    std::array<char, 64> target{};
    const std::string path = std::string("/proc/self/ns/") + which;
    const auto size = ::readlink(path.c_str(), target.data(), target.size());
    const std::string_view text(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto open = text.find('[');
    const auto close = text.find(']');
    return open == text.npos || close == text.npos ? "0"
                                                   : std::string(text.substr(open + 1, close - open - 1));
}

/// Containers of one host may share a name, but not the numbers of their processes.
std::string hostText() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    ::gethostname(name.data(), HOST_NAME_MAX);
    std::string host(name.data());
    for (char& c : host) {
        if (c == ':' || c == '#' || c <= ' ' || c > '~') {
            c = '_';  // our own marks; and the column is ASCII
        }
    }
    return host.substr(0, 64) + "/" + namespaceNumber("net") + "/" + namespaceNumber("pid");
}

/// When a process started, in the kernel's ticks since it booted; empty when there is none, or only its
/// remains.
std::string startOf(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto name = line.rfind(')');  // the program's name may hold anything
    if (name == std::string::npos) {
        return "";
    }
    std::istringstream fields(line.substr(name + 1));
    std::string field;
    fields >> field;
    if (field == "Z" || field == "X") {
        return "";
    }
    constexpr int kStartField = 22;  // proc(5); the state is field 3
    for (int i = 3; i < kStartField; ++i) {
        fields >> field;
    }
    return field;
}

}  // namespace

const Owner& Owner::self() {
    static const Owner owner = of(::getpid());
    return owner;
}

Owner Owner::of(int pid) {
    return parse(hostText() + ":" + std::to_string(pid) + ":" + startOf(pid));
}

Owner Owner::parse(std::string_view text) {
    Owner owner;
    text = text.substr(0, text.find('#'));
    owner._text = text;
    const auto first = text.find(':');
    const auto second = first == text.npos ? text.npos : text.find(':', first + 1);
    if (second == text.npos) {
        return owner;
    }
    const std::string_view pid = text.substr(first + 1, second - first - 1);
    std::from_chars(pid.data(), pid.data() + pid.size(), owner._pid);
    owner._host = text.substr(0, first);
    owner._start = text.substr(second + 1);
    return owner;
}

std::string Owner::describe() const {
    return _host.empty() ? _text : host() + " (process " + std::to_string(_pid) + ")";
}

bool Owner::isNear() const {
    return _host == self()._host && !_host.empty();
}

bool Owner::isDead() const {
    if (!isNear() || _pid <= 0) {
        return false;
    }
    if (::kill(_pid, 0) != 0 && errno == ESRCH) {
        return true;
    }
    std::ifstream file("/proc/" + std::to_string(_pid) + "/stat");
    return file.is_open() && startOf(_pid) != _start;  // what /proc hides from us may live
}

}  // namespace rtbatch
