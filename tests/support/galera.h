#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/mariadb.h"

namespace rtbatch::test {

struct GaleraOptions {
    /// How long a node that says nothing is waited for before the others go on without it. While they wait,
    /// no write ends. Galera's default is 5 s.
    std::chrono::milliseconds suspectTimeout{2000};
};

/// Three real MariaDB nodes on loopback that replicate synchronously, each in a temporary directory and on
/// ports of its own, with an empty database `rtbatch` and a user `rtbatch` who may do everything. All are
/// synced when constructed, and gone with their files when destroyed. Needs mariadb-server, galera-4 and
/// rsync.
class GaleraCluster {
public:
    static constexpr std::size_t kNodes = 3;

    explicit GaleraCluster(const GaleraOptions& options = {});

    /// Whether this machine has what a cluster needs; if not, a test may say so and go.
    static bool available();

    /// `database.url` of a node (0, 1, 2), through TCP: one process may use several.
    std::string url(std::size_t node, std::string_view database = "rtbatch") const;
    std::string sql(std::size_t node, std::string_view statements,
                    std::string_view database = "rtbatch") const;
    MariaDb& node(std::size_t node) { return *_nodes.at(node).server; }

    /// Like a crash: the others notice by its silence.
    void kill9(std::size_t node);
    /// Starts a node that is down, on the data that it has; waits until it is synced.
    void rejoin(std::size_t node);

    /// Waits until this node sees so many, itself among them, and may be written to. Throws
    /// std::runtime_error with its log when that takes too long.
    void waitUntilSynced(std::size_t node, std::size_t members = kNodes) const;

private:
    struct Node {
        std::uint16_t port = 0;  ///< of the group communication
        std::unique_ptr<MariaDb> server;
    };

    std::array<Node, kNodes> _nodes;
};

}  // namespace rtbatch::test
