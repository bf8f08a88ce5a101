#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/model/deadline.h"
#include "common/process/file_descriptor.h"
#include "handler/exchange.h"

namespace rtbatch {

/// Longest body that is taken from a web server, in bytes; of a longer one only so much is read.
constexpr std::size_t kMaxCgiBody = std::size_t{2} * 1024 * 1024;

/// One request as a web server brings it to a CGI program (RFC 3875): meta-variables in the environment, the
/// body on one descriptor, the answer on another.
///
/// A pipe knows one end only, and a web server takes it for the end of the answer. So how an answer is torn
/// depends on the server. Apache's mod_cgid has one socket for both ways: the last byte of the body stays
/// unread in it until the answer is whole, and the kernel resets a connection that is closed with unread
/// bytes. lighttpd misses the last chunk of an answer that comes in chunks. Both hold when the process is
/// killed. Elsewhere only `done` tells.
class CgiExchange : public Exchange {
public:
    /// Takes over both descriptors, which may be two of one socket. A server that does not read for
    /// `patience` has gone. SIGPIPE must be ignored.
    CgiExchange(int in, int out, std::chrono::milliseconds patience = std::chrono::seconds(5));

    /// Reads the body: CONTENT_LENGTH bytes, or to the end when it comes in chunks, which Apache takes out.
    /// Throws Problem (400, 408) when it does not come whole, and then the answer can be sent all the same.
    void receive(Deadline deadline);

    std::string_view param(const char* name) const override;
    std::string_view body() const override { return _body; }
    bool write(std::string_view bytes) override;
    bool drained() const override;
    int descriptor() const override;
    bool finish(std::string_view bytes) override;

private:
    enum class Kind { pipe, socket, other };

    static Kind kindOf(int descriptor);
    bool read(std::size_t most, bool leave, Deadline deadline);
    std::string framed(std::string_view bytes);
    bool writeAll(std::string_view bytes);
    std::size_t roomFor(std::size_t size) const;

    FileDescriptor _in;
    FileDescriptor _out;
    const Kind _inKind;
    const Kind _outKind;
    const std::chrono::milliseconds _patience;

    std::string _body;
    bool _begun = false;    // the head has been written
    bool _chunked = false;  // what follows the head goes in chunks
};

}  // namespace rtbatch
