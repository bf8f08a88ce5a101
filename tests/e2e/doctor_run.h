#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/stack.h"

namespace rtbatch::test {

/// What `rtbatch-admin doctor --json` found.
struct Examined {
    struct Finding {
        std::string result;  ///< good, bad or unknown
        std::string said;
        std::string doThis;
    };

    int status = -1;  ///< of the program
    std::map<std::string, Finding> findings{};
    std::string text{};  ///< as it was printed

    /// The checks of that result, in alphabetical order.
    std::vector<std::string> those(const std::string& result) const;

    const Finding& of(const std::string& check) const { return findings.at(check); }
};

/// How a test lets the doctor see things.
struct DoctorRun {
    std::map<std::string, std::string> settings{};  ///< other than the handler's
    std::string url{};                              ///< empty: that of the stack's nginx
    std::vector<std::string> wrap{};                ///< what runs the program: `faketime -f +1h`
    std::map<std::string, std::string> env{};
    std::vector<std::string> arguments{};  ///< further ones
};

/// Runs it with the handler's settings. Fails the test when it does not end, or says a secret.
Examined examine(const Stack& stack, const DoctorRun& run = {});

/// As the refresher leaves a row: it ended so long ago.
void noteRefresherRun(Stack& stack, std::chrono::seconds ago);

/// The checks that an installation passes.
extern const std::vector<std::string> kAllChecks;

/// All but that one.
std::vector<std::string> allBut(const std::string& check);

}  // namespace rtbatch::test
