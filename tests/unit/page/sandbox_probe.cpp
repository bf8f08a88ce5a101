// Enters the sandbox and then does one thing that it must not be able to do; ends with 0 if it could.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "common/page/sandbox.h"

int main(int argc, char** argv) {
    const std::string_view deed = argc > 1 ? argv[1] : "";
    rtbatch::enterSandbox({.memoryMb = 64, .cpuSeconds = 1});
    if (deed == "nothing") {
        return 0;
    }
    if (deed == "open") {
        return open("/etc/passwd", O_RDONLY) < 0 ? 1 : 0;
    }
    if (deed == "socket") {
        return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 1 : 0;
    }
    if (deed == "fork") {
        return fork() < 0 ? 1 : 0;
    }
    if (deed == "exec") {
        return execl("/bin/true", "true", nullptr);
    }
    if (deed == "code") {
        return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                   ? 1
                   : 0;
    }
    if (deed == "memory") {
        const std::unique_ptr<void, decltype(&std::free)> got(std::malloc(std::size_t{128} * 1024 * 1024),
                                                              std::free);
        return got == nullptr ? 1 : 0;
    }
    if (deed == "spin") {
        while (true) {
        }
    }
    return 2;
}
