#include "common/lease/owner.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

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

}  // namespace

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
