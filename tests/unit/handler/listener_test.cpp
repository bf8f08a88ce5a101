#include "handler/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <optional>

#include "tests/support/temp_dir.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

bool connects(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
}

}  // namespace

TEST_CASE("a unix socket has the mode asked for, and goes with its listener") {
    const TempDir dir;
    const std::string path = dir.file("socket");
    {
        const Listener listener(path, 0600);
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        CHECK(connects(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket that another process listens at is left alone; one left behind is replaced") {
    const TempDir dir;
    const std::string path = dir.file("socket");
    std::optional<Listener> first(std::in_place, path, 0600);
    CHECK_THROWS_WITH(Listener(path, 0600), Catch::Contains("another process listens"));
    CHECK(connects(path));
    // As after kill -9: the file is there, and nobody listens.
    std::filesystem::rename(path, dir.file("kept"));
    first.reset();
    std::filesystem::rename(dir.file("kept"), path);
    REQUIRE_FALSE(connects(path));
    const Listener second(path, 0600);
    CHECK(connects(path));
}

TEST_CASE("a file that is no socket is not removed") {
    const TempDir dir;
    const std::string path = dir.file("precious");
    writeFile(path, "text");
    CHECK_THROWS(Listener(path, 0600));
    CHECK(readFile(path) == "text");
}

TEST_CASE("an address that cannot be listened at is refused with what to do") {
    CHECK_THROWS_WITH(Listener("", 0600), Catch::Contains("spawn-fcgi"));
    CHECK_THROWS_WITH(Listener("/" + std::string(200, 'x'), 0600), Catch::Contains("longer"));
    CHECK_THROWS_WITH(Listener("127.0.0.1:what", 0600), Catch::Contains("handler.listen"));
    CHECK_THROWS_WITH(Listener("/nowhere/at/all/socket", 0600), Catch::Contains("cannot listen at"));
}

TEST_CASE("accepting ends though nobody connects and another process has made the socket a blocking one") {
    const TempDir dir;
    const Listener listener(dir.file("socket"), 0600);
    ::fcntl(listener.descriptor(), F_SETFL, ::fcntl(listener.descriptor(), F_GETFL) & ~O_NONBLOCK);
    CHECK(::accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC) == -1);
    CHECK((errno == EAGAIN || errno == EWOULDBLOCK));
}
