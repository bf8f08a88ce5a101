#include "common/upstream/reply_frame.h"

#include <Poco/String.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

RequestFault malformed(const std::string& what) {
    return {UpstreamFailure::Kind::broken, "sent " + what};
}

bool isNameCharacter(char c) {
    return c > ' ' && c <= '~' && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

/// A continued line (obs-fold) begins with a blank and fails here too; nobody sends them any more.
void checkLine(std::string_view line) {
    const auto name = line.substr(0, line.find(':'));
    const bool good = line.empty() || line == "\r" || line.starts_with("HTTP/1.") ||
                      (!name.empty() && name.size() < line.size() &&
                       std::all_of(name.begin(), name.end(), isNameCharacter));
    if (!good) {
        throw malformed("a malformed header field");
    }
}

/// Not by Poco's getStatus(): its enumeration ends at 511, and reading a 520 from it is undefined.
int statusOf(std::string_view line) {
    line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    int status = 0;
    std::from_chars(line.data(), line.data() + line.size(), status);
    return status;
}

std::uint64_t parseLength(const std::string& text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || rest != end) {
        throw malformed("a malformed Content-Length");
    }
    return value;
}

}  // namespace

ReplyFrame frameOf(const Poco::Net::HTTPResponse& reply, std::string_view rawHead) {
    ReplyFrame frame;
    while (!rawHead.empty()) {
        const auto line = rawHead.substr(0, rawHead.find('\n'));
        checkLine(line);
        if (line.starts_with("HTTP/1.")) {
            frame.status = statusOf(line);
        }
        rawHead.remove_prefix(std::min(rawHead.size(), line.size() + 1));
    }
    const int status = frame.status;
    if (!reply.getVersion().starts_with("HTTP/1.") || status < 100 || status > 599) {
        throw malformed("something that is not HTTP");
    }
    std::string codings;
    for (const auto& [name, value] : reply) {
        if (Poco::icompare(name, "Content-Length") == 0) {
            const std::uint64_t one = parseLength(value);
            if (frame.length.value_or(one) != one) {
                throw malformed("two lengths for one body");
            }
            frame.length = one;
        } else if (Poco::icompare(name, "Transfer-Encoding") == 0) {
            codings += (codings.empty() ? "" : ",") + Poco::toLower(value);
        }
    }
    // HTTP/1.0 connections are not kept: that needs a bargain which is not worth having. Nor are those with
    // two opinions of where the reply ends.
    frame.keepAlive = reply.getVersion() != "HTTP/1.0" && (codings.empty() || !frame.length) &&
                      Poco::toLower(reply.get("Connection", "")).find("close") == std::string::npos;
    frame.chunked = codings == "chunked";
    if (!codings.empty() && !frame.chunked) {
        throw malformed("a transfer coding that was not asked for");
    }
    const std::string coding = Poco::toLower(reply.get("Content-Encoding", ""));
    frame.gzip = coding == "gzip" || coding == "x-gzip";
    if (!frame.gzip && !coding.empty() && coding != "identity") {
        throw malformed("a content coding that was not asked for");
    }
    if (status < 200 || status == 204 || status == 304) {
        frame.chunked = false;
        frame.length = 0;
    } else if (frame.chunked) {
        frame.length.reset();
    }
    frame.untilClose = !frame.chunked && !frame.length;
    return frame;
}

}  // namespace rtbatch
