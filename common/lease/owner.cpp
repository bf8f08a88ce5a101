#include "common/lease/owner.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
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

/// Digits of a boot's number that are kept: the column holds 160 characters.
constexpr std::size_t kBootSize = 16;

/// What tells this boot of this kernel from all others, for two machines may share a name, as clones do.
/// Where it cannot be read, something that no other process has: then nobody is taken for a neighbour.
std::string bootText() {
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    std::erase(id, '-');
    std::random_device random;
    while (id.size() < kBootSize) {
        id += "0123456789abcdef"[random() % 16];
    }
    return id.substr(0, kBootSize);
}

/// Containers of one host may share a name and a boot, but not the numbers of their processes. The same for
/// as long as this process lives.
const std::string& hostText() {
    static const std::string text = [] {
        std::array<char, HOST_NAME_MAX + 1> name{};
        ::gethostname(name.data(), HOST_NAME_MAX);
        std::string host(name.data());
        for (char& c : host) {
            if (c == ':' || c == '#' || c == '/' || c <= ' ' || c > '~') {
                c = '_';  // our own marks; and the column is ASCII
            }
        }
        return host.substr(0, 64) + "/" + namespaceNumber("net") + "/" + namespaceNumber("pid") + "/" +
               bootText();
    }();
    return text;
}

/// What /proc says of a process. Nothing when it cannot be read, whatever the reason: no descriptor to be
/// had, a /proc that hides others, ...
struct ProcessState {
    bool remains = false;  ///< it has ended, and nobody has asked how
    std::string start{};   ///< in the kernel's ticks since it booted
};

std::optional<ProcessState> examine(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto name = line.rfind(')');  // the program's name may hold anything
    if (name == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields(line.substr(name + 1));
    std::string field;
    fields >> field;
    ProcessState state{.remains = field == "Z" || field == "X"};
    constexpr int kStartField = 22;  // proc(5); the state is field 3
    for (int i = 3; i < kStartField; ++i) {
        fields >> state.start;
    }
    return fields ? std::optional(state) : std::nullopt;
}

}  // namespace

const Owner& Owner::self() {
    static const Owner owner = of(::getpid());
    return owner;
}

Owner Owner::of(int pid) {
    const auto state = examine(pid);
    return parse(hostText() + ":" + std::to_string(pid) + ":" + (state ? state->start : ""));
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
    // Who could not examine itself does not say when it started.
    const auto state = _start.empty() ? std::nullopt : examine(_pid);
    return state && (state->remains || state->start != _start);
}

}  // namespace rtbatch
