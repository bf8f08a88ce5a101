#include "tests/support/programs.h"

#include <cctype>

namespace rtbatch::test {

std::string program(const std::string& name) {
    return std::string(RTBATCH_BIN_DIR) + "/" + name;
}

std::map<std::string, std::string> environmentOf(const std::map<std::string, std::string>& settings) {
    std::map<std::string, std::string> env;
    for (const auto& [key, value] : settings) {
        std::string name = "RTBATCH_";
        for (const char c : key) {
            name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        env[name] = value;
    }
    return env;
}

}  // namespace rtbatch::test
