#include <catch2/catch.hpp>

#include "admin/doctor/checks.h"

using namespace rtbatch;

namespace {

Finding found(const std::string& url) {
    Config config;
    config.databaseUrl = url;
    return checkDatabaseWay(config);
}

}  // namespace

TEST_CASE("a server on the internet is to be asked with TLS that proves its name") {
    CHECK(found("mysql://u:secret@203.0.113.7/db").result == Result::bad);
    CHECK(found("mysql://u:secret@203.0.113.7/db").said.find("secret") == std::string::npos);
    CHECK(found("mysql://u@203.0.113.7/db?tls=encrypt").result == Result::bad);
    CHECK(found("mysql://u@203.0.113.7/db?tls=verify").result == Result::good);
}

TEST_CASE("a server of this machine or of a private network needs none") {
    for (const std::string host :
         {"localhost", "127.0.0.1", "10.0.0.12", "192.168.1.2", "172.16.3.4", "database"}) {
        CAPTURE(host);
        CHECK(found("mysql://u@" + host + "/db").result == Result::good);
    }
    CHECK(found("mysql://u@/db?socket=/run/mysqld/mysqld.sock").result == Result::good);
}

TEST_CASE("SQLite is for a disk of this machine") {
    CHECK(found("sqlite:/tmp/rtbatch.db").result == Result::good);
    CHECK(found("sqlite:/no/such/directory/rtbatch.db").result == Result::unknown);
    CHECK(networkFileSystem(0x6969) == std::string("NFS"));
    CHECK(networkFileSystem(0xFE534D42) == std::string("SMB2"));
    CHECK(networkFileSystem(0xEF53) == nullptr);  // ext4
}
