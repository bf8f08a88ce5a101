#include "tests/cases/case_file.h"

#include <catch2/catch.hpp>

using namespace rtbatch::test;

namespace {

Case parse(std::string_view text) {
    return parseCase("a_case", text, {{"key", "secret"}});
}

}  // namespace

TEST_CASE("a case file is a comment, a request and an answer", "[cases]") {
    const Case parsed = parse(
        "# It works.\n# More.\n@stack quick\n@raw\n"
        "POST /x HTTP/1.1\nX-API-Key: {key}\nContent-Length: {length}\n\n{\"a\":{}}\n\n---\n"
        "HTTP/1.1 200 OK\n!Age\n\none\n---\ntwo\n");
    CHECK(parsed.name == "a_case");
    CHECK(parsed.shows == "It works.");
    CHECK(parsed.stack == "quick");
    CHECK(parsed.raw);
    CHECK(parsed.method() == "POST");
    CHECK(parsed.path() == "/x");
    CHECK(parsed.request.onTheWire() ==
          "POST /x HTTP/1.1\r\nX-API-Key: secret\r\nContent-Length: 9\r\n\r\n{\"a\":{}}\n");
    CHECK(parsed.expected.head == std::vector<std::string>{"HTTP/1.1 200 OK", "!Age"});
    CHECK(parsed.expected.body == "one\n---\ntwo");
}

TEST_CASE("a case can say bytes and repeat them", "[cases]") {
    const Case parsed = parse("# x\nGET /{repeat 3 ab} HTTP/1.1\n\n{repeat 2 \\x00}{ids 9 2}\\x0a\n---\n");
    CHECK(parsed.path() == "/ababab");
    CHECK(parsed.request.body == std::string("\0\0", 2) + "\"tt0000009\",\"tt0000010\"\n");
    CHECK(parsed.expected.head.empty());
}

TEST_CASE("a request without a body ends with the blank line", "[cases]") {
    CHECK(parse("# x\nGET / HTTP/1.1\n---\n").request.onTheWire() == "GET / HTTP/1.1\r\n\r\n");
    CHECK(parse("# x\nGET / HTTP/1.1\n\n---\n").request.onTheWire() == "GET / HTTP/1.1\r\n\r\n");
}

TEST_CASE("a case file that is wrong is refused", "[cases]") {
    for (const std::string_view wrong :
         {"GET / HTTP/1.1\n---\n", "# x\nGET / HTTP/1.1\n", "# x\n---\nHTTP/1.1 200 OK\n",
          "# x\n@nonsense\nGET /\n---\n", "# x\n@stack\nGET /\n---\n", "# x\nGET /{repeat x a}\n---\n",
          "# x\nGET /{repeat 3}\n---\n", "# x\nGET /\\xg0\n---\n", "# x\nGET /\\x0\n---\n", ""}) {
        INFO(wrong);
        CHECK_THROWS_AS(parse(wrong), CaseFault);
    }
}
