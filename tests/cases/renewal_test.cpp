// What no single request shows: that an old row which was answered is renewed behind the answer.
#include <catch2/catch.hpp>

#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

bool isAnswered(const HttpResponse& response, const std::string& done) {
    return response.body().find("\ndata: " + done + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("an old row that was answered is renewed behind the answer, once, for who asks next", "[cases]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = {"tt9000001", "tt9000002", "tt9000003"};
    stack.warm(ids);
    stack.expire(ids);
    const auto pagesBefore = stack.upstreams().counts(Site::rt).requests;
    stack.upstreams().setLatency(Site::rt, 2s);  // longer than the answers take

    HttpRequest request = batchOf(ids);
    request.headers["Cache-Control"] = "max-stale";
    for (int i = 0; i < 5; ++i) {
        const HttpResponse response = ask(stack.http(), request);
        INFO(response.body());
        CHECK(isAnswered(response, R"({"total":3,"cached":3,"fetched":0,"errors":0,"stale":3})"));
    }
    request.headers["Cache-Control"] = "only-if-cached";
    request.recorded = false;
    CHECK(eventually(20s, [&] {
        return isAnswered(ask(stack.http(), request),
                          R"({"total":3,"cached":3,"fetched":0,"errors":0,"stale":0})");
    }));
    CHECK(stack.upstreams().counts(Site::rt).requests == pagesBefore + 3);
}
