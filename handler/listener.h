#pragma once

#include <sys/types.h>

#include <string>

namespace rtbatch {

/// Whether a descriptor is a socket that connections can be accepted from.
bool isListening(int descriptor);

/// The socket that the web server connects to: a unix socket or a TCP port that we open, or the descriptor 0
/// that spawn-fcgi or systemd handed over. Closes it, and removes a unix socket's file that it made. Beside
/// that file stays an empty PATH.lock.
class Listener {
public:
    /// Where descriptor 0 is a listening socket (systemd and spawn-fcgi start the handler so) it is used.
    /// Else `address` is a unix socket's path or `HOST:PORT`; `mode` is for a unix socket's file. Throws
    /// std::runtime_error, which says what to do: another process listens there, no socket was handed over,
    /// ...
    Listener(const std::string& address, int mode);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int descriptor() const { return _descriptor; }

    /// No more connections from here on; those that wait unaccepted go to other processes on the same socket.
    /// Removes a unix socket's file, so that a successor can start while streams are being finished here.
    void close();

private:
    void openUnix(const std::string& path, int mode);
    void openTcp(const std::string& host, const std::string& port);
    void inherit();
    void removeFile();

    int _descriptor = -1;
    std::string _path;  // of the file that this made
    dev_t _device = 0;  // and which file that is
    ino_t _inode = 0;
};

}  // namespace rtbatch
