#pragma once

#include <filesystem>
#include <string>

namespace rtbatch::test {

/// A directory of its own under the system's temporary one, removed with all that is in it. The path is
/// short, for the name of a unix socket may have 107 bytes only.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const { return _path; }
    std::string file(const std::string& name) const { return (_path / name).string(); }

private:
    std::filesystem::path _path;
};

/// The whole text of a file; empty when there is none.
std::string readFile(const std::filesystem::path& path);

/// The end of a log, for the report of a failure: what came before is left out where it is long.
std::string readEnd(const std::filesystem::path& path);

/// Writes a file anew. Throws std::runtime_error.
void writeFile(const std::filesystem::path& path, const std::string& text);

}  // namespace rtbatch::test
