// The stand-in over https, with a certificate made for the test.
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/upstreams/standin.h"

using namespace rtbatch::standin;
using Poco::Net::Context;

namespace {

/// A self-signed certificate for 127.0.0.1 in a directory of its own.
class Certificate {
public:
    Certificate() {
        std::string name = (std::filesystem::temp_directory_path() / "rtbatch-tls-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        _directory = name;
        const std::string command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
            "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
            key() + " -out " + file() + " 2>/dev/null";
        REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(cert-env33-c): the test's own words only
    }
    ~Certificate() { std::filesystem::remove_all(_directory); }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    std::string file() const { return _directory / "cert.pem"; }
    std::string key() const { return _directory / "key.pem"; }

private:
    std::filesystem::path _directory;
};

int statusOf(const std::string& url, const std::string& path, const Context::Ptr& context) {
    const Poco::URI uri(url);
    Poco::Net::HTTPSClientSession session(uri.getHost(), uri.getPort(), context);
    Poco::Net::HTTPRequest request("GET", path, "HTTP/1.1");
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::string body;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
    return response.getStatus();
}

}  // namespace

TEST_CASE("with a certificate everything is https, and a strict client is content") {
    const Certificate certificate;
    StandinOptions options;
    options.tlsCertificate = certificate.file();
    options.tlsKey = certificate.key();
    const Standin standin(options);
    CHECK_THAT(standin.rtUrl(), Catch::StartsWith("https://127.0.0.1:"));
    const Context::Ptr trusting(
        new Context(Context::TLS_CLIENT_USE, "", "", certificate.file(), Context::VERIFY_STRICT, 9, false));
    CHECK(statusOf(standin.rtUrl(), "/m/heat", trusting) == 200);
    CHECK(statusOf(standin.elsewhereUrl(), "/_control/counts", trusting) == 200);
    const Context::Ptr doubting(
        new Context(Context::TLS_CLIENT_USE, "", "", "", Context::VERIFY_STRICT, 9, false));
    CHECK_THROWS(statusOf(standin.rtUrl(), "/m/heat", doubting));
}
