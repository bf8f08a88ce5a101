#include "refresher/ratings_file.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "common/cli/exit_code.h"
#include "tests/unit/upstream/gzip.h"

using namespace rtbatch;
using Catch::Matchers::Contains;

namespace {

const std::string kHeader = "tconst\taverageRating\tnumVotes\n";

std::string best(const std::string& bytes, std::size_t top = 3) {
    std::istringstream in(bytes);
    std::string ids;
    for (const ImdbId& id : mostVoted(in, top, "FILE")) {
        ids += (ids.empty() ? "" : " ") + id.string();
    }
    return ids;
}

std::string complaint(const std::string& bytes) {
    try {
        return "read: " + best(bytes);
    } catch (const DataError& e) {
        return e.what();
    }
}

/// So many titles, of which the number of votes grows with the id.
std::string titles(int from, int to) {
    std::string lines;
    for (int i = from; i < to; ++i) {
        lines += "tt" + std::to_string(1000000 + i) + "\t6.4\t" + std::to_string(i) + "\n";
    }
    return lines;
}

}  // namespace

TEST_CASE("The titles with the most votes come first, of equal ones the lower id") {
    const std::string file = kHeader +
                             "tt0000001\t5.8\t1423\ntt0000002\t6.4\t168\ntt0000005\t6.2\t2500000\n"
                             "tt0000004\t6.1\t1423\ntt0000003\t6.5\t7\n";
    CHECK(best(file) == "tt0000005 tt0000001 tt0000004");
    CHECK(best(file, 1) == "tt0000005");
    CHECK(best(file, 100) == "tt0000005 tt0000001 tt0000004 tt0000002 tt0000003");
    CHECK(best(kHeader).empty());
}

TEST_CASE("The data set may come packed, in one member or several, parted anywhere") {
    const std::string file = kHeader + titles(0, 20000);
    CHECK(best(test::gzip(file)) == "tt1019999 tt1019998 tt1019997");
    CHECK(best(test::gzip(file.substr(0, 100'001)) + test::gzip(file.substr(100'001))) ==
          "tt1019999 tt1019998 tt1019997");
}

TEST_CASE("Line ends of another system do no harm") {
    CHECK(best("tconst\taverageRating\tnumVotes\r\ntt0000001\t5.8\t9\r\n") == "tt0000001");
}

TEST_CASE("A file that is cut short is refused, packed or not, wherever it is cut") {
    const std::string file = kHeader + titles(0, 300);
    CHECK_THAT(complaint(file.substr(0, file.size() - 1)),
               Contains("FILE ends within line 301: it is cut short"));
    const std::string packed = test::gzip(file);
    for (std::size_t size = 1; size < packed.size(); ++size) {
        CAPTURE(size);
        CHECK_THAT(complaint(packed.substr(0, size)), Contains("cut short") || Contains("is empty"));
    }
    CHECK(complaint("") == "FILE is empty; nothing was marked");
}

TEST_CASE("A second member that is cut, wherever it is, is not taken for the end") {
    const std::string first = test::gzip(kHeader + titles(0, 300));
    const std::string second = test::gzip(titles(300, 600));
    CHECK(best(first + second, 1) == "tt1000599");
    for (std::size_t size = 1; size < second.size(); ++size) {
        CAPTURE(size);
        CHECK_THAT(complaint(first + second.substr(0, size)), Contains("cut short"));
    }
    CHECK_THAT(complaint(first + "garbage"), Contains("cut short"));
}

TEST_CASE("A long file that lacks its last bytes only is refused") {
    const std::string packed = test::gzip(kHeader + titles(0, 20000));
    for (std::size_t lost = 1; lost <= 8; ++lost) {
        CAPTURE(lost);
        CHECK_THAT(complaint(packed.substr(0, packed.size() - lost)), Contains("cut short"));
    }
}

TEST_CASE("What is packed and damaged is refused") {
    std::string packed = test::gzip(kHeader + titles(0, 3000));
    packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
    CHECK_THAT(complaint(packed), !Contains("read:"));
}

TEST_CASE("Another file than title.ratings is known by its first line") {
    CHECK_THAT(complaint("tconst\ttitleType\tprimaryTitle\ntt0000001\tshort\tCarmencita\n"),
               Contains("FILE:1: the header 'tconst averageRating numVotes' is not there"));
    CHECK_THAT(complaint("PK\x03\x04 zipped\n"), Contains("FILE:1: the header"));
}

TEST_CASE("A bad line is named with its number and what is wrong with it") {
    CHECK_THAT(complaint(kHeader + "tt0000001\t5.8\t9\nxyz\t5.8\t9\n"),
               Contains("FILE:3: 'xyz' is no IMDb id; nothing was marked"));
    CHECK_THAT(complaint(kHeader + "tt0000001\t5.8\t-9\n"), Contains("FILE:2: '-9' is no number of votes"));
    CHECK_THAT(complaint(kHeader + "tt0000001\t5.8\t99999999999\n"), Contains("is no number of votes"));
    CHECK_THAT(complaint(kHeader + "tt0000001\t5.8\n"), Contains("parted by tabs"));
    CHECK_THAT(complaint(kHeader + "tt0000001\t5.8\t9\t9\n"), Contains("parted by tabs"));
    CHECK_THAT(complaint(kHeader + "\n"), Contains("FILE:2: '' is not an id"));
}
