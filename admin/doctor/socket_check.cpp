#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <system_error>

#include "admin/doctor/checks.h"
#include "common/process/file_descriptor.h"

namespace rtbatch {

namespace {

constexpr const char* kCheck = "handler socket";

std::string octal(unsigned mode) {
    std::ostringstream text;
    text << std::oct << std::setw(4) << std::setfill('0') << mode;
    return text.str();
}

std::string reason(int error) {
    return std::generic_category().message(error);
}

Finding notListening(const std::string& where, const std::string& why) {
    return {kCheck, Result::bad, "nothing accepts at " + where + ": " + why,
            "start the handler (systemctl start rtbatch.target, or rtbatch-handler --config FILE)"};
}

/// Why nothing can be connected to there; 0: something accepts. A full queue of connections is a "no" at
/// once.
int connectTo(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return ENAMETOOLONG;
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(socket.get(), any, sizeof address) == 0 ? 0 : errno;
}

Finding checkUnixSocket(const std::string& path, int mode) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return notListening(path, reason(errno));
    }
    if (!S_ISSOCK(status.st_mode)) {
        return {kCheck, Result::bad, path + " is no socket", "move it away, then start the handler"};
    }
    if (const int error = connectTo(path); error != 0) {
        return notListening(path, reason(error));
    }
    constexpr unsigned kPermissions = 0777;
    const unsigned permissions = status.st_mode & kPermissions;
    if (permissions != static_cast<unsigned>(mode)) {
        return {
            kCheck, Result::bad,
            path + " has mode " + octal(permissions) + ", and handler.socket_mode is " +
                octal(static_cast<unsigned>(mode)),
            "restart the handler, which sets it, and look for what changes it; nginx's user must be able to "
            "write to the socket"};
    }
    return {kCheck, Result::good, path + ", mode " + octal(permissions) + ", accepts"};
}

Finding checkTcp(const std::string& where) {
    constexpr long kPatienceSeconds = 3;
    try {
        Poco::Net::StreamSocket socket;
        socket.connect(Poco::Net::SocketAddress(where), Poco::Timespan(kPatienceSeconds, 0));
        return {kCheck, Result::good, where + " accepts"};
    } catch (const Poco::Exception& error) {
        return notListening(where, error.displayText());
    }
}

}  // namespace

Finding checkHandlerSocket(const Config& config) {
    const std::string& listen = config.handlerListen;
    if (listen.empty()) {
        return {
            kCheck, Result::unknown,
            "handler.listen is unset: the handlers get theirs from who starts them (systemd, spawn-fcgi, a "
            "web server)"};
    }
    const bool tcp = listen.find('/') == std::string::npos && listen.find(':') != std::string::npos;
    return tcp ? checkTcp(listen) : checkUnixSocket(listen, config.handlerSocketMode);
}

}  // namespace rtbatch
