#include "common/upstream/patient_socket.h"

#include <Poco/Exception.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/err.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

constexpr std::size_t kKept = std::size_t{32} * 1024;
constexpr int kMaxPiece = 16 * 1024;

}  // namespace

void Wire::expect(const Patience& patience, std::uint64_t bytes, bool mayEnd) {
    _patience.emplace(patience);
    _allowance = bytes;
    _mayEnd = mayEnd;
}

void Wire::restart() {
    _seen.clear();
    _fault.reset();
}

int Wire::patiently(int fd, const char* doing, const std::function<int()>& attempt) {
    check();
    try {
        for (;;) {
            // Not only before a wait: a peer that always has something to send never lets us wait.
            _patience->check();
            // Poco 1.11 clears neither, and takes what an earlier call has left there for the result of its
            // own.
            errno = 0;
            ERR_clear_error();
            const int result = attempt();
            if (result >= 0) {
                return result;
            }
            const bool write = result == Poco::Net::SecureStreamSocket::ERR_SSL_WANT_WRITE;
            _patience->waitFor(fd, write ? POLLOUT : POLLIN, _patience->total());
        }
    } catch (const RequestFault& fault) {
        _fault = fault;
    } catch (const Poco::Exception& e) {
        _fault = RequestFault(Kind::broken, std::string(doing) + ": " + e.displayText());
    }
    throw RequestFault(*_fault);
}

int Wire::receive(int fd, char* into, int length, const std::function<int(int)>& attempt) {
    const int most = std::min(length, kMaxPiece);
    const int got = patiently(fd, "broke off its answer", [&] {
        if (_allowance == 0) {
            throw RequestFault(Kind::refused, "sends without end");
        }
        const int bytes = attempt(static_cast<int>(std::min<std::uint64_t>(_allowance, most)));
        if (bytes == 0 && !_mayEnd) {
            throw RequestFault(Kind::broken, _seen.empty() ? "closed the connection without an answer"
                                                           : "broke off its answer");
        }
        return bytes;
    });
    _allowance -= static_cast<std::uint64_t>(got);
    if (_seen.size() > 4 * kKept) {
        _seen.erase(0, _seen.size() - kKept);
    }
    _seen.append(into, static_cast<std::size_t>(got));
    return got;
}

int Wire::send(int fd, int length, const std::function<int(int)>& attempt) {
    for (int sent = 0; sent < length;) {
        sent += patiently(fd, "did not take the request", [&] {
            _patience->waitFor(fd, POLLOUT, _patience->total());
            return attempt(sent);
        });
    }
    return length;
}

void Wire::check() const {
    if (_fault) {
        throw RequestFault(*_fault);
    }
}

}  // namespace rtbatch
