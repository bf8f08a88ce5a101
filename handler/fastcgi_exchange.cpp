#include "handler/fastcgi_exchange.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace rtbatch {

std::unique_ptr<FastCgiExchange> FastCgiExchange::open(int connection) {
    std::unique_ptr<FastCgiExchange> exchange(new FastCgiExchange);
    FCGX_Request& request = exchange->_request;
    // The acceptor accepts by itself, for only so can it set timeouts, and be woken to stop. libfcgi
    // continues on a connection that is there already (as it does for kept ones); without a listening socket
    // it cannot accept another one when this one brings no request, and returns.
    if (FCGX_InitRequest(&request, -1, 0) != 0) {
        ::close(connection);
        return nullptr;
    }
    request.ipcFd = connection;
    request.keepConnection = 1;  // else it is closed as the last request's
    if (FCGX_Accept_r(&request) != 0) {
        request.ipcFd = -1;  // closed by libfcgi
        return nullptr;
    }
    return exchange;
}

FastCgiExchange::~FastCgiExchange() {
    close();  // without the record that ends a request, unless finish() has sent it
}

std::string_view FastCgiExchange::param(const char* name) const {
    const char* value = FCGX_GetParam(name, _request.envp);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

std::string FastCgiExchange::readBody(std::size_t limit) {
    std::string body;
    std::array<char, 4096>
        buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
    int got = 0;
    while ((got = FCGX_GetStr(buffer.data(), static_cast<int>(buffer.size()), _request.in)) > 0) {
        const std::size_t room = limit + 1 - body.size();
        body.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    }
    return body;
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
    return ::ioctl(_request.ipcFd, SIOCOUTQ, &unread) != 0 || unread == 0;
}

void FastCgiExchange::finish() {
    FCGX_FClose(_request.err);
    FCGX_FClose(_request.out);  // with the record that ends the request
    close();
}

/// Closes by ourselves: libfcgi's way waits up to 2 s for the other side to close first.
void FastCgiExchange::close() {
    if (_request.ipcFd >= 0) {
        const int connection = _request.ipcFd;
        FCGX_Free(&_request, 0);
        ::close(connection);
        _request.ipcFd = -1;
    }
}

}  // namespace rtbatch
