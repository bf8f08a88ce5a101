// Keys over HTTP, and what four processes make of them together.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "tests/e2e/batch_view.h"
#include "tests/support/deployment.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const std::string kKeys = "/api/v1/admin/keys";

HttpRequest admin(const std::string& method, const std::string& path, const std::string& body = {}) {
    HttpRequest request{.method = method, .path = path, .headers = {{"X-API-Key", kKey}}, .body = body};
    if (!body.empty()) {
        request.headers["Content-Type"] = "application/json";
    }
    return request;
}

struct NewKey {
    std::string id;
    std::string text;
};

NewKey create(const Endpoint& where, const std::string& body) {
    const HttpResponse response = ask(where, admin("POST", kKeys, body));
    INFO(response.body());
    REQUIRE(response.status() == 201);
    const auto key = parseObject(response.body());
    const auto id = key->getValue<std::string>("id");
    CHECK(response.header("location") == kKeys + "/" + id);
    return {id, key->getValue<std::string>("key")};
}

HttpRequest batchWith(const std::string& key, std::span<const std::string> ids) {
    HttpRequest request = batchOf(ids);
    request.headers["X-API-Key"] = key;
    return request;
}

/// Four processes, and nginx asks each in its turn.
Deployment fourProcesses() {
    return Deployment({.groups = {1, 1, 1, 1}});
}

/// Whether each process says so: eight in a row, as nginx gives each its turn.
bool allSay(const Endpoint& where, const HttpRequest& request, int status) {
    for (int i = 0; i < 8; ++i) {
        if (ask(where, request).status() != status) {
            return false;
        }
    }
    return true;
}

/// Seconds of the hour that are left; a test that counts in an hour begins where that is enough.
std::chrono::seconds leftOfHour() {
    using namespace std::chrono;
    const auto now = floor<seconds>(system_clock::now());
    return ceil<hours>(now + 1s) - now;
}

void waitForRoomInHour(std::chrono::seconds room) {
    if (const auto left = leftOfHour(); left < room) {
        std::this_thread::sleep_for(left + 1s);  // until the next one, which the clock decides
    }
}

}  // namespace

TEST_CASE("an admin makes, lists and revokes keys, and nobody else does", "[keys]") {
    Stack stack({.database = Database::mariadb});
    const auto ids = madeUpMovies(1, 1);
    stack.warm(ids);
    const NewKey plain = create(stack.http(), R"({"name":"cinematch"})");
    const NewKey limited = create(stack.http(), R"({"name":"limited \u00e4","rateLimit":3,"isAdmin":true})");
    CHECK(plain.text.size() == 68);
    CHECK(plain.text.starts_with("rtb_"));
    CHECK(plain.text != limited.text);

    // Both work at once. Only the one with a limit is told how it stands.
    HttpResponse answer = ask(stack.http(), batchWith(plain.text, ids));
    CHECK(answer.status() == 200);
    CHECK_FALSE(answer.header("ratelimit-limit").has_value());
    waitForRoomInHour(60s);
    for (const std::string left : {"2", "1", "0"}) {
        answer = ask(stack.http(), batchWith(limited.text, ids));
        checkWhole(answer, ids);
        CHECK(answer.header("ratelimit-limit") == "3");
        CHECK(answer.header("ratelimit-remaining") == left);
        const int reset = std::stoi(answer.header("ratelimit-reset").value_or("0"));
        CHECK((reset > 0 && reset <= 3600));
    }
    answer = ask(stack.http(), batchWith(limited.text, ids));
    CHECK(answer.status() == 429);
    CHECK(parseObject(answer.body())->getValue<std::string>("error") == "quota_exceeded");
    CHECK(answer.header("retry-after") == answer.header("ratelimit-reset"));
    CHECK(answer.header("ratelimit-remaining") == "0");

    const auto list = [&] {
        return parseObject(ask(stack.http(), admin("GET", kKeys)).body())->getArray("keys");
    };
    REQUIRE(list()->size() == 2);
    const auto first = list()->getObject(0);
    CHECK(first->getValue<std::string>("name") == "cinematch");
    CHECK_FALSE(first->has("key"));
    CHECK(first->isNull("rateLimit"));
    CHECK(list()->getObject(1)->getValue<int>("rateLimit") == 3);
    CHECK(list()->getObject(1)->getValue<bool>("isAdmin"));
    REQUIRE(eventually(20s, [&] { return list()->getObject(1)->getValue<int>("requestsCount") == 3; }));
    REQUIRE(eventually(20s, [&] { return list()->getObject(0)->getValue<int>("requestsCount") == 1; }));

    HttpRequest notAdmin = admin("GET", kKeys);
    notAdmin.headers["X-API-Key"] = plain.text;
    CHECK(ask(stack.http(), notAdmin).status() == 403);

    CHECK(ask(stack.http(), admin("DELETE", kKeys + "/" + plain.id)).status() == 204);
    answer = ask(stack.http(), batchWith(plain.text, ids));
    CHECK(answer.status() == 401);
    CHECK(parseObject(answer.body())->getValue<std::string>("error") == "key_unknown");
    CHECK_FALSE(list()->getObject(0)->getValue<bool>("isActive"));
    CHECK(ask(stack.http(), admin("DELETE", kKeys + "/" + plain.id)).status() == 204);
    CHECK(ask(stack.http(), admin("DELETE", kKeys + "/12345")).status() == 404);
    CHECK(ask(stack.http(), admin("DELETE", kKeys + "/x")).status() == 404);

    for (const std::string bad : {R"({})", R"({"name":""})", R"({"name":7})", R"({"name":"a","rateLimit":0})",
                                  R"({"name":"a","rateLimit":1.5})", R"({"name":"a","rateLimit":true})",
                                  R"({"name":"a","rateLimit":1000000001})", R"({"name":"a","isAdmin":1})",
                                  R"({"name":"a","ratelimit":5})"}) {
        INFO(bad);
        answer = ask(stack.http(), admin("POST", kKeys, bad));
        CHECK(answer.status() == 422);
        CHECK(parseObject(answer.body())->getValue<std::string>("error") == "invalid_key_request");
    }
    CHECK(list()->size() == 2);
    for (const std::string& text : {plain.text, limited.text}) {
        CHECK((stack.logs() + stack.accessLog()).find(text.substr(4)) == std::string::npos);
    }
}

