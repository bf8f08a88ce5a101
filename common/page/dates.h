#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rtbatch {

/// The years that a film can be of; what lies outside is a fault of the page or of its reading.
constexpr int kFirstFilmYear = 1870;
constexpr int kLastFilmYear = 2100;

/// The day that the site writes as "Nov 1, 2024", in the years above; nothing for any other text, so also for
/// a year alone.
std::optional<std::chrono::sys_days> parseSiteDate(std::string_view text);

/// "2024-11-01", for the reader's answer.
std::string isoDate(std::chrono::sys_days day);

/// The day of isoDate(), in the years above; nothing for any other text.
std::optional<std::chrono::sys_days> parseIsoDate(std::string_view text);

}  // namespace rtbatch
