#pragma once

#include <fastcgi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rtbatch {

// Records of the FastCGI specification, version 1, by the numbers of libfcgi's header.

/// What a record is (8).
enum class FastCgiType : std::uint8_t {
    beginRequest = FCGI_BEGIN_REQUEST,
    abortRequest = FCGI_ABORT_REQUEST,
    endRequest = FCGI_END_REQUEST,
    params = FCGI_PARAMS,
    stdIn = FCGI_STDIN,
    stdOut = FCGI_STDOUT,
    stdErr = FCGI_STDERR,
    data = FCGI_DATA,
    getValues = FCGI_GET_VALUES,
    getValuesResult = FCGI_GET_VALUES_RESULT,
    unknownType = FCGI_UNKNOWN_TYPE,
};

/// How a request ended for the protocol (5.5).
enum class FastCgiEnd : std::uint8_t {
    complete = FCGI_REQUEST_COMPLETE,
    cannotMultiplex = FCGI_CANT_MPX_CONN,
    overloaded = FCGI_OVERLOADED,
    unknownRole = FCGI_UNKNOWN_ROLE,
};

constexpr std::uint8_t kFastCgiVersion = FCGI_VERSION_1;

/// Size of a record's head, and the most that is put into one record: below 64 KiB, and a multiple of 8, so
/// that it needs no padding.
constexpr std::size_t kFastCgiHeadSize = FCGI_HEADER_LEN;
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
