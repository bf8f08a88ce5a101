#include "tests/upstreams/raw_client.h"

#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <array>
#include <sstream>
#include <stdexcept>

namespace rtbatch::standin {

namespace {

using Clock = std::chrono::steady_clock;

Poco::Net::SocketAddress addressOf(const std::string& url) {
    const Poco::URI uri(url);
    return {uri.getHost(), uri.getPort()};
}

bool isWhole(const RawReply& reply) {
    const std::string length = reply.header("Content-Length");
    return !length.empty() && reply.body.size() == std::stoull(length);
}

}  // namespace

std::string RawReply::header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) {
        return "";
    }
    const std::size_t start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
}

RawClient::RawClient(const std::string& url) : _socket(addressOf(url)) {}

void RawClient::send(const std::string& method, const std::string& target, const std::string& headers,
                     const std::string& body) {
    const std::string request = method + " " + target + " HTTP/1.1\r\nHost: standin\r\n" + headers +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    _socket.sendBytes(request.data(), static_cast<int>(request.size()));
}

RawReply RawClient::receive(std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    RawReply reply;
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::microseconds>(until - Clock::now()).count();
        if (left <= 0 || !_socket.poll(Poco::Timespan(left), Poco::Net::Socket::SELECT_READ)) {
            return reply;
        }
        try {
            const int got = _socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
            if (got == 0) {
                reply.end = RawReply::End::closed;
                return reply;
            }
            (reply.head.empty() ? text : reply.body).append(buffer.data(), static_cast<std::size_t>(got));
        } catch (const Poco::Exception&) {
            reply.end = RawReply::End::reset;
            return reply;
        }
        const std::size_t empty = text.find("\r\n\r\n");
        if (reply.head.empty() && empty != std::string::npos) {
            reply.head = text.substr(0, empty + 2);
            reply.body = text.substr(empty + 4);
        }
        if (!reply.head.empty() && isWhole(reply)) {
            reply.end = RawReply::End::whole;
            return reply;
        }
    }
}

RawReply get(const std::string& url, const std::string& target, const std::string& headers) {
    return RawClient(url).get(target, headers);
}

std::string control(const std::string& url, const std::string& method, const std::string& what,
                    const std::string& body) {
    RawClient client(url);
    client.send(method, "/_control/" + what, "", body);
    const RawReply reply = client.receive();
    if (reply.status() != 200) {
        throw std::runtime_error(std::to_string(reply.status()) + " " + reply.body);
    }
    return reply.body;
}

int count(const std::string& url, const std::string& upstream, const std::string& what) {
    Poco::JSON::Parser parser;
    const auto all = parser.parse(control(url, "GET", "counts?brief")).extract<Poco::JSON::Object::Ptr>();
    return all->getObject(upstream)->getValue<int>(what);
}

std::string unzip(const std::string& packed) {
    std::istringstream in(packed);
    Poco::InflatingInputStream inflated(in, Poco::InflatingStreamBuf::STREAM_GZIP);
    std::string text;
    Poco::StreamCopier::copyToString(inflated, text);
    return text;
}

std::string percentEncode(const std::string& text) {
    std::string out;
    Poco::URI::encode(text, "?&=#+{}\"", out);
    return out;
}

}  // namespace rtbatch::standin
