#include <Poco/Net/DNS.h>
#include <Poco/Net/IPAddress.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "admin/doctor/checks.h"
#include "common/store/database_url.h"

namespace rtbatch {

namespace {

constexpr auto kCheck = "database way";

/// File systems on which locks of one host may not hold for another, by their numbers in statfs(2).
struct NetworkFileSystem {
    unsigned long number;
    const char* name;
};
constexpr std::array<NetworkFileSystem, 8> kNetworkFileSystems{{{0x6969, "NFS"},
                                                                {0x517B, "SMB"},
                                                                {0xFF534D42, "CIFS"},
                                                                {0xFE534D42, "SMB2"},
                                                                {0x00C36400, "Ceph"},
                                                                {0x01021997, "9P"},
                                                                {0x5346414F, "AFS"},
                                                                {0x65735546, "FUSE"}}};

bool isPrivate(const Poco::Net::IPAddress& address) {
    return address.isLoopback() || address.isLinkLocal() || address.isSiteLocal();
}

Finding checkFile(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    struct statfs about {};
    if (::statfs(parent.empty() ? "." : parent.c_str(), &about) != 0) {
        return {kCheck, Result::unknown, "the directory of " + path + " cannot be looked at"};
    }
    if (const char* name = networkFileSystem(static_cast<unsigned long>(about.f_type)); name != nullptr) {
        return {kCheck, Result::bad,
                path + " is on a network file system (" + name + "), where locks may not hold",
                "put it on a disk of this machine, or use MySQL or MariaDB"};
    }
    return {kCheck, Result::good, path + " is on a disk of this machine"};
}

}  // namespace

const char* networkFileSystem(unsigned long number) {
    const auto* const found =
        std::ranges::find(kNetworkFileSystems, number & 0xFFFFFFFFUL, &NetworkFileSystem::number);
    return found == kNetworkFileSystems.end() ? nullptr : found->name;
}

bool isPrivateHost(const std::string& host) {
    Poco::Net::IPAddress address;
    if (Poco::Net::IPAddress::tryParse(host, address)) {
        return isPrivate(address);
    }
    if (host.find('.') == std::string::npos) {
        return true;  // "localhost", or a name of the private network
    }
    try {
        const auto addresses = Poco::Net::DNS::hostByName(host).addresses();
        return std::ranges::all_of(addresses, isPrivate);
    } catch (const std::exception&) {
        return false;  // who cannot be looked up is not known to be near
    }
}

Finding checkDatabaseWay(const Config& config) {
    const DatabaseUrl url = DatabaseUrl::parse(config.databaseUrl);
    if (url.dialect == Dialect::sqlite) {
        return checkFile(url.path);
    }
    if (!url.socket.empty()) {
        return {kCheck, Result::good, "a socket of this machine"};
    }
    if (url.tls == DatabaseUrl::Tls::verify) {
        return {kCheck, Result::good, "TLS to " + url.host + ", which has to prove its name"};
    }
    if (isPrivateHost(url.host)) {
        return {kCheck, Result::good, url.host + " is this machine, or of a private network"};
    }
    return {kCheck, Result::bad,
            url.tls == DatabaseUrl::Tls::encrypt
                ? "TLS to " + url.host + ", but with whoever answers in its name"
                : "the password and all data go to " + url.host + " over the internet as they are",
            "append ?tls=verify to database.url, and &ca=FILE where its certificate is not from a public "
            "authority"};
}

}  // namespace rtbatch
