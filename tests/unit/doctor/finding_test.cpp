#include "admin/doctor/finding.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <vector>

using namespace rtbatch;

namespace {

const std::vector<Finding> kFindings{{"database", Result::good, "MySQL \"a\"", ""},
                                     {"socket", Result::unknown, "inherited", ""},
                                     {"charset", Result::bad, "latin1", "ALTER DATABASE"}};

}  // namespace

TEST_CASE("a person reads a line a check, and what to do under it", "[doctor]") {
    std::ostringstream out;
    writeText(out, kFindings);
    CHECK(out.str() ==
          "ok   database: MySQL \"a\"\n"
          "--   socket: inherited\n"
          "BAD  charset: latin1\n"
          "     -> ALTER DATABASE\n");
}

TEST_CASE("a program reads the same as one line of JSON", "[doctor]") {
    std::ostringstream out;
    writeJson(out, kFindings);
    CHECK(out.str() ==
          R"({"healthy":false,"checks":[{"check":"database","result":"good","said":"MySQL \"a\"","do":""},)"
          R"({"check":"socket","result":"unknown","said":"inherited","do":""},)"
          R"({"check":"charset","result":"bad","said":"latin1","do":"ALTER DATABASE"}]})"
          "\n");
}

TEST_CASE("what could not be seen is not bad", "[doctor]") {
    CHECK(isAllWell(std::span(kFindings).first(2)));
    CHECK_FALSE(isAllWell(kFindings));
    std::ostringstream out;
    writeJson(out, {});
    CHECK(out.str() == R"({"healthy":true,"checks":[]})"
                       "\n");
}
