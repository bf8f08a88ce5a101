#include "common/store/row_memory.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp kTime{1'700'000'000'000ms};

ImdbId id(int number) {
    return *ImdbId::parse("tt" + std::to_string(1'000'000 + number));
}

MovieRow row(int number, Timestamp cachedAt = kTime, std::size_t size = 400) {
    return std::make_shared<const CachedMovie>(
        CachedMovie{id(number), "m/film", std::string(size, 'x'), cachedAt, cachedAt + 1h});
}

}  // namespace

TEST_CASE("a row is found until it is as old as the memory allows") {
    RowMemory memory(1 << 20, 50ms);
    memory.put(row(1));
    CHECK(memory.find(id(2), kTime) == nullptr);
    REQUIRE(eventually(10s, [&] { return memory.find(id(1), kTime) == nullptr; }));
    memory.put(row(1));
    CHECK(memory.find(id(1), kTime) != nullptr);
}

TEST_CASE("a row that has expired is not found") {
    RowMemory memory(1 << 20, 1h);
    memory.put(row(1));
    CHECK(memory.find(id(1), kTime + 1h - 1ms) != nullptr);
    CHECK(memory.find(id(1), kTime + 1h) == nullptr);
}

TEST_CASE("of two rows of one movie the one that was cached later stays, whichever came last") {
    RowMemory memory(1 << 20, 1h);
    const MovieRow older = row(1, kTime);
    const MovieRow newer = row(1, kTime + 1min);
    memory.put(older);
    memory.put(newer);
    memory.put(older);
    CHECK(memory.find(id(1), kTime) == newer);
}

TEST_CASE("an older row replaces one that has been there for its time") {
    RowMemory memory(1 << 20, 1ms);
    memory.put(row(1, kTime + 1min));
    const MovieRow older = row(1, kTime);
    CHECK(eventually(10s, [&] {
        memory.put(older);
        return memory.find(id(1), kTime) == older;
    }));
}

TEST_CASE("there is no more in it than the bytes it was given, and what was used last stays") {
    constexpr std::size_t kBytes = std::size_t{256} * 1024;
    constexpr int kRows = 2000;
    RowMemory memory(kBytes, 1h);
    memory.put(row(0));
    for (int i = 1; i < kRows; ++i) {
        memory.put(row(i));
        REQUIRE(memory.find(id(0), kTime) != nullptr);
    }
    int found = 0;
    for (int i = 0; i < kRows; ++i) {
        found += memory.find(id(i), kTime) != nullptr ? 1 : 0;
    }
    CHECK(found > 100);
    CHECK(static_cast<std::size_t>(found) * 400 < kBytes);
    CHECK(memory.find(id(kRows - 1), kTime) != nullptr);

    memory.put(row(0, kTime + 1min, kBytes));  // more than there is room for
    CHECK(memory.find(id(0), kTime) == nullptr);
}

TEST_CASE("a memory without bytes is off") {
    RowMemory memory(0, 1h);
    CHECK_FALSE(memory.isOn());
    memory.put(row(1));
    CHECK(memory.find(id(1), kTime) == nullptr);
}

TEST_CASE("threads put and find at the same time") {
    RowMemory memory(std::size_t{64} * 1024, 1ms);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&memory, t] {
            for (int i = 0; i < 5000; ++i) {
                memory.put(row((i * 7 + t) % 300));
                if (const MovieRow found = memory.find(id(i % 300), kTime)) {
                    if (found->imdbId != id(i % 300)) {
                        std::terminate();
                    }
                }
            }
        });
    }
}
