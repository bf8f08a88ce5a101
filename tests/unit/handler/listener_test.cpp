#include "handler/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

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

TEST_CASE("the file goes when a listener closes, before its streams are finished") {
    const TempDir dir;
    Listener listener(dir.file("socket"), 0600);
    listener.close();
    CHECK_FALSE(std::filesystem::exists(dir.file("socket")));
    const Listener successor(dir.file("socket"), 0600);
    CHECK(connects(dir.file("socket")));
}

TEST_CASE("a listener leaves its successor's file alone") {
    const TempDir dir;
    const std::string path = dir.file("socket");
    std::optional<Listener> old(std::in_place, path, 0600);
    std::filesystem::remove(path);  // as a person does who wants room for a new one
    const Listener successor(path, 0600);
    old.reset();
    CHECK(connects(path));
}

TEST_CASE("of those that start at once one listens, and the others say that the address is taken") {
    const TempDir dir;
    const std::string path = dir.file("socket");
    for (int round = 0; round < 40; ++round) {
        {
            // As after kill -9.
            std::optional<Listener> killed(std::in_place, path, 0600);
            std::filesystem::rename(path, dir.file("kept"));
            killed.reset();
            std::filesystem::rename(dir.file("kept"), path);
        }
        std::array<std::optional<Listener>, 4> listeners;
        std::array<std::string, 4> faults;
        std::latch start(4);
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 0; i < listeners.size(); ++i) {
                threads.emplace_back([&, i] {
                    start.arrive_and_wait();
                    try {
                        listeners.at(i).emplace(path, 0600);
                    } catch (const std::exception& error) {
                        faults.at(i) = error.what();
                    }
                });
            }
        }
        CHECK(std::ranges::count_if(listeners, [](const auto& listener) { return listener.has_value(); }) ==
              1);
        CHECK(std::ranges::count_if(faults, [](const std::string& fault) {
                  return fault.find("another process listens") != std::string::npos;
              }) == 3);
        REQUIRE(connects(path));
    }
}

TEST_CASE("a lock that cannot be had is said by its name") {
    const TempDir dir;
    std::filesystem::create_directory(
        dir.file("socket.lock"));  // may not be opened for writing, by root neither
    CHECK_THROWS_WITH(Listener(dir.file("socket"), 0600), Catch::Contains("socket.lock"));
    CHECK_FALSE(std::filesystem::exists(dir.file("socket")));
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
