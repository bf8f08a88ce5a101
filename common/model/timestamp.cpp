#include "common/model/timestamp.h"

#include <cstddef>

namespace rtbatch {

namespace {

/// Every event of a hit has a time in it; printf took as long for it as all the rest of the event.
void putDigits(std::string& text, std::size_t at, std::size_t count, long value) {
    for (std::size_t i = at + count; i-- > at; value /= 10) {
        text[i] = static_cast<char>('0' + value % 10);
    }
}

}  // namespace

Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string toRfc3339(Timestamp t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(t - day);
    std::string text = "0000-00-00T00:00:00.000Z";
    putDigits(text, 0, 4, static_cast<int>(date.year()));
    putDigits(text, 5, 2, static_cast<unsigned>(date.month()));
    putDigits(text, 8, 2, static_cast<unsigned>(date.day()));
    putDigits(text, 11, 2, time.hours().count());
    putDigits(text, 14, 2, time.minutes().count());
    putDigits(text, 17, 2, time.seconds().count());
    putDigits(text, 20, 3, time.subseconds().count());
    return text;
}

}  // namespace rtbatch
