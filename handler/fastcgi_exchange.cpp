#include "handler/fastcgi_exchange.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace rtbatch {

namespace {

/// A file in memory with these bytes, to be read from its start.
FileDescriptor memoryFile(const std::string& bytes) {
    FileDescriptor file(::memfd_create("request", MFD_CLOEXEC));
    if (!file.valid() ||
        ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        ::lseek(file.get(), 0, SEEK_SET) != 0) {
        throw std::runtime_error("no descriptor or memory for a request");
    }
    return file;
}

}  // namespace

FastCgiExchange::FastCgiExchange(FileDescriptor connection, FastCgiRequest request)
    : _connection(std::move(connection)), _body(std::move(request.body)) {
    // libfcgi trusts lengths, so it reads what has been checked, from a file, as if that were a connection
    // kept from an earlier request; without a listening socket it cannot accept another one. What it writes
    // goes to the real connection.
    FileDescriptor file = memoryFile(fastCgiHeadRecords(request));
    FCGX_InitRequest(&_request, -1, 0);
    _request.ipcFd = file.release();
    _request.keepConnection = 1;
    if (FCGX_Accept_r(&_request) != 0) {
        throw std::runtime_error("libfcgi does not take a request");  // and has closed the file
    }
    FCGX_FreeStream(&_request.in);  // 8 kB that a parked stream does not need
    ::close(std::exchange(_request.ipcFd, _connection.get()));
}

FastCgiExchange::~FastCgiExchange() {
    FCGX_Free(&_request, 0);
    // libfcgi's own way of closing waits up to 2 s for the other side to close first.
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
    return ::ioctl(_connection.get(), SIOCOUTQ, &unread) != 0 || unread == 0;
}

void FastCgiExchange::finish() {
    FCGX_FClose(_request.err);
    FCGX_FClose(_request.out);  // with the record that ends the request
    // What was left unread: the answer is whole, and the connection may end quietly. Who goes on sending has
    // no quiet end.
    std::array<char, 4096> rest;  // NOLINT(cppcoreguidelines-pro-type-member-init): thrown away
    static_cast<void>(::recv(_connection.get(), rest.data(), rest.size(), MSG_DONTWAIT));
}

}  // namespace rtbatch
