#include "common/keys/api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <memory>
#include <span>
#include <stdexcept>

namespace rtbatch {

namespace {

constexpr std::string_view kStart = "rtb_";
constexpr std::string_view kDigits = "0123456789abcdef";

std::string hex(std::span<const unsigned char> bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const unsigned char byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

/// OpenSSL's own SHA256() looks the algorithm up at each call, which takes longer than a digest.
std::string sha256Of(const unsigned char* data, std::size_t size) {
    static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                       &EVP_MD_CTX_free);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    if (EVP_DigestInit_ex2(context.get(), kSha256, nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), data, size) != 1 ||
        EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL makes no SHA-256");
    }
    return hex(digest);
}

}  // namespace

ApiKey ApiKey::generate() {
    Bytes bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        throw std::runtime_error("the system gives no random bytes for a key");
    }
    return ApiKey(bytes);
}

std::optional<ApiKey> ApiKey::parse(std::string_view text) {
    Bytes bytes{};
    if (text.size() != kStart.size() + 2 * bytes.size() || !text.starts_with(kStart)) {
        return std::nullopt;
    }
    text.remove_prefix(kStart.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto value = kDigits.find(text[i]);
        if (value == kDigits.npos) {
            return std::nullopt;
        }
        bytes[i / 2] = static_cast<unsigned char>(bytes[i / 2] << 4U | value);
    }
    return ApiKey(bytes);
}

std::string ApiKey::text() const {
    return std::string(kStart) + hex(_bytes);
}

std::string ApiKey::digest() const {
    return sha256Of(_bytes.data(), _bytes.size());
}

std::string sha256(std::string_view text) {
    return sha256Of(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

bool sameDigest(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace rtbatch
