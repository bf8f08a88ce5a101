#pragma once

#include <string>
#include <string_view>

namespace rtbatch {

/// A process that may hold leases: its host, its number and when it started, so that a number that the system
/// gives out again is not taken for the process that had it before.
class Owner {
public:
    /// This process.
    static const Owner& self();

    /// A process of this host.
    static Owner of(int pid);

    /// Of a lease's owner column, `HOST:PID:START` with anything after a `#`, where HOST is
    /// `name/net/pid/boot`: the numbers of two namespaces and the kernel's boot. Another program's text is an
    /// owner of no host that we know; that of an older version, without the boot, is one of another host.
    static Owner parse(std::string_view text);

    const std::string& text() const { return _text; }

    /// For a person: the host's name, and the number that its process has there; 0: unknown.
    std::string host() const { return _host.substr(0, _host.find('/')); }
    int pid() const { return _pid; }

    /// `host (process 123)`; the text of an owner that we do not know as it is.
    std::string describe() const;

    /// Whether it runs where this process does: same host, same network, same processes. Then it hears our
    /// bell.
    bool isNear() const;

    /// Surely: it is near, and its process has ended. An owner of another host is never known to be dead, nor
    /// one that cannot be examined.
    bool isDead() const;

    bool operator==(const Owner& other) const { return _text == other._text; }

private:
    std::string _text;
    std::string _host;
    int _pid = 0;
    std::string _start;
};

}  // namespace rtbatch
