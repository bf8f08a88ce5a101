#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <latch>
#include <optional>

#include "common/upstream/patient_socket.h"
#include "common/upstream/request_fault.h"
#include "common/upstream/resolver.h"
#include "tests/unit/upstream/asking.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

TEST_CASE("an open request ends when it is cancelled, and later ones do not begin") {
    const std::string sent =
        GENERATE(as<std::string>(), "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    const RawServer server([&](Peer& peer) {
        peer.readRequest();
        peer.send(sent);
        peer.waitForClose();
    });
    HttpClient client(optionsFor(server.url()));
    auto open = std::async(std::launch::async, [&] { return ask(client); });
    REQUIRE(server.waitForRequests(1));
    client.cancel();
    REQUIRE(open.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    const auto result = open.get();
    CHECK(kindOf(result) == Kind::cancelled);
    CHECK(failureIn(result).message == "Site was not asked further: the program is stopping");
    CHECK(kindOf(ask(client)) == Kind::cancelled);
    CHECK(server.connections() == 1);
}

TEST_CASE("a peer that always has something to send holds up neither the deadline nor a cancel") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const FileDescriptor peer(ends[1]);
    const auto wire = std::make_shared<Wire>();
    Poco::Net::StreamSocket connection(new PatientSocketImpl<Poco::Net::StreamSocketImpl>(wire, ends[0]));
    REQUIRE(::send(peer.get(), "abc", 3, 0) == 3);
    CancelSignal cancel;
    std::array<char, 1> one{};
    const auto kindOfRead = [&](Deadline deadline) {
        try {
            wire->restart();
            wire->expect(Patience(cancel, deadline), 100, true);
            connection.receiveBytes(one.data(), 1);
        } catch (const RequestFault& fault) {
            return std::optional(fault.kind());
        }
        return std::optional<Kind>();
    };
    CHECK_FALSE(kindOfRead(ample()));
    CHECK(kindOfRead(Deadline::in(std::chrono::milliseconds(0))) == Kind::timeout);
    cancel.raise();
    CHECK(kindOfRead(ample()) == Kind::cancelled);
}

TEST_CASE("cancelling races with requests without harm") {
    const RawServer server(answering(ok("x")));
    for (int round = 0; round < 20; ++round) {
        HttpClient client(optionsFor(server.url()));
        std::latch started(1);
        auto asking = std::async(std::launch::async, [&] {
            started.count_down();
            for (;;) {
                const auto result = ask(client);
                if (const auto* failure = std::get_if<UpstreamFailure>(&result)) {
                    return failure->kind;
                }
            }
        });
        started.wait();
        client.cancel();
        client.cancel();
        CHECK(asking.get() == Kind::cancelled);
    }
}

TEST_CASE("a name look-up that hangs holds up neither the deadline nor the end of the program") {
    // Shared with the look-up's thread, which is left behind.
    auto release = std::make_shared<std::latch>(1);
    const LookUp hanging = [release](const std::string&, std::uint16_t) {
        release->wait();
        return Addresses{};
    };
    CancelSignal cancel;
    const auto kindOfLookUp = [&](const LookUp& lookUp, Deadline deadline) {
        try {
            resolve("some.example.org", 80, Patience(cancel, deadline), lookUp);
        } catch (const RequestFault& fault) {
            return fault.kind();
        }
        throw std::logic_error("a hanging look-up has answered");
    };
    CHECK(kindOfLookUp(hanging, shortly()) == Kind::timeout);

    for (int i = 1; i < 16; ++i) {
        kindOfLookUp(hanging, Deadline::in(std::chrono::milliseconds(5)));
    }
    CHECK(kindOfLookUp(hanging, ample()) == Kind::broken);  // 16 hang already: no thread more

    release->count_down();
    const LookUp ready = [](const std::string&, std::uint16_t port) {
        return Addresses{Poco::Net::SocketAddress("127.0.0.1", port)};
    };
    const auto answered = [&] {
        try {
            return resolve("some.example.org", 80, Patience(cancel, ample()), ready).size() == 1;
        } catch (const RequestFault&) {
            return false;
        }
    };
    bool recovered = false;
    for (int i = 0; i < 1000 && !recovered; ++i) {
        recovered = answered();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(recovered);

    cancel.raise();
    CHECK(kindOfLookUp(ready, ample()) == Kind::cancelled);
}

TEST_CASE("names are looked up, and one that there is not is broken") {
    const RawServer server(answering(ok("x")));
    HttpClient client(optionsFor("http://localhost:" + std::to_string(server.port())));
    CHECK(replyIn(ask(client)).status == 200);  // also where localhost is ::1 first, which nobody listens on

    HttpClient nowhere(optionsFor("http://no-such-host.invalid"));
    const auto result = ask(nowhere);
    CHECK(kindOf(result) == Kind::broken);
    CHECK(failureIn(result).message.starts_with("Site could not be looked up (no-such-host.invalid)"));
}

}  // namespace rtbatch::test
