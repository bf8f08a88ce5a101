#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

/// Another host, as far as rtbatch can tell: a network of its own behind a cable (a veth pair) and a host
/// name of its own. It is the namespaces of one sleeping process, so that the kernel removes all of it when
/// the test ends, however it ends. Needs root.
class SecondHost {
public:
    /// Why there can be none here; empty when there can.
    static std::string obstacle();

    SecondHost();  ///< throws std::runtime_error

    std::string ourAddress() const { return _ours; }    ///< of the test's host, as it sees it
    std::string itsAddress() const { return _theirs; }  ///< as the test's host sees it

    /// What runs `command` there. It becomes the command: the process started is the one that is meant.
    /// There the name localhost means ourAddress(): http is allowed to stand-ins on localhost only.
    std::vector<std::string> inside(const std::vector<std::string>& command) const;

    void unplug();  ///< the cable: packets are lost both ways, and nobody is told
    void plugIn();

private:
    TempDir _dir;
    std::string _cable;
    std::string _ours;
    std::string _theirs;
    Child _namespaces;
};

}  // namespace rtbatch::test
