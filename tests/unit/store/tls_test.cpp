// Encrypted connections to a real MariaDB with certificates of our own.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "common/store/migrate.h"
#include "common/store/store.h"
#include "tests/support/mariadb.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// A certificate for `name`, which signs itself: it is its own authority.
void makeCertificate(const TempDir& dir, const std::string& file, const std::string& name) {
    const std::string command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name +
                                " -addext subjectAltName=" + name + " -keyout " + dir.file(file + ".key") +
                                " -out " + dir.file(file + ".pem") + " 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
}

struct Encrypted {
    TempDir dir;
    std::unique_ptr<MariaDb> server;

    explicit Encrypted(const std::string& name = "IP:127.0.0.1") {
        makeCertificate(dir, "server", name);
        makeCertificate(dir, "other", "DNS:other");
        server = std::make_unique<MariaDb>(MariaDbOptions{
            .arguments = {"--ssl-cert=" + dir.file("server.pem"), "--ssl-key=" + dir.file("server.key")}});
    }
    StoreOptions options(const std::string& parameters) const {
        return {.url = server->tcpUrl() + parameters, .timeout = 5s};
    }
    std::string verifying() const { return "?tls=verify&ca=" + dir.file("server.pem"); }
};

std::string whyNot(const StoreOptions& options) {
    try {
        migrate(options);
        return "";
    } catch (const StoreError& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("A connection to the database is encrypted where its URL asks for it") {
    const Encrypted tls;
    tls.server->sql("ALTER USER rtbatch@'%' REQUIRE SSL");
    CHECK_THAT(whyNot(tls.options("")), Catch::Contains("Access denied"));
    CHECK(whyNot(tls.options(tls.verifying())) == "");
    CHECK(whyNot(tls.options("?tls=encrypt")) == "");
    Store store(tls.options(tls.verifying()));
    store.saveMovie(movie(imdb(1)));
    CHECK(store.findMovies(std::vector{imdb(1)}).size() == 1);
}

TEST_CASE("A server of the database with another's certificate is not trusted") {
    const Encrypted tls;
    CHECK_THAT(whyNot(tls.options("?tls=verify&ca=" + tls.dir.file("other.pem"))),
               Catch::Contains("certificate") || Catch::Contains("SSL"));
    CHECK_THAT(whyNot(tls.options("?tls=verify")), Catch::Contains("certificate") || Catch::Contains("SSL"));
    const Encrypted misnamed("DNS:elsewhere");
    CHECK_THAT(whyNot(misnamed.options(misnamed.verifying())),
               Catch::Contains("certificate") || Catch::Contains("SSL"));
}

TEST_CASE("A server without TLS is refused by who asks for it") {
    const MariaDb server(MariaDbOptions{.arguments = {"--skip-ssl"}});
    CHECK_THAT(whyNot({.url = server.tcpUrl() + "?tls=encrypt", .timeout = 5s}), Catch::Contains("SSL"));
}

TEST_CASE("A database that hangs costs an encrypted call its timeout and no more") {
    const Encrypted tls;
    migrate(tls.options(tls.verifying()));
    StoreOptions options = tls.options(tls.verifying());
    options.timeout = 1s;
    Store store(options);
    store.saveMovie(movie(imdb(1)));
    tls.server->pause();
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(store.findMovies(std::vector{imdb(1)}), StoreError);
    CHECK_THROWS_WITH(store.findMovies(std::vector{imdb(1)}), Catch::Contains("does not answer"));
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    tls.server->resume();
}
