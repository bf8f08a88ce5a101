#pragma once

#include <unistd.h>

#include <utility>

namespace rtbatch {

/// Owns a file descriptor and closes it.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : _fd(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : _fd(std::exchange(other._fd, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(_fd, other._fd);
        return *this;
    }
    ~FileDescriptor() {
        if (_fd >= 0) {
            ::close(_fd);
        }
    }

    int get() const { return _fd; }
    bool valid() const { return _fd >= 0; }

    /// Gives it up; the caller closes it.
    int release() { return std::exchange(_fd, -1); }

private:
    int _fd = -1;
};

}  // namespace rtbatch
