#include "bench/checks.h"

#include <memory>
#include <string_view>

#include "tests/support/http_response.h"

namespace rtbatch::bench {

namespace {

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + what.size())) {
        ++found;
    }
    return found;
}

std::optional<std::string> fault(const Expected& expected, const Answer& answer) {
    if (answer.status() != 200) {
        return "status " + std::to_string(answer.status()) + ": " + answer.body();
    }
    if (auto wrong = test::wireFault(answer.body())) {
        return wrong;
    }
    const std::size_t movies = count(answer.body(), "event: movie\n");
    const std::size_t errors = count(answer.body(), "event: error\n");
    if (movies != expected.movies || errors != expected.errors) {
        return std::to_string(movies) + " movies and " + std::to_string(errors) + " errors in " +
               answer.body();
    }
    return std::nullopt;
}

}  // namespace

Check completeBatch(Expected expected) {
    return [expected](std::size_t /*request*/, const Answer& answer) { return fault(expected, answer); };
}

Check sameCompleteBatch(Expected expected) {
    return [expected, first = std::make_shared<std::string>()](
               std::size_t /*request*/, const Answer& answer) -> std::optional<std::string> {
        if (first->empty()) {
            auto wrong = fault(expected, answer);
            if (!wrong) {
                *first = answer.body();
            }
            return wrong;
        }
        if (answer.body() != *first || answer.status() != 200) {
            return "an answer that differs from the first: " + answer.body();
        }
        return std::nullopt;
    };
}

}  // namespace rtbatch::bench
