#include "tests/clients/segmenting_proxy.h"

#include <array>
#include <catch2/catch.hpp>
#include <future>
#include <string>
#include <vector>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "tests/clients/received_packets.h"

namespace rtbatch {
namespace {

using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;

struct Received {
    std::string bytes;
    std::uint32_t packets = 0;  ///< that carried them, as the kernel counted
};

Received receiveAll(StreamSocket socket) {
    socket.setReceiveTimeout(Poco::Timespan(10, 0));
    Received received;
    std::array<char, 65536> buffer{};
    for (;;) {
        const int got = socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
        if (got <= 0) {
            break;
        }
        received.bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
    received.packets = receivedPackets(static_cast<int>(socket.impl()->sockfd()));
    return received;
}

std::string countedBytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<char>(i * 31 + i / 251);
    }
    return bytes;
}

/// A target that answers what the test tells it to, on its own socket.
struct Target {
    ServerSocket listener{SocketAddress("127.0.0.1", 0)};
    std::uint16_t port() const { return listener.address().port(); }
};

StreamSocket connect(std::uint16_t port) {
    return StreamSocket(SocketAddress("127.0.0.1", port));
}

TEST_CASE("one large write arrives unchanged and in segments of 1460 bytes, in both directions") {
    Target target;
    const SegmentingProxy proxy(target.port());
    StreamSocket client = connect(proxy.port());
    StreamSocket server = target.listener.acceptConnection();
    const std::string sent = countedBytes(20'000);
    const bool down = GENERATE(true, false);
    StreamSocket& from = down ? server : client;
    auto receiving = std::async(std::launch::async, receiveAll, down ? client : server);
    REQUIRE(from.sendBytes(sent.data(), static_cast<int>(sent.size())) == 20'000);
    from.shutdownSend();
    const Received received = receiving.get();
    REQUIRE(received.bytes == sent);
    REQUIRE(proxy.segments() == 14);
    REQUIRE(received.packets == 14);
}

TEST_CASE("one direction ends and the other goes on") {
    Target target;
    const SegmentingProxy proxy(target.port());
    StreamSocket client = connect(proxy.port());
    StreamSocket server = target.listener.acceptConnection();
    client.shutdownSend();
    REQUIRE(receiveAll(server).bytes.empty());
    server.sendBytes("late", 4);
    server.shutdownSend();
    REQUIRE(receiveAll(client).bytes == "late");
}

TEST_CASE("a client whose target is away sees its connection closed") {
    std::uint16_t nobody = 0;
    {
        const Target target;
        nobody = target.port();
    }
    const SegmentingProxy proxy(nobody);
    REQUIRE(receiveAll(connect(proxy.port())).bytes.empty());
}

TEST_CASE("many connections pass at once") {
    Target target;
    const SegmentingProxy proxy(target.port(), {.pause = std::chrono::microseconds(100)});
    const std::string sent = countedBytes(10'000);
    std::vector<std::future<Received>> receiving;
    std::vector<StreamSocket> servers;
    for (int i = 0; i < 20; ++i) {
        receiving.push_back(std::async(std::launch::async, receiveAll, connect(proxy.port())));
        servers.push_back(target.listener.acceptConnection());
    }
    for (StreamSocket& server : servers) {
        server.sendBytes(sent.data(), static_cast<int>(sent.size()));
        server.shutdownSend();
    }
    for (auto& each : receiving) {
        REQUIRE(each.get().bytes == sent);
    }
    REQUIRE(proxy.connections() == 20);
}

}  // namespace
}  // namespace rtbatch
