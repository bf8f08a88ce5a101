#include "common/upstream/reply_status.h"
#include "tests/unit/upstream/asking.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;
using std::chrono::seconds;

TEST_CASE("Retry-After is read as seconds or as a date") {
    const Timestamp noon = fromMillis(1'700'000'000'000);  // 2023-11-14T22:13:20Z
    CHECK(parseRetryAfter("0", noon) == seconds(0));
    CHECK(parseRetryAfter("9", noon) == seconds(9));
    CHECK(parseRetryAfter("99999999999999999999", noon) == std::chrono::hours(24 * 30));
    CHECK(parseRetryAfter("Tue, 14 Nov 2023 22:15:20 GMT", noon) == seconds(120));
    CHECK(parseRetryAfter("Tue, 14 Nov 2023 22:00:00 GMT", noon) == seconds(0));
    CHECK(parseRetryAfter("Sat, 14 Nov 2099 22:00:00 GMT", noon) == std::chrono::hours(24 * 30));
    for (const std::string odd : {"", "soon", "-5", "1.5", "5 s"}) {
        CAPTURE(odd);
        CHECK_FALSE(parseRetryAfter(odd, noon));
    }
}

TEST_CASE("a date in Retry-After counts from the sender's own clock, whatever ours says") {
    HttpReply reply;
    reply.status = 429;
    reply.retryAfter = "Tue, 14 Nov 2023 22:15:20 GMT";
    reply.date = "Tue, 14 Nov 2023 22:13:20 GMT";
    CHECK(failureOf(reply, "Site")->retryAfter == seconds(120));
    reply.date = "yesterday";
    CHECK(failureOf(reply, "Site")->retryAfter == seconds(0));
}

TEST_CASE("what each status means") {
    const auto failure = [](int status, const std::string& retryAfter = "") {
        HttpReply reply;
        reply.status = status;
        reply.retryAfter = retryAfter;
        return failureOf(reply, "Site").value();
    };
    HttpReply good;
    good.status = 200;
    CHECK_FALSE(failureOf(good, "Site"));
    CHECK(failure(404).kind == Kind::gone);
    CHECK(failure(410).kind == Kind::gone);
    CHECK(failure(403).kind == Kind::forbidden);
    CHECK(failure(429).kind == Kind::throttled);
    CHECK_FALSE(failure(429).retryAfter);
    CHECK(failure(429, "7").retryAfter == seconds(7));
    CHECK(failure(429, "0").retryAfter == seconds(0));
    CHECK(failure(503, "7").kind == Kind::throttled);
    CHECK(failure(503, "7").retryAfter == seconds(7));
    for (const int status : {204, 206, 304, 400, 401, 406, 451, 500, 502, 503, 504}) {
        CAPTURE(status);
        CHECK(failure(status).kind == Kind::broken);
    }
    CHECK(failure(500).message == "Site answered 500 Internal Server Error");
    CHECK(failure(404).message == "Site answered 404 Not Found");
    CHECK(failure(599).message == "Site answered 599");
}

}  // namespace rtbatch::test
