#include "tests/support/galera.h"

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/free_port.h"

namespace rtbatch::test {

namespace {

using namespace std::chrono_literals;

constexpr const char* kProvider = "/usr/lib/galera/libgalera_smm.so";
constexpr const char* kTransfer = "/usr/bin/wsrep_sst_rsync";
constexpr auto kSyncLimit = 60s;  // of a loaded machine

std::string loopback(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

/// Galera's form of a duration.
std::string period(std::chrono::milliseconds length) {
    return "PT" + std::to_string(static_cast<double>(length.count()) / 1000) + "S";
}

std::string providerOptions(const GaleraOptions& options, std::uint16_t port) {
    // A node is looked at twice within its time, and nobody is thrown out for being slow before he is for
    // being silent.
    return "gmcast.listen_addr=tcp://" + loopback(port) + ";ist.recv_addr=" + loopback(freePort()) +
           ";gcache.size=16M;evs.suspect_timeout=" + period(options.suspectTimeout) +
           ";evs.inactive_timeout=" + period(3 * options.suspectTimeout) +
           ";evs.inactive_check_period=" + period(options.suspectTimeout / 4) +
           ";evs.keepalive_period=" + period(options.suspectTimeout / 4) +
           ";evs.install_timeout=" + period(2 * options.suspectTimeout);
}

}  // namespace

bool GaleraCluster::available() {
    return std::filesystem::exists(kProvider) && std::filesystem::exists(kTransfer) &&
           std::filesystem::exists("/usr/bin/rsync");
}

GaleraCluster::GaleraCluster(const GaleraOptions& options) {
    std::string members;
    for (Node& node : _nodes) {
        node.port = freePort();
        members += (members.empty() ? "" : ",") + loopback(node.port);
    }
    for (std::size_t i = 0; i < kNodes; ++i) {
        const Node& node = _nodes.at(i);
        const std::vector<std::string> arguments{
            "--wsrep-on=ON",
            std::string("--wsrep-provider=") + kProvider,
            "--wsrep-cluster-address=gcomm://" + members,
            "--wsrep-cluster-name=rtbatch",
            "--wsrep-node-name=node" + std::to_string(i),
            "--wsrep-node-address=" + loopback(node.port),
            "--wsrep-sst-method=rsync",
            "--wsrep-sst-receive-address=" + loopback(freePort()),
            "--wsrep-provider-options=" + providerOptions(options, node.port),
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
        };
        _nodes.at(i).server = std::make_unique<MariaDb>(
            MariaDbOptions{.arguments = arguments, .install = i == 0, .start = false, .user = "nobody"});
    }
    _nodes[0].server->start({"--wsrep-new-cluster"});
    for (std::size_t i = 0; i < kNodes; ++i) {
        if (i > 0) {
            _nodes.at(i).server->start();
        }
        waitUntilSynced(i, i + 1);
    }
}

std::string GaleraCluster::url(std::size_t node, std::string_view database) const {
    return _nodes.at(node).server->tcpUrl(database);
}

std::string GaleraCluster::sql(std::size_t node, std::string_view statements,
                               std::string_view database) const {
    return _nodes.at(node).server->sql(statements, database);
}

void GaleraCluster::kill9(std::size_t node) {
    _nodes.at(node).server->kill9();
}

void GaleraCluster::rejoin(std::size_t node) {
    _nodes.at(node).server->start();
    waitUntilSynced(node);
}

void GaleraCluster::waitUntilSynced(std::size_t node, std::size_t members) const {
    const std::string wanted = "Primary " + std::to_string(members) + " Synced ON\n";
    std::string seen;
    const bool synced = eventually(kSyncLimit, [&] {
        try {
            seen = sql(node,
                       "SELECT GROUP_CONCAT(variable_value ORDER BY FIELD(variable_name, "
                       "'wsrep_cluster_status', 'wsrep_cluster_size', 'wsrep_local_state_comment', "
                       "'wsrep_ready') SEPARATOR ' ') FROM information_schema.global_status "
                       "WHERE variable_name IN ('wsrep_cluster_status', 'wsrep_cluster_size', "
                       "'wsrep_local_state_comment', 'wsrep_ready')",
                       "information_schema");
        } catch (const std::runtime_error& e) {
            seen = e.what();
        }
        return seen == wanted;
    });
    if (!synced) {
        throw std::runtime_error("node " + std::to_string(node) + " is not synced but " + seen + "\n" +
                                 _nodes.at(node).server->log());
    }
}

}  // namespace rtbatch::test
