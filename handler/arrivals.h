#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <span>
#include <vector>

#include "common/model/deadline.h"
#include "common/process/file_descriptor.h"
#include "handler/fastcgi_request.h"

namespace rtbatch {

/// A connection and the request that is coming over it.
class Arrival {
public:
    explicit Arrival(FileDescriptor connection);

    enum class Progress { waits, whole, over };

    /// Reads what has come, and waits for the first bytes at most so long. `over`: it cannot become a
    /// request; `fault` says why, unless the other side has just gone.
    Progress receive(std::chrono::milliseconds patience, const char*& fault);

    int descriptor() const { return _connection.get(); }
    Deadline deadline() const { return _deadline; }

    // When it is whole, once.
    FileDescriptor takeConnection() { return std::move(_connection); }
    FastCgiRequest takeRequest() { return _parser.takeRequest(); }

private:
    FileDescriptor _connection;
    Deadline _deadline;
    FastCgiParser _parser;
};

/// Connections whose request has not come whole yet. A web server sends it at once; whoever says nothing, or
/// one byte now and then, costs a descriptor and a little memory here for some seconds, and no thread. For
/// one thread.
class Arrivals {
public:
    /// A request that has come, and its connection.
    using Arrived = std::function<void(FileDescriptor, FastCgiRequest)>;

    /// As many connections may be on their way; with one more, that which has waited longest is closed.
    static constexpr std::size_t kMost = 256;

    /// One that is to be received further.
    void add(Arrival arrival);

    bool empty() const { return _arrivals.empty(); }

    /// Of the first that is to be cut off.
    Deadline deadline() const { return _arrivals.front().deadline(); }

    /// Adds what to poll for to `polled`.
    void poll(std::vector<pollfd>& polled) const;

    /// Reads what has come, never waiting; hands on what is whole, and closes what cannot become a request or
    /// has had its time. Gives why, of one of them; null when nothing was wrong. `polled`: what poll() added,
    /// with the answers. What `arrived` throws is thrown, and costs that connection only.
    const char* receive(std::span<const pollfd> polled, const Arrived& arrived);

private:
    std::list<Arrival> _arrivals;  // in the order of their deadlines
};

}  // namespace rtbatch
