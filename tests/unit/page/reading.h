#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <variant>

#include "common/page/read_page.h"

namespace rtbatch::test {

/// The facts of a page; fails the test when it is unreadable.
inline MovieFacts facts(const std::string& page) {
    const Reading reading = readPage(page);
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        FAIL("unreadable: " << unreadable->reason);
    }
    return std::get<MovieFacts>(reading);
}

/// Why a page is unreadable; fails the test when it is read.
inline std::string whyUnreadable(const std::string& page) {
    const Reading reading = readPage(page);
    REQUIRE(std::holds_alternative<Unreadable>(reading));
    return std::get<Unreadable>(reading).reason;
}

/// The layer that a fact of the page was taken from.
inline std::string layerOf(const std::string& page, const std::string& fact) {
    Explanation explanation;
    readPage(page, &explanation);
    return explanation.from()[fact];
}

}  // namespace rtbatch::test
