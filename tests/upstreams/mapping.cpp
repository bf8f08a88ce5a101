#include "tests/upstreams/mapping.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include "tests/upstreams/films.h"
#include "tests/upstreams/sparql.h"

namespace rtbatch::standin {

namespace {

constexpr std::size_t kFirst = 9'000'000;
constexpr std::size_t kMost = 990'000;
constexpr std::size_t kOfAHundred = 99;

bool isBefore(const MappingRow& row, const MappingRow& other) {
    return row.value < other.value;
}

}  // namespace

Mapping::Mapping(const Catalogue& catalogue, std::size_t generated)
    : _catalogue(catalogue), _atStart(generated) {
    setGenerated(generated);
}

void Mapping::setGenerated(std::size_t films) {
    if (films > kMost) {
        throw std::invalid_argument("there are at most " + std::to_string(kMost) + " generated films");
    }
    Rows rows;
    for (std::size_t i = 0; i < films; ++i) {
        const std::string number = std::to_string(kFirst + i / kOfAHundred * 100 + i % kOfAHundred);
        const std::string imdbId = "tt" + number;
        rows.push_back({"m/standin_" + number, imdbId});
        if (i % 1000 == 500) {
            rows.push_back({"m/standin_" + number + "_b", imdbId});
            rows.push_back({"m/standin_" + number + "_x", std::nullopt});
        }
        if (i % 5000 == 2500) {
            rows.push_back({"tv/standin_" + number, imdbId});
        }
    }
    std::ranges::stable_sort(rows, isBefore);
    auto shared = std::make_shared<const Rows>(std::move(rows));
    const std::lock_guard lock(_mutex);
    _generated = std::move(shared);
}

std::shared_ptr<const Mapping::Rows> Mapping::generated() const {
    const std::lock_guard lock(_mutex);
    return _generated;
}

/// Few, and a test may have changed them.
Mapping::Rows Mapping::others() const {
    Rows rows;
    for (const Film& film : _catalogue.named()) {
        for (const std::string& value :
             valuesOf(film.imdbId, _catalogue).value_or(std::vector<std::string>{})) {
            rows.push_back({value, film.imdbId});
        }
    }
    for (const OddAnswer& answer : oddAnswers()) {
        for (const std::string& value : answer.values) {
            if (value != kUnknownValue) {  // no text, so no range has it
                rows.push_back({value, answer.imdbId});
            }
        }
    }
    std::ranges::stable_sort(rows, isBefore);
    return rows;
}

std::vector<MappingRow> Mapping::rows(const std::string& after, bool inclusive, const std::string& end,
                                      std::size_t limit) const {
    const auto many = generated();
    const Rows few = others();
    const auto start = [&](const Rows& rows) {
        const MappingRow key{after};
        return inclusive ? std::lower_bound(rows.begin(), rows.end(), key, isBefore)
                         : std::upper_bound(rows.begin(), rows.end(), key, isBefore);
    };
    auto a = start(*many);
    auto b = start(few);
    Rows page;
    std::size_t values = 0;
    while (a != many->end() || b != few.end()) {
        const bool takeMany = b == few.end() || (a != many->end() && isBefore(*a, *b));
        const MappingRow& row = takeMany ? *a++ : *b++;
        const bool isNew = page.empty() || page.back().value != row.value;
        if (row.value >= end || (isNew && values == limit)) {
            break;
        }
        values += isNew ? 1 : 0;
        page.push_back(row);
    }
    return page;
}

}  // namespace rtbatch::standin
