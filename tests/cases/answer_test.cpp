#include "tests/cases/answer.h"

#include <catch2/catch.hpp>

using namespace rtbatch::test;

TEST_CASE("an answer ends with its length, its last chunk or the connection", "[cases]") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    CHECK(readAnswer(head + "Content-Length: 2\r\n\r\nab", false, false)->body == "ab");
    CHECK_FALSE(readAnswer(head + "Content-Length: 2\r\n\r\na", false, true));
    CHECK(readAnswer(head + "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", false, false)
              ->body == "0123456789");
    CHECK_FALSE(readAnswer(head + "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n", false, true));
    CHECK_FALSE(readAnswer(head + "\r\nab", false, false));
    CHECK(readAnswer(head + "\r\nab", false, true)->body == "ab");
    CHECK_FALSE(readAnswer(head + "Content-Length: 0\r\n", false, true));
    CHECK_FALSE(readAnswer("", false, true));
}

TEST_CASE("an answer to HEAD, 204 and 304 have no body, whatever their length says", "[cases]") {
    CHECK(readAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true, false)->status() == 200);
    CHECK(readAnswer("HTTP/1.1 204 No Content\r\n\r\n", false, false)->status() == 204);
    CHECK(readAnswer("HTTP/1.1 304 Not Modified\r\n\r\n", false, false)->body.empty());
}

TEST_CASE("an interim answer is passed over", "[cases]") {
    const auto answer = readAnswer(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nAge: 1\r\nAGE: 2\r\n"
        "Content-Length: 0\r\n\r\n",
        false, false);
    REQUIRE(answer);
    CHECK(answer->statusLine == "HTTP/1.1 201 Created");
    CHECK(answer->values("age") == std::vector<std::string>{"1", "2"});
}
