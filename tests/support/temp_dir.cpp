#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rtbatch::test {

TempDir::TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rtb.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("cannot make a directory like " + pattern);
    }
    _path = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;  // a leftover in /tmp is no reason to end a test run
    std::filesystem::remove_all(_path, ignored);
}

std::string readFile(const std::filesystem::path& path) {
    const std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (in) {
        text << in.rdbuf();
    }
    return text.str();
}

void writeFile(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out.flush()) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

std::string readEnd(const std::filesystem::path& path) {
    constexpr std::size_t kMost = 20000;
    const std::string text = readFile(path);
    return text.size() <= kMost ? text : "[...]" + text.substr(text.size() - kMost);
}

}  // namespace rtbatch::test
