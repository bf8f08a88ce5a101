#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtbatch::bench {

using Clock = std::chrono::steady_clock;

/// One HTTP/1.1 answer as it arrives on a connection that is kept. Keeps its memory from answer to answer, so
/// that reading costs the load generator little.
class Answer {
public:
    /// Forgets the last answer; the next one was asked for at `asked`.
    void begin(Clock::time_point asked);

    /// Takes what was read at `at`. False: this is no HTTP/1.1 answer, or more than one.
    bool feed(std::string_view bytes, Clock::time_point at);

    bool complete() const { return _state == State::complete; }
    bool started() const { return _headed || !_line.empty(); }
    int status() const { return _status; }
    bool closes() const { return _closes; }
    const std::string& body() const { return _body; }

    Clock::time_point askedAt() const { return _asked; }
    /// When the first byte of the body came, and when the first event's did.
    std::optional<Clock::time_point> firstByteAt() const { return _firstByte; }
    std::optional<Clock::time_point> firstEventAt() const { return _firstEvent; }
    Clock::time_point endAt() const { return _end; }

private:
    enum class State : std::uint8_t { head, length, chunkSize, chunk, chunkEnd, trailer, complete };

    bool takeLine(std::string_view line);
    bool takeHeader(std::string_view line);
    void addBody(std::string_view bytes, Clock::time_point at);

    State _state = State::head;
    bool _headed = false;
    bool _chunked = false;
    bool _closes = false;
    int _status = 0;
    std::size_t _left = 0;  ///< bytes of the chunk, or of the whole body
    std::string _line;      ///< as far as it came
    std::string _body;
    Clock::time_point _asked, _end;
    std::optional<Clock::time_point> _firstByte, _firstEvent;
};

}  // namespace rtbatch::bench
