// conf/rtbatch.properties is what operators read: it must say what the table of settings says.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "common/config/config.h"
#include "tests/unit/config/config_fixture.h"

using namespace rtbatch;

namespace {

/// The commented-out settings of the file: `#key = default`, where prose has a blank after its `#`.
std::vector<std::string> settingLines() {
    std::ifstream in(RTBATCH_PROPERTIES);
    REQUIRE(in);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        INFO(line);
        CHECK((line.empty() || line[0] == '#'));
        if (line.size() > 1 && line[0] == '#' && line[1] != ' ') {
            lines.push_back(line.substr(1));
        }
    }
    return lines;
}

}  // namespace

TEST_CASE("the shipped file names every setting once, in the table's order, with its default") {
    std::vector<std::string> expected;
    for (const SettingInfo& setting : allSettings()) {
        expected.push_back(setting.key + " =" +
                           (setting.defaultValue.empty() ? "" : " " + setting.defaultValue));
    }
    CHECK(settingLines() == expected);
}

TEST_CASE("the table's defaults are those of the code, and the shipped file changes nothing") {
    std::string all;
    for (const std::string& line : settingLines()) {
        all += line + "\n";
    }
    CHECK(loadConfig(test::TemporaryFile(all).path()) == Config{});
    CHECK(loadConfig(RTBATCH_PROPERTIES) == Config{});
}

TEST_CASE("the shipped file gives the range of every number above its setting") {
    std::ifstream in(RTBATCH_PROPERTIES);
    std::stringstream content;
    content << in.rdbuf();
    for (const SettingInfo& setting : allSettings()) {
        INFO(setting.key << ": " << setting.allowed);
        const std::size_t from = setting.allowed.find("from ");
        if (from == std::string::npos) {
            continue;
        }
        const std::string range = setting.allowed.substr(from + 5, setting.allowed.find(',') - from - 5);
        const std::size_t at = content.str().find("\n#" + setting.key + " =");
        REQUIRE(at != std::string::npos);
        const std::size_t start = content.str().rfind("\n\n", at);
        CHECK(content.str().substr(start, at - start).find(range) != std::string::npos);
    }
}

TEST_CASE("every setting has a variable of its own and says what it is") {
    std::set<std::string> variables;
    for (const SettingInfo& setting : allSettings()) {
        INFO(setting.key);
        CHECK(variables.insert(setting.environment).second);
        CHECK_FALSE(setting.allowed.empty());
        CHECK_FALSE(setting.description.empty());
    }
    CHECK(variables.count("RTBATCH_CACHE_NOT_FOUND_TTL_HOURS") == 1);
}
