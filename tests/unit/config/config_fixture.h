#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace rtbatch::test {

/// A properties file of one test, gone with it.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content) {
        std::string name = (std::filesystem::temp_directory_path() / "rtbatch-config-XXXXXX").string();
        const int fd = mkstemp(name.data());
        if (fd < 0) {
            throw std::runtime_error("no temporary file");
        }
        close(fd);
        _path = name;
        std::ofstream(_path) << content;
    }
    ~TemporaryFile() { std::filesystem::remove(_path); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::filesystem::path& path() const { return _path; }

private:
    std::filesystem::path _path;
};

/// A variable of the environment while it lives.
class TemporaryVariable {
public:
    TemporaryVariable(const char* name, const char* value) : _name(name) { setenv(name, value, 1); }
    ~TemporaryVariable() { unsetenv(_name); }
    TemporaryVariable(const TemporaryVariable&) = delete;
    TemporaryVariable& operator=(const TemporaryVariable&) = delete;

private:
    const char* _name;
};

}  // namespace rtbatch::test
