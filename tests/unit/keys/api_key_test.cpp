// What a key looks like, what it may be called, and how it is shown.

#include "common/keys/api_key.h"

#include <catch2/catch.hpp>
#include <string>

#include "common/keys/key_json.h"
#include "common/keys/key_name.h"

using namespace rtbatch;

TEST_CASE("A new key is rtb_ and 64 digits, another one each time, and reads back") {
    const ApiKey key = ApiKey::generate();
    const std::string text = key.text();
    CHECK(text.size() == 68);
    CHECK(text.starts_with("rtb_"));
    CHECK(text.find_first_not_of("0123456789abcdef", 4) == std::string::npos);
    CHECK(ApiKey::generate().text() != text);
    REQUIRE(ApiKey::parse(text));
    CHECK(ApiKey::parse(text)->text() == text);
    CHECK(ApiKey::parse(text)->digest() == key.digest());
}

TEST_CASE("A key's digest is the SHA-256 of its bytes, not of its text") {
    const std::string zeros = "rtb_" + std::string(64, '0');
    CHECK(ApiKey::parse(zeros)->digest() ==
          "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sameDigest(sha256("abc"), sha256("abc")));
    CHECK_FALSE(sameDigest(sha256("abc"), sha256("abd")));
    CHECK_FALSE(sameDigest(sha256("abc"), ""));
}

TEST_CASE("What has another form is no key") {
    const std::string digits(64, 'a');
    const auto text = GENERATE_COPY(values<std::string>(
        {"", "rtb_", digits, "rtb_" + digits + "a", "rtb_" + digits.substr(1), "rtb-" + digits,
         "RTB_" + digits, "rtb_" + digits.substr(1) + "A", "rtb_" + digits.substr(1) + "g",
         " rtb_" + digits.substr(1), "rtb_" + digits.substr(1) + std::string(1, '\0')}));
    CHECK_FALSE(ApiKey::parse(text));
}

TEST_CASE("A name is 1 to 100 printable characters of UTF-8") {
    const auto [name, good] = GENERATE(table<std::string, bool>({
        {"Cinematch", true},
        {"a", true},
        {"Zoë's phone, 2nd (日本 😀)", true},
        {"", false},
        {"a\nb", false},
        {"a\tb", false},
        {"a\x7f", false},
        {std::string("a\0b", 3), false},
        {"a\xc2\x85", false},      // a control character beyond ASCII
        {"a\xe2\x80\xa8", false},  // U+2028, a line's end
        {"a\xe2\x80\xae", false},  // U+202E, which turns what follows around
        {"a\xff", false},
        {"a\xc3", false},             // cut
        {"\xc0\xaf", false},          // too long a form of '/'
        {"\xed\xa0\x80", false},      // half of a pair
        {"\xf4\x90\x80\x80", false},  // beyond Unicode
    }));
    CAPTURE(name);
    CHECK(isKeyName(name) == good);
    std::string hundred;
    for (int i = 0; i < 100; ++i) {
        hundred += "é";
    }
    CHECK(isKeyName(hundred));
    CHECK_FALSE(isKeyName(hundred + "e"));
}

TEST_CASE("A key as JSON has all members in their order, ASCII only, and its text only when it is given") {
    KeyRow row;
    row.id = 7;
    row.name = "Zo\xc3\xab \"x\"";
    row.createdAt = fromMillis(1'769'851'800'000);
    CHECK(
        keyJson(row) ==
        R"({"id":7,"name":"Zo\u00eb \"x\"","isAdmin":false,"rateLimit":null,"requestsCount":0,"isActive":true,"createdAt":"2026-01-31T09:30:00.000Z"})");
    row.admin = true;
    row.hourlyLimit = 1000;
    row.requests = 12;
    row.revokedAt = fromMillis(1);
    CHECK(
        keyJson(row, "rtb_1") ==
        R"({"id":7,"key":"rtb_1","name":"Zo\u00eb \"x\"","isAdmin":true,"rateLimit":1000,"requestsCount":12,"isActive":false,"createdAt":"2026-01-31T09:30:00.000Z"})");
}
