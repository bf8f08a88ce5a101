#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <string>
#include <thread>

#include "common/model/deadline.h"

namespace rtbatch::standin {

/// What came back on a connection, byte for byte.
struct RawReply {
    enum class End { whole, closed, reset, silent };

    std::string head{};
    std::string body{};     ///< chunked ones as they came
    End end = End::silent;  ///< whole: as long as its Content-Length; silent: nothing more within the limit

    int status() const { return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3)); }
    /// The value of a header; empty when it is absent.
    std::string header(const std::string& name) const;
};

/// A client that sends what it is told, and sees how a connection ends.
class RawClient {
public:
    /// `url` is a stand-in's, with or without a path.
    explicit RawClient(const std::string& url);

    void send(const std::string& method, const std::string& target, const std::string& headers = "",
              const std::string& body = "");
    RawReply receive(std::chrono::milliseconds limit = std::chrono::seconds(20));

    RawReply get(const std::string& target, const std::string& headers = "") {
        send("GET", target, headers);
        return receive();
    }

    void leave() { _socket.close(); }

private:
    Poco::Net::StreamSocket _socket;
};

/// One exchange on a connection of its own.
RawReply get(const std::string& url, const std::string& target, const std::string& headers = "");

/// A control request; gives the JSON. Throws std::runtime_error unless it is answered with 200.
std::string control(const std::string& url, const std::string& method, const std::string& what,
                    const std::string& body = "");

/// A number of GET /_control/counts?brief, such as `rt.requests`.
int count(const std::string& url, const std::string& upstream, const std::string& what);

/// Waits until `condition` holds, at most half a minute; gives whether it came to that.
template <class Condition>
bool eventually(Condition condition) {
    const Deadline deadline = Deadline::in(std::chrono::seconds(30));
    while (!condition()) {
        if (deadline.passed()) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

std::string unzip(const std::string& packed);
std::string percentEncode(const std::string& text);

}  // namespace rtbatch::standin
