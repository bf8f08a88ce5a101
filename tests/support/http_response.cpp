#include "tests/support/http_response.h"

#include <algorithm>
#include <cctype>

namespace rtbatch::test {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

/// `Name: value` lines, by lower-case name.
std::map<std::string, std::string> parseHeaders(std::string_view lines) {
    std::map<std::string, std::string> headers;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos) {
            headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
        }
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return headers;
}

/// The value of a field of an event's line: what follows `NAME:` and at most one space.
std::optional<std::string_view> field(std::string_view line, std::string_view name) {
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") {
        return std::nullopt;
    }
    line.remove_prefix(name.size() + 1);
    if (line.starts_with(' ')) {
        line.remove_prefix(1);
    }
    return line;
}

}  // namespace

void HttpResponse::feed(std::string_view bytes, Clock::time_point at) {
    if (_complete) {
        return;
    }
    _pending.append(bytes);
    if (!headComplete() && !takeHead(at)) {
        return;
    }
    if (_chunked) {
        while (!_complete && takeChunk(at)) {
        }
        return;
    }
    addBody(_pending, at);
    _pending.clear();
    if (_length && _body.size() >= *_length) {
        finish(at);
    }
}

bool HttpResponse::takeHead(Clock::time_point at) {
    const std::size_t end = _pending.find("\r\n\r\n");
    if (end == std::string::npos || !_pending.starts_with("HTTP/1.1 ")) {
        return false;
    }
    const std::size_t firstLine = _pending.find('\n');
    _status = std::stoi(_pending.substr(9, 3));
    _headers = parseHeaders(std::string_view(_pending).substr(firstLine + 1, end - firstLine));
    _pending.erase(0, end + 4);
    _headAt = at;
    _chunked = header("transfer-encoding") == "chunked";
    if (const auto length = header("content-length")) {
        _length = std::stoul(*length);
    }
    return true;
}

bool HttpResponse::takeChunk(Clock::time_point at) {
    const std::size_t lineEnd = _pending.find("\r\n");
    if (lineEnd == std::string::npos) {
        return false;
    }
    const std::size_t size = std::stoul(_pending.substr(0, lineEnd), nullptr, 16);
    if (_pending.size() < lineEnd + 2 + size + 2) {
        return false;
    }
    addBody(std::string_view(_pending).substr(lineEnd + 2, size), at);
    _pending.erase(0, lineEnd + 2 + size + 2);
    if (size == 0) {
        finish(at);
    }
    return true;
}

void HttpResponse::addBody(std::string_view bytes, Clock::time_point at) {
    _body.append(bytes);
    for (std::size_t end = _body.find('\n', _lineStart); end != std::string::npos;
         end = _body.find('\n', _lineStart)) {
        takeLine(std::string_view(_body).substr(_lineStart, end - _lineStart), at);
        _lineStart = end + 1;
    }
}

void HttpResponse::takeLine(std::string_view line, Clock::time_point at) {
    if (line.starts_with(':')) {
        _comments.push_back(at);
    } else if (const auto name = field(line, "event")) {
        _event.name = *name;
    } else if (const auto data = field(line, "data")) {
        _event.data = *data;
    } else if (line.empty()) {
        if (!_event.data.empty()) {
            _event.at = at;
            _events.push_back(_event);
        }
        _event = {};
    }
}

void HttpResponse::finish(Clock::time_point at) {
    _complete = true;
    _endAt = at;
}

void HttpResponse::close(Clock::time_point at) {
    if (!_closedAt) {
        _closedAt = at;
    }
    if (!_complete && headComplete() && !_chunked && !_length) {
        finish(at);  // such a body ends with the connection
    }
}

std::optional<std::string> HttpResponse::header(const std::string& name) const {
    const auto found = _headers.find(name);
    return found == _headers.end() ? std::nullopt : std::optional(found->second);
}

std::size_t HttpResponse::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(_events, [&](const SseEvent& event) { return event.name == name; }));
}

std::optional<std::string> wireFault(std::string_view body) {
    if (!body.starts_with(":\n")) {
        return "the first line is not the comment";
    }
    for (const char c : body) {
        if (c != '\n' && (c < 0x20 || c > 0x7e)) {
            return "byte " + std::to_string(static_cast<unsigned char>(c));
        }
    }
    std::size_t done = 0;
    while (!body.empty()) {
        if (body.starts_with(":\n") && done == 0) {
            body.remove_prefix(2);
            continue;
        }
        const std::size_t end = body.find("\n\n");
        const std::string_view event = body.substr(0, end);
        const std::size_t line = event.find('\n');
        if (end == std::string_view::npos || done != 0 || line == std::string_view::npos) {
            return "this is no event, or it comes after done: " + std::string(body.substr(0, 200));
        }
        const std::string_view name = event.substr(0, line);
        const std::string_view data = event.substr(line + 1);
        if ((name != "event: movie" && name != "event: error" && name != "event: done") ||
            !data.starts_with("data: {") || !data.ends_with("}") ||
            data.find('\n') != std::string_view::npos) {
            return "not an event of ours: " + std::string(event.substr(0, 200));
        }
        done += name == "event: done" ? 1 : 0;
        body.remove_prefix(end + 2);
    }
    return done == 1 ? std::nullopt : std::optional<std::string>("there is no done");
}

}  // namespace rtbatch::test
