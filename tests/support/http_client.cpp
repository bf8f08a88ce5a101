#include "tests/support/http_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "tests/support/answer_recorder.h"

namespace rtbatch::test {
namespace {

/// Trusts the test's own certificate unseen: whom we talk to is not what the tests are about.
Poco::Net::Context::Ptr tlsContext() {
    static const Poco::Net::Context::Ptr context = new Poco::Net::Context(
        Poco::Net::Context::TLS_CLIENT_USE, "", "", "", Poco::Net::Context::VERIFY_NONE);
    return context;
}

Poco::Net::StreamSocket connectTo(const Endpoint& where) {
    const Poco::Net::SocketAddress address("127.0.0.1", where.port);
    if (where.tls) {
        return Poco::Net::SecureStreamSocket(address, tlsContext());
    }
    return Poco::Net::StreamSocket(address);
}

std::string render(const HttpRequest& request) {
    std::string text = request.method + " " + request.path + " HTTP/1.1\r\n";
    std::map<std::string, std::string> headers = request.headers;
    headers.try_emplace("Host", "localhost");
    headers.try_emplace("Connection", "close");
    const bool sized = !headers.contains("Transfer-Encoding");
    if (sized && (!request.body.empty() || request.method == "POST")) {
        headers.try_emplace("Content-Length", std::to_string(request.body.size()));
    }
    for (const auto& [name, value] : headers) {
        text += name;
        text += ": ";
        text += value;
        text += "\r\n";
    }
    return text + "\r\n" + request.body;
}

}  // namespace

HttpClient::HttpClient(const Endpoint& where, const HttpRequest& request)
    : _socket(connectTo(where)),
      _method(request.method),
      _path(request.path),
      _sentAt(Clock::now()),
      _toRecord(request.recorded) {
    _socket.setNoDelay(true);
    const std::string bytes = render(request);
    try {
        for (std::size_t sent = 0; sent < bytes.size();) {
            sent += static_cast<std::size_t>(
                _socket.sendBytes(bytes.data() + sent, static_cast<int>(bytes.size() - sent)));
        }
    } catch (const Poco::Exception&) {
        // A server may refuse a large body before it has read it all; its answer is there to be read.
    }
}

void HttpClient::readOnce(std::chrono::milliseconds wait) {
    std::array<char, 65536> buffer{};
    try {
        _socket.setReceiveTimeout(Poco::Timespan(std::max<long>(wait.count(), 1) * 1000));
        const int count = _socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
        if (count > 0) {
            _response.feed({buffer.data(), static_cast<std::size_t>(count)});
        } else if (count == 0) {
            _response.close();
        }
    } catch (const Poco::TimeoutException&) {
        // nothing came: the caller looks at its own clock
    } catch (const Poco::Exception&) {
        _response.close();
    }
    recordWhole();
}

/// An answer to HEAD tells of a body that does not come: it is whole when the connection ends.
void HttpClient::recordWhole() {
    const bool whole =
        _response.complete() || (_method == "HEAD" && _response.headComplete() && _response.closed());
    if (whole && _toRecord) {
        _toRecord = false;
        recordAnswer(_method, _path, _response);
    }
}

bool HttpClient::readUntil(const std::function<bool(const HttpResponse&)>& enough,
                           std::chrono::milliseconds limit) {
    const Clock::time_point until = Clock::now() + limit;
    while (!enough(_response) && !ended() && Clock::now() < until) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        readOnce(std::min(left, std::chrono::milliseconds(200)));
    }
    return enough(_response);
}

const HttpResponse& HttpClient::readToEnd(std::chrono::milliseconds limit) {
    if (!readUntil([](const HttpResponse& r) { return r.complete(); }, limit) && !ended()) {
        throw std::runtime_error("the response did not end in time; so far: " + _response.body());
    }
    return _response;
}

void HttpClient::leave() {
    _socket.close();
    _response.close();
}

void readAllToEnd(std::span<HttpClient> clients, std::chrono::milliseconds limit) {
    const Clock::time_point until = Clock::now() + limit;
    for (;;) {
        std::vector<pollfd> polled;
        std::vector<HttpClient*> open;
        for (HttpClient& client : clients) {
            if (!client.ended()) {
                polled.push_back({.fd = client._socket.impl()->sockfd(), .events = POLLIN, .revents = 0});
                open.push_back(&client);
            }
        }
        if (open.empty()) {
            return;
        }
        if (Clock::now() >= until) {
            throw std::runtime_error(std::to_string(open.size()) + " responses did not end in time; one: " +
                                     open.front()->_response.body());
        }
        ::poll(polled.data(), polled.size(), 200);
        for (std::size_t i = 0; i < open.size(); ++i) {
            if (polled[i].revents != 0) {
                open[i]->readOnce(std::chrono::milliseconds(1));
            }
        }
    }
}

HttpResponse ask(const Endpoint& where, const HttpRequest& request) {
    return HttpClient(where, request).readToEnd();
}

}  // namespace rtbatch::test
