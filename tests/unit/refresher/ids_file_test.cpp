#include "refresher/ids_file.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "common/cli/exit_code.h"

using namespace rtbatch;
using Catch::Matchers::Contains;

namespace {

std::string idsIn(const std::string& text) {
    std::istringstream in(text);
    std::string ids;
    for (const ImdbId& id : readIds(in, "FILE")) {
        ids += (ids.empty() ? "" : " ") + id.string();
    }
    return ids;
}

std::string complaint(const std::string& text) {
    try {
        return "read: " + idsIn(text);
    } catch (const DataError& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("Ids come in the order of the file, each where it stands first") {
    CHECK(idsIn("tt0113277\ntt0000002\nTT0113277\ntt12345678\n") == "tt0113277 tt0000002 tt12345678");
}

TEST_CASE("Blank lines, comments, blanks around and a last line without its end are fine") {
    CHECK(idsIn("# a list\n\n  tt0113277\t# Heat\r\n   \n#tt0000001\ntt0000002") == "tt0113277 tt0000002");
    CHECK(idsIn("").empty());
}

TEST_CASE("The first bad lines are named with their numbers, the others are counted") {
    CHECK(complaint("tt0113277\nxyz\n") == "FILE:2: 'xyz' is no IMDb id; nothing was marked");
    CHECK(complaint("nm0000199\n") == "FILE:1: 'nm0000199' is no IMDb id; nothing was marked");
    const std::string seven = complaint("a\nb\nc\nd\ne\nf\ng\n");
    CHECK_THAT(seven, Contains("FILE:1: 'a' is no IMDb id\nFILE:2: 'b'") && Contains("FILE:5: 'e'") &&
                          Contains("FILE: and 2 more; nothing was marked") && !Contains("'f'"));
}

TEST_CASE(
    "A file that is something else altogether is not read to its end, and does not reach the terminal") {
    std::string other;
    for (int i = 0; i < 5000; ++i) {
        other += "\x1b[31m" + std::string(3000, 'x') + "\n";
    }
    const std::string said = complaint(other);
    CHECK_THAT(said, Contains("FILE:1: '?[31mxxx") && Contains("and 995 more, not read further"));
    CHECK(said.size() < 1000);
    CHECK_THAT(said, !Contains("\x1b"));
}
