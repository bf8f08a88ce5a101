#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/store/database_url.h"

namespace rtbatch {

/// The expression for the database's own time, in milliseconds.
inline std::string databaseClock(Dialect dialect) {
    // The session is in UTC, or NOW() would be ambiguous in the hour when summer time ends.
    return dialect == Dialect::sqlite ? "CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER)"
                                      : "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
}

/// `one, one, one`: for lists whose length is known when the statement is made.
inline std::string repeated(const std::string& one, std::size_t count) {
    std::string list = one;
    for (std::size_t i = 1; i < count; ++i) {
        list += ", " + one;
    }
    return list;
}

/// How the clause of an INSERT begins that says what becomes of a row that is there already.
inline std::string whenThere(Dialect dialect, const std::string& key) {
    return dialect == Dialect::sqlite ? " ON CONFLICT (" + key + ") DO UPDATE SET "
                                      : " ON DUPLICATE KEY UPDATE ";
}

/// In that clause: what the INSERT brought for a column.
inline std::string brought(Dialect dialect, const std::string& column) {
    return dialect == Dialect::sqlite ? "excluded." + column : "VALUES(" + column + ")";
}

/// Stands for a release date that is not known, where NULL cannot be read or bound.
constexpr std::int64_t kNoRelease = std::int64_t{1} << 60U;

/// Cut to the width of the columns for messages and other long texts (500), and not in the middle of a
/// character of UTF-8.
inline std::string cutToColumn(const std::string& message) {
    constexpr std::size_t kWidth = 500;
    std::size_t size = std::min(message.size(), kWidth);
    while (size > 0 && size < message.size() &&
           (static_cast<unsigned char>(message[size]) & 0xC0U) == 0x80U) {
        --size;
    }
    return message.substr(0, size);
}

}  // namespace rtbatch
