#include "tests/cases/answer.h"

#include <Poco/String.h>

#include <charconv>

namespace rtbatch::test {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::optional<std::size_t> number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Up to the line end, and without both.
std::optional<std::string_view> takeLine(std::string_view& bytes) {
    const std::size_t end = bytes.find(kLineEnd);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + kLineEnd.size());
    return line;
}

std::optional<Answer> takeHead(std::string_view& bytes) {
    const auto statusLine = takeLine(bytes);
    if (!statusLine || !statusLine->starts_with("HTTP/")) {
        return std::nullopt;
    }
    Answer answer{.statusLine = std::string(*statusLine), .headers = {}, .body = {}};
    for (auto line = takeLine(bytes); line; line = takeLine(bytes)) {
        if (line->empty()) {
            return answer;
        }
        const std::size_t colon = line->find(':');
        if (colon == std::string_view::npos) {
            return std::nullopt;
        }
        answer.headers.emplace_back(line->substr(0, colon), Poco::trim(std::string(line->substr(colon + 1))));
    }
    return std::nullopt;
}

std::optional<std::string> unchunked(std::string_view bytes) {
    std::string body;
    for (;;) {
        const auto line = takeLine(bytes);
        const auto size = line ? number(*line, 16) : std::nullopt;
        if (!size || bytes.size() < *size + kLineEnd.size() || bytes.substr(*size, 2) != kLineEnd) {
            return std::nullopt;
        }
        if (*size == 0) {
            return body;
        }
        body += bytes.substr(0, *size);
        bytes.remove_prefix(*size + kLineEnd.size());
    }
}

}  // namespace

int Answer::status() const {
    const std::size_t blank = statusLine.find(' ');
    return blank == std::string::npos
               ? 0
               : static_cast<int>(number(std::string_view(statusLine).substr(blank + 1, 3), 10).value_or(0));
}

std::vector<std::string> Answer::values(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [header, value] : headers) {
        if (Poco::icompare(header, std::string(name)) == 0) {
            found.push_back(value);
        }
    }
    return found;
}

std::optional<Answer> readAnswer(std::string_view bytes, bool toHead, bool closed) {
    auto answer = takeHead(bytes);
    while (answer && answer->status() / 100 == 1) {
        answer = takeHead(bytes);
    }
    if (!answer || toHead || answer->status() == 204 || answer->status() == 304) {
        return answer;
    }
    if (!answer->values("Transfer-Encoding").empty()) {
        const auto body = unchunked(bytes);
        if (!body) {
            return std::nullopt;
        }
        answer->body = *body;
        return answer;
    }
    const auto lengths = answer->values("Content-Length");
    const auto length = lengths.empty() ? std::nullopt : number(lengths.front(), 10);
    if (length ? bytes.size() < *length : !closed) {
        return std::nullopt;
    }
    answer->body = bytes.substr(0, length.value_or(bytes.size()));
    return answer;
}

}  // namespace rtbatch::test
