#include "common/upstream/reply_status.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Net/HTTPResponse.h>

#include <algorithm>

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 30);

/// The standard reason, not the one that was sent: a message carries no foreign text.
std::string statusText(int status) {
    const auto& reason =
        Poco::Net::HTTPResponse::getReasonForStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
    return std::to_string(status) + (reason == "???" ? "" : " " + reason);
}

/// A date as HTTP writes it today; nothing for anything else.
std::optional<Timestamp> parseDate(const std::string& text) {
    Poco::DateTime date;
    int zone = 0;
    // The parser takes almost anything ("soon") for a date, so the date must also read as it was sent.
    const auto& format = Poco::DateTimeFormat::HTTP_FORMAT;
    if (!Poco::DateTimeParser::tryParse(format, text, date, zone) ||
        Poco::DateTimeFormatter::format(date, format) != text) {
        return std::nullopt;
    }
    return fromMillis(date.timestamp().epochMicroseconds() / 1000);
}

Kind kindOf(int status, bool retryAfter) {
    switch (status) {
        case 404:
        case 410:
            return Kind::gone;
        case 429:
            return Kind::throttled;
        case 503:
            return retryAfter ? Kind::throttled : Kind::broken;
        case 403:
            return Kind::forbidden;
        default:
            return Kind::broken;
    }
}

}  // namespace

std::optional<std::chrono::seconds> parseRetryAfter(const std::string& text, Timestamp t) {
    if (text.empty()) {
        return std::nullopt;
    }
    if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        constexpr std::size_t kMaxDigits = 9;
        return text.size() > kMaxDigits ? kLongest
                                        : std::min(kLongest, std::chrono::seconds(std::stoll(text)));
    }
    const auto when = parseDate(text);
    if (!when) {
        return std::nullopt;
    }
    return std::clamp(std::chrono::ceil<std::chrono::seconds>(*when - t), std::chrono::seconds(0), kLongest);
}

std::optional<UpstreamFailure> failureOf(const HttpReply& reply, const std::string& name) {
    if (reply.status == 200) {
        return std::nullopt;
    }
    // By the sender's own clock, where it says what that is: all processes follow the breaker, and this
    // host's clock may be wrong.
    const auto retryAfter = parseRetryAfter(reply.retryAfter, parseDate(reply.date).value_or(now()));
    return UpstreamFailure{kindOf(reply.status, retryAfter.has_value()),
                           name + " answered " + statusText(reply.status), retryAfter};
}

}  // namespace rtbatch
