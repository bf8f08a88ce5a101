#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch::test {

using Clock = std::chrono::steady_clock;

/// One Server-Sent Event, as a reader that follows the standard sees it.
struct SseEvent {
    std::string name;
    std::string data;
    Clock::time_point at;  ///< when its blank line arrived
};

/// An HTTP/1.1 response as it arrives, bit by bit. It knows an answer that ended from one that broke off.
class HttpResponse {
public:
    /// What came in one read.
    void feed(std::string_view bytes, Clock::time_point at = Clock::now());

    bool headComplete() const { return _status != 0; }
    int status() const { return _status; }
    /// By its name in lower case; nothing when absent.
    std::optional<std::string> header(const std::string& name) const;
    const std::map<std::string, std::string>& headers() const { return _headers; }

    /// The body, unchunked, as far as it came.
    const std::string& body() const { return _body; }

    /// The last chunk, or the last byte of its length, has come: a clean end. A connection that closes before
    /// is torn.
    bool complete() const { return _complete; }

    /// Set once, when the connection has ended, cleanly or not.
    void close(Clock::time_point at = Clock::now());
    bool closed() const { return _closedAt.has_value(); }
    bool torn() const { return closed() && !_complete; }

    const std::vector<SseEvent>& events() const { return _events; }
    std::size_t count(std::string_view name) const;

    /// When each comment line came.
    const std::vector<Clock::time_point>& comments() const { return _comments; }
    std::optional<Clock::time_point> headAt() const { return _headAt; }
    std::optional<Clock::time_point> endAt() const { return _endAt; }

private:
    bool takeHead(Clock::time_point at);
    bool takeChunk(Clock::time_point at);
    void addBody(std::string_view bytes, Clock::time_point at);
    void takeLine(std::string_view line, Clock::time_point at);
    void finish(Clock::time_point at);

    std::string _pending;  // received and not yet understood
    int _status = 0;
    std::map<std::string, std::string> _headers;
    bool _chunked = false;
    std::optional<std::size_t> _length;
    std::string _body;
    bool _complete = false;
    std::optional<Clock::time_point> _headAt, _endAt, _closedAt;

    std::size_t _lineStart = 0;  // of the body's first line that is not complete
    SseEvent _event;
    std::vector<SseEvent> _events;
    std::vector<Clock::time_point> _comments;
};

/// What is wrong with the bytes of a stream by the rules of the wire, and nothing when they are all kept:
/// comment lines `:` and events of exactly `event: NAME` LF `data: JSON` LF LF, ASCII only, one `done` and
/// nothing after it.
std::optional<std::string> wireFault(std::string_view body);

}  // namespace rtbatch::test
