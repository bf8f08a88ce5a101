#include "tests/cases/case_match.h"

#include <catch2/catch.hpp>

using namespace rtbatch::test;

namespace {

bool passes(const std::string& expected, const std::string& received, bool closed = true,
            const std::string& request = "GET / HTTP/1.1") {
    const Case wanted = parseCase("a_case", "# x\n" + request + "\n---\n" + expected, {});
    return !difference(wanted, {received, closed}).has_value();
}

const std::string kAnswer =
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: 4\r\n\r\none\n";

}  // namespace

TEST_CASE("a pattern has to be like the whole text", "[cases]") {
    CHECK(matches("abc", "abc"));
    CHECK_FALSE(matches("abc", "abcd"));
    CHECK_FALSE(matches("abc", "ab"));
    CHECK_FALSE(matches("", "a"));
    CHECK(matches("a***c", "ac"));
    CHECK(matches("a***c***", "abcbcd"));
    CHECK_FALSE(matches("a***c", "abcd"));
    CHECK_FALSE(matches("a***c", "a\nc"));
    CHECK(matches("a***\n***c", "a1\n2c"));
    CHECK(matches("a\n{lines}c\n", "a\nb\nb\nc\n"));
    CHECK(matches("a\n{lines}c\n", "a\nc\n"));
    CHECK_FALSE(matches("a\n{lines}d\n", "a\nb\nc\n"));
    CHECK(matches("a{number}b", "a12b"));
    CHECK_FALSE(matches("a{number}b", "ab"));
    CHECK_FALSE(matches("a{number}b", "a-1b"));
    const std::string digits(32, 'e');
    CHECK(matches("{hex32}", digits));
    CHECK_FALSE(matches("{hex32}", digits + "e"));
    CHECK_FALSE(matches("{hex32}", digits.substr(1)));
    CHECK_FALSE(matches("{hex32}", std::string(32, 'E')));
}

TEST_CASE("an answer differs when its status, a header or its body does", "[cases]") {
    CHECK(passes("HTTP/1.1 200 OK\nServer: nginx\n\none\\x0a\n", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 201 Created\n\none\\x0a\n", kAnswer));
    CHECK(passes("HTTP/1.1 200 OK\nserver: ng***\n!Age\n\none\\x0a\n", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\nServer: apache\n\none\\x0a\n", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\nAge: 1\n\none\\x0a\n", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\n!server\n\none\\x0a\n", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\n\none\n", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\n", kAnswer));
}

TEST_CASE("a header that is named is there as often as it is named", "[cases]") {
    CHECK(passes("HTTP/1.1 200 OK\nX-Twice: a\nX-Twice: b\n\none\\x0a\n", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\nX-Twice: a\n\none\\x0a\n", kAnswer));
}

TEST_CASE("an answer that is cut is not complete", "[cases]") {
    const std::string whole = "HTTP/1.1 200 OK\n\none\\x0a\n";
    CHECK_FALSE(passes(whole, kAnswer.substr(0, kAnswer.size() - 1)));
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n0\r\n\r\n";
    CHECK(passes(whole, chunked, false));
    CHECK_FALSE(passes(whole, chunked.substr(0, chunked.size() - 5)));
}

TEST_CASE("no answer at all is the close of the connection and no byte", "[cases]") {
    CHECK(passes("", ""));
    CHECK_FALSE(passes("", "", false));
    CHECK_FALSE(passes("", kAnswer));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\n", ""));
}

TEST_CASE("a raw answer is compared with its line ends and its chunks", "[cases]") {
    const std::string request = "@raw\nGET / HTTP/1.1";
    const std::string expected = "HTTP/1.1 200 OK\n\n1\\x0d\na\\x0d\\x0a\n";
    CHECK(passes(expected, "HTTP/1.1 200 OK\r\n\r\n1\r\na\r\n", true, request));
    CHECK_FALSE(passes(expected, "HTTP/1.1 200 OK\r\n\r\n1\r\na\n", true, request));
    CHECK_FALSE(passes(expected, "HTTP/1.1 200 OK\n\n1\r\na\r\n", true, request));
    CHECK_FALSE(passes("HTTP/1.1 200 OK\n\na\n", "HTTP/1.1 200 OK\r\n\r\na", false, request));
    // HTTP/0.9 has no head.
    CHECK(passes("\na\n", "a", true, request));
    CHECK_FALSE(passes("\na\n", "HTTP/1.1 200 OK\r\n\r\na", true, request));
}
