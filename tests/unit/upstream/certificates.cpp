#include "tests/unit/upstream/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>

namespace rtbatch::test {

namespace {

std::atomic<long> serials{0};

void need(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(std::string("cannot make a certificate: ") + what);
    }
}

void extend(X509* certificate, X509* issuer, int extension, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str());
    need(made != nullptr, value.c_str());
    X509_add_ext(certificate, made, -1);
    X509_EXTENSION_free(made);
}

/// Signed by `issuer`, or by itself when there is none.
Identity make(const std::string& commonName, const Identity* issuer, const CertificateWish& wish) {
    Identity made{{EVP_EC_gen("P-256"), &EVP_PKEY_free}, {X509_new(), &X509_free}};
    X509* x509 = made.certificate.get();
    need(made.key && x509 != nullptr, "key");
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serials);
    X509_gmtime_adj(X509_getm_notBefore(x509), wish.fromSeconds);
    X509_gmtime_adj(X509_getm_notAfter(x509), wish.toSeconds);
    X509_set_pubkey(x509, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(commonName.c_str()), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer->certificate.get() : x509;
    X509_set_issuer_name(x509, X509_get_subject_name(signer));
    extend(x509, signer, NID_basic_constraints, issuer != nullptr ? "CA:FALSE" : "critical,CA:TRUE");
    if (!wish.names.empty()) {
        extend(x509, signer, NID_subject_alt_name, wish.names);
    }
    EVP_PKEY* signingKey = issuer != nullptr ? issuer->key.get() : made.key.get();
    need(X509_sign(x509, signingKey, EVP_sha256()) > 0, "signature");
    return made;
}

}  // namespace

Authority::Authority()
    : _own(make("authority " + std::to_string(++serials) + " of a test", nullptr, {})),
      _file(std::filesystem::temp_directory_path() /
            ("rtbatch-authority-" + std::to_string(::getpid()) + "-" + std::to_string(++serials) + ".pem")) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(_file.c_str(), "w"), &std::fclose);
    need(out && PEM_write_X509(out.get(), _own.certificate.get()) == 1, "file");
}

Authority::~Authority() {
    std::error_code ignored;
    std::filesystem::remove(_file, ignored);
}

Identity Authority::issue(const CertificateWish& wish) const {
    return make("server of a test", &_own, wish);
}

}  // namespace rtbatch::test
