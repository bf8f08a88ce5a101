#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rtbatch {

/// A moment of the calendar, UTC, in milliseconds: what the database keeps as BIGINT.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// The host's clock now.
Timestamp now();

inline std::int64_t toMillis(Timestamp t) {
    return t.time_since_epoch().count();
}
inline Timestamp fromMillis(std::int64_t ms) {
    return Timestamp(std::chrono::milliseconds(ms));
}

/// RFC 3339 in UTC with milliseconds, `2026-01-31T09:30:00.000Z`.
std::string toRfc3339(Timestamp t);

}  // namespace rtbatch
