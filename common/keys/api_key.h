#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rtbatch {

/// A key that opens the door: 32 random bytes, written as `rtb_` and 64 lower-case hexadecimal digits. Only
/// its digest is ever stored.
class ApiKey {
public:
    /// A new one. Throws std::runtime_error when the system has no randomness to give.
    static ApiKey generate();

    /// Nothing for a text of any other form.
    static std::optional<ApiKey> parse(std::string_view text);

    std::string text() const;

    /// The SHA-256 of its bytes, as 64 hexadecimal digits.
    std::string digest() const;

private:
    using Bytes = std::array<unsigned char, 32>;

    explicit ApiKey(const Bytes& bytes) : _bytes(bytes) {}

    Bytes _bytes;
};

/// The SHA-256 of any text, as 64 hexadecimal digits.
std::string sha256(std::string_view text);

/// Whether two digests are the same, in a time that tells nothing about either.
bool sameDigest(std::string_view a, std::string_view b);

}  // namespace rtbatch
