#include "common/upstream/resolver.h"

#include <Poco/Net/IPAddress.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

constexpr int kMaxRunning = 16;
std::atomic<int> runningLookUps{0};

/// One of the kMaxRunning permits; goes back when the thread that holds it ends.
class Permit {
public:
    Permit() : _held(runningLookUps.fetch_add(1) < kMaxRunning) {}
    ~Permit() { runningLookUps.fetch_sub(1); }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    bool held() const { return _held; }

private:
    bool _held;
};

/// What the asking and the looking thread share; the last of them frees it.
struct LookUpState {
    CancelSignal done;
    std::mutex mutex;
    Addresses found;    ///< guarded by mutex
    std::string error;  ///< guarded by mutex
};

void run(LookUpState& state, const std::string& host, std::uint16_t port, const LookUp& lookUp) {
    Addresses found;
    std::string error;
    try {
        found = lookUp(host, port);
    } catch (const std::exception& e) {
        error = e.what();
    }
    {
        const std::scoped_lock lock(state.mutex);
        state.found = std::move(found);
        state.error = std::move(error);
    }
    state.done.raise();
}

}  // namespace

Addresses lookUpBySystem(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
    addrinfo* first = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
    if (error != 0) {
        throw std::runtime_error(::gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(first, &::freeaddrinfo);
    Addresses found;
    for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
        if (one->ai_family == AF_INET || one->ai_family == AF_INET6) {
            found.emplace_back(one->ai_addr, one->ai_addrlen);
        }
    }
    return found;
}

Addresses resolve(const std::string& host, std::uint16_t port, const Patience& patience,
                  const LookUp& lookUp) {
    Poco::Net::IPAddress address;
    if (Poco::Net::IPAddress::tryParse(host, address)) {
        return {Poco::Net::SocketAddress(address, port)};
    }
    auto permit = std::make_shared<Permit>();
    if (!permit->held()) {
        throw RequestFault(UpstreamFailure::Kind::broken,
                           "could not be looked up: the resolver of names does not answer");
    }
    auto state = std::make_shared<LookUpState>();
    std::thread([state, permit = std::move(permit), host, port, lookUp] {
        run(*state, host, port, lookUp);
    }).detach();
    while (!patience.waitFor(state->done.fd(), POLLIN, patience.total())) {
    }
    const std::scoped_lock lock(state->mutex);
    if (state->found.empty()) {
        throw RequestFault(UpstreamFailure::Kind::broken,
                           "could not be looked up (" + host + "): " + state->error);
    }
    return state->found;
}

}  // namespace rtbatch
