#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "common/store/store.h"
#include "tests/support/mariadb.h"

namespace rtbatch::test {

enum class Kind { sqlite, mariadb };

/// An empty database of its own: a file in a temporary directory, or one in the MariaDB that all tests of
/// the process share.
class TestDatabase {
public:
    explicit TestDatabase(Kind kind);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    StoreOptions options(std::chrono::milliseconds timeout = std::chrono::seconds(20)) const {
        return {.url = _url, .maxConnections = 6, .timeout = timeout};
    }
    /// SQLite's file.
    std::string path() const { return _directory + "/store.db"; }
    /// What a person at the SQL prompt sees, cells parted by tabs.
    std::string sql(const std::string& statements) const;

private:
    Kind _kind;
    std::string _directory;
    std::string _name;
    std::string _url;
};

/// Starts it at the first call.
MariaDb& sharedMariaDb();

inline ImdbId imdb(const std::string& text) {
    return ImdbId::parse(text).value();
}

inline ImdbId imdb(int number) {
    return imdb("tt" + std::to_string(1000000 + number));
}

inline RtId rt(const std::string& text) {
    return RtId::parse(text).value();
}

inline CachedMovie movie(const ImdbId& id, const std::string& facts = R"({"title":"Heat"})") {
    return {id, "m/heat", facts, fromMillis(1'700'000'000'123), fromMillis(1'700'604'800'456)};
}

/// Waits until `condition` holds, at most 30 s.
template <typename Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace rtbatch::test