TEST_CASE("a revoked key is dead in four processes within 30 s", "[keys]") {
    Deployment deployment = fourProcesses();
    const auto ids = madeUpMovies(1, 1);
    fetchAll(deployment.http(), ids);
    const NewKey key = create(deployment.http(), R"({"name":"to be revoked"})");
    // It works at once in the others too, which look for what they do not know.
    REQUIRE(eventually(20s, [&] { return allSay(deployment.http(), batchWith(key.text, ids), 200); }));
    CHECK(ask(deployment.http(), admin("DELETE", kKeys + "/" + key.id)).status() == 204);
    const auto revoked = Clock::now();
    CHECK(eventually(30s, [&] { return allSay(deployment.http(), batchWith(key.text, ids), 401); }));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - revoked);
    std::cout << "a revoked key was dead in four processes after " << took.count() << " ms\n";
    CHECK(allSay(deployment.http(), batchWith(key.text, ids), 401));
}

TEST_CASE(
    "16 clients at full speed on four processes get a quota of 100, and one more for each process at most",
    "[keys]") {
    Deployment deployment = fourProcesses();
    const auto ids = madeUpMovies(1, 1);
    fetchAll(deployment.http(), ids);
    waitForRoomInHour(90s);
    const NewKey key = create(deployment.http(), R"({"name":"quota","rateLimit":100})");
    std::atomic<int> admitted = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> other = 0;
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 16; ++i) {
            clients.emplace_back([&] {
                // Long after the quota is spent, and long enough for what a process gives back to be spent by
                // another.
                for (const auto until = Clock::now() + 6s; Clock::now() < until;) {
                    const int status = ask(deployment.http(), batchWith(key.text, ids)).status();
                    ++(status == 200 ? admitted : status == 429 ? refused : other);
                }
            });
        }
    }
    std::cout << "of a quota of 100, 16 clients on four processes got " << admitted << "; " << refused
              << " were refused\n";
    CHECK(admitted >= 100);
    CHECK(admitted <= 104);
    CHECK(refused > 100);
    CHECK(other == 0);
    const auto counted = [&] {
        return parseObject(ask(deployment.http(), admin("GET", kKeys)).body())
            ->getArray("keys")
            ->getObject(0)
            ->getValue<int>("requestsCount");
    };
    CHECK(eventually(20s, [&] { return counted() == admitted; }));
}
