#include "handler/request_id.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <random>

namespace rtbatch {

namespace {

constexpr std::size_t kLongest = 128;

bool mayStand(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == ':' || c == '-';
}

/// To tell requests apart, not to be a secret.
std::string freshId() {
    thread_local std::mt19937_64 random{(std::uint64_t{std::random_device{}()} << 32) ^
                                        std::random_device{}()};
    std::array<char, 33> digits{};
    static_cast<void>(std::snprintf(digits.data(), digits.size(), "%016lx%016lx", random(), random()));
    return digits.data();
}

}  // namespace

std::string requestIdOf(std::string_view given) {
    if (!given.empty() && given.size() <= kLongest && std::ranges::all_of(given, mayStand)) {
        return std::string(given);
    }
    return freshId();
}

}  // namespace rtbatch
