#include "common/page/dates.h"

#include <algorithm>
#include <array>

#include "common/page/text.h"

namespace rtbatch {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<std::chrono::sys_days> dayOf(std::optional<int> year, std::optional<int> month,
                                           std::optional<int> day) {
    if (!year || !month || !day || *year < kFirstFilmYear || *year > kLastFilmYear || *month < 1 ||
        *month > 12 || *day < 1 || *day > 31) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::string digits(int number, std::size_t length) {
    const std::string text = std::to_string(number);
    return std::string(length - std::min(length, text.size()), '0') + text;
}

}  // namespace

std::optional<std::chrono::sys_days> parseSiteDate(std::string_view text) {
    const std::size_t space = text.find(' ');
    const std::size_t comma = text.find(", ");
    if (space == std::string_view::npos || comma == std::string_view::npos || comma < space ||
        comma - space > 3 || text.size() != comma + 6) {
        return std::nullopt;
    }
    const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(0, space));
    if (month == kMonths.end()) {
        return std::nullopt;
    }
    return dayOf(parseDigits(text.substr(comma + 2)), static_cast<int>(month - kMonths.begin()) + 1,
                 parseDigits(text.substr(space + 1, comma - space - 1)));
}

std::string isoDate(std::chrono::sys_days day) {
    const std::chrono::year_month_day date(day);
    return digits(static_cast<int>(date.year()), 4) + '-' +
           digits(static_cast<int>(static_cast<unsigned>(date.month())), 2) + '-' +
           digits(static_cast<int>(static_cast<unsigned>(date.day())), 2);
}

std::optional<std::chrono::sys_days> parseIsoDate(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    return dayOf(parseDigits(text.substr(0, 4)), parseDigits(text.substr(5, 2)), parseDigits(text.substr(8)));
}

}  // namespace rtbatch
