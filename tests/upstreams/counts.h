#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rtbatch::standin {

/// What one upstream was asked, and how much at once. Safe from any thread.
class Counts {
public:
    /// A request from when it is received until its reply is all but sent, or its client is gone.
    ///
    /// It is closed just before the last byte of a reply is written: a client that has the whole reply may
    /// open its next request at once, and that is not one more at the same time. For the same reason clients
    /// that left are looked for before a new peak is believed.
    class Open {
    public:
        Open(Counts& counts, int socket);
        ~Open();
        Open(const Open&) = delete;
        Open& operator=(const Open&) = delete;

        /// The reply is about to be complete, or the stand-in itself ends the connection.
        void close();

        /// The client went before its reply was complete.
        void aborted();

    private:
        Counts& _counts;
        std::uint64_t _number;
    };

    /// Notes what a request asks for: one page, or the ids of a query.
    void asked(const std::vector<std::string>& ids, const std::string& userAgent);

    /// The numbers as JSON; without `details` only those that stay small however long a test runs.
    std::string toJson(bool details) const;

    /// Forgets everything but the requests that are open now.
    void reset();

private:
    struct Numbers {
        std::uint64_t requests = 0;
        std::uint64_t aborted = 0;
        std::uint64_t retries = 0;  ///< ids that had been asked for before
        std::uint64_t peak = 0;
        std::map<std::string, std::uint64_t> byId{};
        std::vector<std::size_t> idCounts{};
        std::vector<std::int64_t> timestamps{};
        std::set<std::string> userAgents{};
    };

    std::uint64_t open(int socket);
    void end(std::uint64_t number, bool aborted);
    void dropTheDeparted();

    mutable std::mutex _mutex;
    Numbers _numbers;                    ///< guarded by _mutex
    std::map<std::uint64_t, int> _open;  ///< number of the request and its socket; guarded by _mutex
    std::uint64_t _next = 0;             ///< guarded by _mutex
};

}  // namespace rtbatch::standin
