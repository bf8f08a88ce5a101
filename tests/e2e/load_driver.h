#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http_client.h"

namespace rtbatch::test {

/// How one batch went.
enum class Ending {
    whole,    ///< it ended cleanly with its `done`
    torn,     ///< the transfer broke off
    refused,  ///< a status other than 200, before any stream
};

struct Verdict {
    Ending ending = Ending::whole;
    /// What was wrong with it: ended without `done`, an id with no outcome or two, ...
    std::optional<std::string> fault;
};

/// Judges a response that has ended, in any thread: unlike checkWhole() it asserts nothing.
Verdict judge(const HttpResponse& response, std::span<const std::string> imdbIds);

struct LoadSummary {
    int whole = 0;
    int torn = 0;
    int refused = 0;
    std::vector<std::string> faults;  ///< the first few
};

/// Many users who each ask one batch after another, of movies that were asked for before and of new ones;
/// some of the new ones several users ask for at once.
class LoadDriver {
public:
    /// `known` are the hits; the new ones are made up, from the number `firstNew` on.
    LoadDriver(std::vector<std::string> known, int firstNew);
    ~LoadDriver();
    LoadDriver(const LoadDriver&) = delete;
    LoadDriver& operator=(const LoadDriver&) = delete;

    void addUsers(int count, const Endpoint& where);

    /// No user begins another batch; waits for those under way.
    LoadSummary finish();

private:
    void ask(const Endpoint& where, unsigned seed);
    std::vector<std::string> pickMovies(unsigned& random);
    void note(const Verdict& verdict);

    const std::vector<std::string> _known;
    std::atomic<int> _nextNew;
    std::atomic<bool> _stopping = false;
    std::vector<std::jthread> _users;
    std::mutex _mutex;
    LoadSummary _summary;  // guarded by _mutex
};

}  // namespace rtbatch::test
