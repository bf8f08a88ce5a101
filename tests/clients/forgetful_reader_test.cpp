// Does the reader really have the fault? Otherwise it would prove nothing about a server.

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <thread>

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/NullStream.h>
#include <Poco/StreamCopier.h>

#include "tests/clients/node.h"

namespace rtbatch {
namespace {

using namespace Poco::Net;

using Pieces = std::vector<std::string>;

/// Answers every request with these pieces of a stream, far enough apart that each is a read of its own.
class PieceServer {
public:
    explicit PieceServer(Pieces pieces)
        : _server(new Factory(std::move(pieces)), ServerSocket(SocketAddress("127.0.0.1", 0)),
                  new HTTPServerParams) {
        _server.start();
    }
    ~PieceServer() { _server.stopAll(true); }
    PieceServer(const PieceServer&) = delete;
    PieceServer& operator=(const PieceServer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(_server.port()) + "/"; }

private:
    class Handler : public HTTPRequestHandler {
    public:
        explicit Handler(const Pieces& pieces) : _pieces(pieces) {}
        void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
            Poco::NullOutputStream nowhere;
            Poco::StreamCopier::copyStream(request.stream(), nowhere);
            response.setChunkedTransferEncoding(true);
            response.setContentType("text/event-stream");
            std::ostream& out = response.send();
            for (const std::string& piece : _pieces) {
                out << piece << std::flush;
                std::this_thread::sleep_for(std::chrono::milliseconds(60));
            }
        }

    private:
        const Pieces& _pieces;
    };
    class Factory : public HTTPRequestHandlerFactory {
    public:
        explicit Factory(Pieces pieces) : _pieces(std::move(pieces)) {}
        HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& /*request*/) override {
            return new Handler(_pieces);
        }

    private:
        Pieces _pieces;
    };

    HTTPServer _server;
};

const std::string kMovie =
    "event: movie\n"
    R"(data: {"imdbId":"tt0113277","status":"cached","rtUrl":"https://www.rottentomatoes.com/m/heat","title":"Heat",)"
    R"("year":1995,"criticScore":84,"audienceScore":94,"criticRating":"certified_fresh","audienceRating":"upright",)"
    R"("consensus":null,"cachedAt":"2026-01-31T09:30:00.000Z"})"
    "\n\n";
const std::string kDone =
    "event: done\ndata: {\"total\":1,\"cached\":1,\"fetched\":0,\"errors\":0,\"stale\":0}\n\n";

Poco::JSON::Object::Ptr readOnce(const PieceServer& server) {
    return runForgetfulReader({server.url(), "key", "tt0113277"});
}

TEST_CASE("the forgetful reader sees whole events") {
    const PieceServer server({":\n", kMovie, kDone});
    const auto summary = readOnce(server);
    INFO(text(summary));
    REQUIRE(range(summary, "movies") == std::pair(1, 1));
    REQUIRE(range(summary, "done") == std::pair(1, 1));
    REQUIRE(field(summary, "runsNotGood") == 0);
}

TEST_CASE("the forgetful reader loses a movie that is cut after its name, as the deployed client does") {
    const std::size_t cut = GENERATE(13U, 40U, 200U);
    const PieceServer server({":\n", kMovie.substr(0, cut), kMovie.substr(cut), kDone});
    const auto summary = readOnce(server);
    INFO(text(summary));
    REQUIRE(range(summary, "movies") == std::pair(0, 0));
    REQUIRE(field(summary, "lost") == 1);
    REQUIRE(field(summary, "runsThatLost") == 1);
}

TEST_CASE("the forgetful reader loses nothing when the cut is within the name") {
    const PieceServer server({":\n" + kMovie.substr(0, 9), kMovie.substr(9) + kDone});
    REQUIRE(field(readOnce(server), "lost") == 0);
}

TEST_CASE("a field that is left out is reported, a null is not") {
    std::string withoutScore = kMovie;
    withoutScore.erase(withoutScore.find(R"("criticScore":84,)"), 17);
    const PieceServer server({withoutScore, kDone});
    const auto summary = readOnce(server);
    INFO(text(summary));
    REQUIRE(summary->getArray("missing")->size() == 1);
    REQUIRE(summary->getArray("missing")->getElement<std::string>(0) == "movie.criticScore");
}

TEST_CASE("a stream without done, or with something behind it, is not good") {
    const Pieces pieces = GENERATE(Pieces{kMovie}, Pieces{kMovie, kDone, kMovie});
    const PieceServer server(pieces);
    REQUIRE(field(readOnce(server), "runsNotGood") == 1);
}

}  // namespace
}  // namespace rtbatch
