#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/http_client.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

/// An event as a library of others delivered it; `data` is JSON with its members in alphabetical order, so
/// that equal data are equal texts.
struct DeliveredEvent {
    std::string name;
    std::string data;

    friend bool operator==(const DeliveredEvent&, const DeliveredEvent&) = default;
};
std::ostream& operator<<(std::ostream& out, const DeliveredEvent& event);

/// JSON of any layout as DeliveredEvent has it.
std::string alphabetical(const std::string& json);

/// What one reading gave.
struct Delivered {
    std::vector<DeliveredEvent> events{};
    std::string failure{};  ///< what the library said was wrong; empty: nothing
    std::string printed{};  ///< all of it, for the report of a failure

    /// Whether its user may think that the batch is complete.
    bool whole() const { return failure.empty() && !events.empty() && events.back().name == "done"; }
};

/// A program of tests/clients/readers that reads one batch, while the test goes on.
class Reader {
public:
    /// `program` is its file's name. `certificate` is what an https endpoint is trusted by.
    Reader(const std::string& program, const Endpoint& where, const std::vector<std::string>& imdbIds,
           const std::string& certificate);

    /// Waits for its end. Throws when it still runs at `limit`, as one does that goes on asking.
    Delivered result(std::chrono::milliseconds limit = std::chrono::seconds(20));

private:
    std::string _program;
    TempDir _dir;
    std::unique_ptr<Child> _child;
};

}  // namespace rtbatch::test
