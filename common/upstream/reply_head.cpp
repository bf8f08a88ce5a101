#include "common/upstream/reply_head.h"

#include <Poco/String.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

RequestFault malformed(const std::string& what) {
    return {UpstreamFailure::Kind::broken, "sent " + what};
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// `HTTP/1.1 200 OK`, the reason optional; gives the minor version and the status.
std::pair<int, int> parseStatusLine(std::string_view line) {
    const bool good = line.size() >= 12 && line.starts_with("HTTP/1.") && isDigit(line[7]) &&
                      line[8] == ' ' && line[9] >= '1' && line[9] <= '5' && isDigit(line[10]) &&
                      isDigit(line[11]) && (line.size() == 12 || line[12] == ' ');
    if (!good) {
        throw malformed("something that is not HTTP");
    }
    return {line[7] - '0', (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0')};
}

bool isNameCharacter(char c) {
    return c > ' ' && c <= '~' && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

std::pair<std::string, std::string> parseField(const std::string& line) {
    const std::size_t colon = line.find(':');
    // A continued line (obs-fold) begins with a blank and fails here too; nobody sends them any more.
    if (colon == std::string::npos || colon == 0 ||
        !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), isNameCharacter)) {
        throw malformed("a malformed header field");
    }
    return {Poco::toLower(line.substr(0, colon)), Poco::trim(line.substr(colon + 1))};
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

void findFraming(ReplyHead& head) {
    std::optional<std::uint64_t> length;
    std::string coding;
    for (const auto& [name, value] : head.fields) {
        if (name == "content-length") {
            const std::uint64_t one = parseLength(value);
            if (length && *length != one) {
                throw malformed("two lengths for one body");
            }
            length = one;
        } else if (name == "transfer-encoding") {
            coding += (coding.empty() ? "" : ",") + Poco::toLower(value);
        }
    }
    if (head.status < 200 || head.status == 204 || head.status == 304) {
        head.framing = Framing::none;
    } else if (!coding.empty()) {
        if (coding != "chunked") {
            throw malformed("a transfer coding that was not asked for");
        }
        head.framing = Framing::chunked;
        // Two opinions of where the reply ends: read it, but trust the connection no further.
        head.keepAlive = head.keepAlive && !length;
    } else if (length) {
        head.framing = Framing::length;
        head.length = *length;
    } else {
        head.framing = Framing::untilClose;
        head.keepAlive = false;
    }
}

}  // namespace

const std::string& ReplyHead::field(const std::string& name) const {
    static const std::string kNone;
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& one) { return one.first == name; });
    return found == fields.end() ? kNone : found->second;
}

ReplyHead parseHead(std::span<const std::string> lines) {
    if (lines.empty()) {
        throw malformed("something that is not HTTP");
    }
    ReplyHead head;
    const auto [minor, status] = parseStatusLine(lines.front());
    head.status = status;
    for (const auto& line : lines.subspan(1)) {
        head.fields.push_back(parseField(line));
    }
    // HTTP/1.0 connections are not kept: that needs a bargain which is not worth having.
    head.keepAlive = minor >= 1 && Poco::toLower(head.field("connection")).find("close") == std::string::npos;
    findFraming(head);
    const std::string coding = Poco::toLower(head.field("content-encoding"));
    head.gzip = coding == "gzip" || coding == "x-gzip";
    if (!head.gzip && !coding.empty() && coding != "identity") {
        throw malformed("a content coding that was not asked for");
    }
    return head;
}

}  // namespace rtbatch
