#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/model/timestamp.h"

namespace rtbatch {

/// `1,234,567`
std::string grouped(std::int64_t number);

/// `2026-01-31 09:30:00Z`
std::string timeText(Timestamp time);

/// `3 days`, `5 h`, `12 min`, `40 s`: as coarse as a person reads it.
std::string spanText(std::chrono::milliseconds span);

/// `3 days ago`, `in 5 h`
std::string relativeText(Timestamp time, Timestamp now);

/// Rows of cells as lines: the first column to the left, the others to the right.
std::string tableText(const std::vector<std::vector<std::string>>& rows);

}  // namespace rtbatch
