#include <catch2/catch.hpp>

#include <random>

#include "common/page/read_page.h"
#include "common/page/reading_json.h"
#include "film_page.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

/// Damaged pages for one test; each takes many times as long under a sanitizer.
#ifdef RTBATCH_SANITIZED
constexpr int kPages = 200;
#else
constexpr int kPages = 3000;
#endif

enum class Consensus { same, any };

/// Each fact as the whole page has it, or missing; never another. Returns whether the page was read.
bool checkNothingWrong(const std::string& page, Consensus consensus = Consensus::same) {
    const Reading reading = readPage(page);
    const auto* facts = std::get_if<MovieFacts>(&reading);
    if (facts == nullptr) {
        return false;
    }
    const MovieFacts right = filmFacts();
    const bool sameConsensus = !facts->consensus || facts->consensus == right.consensus;
    const bool sameYear = !facts->year || facts->year == right.year;
    const bool same = facts->title == right.title && sameYear && facts->criticScore == right.criticScore &&
                      facts->audienceScore == right.audienceScore && facts->certified == right.certified &&
                      (sameConsensus || consensus == Consensus::any);
    if (!same) {
        FAIL_CHECK(renderReading(reading, {}) << page);
    }
    return true;
}

/// A page whose sources of the year agree: a missing one must not be replaced by another that differs on
/// purpose.
std::string pageOfOneYear() {
    return with(with(filmPage(), "Mar 2, 2012", "Mar 2, 2011"), "2014-01-27", "2011-01-27");
}

}  // namespace

TEST_CASE("a page cut at any place is unreadable, or says the same") {
    const std::string page = pageOfOneYear();
    for (std::size_t length = 0; length < page.size(); length += 7) {
        checkNothingWrong(page.substr(0, length));
        // The worst cut: one that looks like an end.
        // The consensus stands on the page once, so half of one cannot be told from a whole one.
        checkNothingWrong(page.substr(0, length) + "</html>", Consensus::any);
    }
}

TEST_CASE("a page with its markup damaged is unreadable, or says the same") {
    constexpr std::string_view kMarkup = R"(<>"'{}[]:,=/&;!-)";
    const std::string whole = pageOfOneYear();
    const std::size_t consensus = whole.find("<p>Slow");
    const std::size_t consensusEnd = whole.find("</p>", consensus) + 4;
    std::mt19937 random(20260131);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same pages in every run
    const auto upTo = [&random](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    int read = 0;
    for (int round = 0; round < kPages; ++round) {
        std::string page = whole;
        for (std::size_t hit = 0; hit < 1 + upTo(3); ++hit) {
            std::size_t at = upTo(page.size());
            at = page.find_first_of(kMarkup, at);
            // The consensus stands on the page once: damage inside it cannot be seen.
            if (at == std::string::npos || (at >= consensus && at < consensusEnd) ||
                page.size() != whole.size()) {
                continue;
            }
            const char other = kMarkup[upTo(kMarkup.size())];
            switch (upTo(3)) {
                case 0:
                    page[at] = other;
                    break;
                case 1:
                    page.insert(at, 1, other);
                    break;
                default:
                    page.erase(at, 1);
            }
        }
        read += checkNothingWrong(page) ? 1 : 0;
    }
    CHECK(read > kPages / 10);      // else these pages would show nothing
    CHECK(read < kPages * 9 / 10);  // nor if none of them were damaged enough
}

TEST_CASE("a page with a part left out or repeated is unreadable, or says the same") {
    const std::string whole = pageOfOneYear();
    std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same pages in every run
    // Inside the section one consensus could take the place of the other.
    const std::size_t sectionStart = whole.find(R"(<section class="what-to-know)");
    const std::size_t sectionEnd = whole.find("</section>", sectionStart);
    std::vector<std::size_t> tags;
    for (std::size_t at = whole.find('<'); at != std::string::npos; at = whole.find('<', at + 1)) {
        if (at <= sectionStart || at > sectionEnd) {
            tags.push_back(at);
        }
    }
    const auto pick = [&] {
        return tags[std::uniform_int_distribution<std::size_t>(0, tags.size() - 1)(random)];
    };
    for (int round = 0; round < kPages / 2; ++round) {
        const auto [from, to] = std::minmax({pick(), pick()});
        checkNothingWrong(whole.substr(0, from) + whole.substr(to));
        checkNothingWrong(whole.substr(0, to) + whole.substr(from));
    }
}
