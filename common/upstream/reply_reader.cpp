#include "common/upstream/reply_reader.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

constexpr std::size_t kMaxHead = std::size_t{64} * 1024;     // real ones have 1-3 kB
constexpr std::size_t kMaxTrailer = std::size_t{16} * 1024;  // of a chunked body
constexpr std::size_t kMaxChunkLine = 1024;                  // a size and extensions, which nobody sends

RequestFault tooLarge(std::uint64_t limit) {
    return {Kind::refused, "sent more than " + std::to_string(limit) + " bytes"};
}

RequestFault cutShort() {
    return {Kind::broken, "broke off its answer"};
}

std::uint64_t parseChunkSize(std::string_view line) {
    std::uint64_t size = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const bool good = error == std::errc() && !line.starts_with('-') &&
                      (rest == line.data() + line.size() || *rest == ';' || *rest == ' ' || *rest == '\t');
    if (!good) {
        throw RequestFault(Kind::broken, "sent a malformed chunk");
    }
    return size;
}

}  // namespace

ReplyHead ReplyReader::readHead(const Patience& patience) {
    std::size_t budget = kMaxHead;
    for (;;) {
        std::vector<std::string> lines;
        for (std::string line = readLine(budget, patience); !line.empty() || lines.empty();
             line = readLine(budget, patience)) {
            lines.push_back(std::move(line));
        }
        ReplyHead head = parseHead(lines);
        if (head.status >= 200) {
            return head;
        }
        if (head.status == 101) {
            throw RequestFault(Kind::broken, "changed the protocol unasked");
        }
    }
}

void ReplyReader::readBody(const ReplyHead& head, std::uint64_t maxBytes, const Patience& patience,
                           const Take& take) {
    switch (head.framing) {
        case Framing::none:
            return;
        case Framing::length:
            if (head.length > maxBytes) {
                throw tooLarge(maxBytes);
            }
            return readExactly(head.length, patience, take);
        case Framing::chunked:
            return readChunks(maxBytes, patience, take);
        case Framing::untilClose:
            return readUntilClose(maxBytes, patience, take);
    }
}

bool ReplyReader::refill(const Patience& patience) {
    _next = 0;
    _filled = 0;
    _filled = _connection.read(_buffer, patience);
    _begun = _begun || _filled > 0;
    return _filled > 0;
}

std::string ReplyReader::readLine(std::size_t& budget, const Patience& patience) {
    std::string line;
    for (;;) {
        if (_next == _filled && !refill(patience)) {
            throw _begun ? cutShort() : RequestFault(Kind::broken, "closed the connection without an answer");
        }
        const auto from = _buffer.begin() + static_cast<std::ptrdiff_t>(_next);
        const auto to = _buffer.begin() + static_cast<std::ptrdiff_t>(_filled);
        const auto newline = std::find(from, to, '\n');
        const auto taken = static_cast<std::size_t>(newline - from) + (newline == to ? 0 : 1);
        if (taken > budget) {
            throw RequestFault(Kind::refused, "sent a head without end");
        }
        budget -= taken;
        line.append(from, newline);
        _next += taken;
        if (newline != to) {
            if (line.ends_with('\r')) {
                line.pop_back();
            }
            return line;
        }
    }
}

void ReplyReader::readExactly(std::uint64_t bytes, const Patience& patience, const Take& take) {
    while (bytes > 0) {
        if (_next == _filled && !refill(patience)) {
            throw cutShort();
        }
        const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, _filled - _next));
        take({_buffer.data() + _next, here});
        _next += here;
        bytes -= here;
    }
}

void ReplyReader::readChunks(std::uint64_t maxBytes, const Patience& patience, const Take& take) {
    std::uint64_t left = maxBytes;
    for (;;) {
        std::size_t lineBudget = kMaxChunkLine;
        const std::uint64_t size = parseChunkSize(readLine(lineBudget, patience));
        if (size > left) {
            throw tooLarge(maxBytes);
        }
        if (size == 0) {
            break;
        }
        left -= size;
        readExactly(size, patience, take);
        if (!readLine(lineBudget, patience).empty()) {
            throw RequestFault(Kind::broken, "sent a malformed chunk");
        }
    }
    std::size_t trailerBudget = kMaxTrailer;
    while (!readLine(trailerBudget, patience).empty()) {
    }
}

void ReplyReader::readUntilClose(std::uint64_t maxBytes, const Patience& patience, const Take& take) {
    std::uint64_t left = maxBytes;
    while (_next < _filled || refill(patience)) {
        const std::size_t here = _filled - _next;
        if (here > left) {
            throw tooLarge(maxBytes);
        }
        left -= here;
        take({_buffer.data() + _next, here});
        _next = _filled;
    }
}

}  // namespace rtbatch
