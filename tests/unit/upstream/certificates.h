#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace rtbatch::test {

/// A key and its certificate.
struct Identity {
    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<X509> certificate;
};

/// What a certificate is made out for.
struct CertificateWish {
    std::string names;         ///< as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"
    long fromSeconds = -3600;  ///< seen from now
    long toSeconds = 3600;
};

/// A certificate authority of the test's own, in a file that is removed with it.
class Authority {
public:
    Authority();
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    std::string file() const { return _file.string(); }
    Identity issue(const CertificateWish& wish) const;

private:
    Identity _own;
    std::filesystem::path _file;
};

}  // namespace rtbatch::test
