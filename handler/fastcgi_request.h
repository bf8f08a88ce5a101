#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "handler/fastcgi_record.h"

namespace rtbatch {

/// Most that is taken from a web server for one request, in bytes: of everything, of the parameters (nginx
/// takes 40 kB of head from a client and sends the address several times), and of the body, of which one byte
/// over the limit is kept to know that it is too long.
constexpr std::size_t kMaxFastCgiRequest = std::size_t{2} * 1024 * 1024;
constexpr std::size_t kMaxFastCgiParams = std::size_t{256} * 1024;

/// What a web server asks over one connection.
struct FastCgiRequest {
    std::uint16_t id = 0;
    std::string params{};  ///< pairs, whose lengths have been checked
    std::string body{};    ///< no more of it than says that it is too long
};

/// Reads a request from a connection's bytes, as they come. Nothing is believed: lengths are checked, and
/// what is kept is bounded.
class FastCgiParser {
public:
    enum class State {
        incomplete,
        whole,
        refused,  ///< fault() says why; the connection is of no use any more
    };

    /// Takes as much of `bytes` as belongs to the request, and gives how much that is.
    ///
    /// The last two bytes of the record that ends the body are not taken. They stay unread in the socket, and
    /// so the kernel resets the connection when this process dies with the answer under way, and nginx breaks
    /// off what it forwards. Without that it takes the end of the connection for the end of the answer, for
    /// it does not miss the record that should have said so, and a client would see a stream cut short as a
    /// whole one.
    std::size_t take(std::string_view bytes);

    State state() const { return _state; }
    const char* fault() const { return _fault; }

    /// Records to be sent to the web server by now, once: to what is asked besides the request, or why it is
    /// refused.
    std::string takeReply();

    /// The request, when it is whole, once.
    FastCgiRequest takeRequest();

private:
    /// What is done with the content of the record under way.
    enum class Sink { nothing, small, params, body };

    std::size_t takeHead(std::string_view bytes);
    std::size_t takeContent(std::string_view bytes);
    bool endsBody() const;
    void beginRecord();
    Sink managementSink();
    Sink requestSink();
    Sink beginSink();
    Sink streamSink();
    void keep(std::string_view content);
    void endRecord();
    void replyEnd(FastCgiEnd how);
    void answerManagement();
    void beginRequest();
    void checkParams();
    void refuse(const char* fault);

    FastCgiType type() const { return static_cast<FastCgiType>(_head[1]); }
    std::uint16_t id() const { return byteOf(2) << 8 | byteOf(3); }
    std::size_t contentSize() const { return std::size_t{byteOf(4)} << 8 | byteOf(5); }
    std::uint8_t byteOf(std::size_t i) const { return static_cast<std::uint8_t>(_head[i]); }
    bool isOurs() const { return _begun && id() == _request.id; }

    State _state = State::incomplete;
    const char* _fault = "";
    std::string _reply;
    FastCgiRequest _request;
    bool _begun = false;
    bool _paramsEnded = false;
    std::size_t _taken = 0;

    // Of the record under way.
    std::string _head;
    Sink _sink = Sink::nothing;
    std::string _small;
    std::size_t _contentLeft = 0;
    std::size_t _paddingLeft = 0;
};

}  // namespace rtbatch
