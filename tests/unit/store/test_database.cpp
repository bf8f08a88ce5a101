#include "tests/unit/store/test_database.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace rtbatch::test {

MariaDb& sharedMariaDb() {
    static MariaDb server;
    return server;
}

TestDatabase::TestDatabase(Kind kind) : _kind(kind) {
    static std::atomic<int> serial{0};
    _directory = (std::filesystem::temp_directory_path() / "rtbatch-store-XXXXXX").string();
    if (mkdtemp(_directory.data()) == nullptr) {
        throw std::runtime_error("mkdtemp " + _directory);
    }
    if (kind == Kind::sqlite) {
        _url = "sqlite:" + path();
    } else {
        _name = "store" + std::to_string(++serial);
        sharedMariaDb().createDatabase(_name);
        _url = sharedMariaDb().url(_name);
    }
}

TestDatabase::~TestDatabase() {
    std::error_code ignored;
    std::filesystem::remove_all(_directory, ignored);
}

std::string TestDatabase::sql(const std::string& statements) const {
    if (_kind == Kind::mariadb) {
        return sharedMariaDb().sql(statements, _name);
    }
    sqlite3* handle = nullptr;
    std::string out;
    const auto row = [](void* text, int count, char** cells, char**) {
        for (int i = 0; i < count; ++i) {
            *static_cast<std::string*>(text) +=
                std::string(i == 0 ? "" : "\t") + (cells[i] ? cells[i] : "NULL");
        }
        *static_cast<std::string*>(text) += "\n";
        return 0;
    };
    char* error = nullptr;
    if (sqlite3_open(path().c_str(), &handle) != SQLITE_OK ||
        sqlite3_busy_timeout(handle, 10000) != SQLITE_OK ||
        sqlite3_exec(handle, statements.c_str(), row, &out, &error) != SQLITE_OK) {
        const std::string message = error ? error : "cannot open";
        sqlite3_free(error);
        sqlite3_close(handle);
        throw std::runtime_error(message);
    }
    sqlite3_close(handle);
    return out;
}

}  // namespace rtbatch::test
