#include "handler/fastcgi_exchange.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "common/model/deadline.h"
#include "handler/fastcgi_request.h"

namespace rtbatch {

namespace {

/// A web server sends its request at once; this only ends what is none.
constexpr auto kRequestPatience = std::chrono::seconds(10);

/// A file in memory with these bytes, to be read from its start; -1 when the system has none to give.
int memoryFile(const std::string& bytes) {
    const int file = ::memfd_create("request", MFD_CLOEXEC);
    if (file >= 0 && (::write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
                      ::lseek(file, 0, SEEK_SET) != 0)) {
        ::close(file);
        return -1;
    }
    return file;
}

std::string readAll(FCGX_Stream* in) {
    std::string body;
    std::array<char, 4096>
        buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
    int got = 0;
    while ((got = FCGX_GetStr(buffer.data(), static_cast<int>(buffer.size()), in)) > 0) {
        body.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return body;
}

}  // namespace

std::unique_ptr<FastCgiExchange> FastCgiExchange::open(int connection) {
    std::unique_ptr<FastCgiExchange> exchange(new FastCgiExchange(connection));
    const auto bytes = receiveRequest(connection, Deadline::in(kRequestPatience));
    const int file = bytes ? memoryFile(*bytes) : -1;
    if (file < 0) {
        return nullptr;
    }
    // libfcgi reads the request from the file, as if that were a connection kept from an earlier one; without
    // a listening socket it cannot accept another one when it finds no request there. What it writes goes to
    // the real connection.
    FCGX_Request& request = exchange->_request;
    FCGX_InitRequest(&request, -1, 0);
    request.ipcFd = file;
    request.keepConnection = 1;
    if (FCGX_Accept_r(&request) != 0) {
        return nullptr;  // libfcgi has closed the file
    }
    exchange->_body = readAll(request.in);
    FCGX_FreeStream(&request.in);  // 8 kB that a parked stream does not need
    ::close(std::exchange(request.ipcFd, connection));
    exchange->_accepted = true;
    return exchange;
}

FastCgiExchange::~FastCgiExchange() {
    if (_accepted) {
        FCGX_Free(&_request, 0);
    }
    // libfcgi's own way of closing waits up to 2 s for the other side to close first.
    ::close(_connection);
}

std::string_view FastCgiExchange::param(const char* name) const {
    const char* value = FCGX_GetParam(name, _request.envp);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

bool FastCgiExchange::write(std::string_view bytes) {
    if (FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()), _request.out) < 0 ||
        FCGX_FFlush(_request.out) != 0) {
        return false;
    }
    // After one failed write libfcgi reports success again, but it keeps the error.
    return FCGX_GetError(_request.out) == 0;
}

bool FastCgiExchange::drained() const {
    int unread = 0;
    return ::ioctl(_connection, SIOCOUTQ, &unread) != 0 || unread == 0;
}

void FastCgiExchange::finish() {
    FCGX_FClose(_request.err);
    FCGX_FClose(_request.out);  // with the record that ends the request
    receiveRest(_connection);
}

}  // namespace rtbatch
