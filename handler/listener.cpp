#include "handler/listener.h"

#include <Poco/Logger.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "common/model/deadline.h"
#include "common/process/file_descriptor.h"

namespace rtbatch {

namespace {

/// With 16, a burst of 1,500 connections became 1,483 answers 502.
constexpr int kBacklog = 4096;

/// How long another handler may take to start or to stop in the same place.
constexpr auto kLockPatience = std::chrono::seconds(2);
constexpr auto kLockLook = std::chrono::milliseconds(5);

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), "handler.listen: " + what);
}

/// Held while a socket's file is made, replaced or removed: between looking and doing no other handler may do
/// the same. The file of the lock stays; whoever would remove it could remove one that another has locked.
FileDescriptor lockBeside(const std::string& path) {
    const std::string name = path + ".lock";
    constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    constexpr mode_t kOwnOnly = 0600;  // else any user could hold it
    FileDescriptor lock(::open(name.c_str(), kFlags, kOwnOnly));
    if (!lock.valid() && errno == EACCES && ::unlink(name.c_str()) == 0) {
        lock =
            FileDescriptor(::open(name.c_str(), kFlags, kOwnOnly));  // another user's, from an earlier start
    }
    if (!lock.valid()) {
        fail("cannot listen at " + path + ", nor open " + name);
    }
    const Deadline deadline = Deadline::in(kLockPatience);
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            fail("cannot lock " + name);
        }
        if (deadline.passed()) {
            throw std::runtime_error("handler.listen: another process holds " + name +
                                     "; a handler that starts or stops there seems to be frozen");
        }
        std::this_thread::sleep_for(kLockLook);
    }
    return lock;
}

}  // namespace

bool isListening(int descriptor) {
    int listening = 0;
    socklen_t size = sizeof listening;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

Listener::Listener(const std::string& address, int mode) {
    if (address.empty() || isListening(STDIN_FILENO)) {
        inherit();
    } else if (address.find('/') != std::string::npos || address.find(':') == std::string::npos) {
        openUnix(address, mode);
    } else {
        const auto colon = address.rfind(':');
        openTcp(address.substr(0, colon), address.substr(colon + 1));
    }
    // The acceptor polls before it accepts; another process may have taken the connection meanwhile. The flag
    // belongs to all processes on the socket, and systemd clears it when it starts another service on it: so
    // accepting has a time limit besides.
    ::fcntl(_descriptor, F_SETFL, ::fcntl(_descriptor, F_GETFL) | O_NONBLOCK);
    constexpr timeval kAcceptLimit{.tv_sec = 0, .tv_usec = 100'000};
    ::setsockopt(_descriptor, SOL_SOCKET, SO_RCVTIMEO, &kAcceptLimit, sizeof kAcceptLimit);
}

Listener::~Listener() {
    close();
}

void Listener::close() {
    removeFile();
    if (_descriptor >= 0) {
        ::close(_descriptor);
        _descriptor = -1;
    }
}

/// Only the file that this listener made: at the same path there may be a successor's by now. Before the
/// socket is closed, for that keeps the file's number from being given out again.
void Listener::removeFile() {
    const std::string path = std::exchange(_path, {});
    if (path.empty()) {
        return;
    }
    try {
        const FileDescriptor lock = lockBeside(path);
        struct stat status {};
        if (::lstat(path.c_str(), &status) == 0 && status.st_dev == _device && status.st_ino == _inode) {
            ::unlink(path.c_str());
        }
    } catch (const std::exception& error) {
        Poco::Logger::get("rtbatch.handler").warning("%s stays: %s", path, std::string(error.what()));
    }
}

void Listener::inherit() {
    if (!isListening(STDIN_FILENO)) {
        throw std::runtime_error(
            "descriptor 0 is no listening socket: start the handler with spawn-fcgi or a systemd socket, or "
            "set "
            "handler.listen to a unix socket's path or to HOST:PORT");
    }
    _descriptor = STDIN_FILENO;
    ::fcntl(_descriptor, F_SETFD, FD_CLOEXEC);
}

void Listener::openUnix(const std::string& path, int mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw std::runtime_error("handler.listen: the path " + path +
                                 " is longer than a unix socket's may be (" +
                                 std::to_string(sizeof address.sun_path - 1) + " bytes)");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    _descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (_descriptor < 0) {
        fail("cannot make a socket");
    }
    const FileDescriptor lock = lockBeside(path);
    if (::connect(_descriptor, any, sizeof address) == 0) {
        close();
        throw std::runtime_error("handler.listen: another process listens at " + path +
                                 " already; stop it, or choose another path");
    }
    struct stat status {};
    if (errno == ECONNREFUSED && ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
        ::unlink(path.c_str());  // left behind by a process that was killed
    }
    close();
    _descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (_descriptor < 0 || ::bind(_descriptor, any, sizeof address) != 0) {
        fail("cannot listen at " + path);
    }
    if (::lstat(path.c_str(), &status) != 0 || ::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0 ||
        ::listen(_descriptor, kBacklog) != 0) {
        fail("cannot listen at " + path);
    }
    _path = path;
    _device = status.st_dev;
    _inode = status.st_ino;
}

void Listener::openTcp(const std::string& host, const std::string& port) {
    Poco::Net::SocketAddress address;
    try {
        address = Poco::Net::SocketAddress(host, port);
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("handler.listen: " + host + ":" + port +
                                 " is no address: " + error.displayText());
    }
    _descriptor = ::socket(address.af(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    if (_descriptor < 0 || ::setsockopt(_descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(_descriptor, address.addr(), address.length()) != 0 || ::listen(_descriptor, kBacklog) != 0) {
        fail("cannot listen at " + address.toString());
    }
}

}  // namespace rtbatch
