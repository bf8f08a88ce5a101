#include "bench/answer.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace rtbatch::bench {

namespace {

constexpr std::size_t kMaxLine = 8192;

bool startsWithName(std::string_view line, std::string_view name) {
    return line.size() >= name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    return text;
}

bool toSize(std::string_view text, int base, std::size_t& size) {
    return std::from_chars(text.data(), text.data() + text.size(), size, base).ec == std::errc();
}

}  // namespace

void Answer::begin(Clock::time_point asked) {
    _state = State::head;
    _headed = false;
    _chunked = false;
    _closes = false;
    _status = 0;
    _left = 0;
    _line.clear();
    _body.clear();
    _asked = asked;
    _firstByte.reset();
    _firstEvent.reset();
}

void Answer::addBody(std::string_view bytes, Clock::time_point at) {
    if (!_firstByte) {
        _firstByte = at;
    }
    _body.append(bytes);
    if (!_firstEvent && _body.find("event: ") != std::string::npos) {
        _firstEvent = at;
    }
}

bool Answer::takeHeader(std::string_view line) {
    if (!_headed) {
        _headed = true;
        std::size_t status = 0;
        const bool known = line.starts_with("HTTP/1.1 ") && toSize(line.substr(9), 10, status);
        _status = static_cast<int>(status);
        return known;
    }
    if (startsWithName(line, "transfer-encoding:")) {
        _chunked = true;
    } else if (startsWithName(line, "content-length:")) {
        return toSize(trimmed(line.substr(15)), 10, _left);
    } else if (startsWithName(line, "connection:")) {
        _closes = trimmed(line.substr(11)) == "close";
    } else if (line.empty()) {
        _state = _chunked ? State::chunkSize : _left > 0 ? State::length : State::complete;
    }
    return true;
}

bool Answer::takeLine(std::string_view line) {
    switch (_state) {
        case State::head:
            return takeHeader(line);
        case State::chunkSize:
            _state = State::chunk;
            if (!toSize(line, 16, _left)) {
                return false;
            }
            if (_left == 0) {
                _state = State::trailer;
            }
            return true;
        case State::chunkEnd:
            _state = State::chunkSize;
            return line.empty();
        case State::trailer:
            if (line.empty()) {
                _state = State::complete;
            }
            return true;
        default:
            return false;
    }
}

bool Answer::feed(std::string_view bytes, Clock::time_point at) {
    while (!bytes.empty()) {
        if (_state == State::complete) {
            return false;
        }
        if (_state == State::chunk || _state == State::length) {
            const std::size_t size = std::min(_left, bytes.size());
            addBody(bytes.substr(0, size), at);
            bytes.remove_prefix(size);
            _left -= size;
            if (_left == 0) {
                _state = _state == State::chunk ? State::chunkEnd : State::complete;
            }
        } else {
            const std::size_t end = bytes.find('\n');
            _line.append(bytes.substr(0, end));
            if (end == std::string_view::npos) {
                return _line.size() < kMaxLine;
            }
            bytes.remove_prefix(end + 1);
            if (_line.ends_with('\r')) {
                _line.pop_back();
            }
            if (!takeLine(_line)) {
                return false;
            }
            _line.clear();
        }
        if (_state == State::complete) {
            _end = at;
        }
    }
    return true;
}

}  // namespace rtbatch::bench
