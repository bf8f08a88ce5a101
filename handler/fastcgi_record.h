#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rtbatch {

// Records of the FastCGI specification, version 1.

/// What a record is (8).
enum class FastCgiType : std::uint8_t {
    beginRequest = 1,
    abortRequest = 2,
    endRequest = 3,
    params = 4,
    stdIn = 5,
    stdOut = 6,
    stdErr = 7,
    data = 8,
    getValues = 9,
    getValuesResult = 10,
    unknownType = 11,
};

/// How a request ended for the protocol (5.5).
enum class FastCgiEnd : std::uint8_t { complete = 0, cannotMultiplex = 1, overloaded = 2, unknownRole = 3 };

constexpr std::uint8_t kFastCgiVersion = 1;

/// Size of a record's head, and the most that is put into one record: below 64 KiB, and a multiple of 8, so
/// that it needs no padding.
constexpr std::size_t kFastCgiHeadSize = 8;
constexpr std::size_t kMostFastCgiContent = 65528;

/// A record's head, for content of at most kMostFastCgiContent bytes.
std::array<char, kFastCgiHeadSize> fastCgiHead(FastCgiType type, std::uint16_t request,
                                               std::size_t contentSize);

/// A whole record.
std::string fastCgiRecord(FastCgiType type, std::uint16_t request, std::string_view content);

/// The record that ends a request.
std::array<char, 2 * kFastCgiHeadSize> fastCgiEndRecord(std::uint16_t request, FastCgiEnd how);

/// Takes one pair of name and value off the front of `pairs` (3.4). Nothing when one of its lengths goes
/// beyond the end of `pairs`, which are then not to be looked at any further.
std::optional<std::pair<std::string_view, std::string_view>> takeFastCgiPair(std::string_view& pairs);

}  // namespace rtbatch
