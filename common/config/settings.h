#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/setting_rules.h"

namespace rtbatch {

/// A row of the one table that serves the file, the environment and `--help`.
struct Setting {
    std::string key;
    std::string defaultValue;
    SettingRule rule;
    std::string description;
    bool secret = false;  ///< holds a password or key: its value never enters a message

    /// `RTBATCH_A_B_C` of `a.b_c`.
    std::string environment() const;
};

const std::vector<Setting>& settingTable();

}  // namespace rtbatch
