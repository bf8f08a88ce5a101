#include "common/lease/owner.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/child.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

/// This owner's text with another process number.
Owner withPid(int pid) {
    const std::string text = Owner::self().text();
    const auto first = text.find(':');
    const auto second = text.rfind(':');
    return Owner::parse(text.substr(0, first + 1) + std::to_string(pid) + text.substr(second));
}

/// A process that has ended, as this owner's host would write it.
std::string deadProcess() {
    Child child({.command = {"/bin/sleep", "60"}});
    const std::string text = Owner::of(child.pid()).text();
    child.signal(9);
    child.wait(std::chrono::seconds(10));
    return text;
}

std::string bootId() {
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    std::erase(id, '-');
    return id.substr(0, 16);
}

/// Leaves this process so many descriptors to open.
class FewDescriptors {
public:
    explicit FewDescriptors(int count) {
        ::getrlimit(RLIMIT_NOFILE, &_before);
        const rlimit few{.rlim_cur = 64, .rlim_max = _before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
        while (true) {
            const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
            if (fd < 0) {
                break;
            }
            _open.push_back(fd);
        }
        for (; count > 0; --count) {
            ::close(_open.back());
            _open.pop_back();
        }
    }
    ~FewDescriptors() {
        for (const int fd : _open) {
            ::close(fd);
        }
        ::setrlimit(RLIMIT_NOFILE, &_before);
    }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    rlimit _before{};
    std::vector<int> _open;
};

}  // namespace

TEST_CASE("a host is known by the boot of its kernel, for two machines may share a name and all numbers") {
    const std::string own = deadProcess();
    const std::string boot = bootId();
    REQUIRE(boot.size() == 16);
    const auto at = own.find(boot);
    REQUIRE(at != std::string::npos);
    CHECK(Owner::parse(own).isNear());
    CHECK(Owner::parse(own).isDead());
    const Owner clone = Owner::parse(std::string(own).replace(at, 1, own[at] == '0' ? "1" : "0"));
    CHECK_FALSE(clone.isNear());
    CHECK_FALSE(clone.isDead());
}

TEST_CASE(
    "an owner of an older version, which names no boot, is of another host and never known to be dead") {
    const std::string own = deadProcess();
    const Owner older = Owner::parse(std::string(own).erase(own.find("/" + bootId()), 17));
    CHECK(older.host() == Owner::self().host());
    CHECK_FALSE(older.isNear());
    CHECK_FALSE(older.isDead());
}

TEST_CASE("an owner's text fits its column, with the longest name that a host may have") {
    const std::size_t longest = Owner::self().text().size() - Owner::self().host().size() + 64;
    CHECK(longest + std::string("#18446744073709551615").size() <= 160);
}

TEST_CASE("who cannot be examined is alive") {
    Child child({.command = {"/bin/sleep", "60"}});
    const Owner alive = Owner::of(child.pid());
    for (const int free : {0, 1, 2}) {
        INFO(free << " descriptors to be had");
        bool dead = true;
        {
            const FewDescriptors few(free);
            dead = alive.isDead();
        }
        CHECK_FALSE(dead);  // UndefinedBehaviorSanitizer needs descriptors here
    }
    const std::string text = alive.text();
    CHECK_FALSE(Owner::parse(text.substr(0, text.rfind(':') + 1)).isDead());  // it could not examine itself
}

TEST_CASE("an owner is read from the lease that it holds, whatever its count") {
    CHECK(Owner::parse(Owner::self().text() + "#17") == Owner::self());
    CHECK(Owner::self().isNear());
    CHECK_FALSE(Owner::self().isDead());
}

TEST_CASE("an owner of another host is never known to be dead") {
    const Owner other = Owner::parse("another/1/1:1:1#4");
    CHECK_FALSE(other.isNear());
    CHECK_FALSE(other.isDead());
    CHECK_FALSE(Owner::parse("").isNear());
    CHECK_FALSE(Owner::parse("no owner at all").isDead());
}

TEST_CASE("an owner is dead when its process has ended") {
    Child child({.command = {"/bin/sleep", "60"}});
    const int pid = child.pid();
    CHECK_FALSE(Owner::parse(Owner::of(pid).text()).isDead());
    const Owner owner = Owner::of(pid);
    child.signal(9);
    child.wait(std::chrono::seconds(10));
    CHECK(owner.isDead());
}

TEST_CASE("an owner whose number another process has got is dead") {
    CHECK(withPid(1).isDead());  // started at another time than we
}
