#include "tests/upstreams/reply.h"

#include <Poco/DeflatingStream.h>
#include <Poco/Net/HTTPResponse.h>

#include <functional>
#include <sstream>

namespace rtbatch::standin {

namespace {

std::string reasonOf(int status) {
    using Poco::Net::HTTPResponse;
    return HTTPResponse::getReasonForStatus(static_cast<HTTPResponse::HTTPStatus>(status));
}

}  // namespace

std::string Reply::head(const std::string& framing, bool keepAlive) const {
    std::string text = "HTTP/1.1 " + std::to_string(status) + " " + reasonOf(status) + "\r\n";
    text += "Content-Type: " + contentType + "\r\n";
    for (const auto& [name, value] : headers) {
        text.append(name).append(": ").append(value).append("\r\n");
    }
    text += framing + "\r\n";
    text += keepAlive ? "Connection: Keep-Alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return text;
}

std::string gzip(std::string_view text, int level) {
    std::ostringstream packed;
    Poco::DeflatingOutputStream out(packed, Poco::DeflatingStreamBuf::STREAM_GZIP, level);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    return packed.str();
}

void compress(Reply& reply) {
    constexpr int kFast = 1;  // a load test should not measure this
    reply.body = gzip(reply.body, kFast);
    reply.headers.emplace_back("Content-Encoding", "gzip");
}

const std::string& gzipBomb() {
    static const std::string bomb = [] {
        constexpr int kMegabytes = 64;
        constexpr int kBest = 9;
        const std::string megabyte(1024 * 1024UL, ' ');
        std::ostringstream packed;
        Poco::DeflatingOutputStream out(packed, Poco::DeflatingStreamBuf::STREAM_GZIP, kBest);
        for (int i = 0; i < kMegabytes; ++i) {
            out << megabyte;
        }
        out.close();
        return packed.str();
    }();
    return bomb;
}

Reply errorReply(int status, const std::string& detail) {
    Reply reply;
    reply.status = status;
    const std::string title = "Error " + std::to_string(status) + " " + reasonOf(status);
    reply.body = "<html>\n<head><title>" + title + "</title></head>\n<body><h2>" + title + "</h2>\n<pre>" +
                 detail + "</pre></body>\n</html>\n";
    return reply;
}

}  // namespace rtbatch::standin
