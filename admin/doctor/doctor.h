#pragma once

#include <string>
#include <vector>

#include "admin/doctor/finding.h"
#include "common/config/config.h"

namespace rtbatch {

struct DoctorOptions {
    /// Where clients reach the service: `https://rtbatch.example.org`.
    std::string url = "http://127.0.0.1";
};

/// Looks at all of an installation as far as it can be seen from here: each thing for itself, so that one
/// that is broken does not hide the others, and each within a few seconds. Asks neither Wikidata nor Rotten
/// Tomatoes, and leaves nothing behind. Throws nothing for what it finds.
std::vector<Finding> examine(const Config& config, const DoctorOptions& options);

}  // namespace rtbatch
