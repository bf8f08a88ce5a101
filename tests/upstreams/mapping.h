#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/upstreams/catalogue.h"

namespace rtbatch::standin {

/// One item of Wikidata with a value of P1258.
struct MappingRow {
    std::string value{};
    std::optional<std::string> imdbId = std::nullopt;  ///< some items have none
};

/// All of Wikidata's P1258: the known films as changed, the odd answers, and as many generated films as it is
/// told. Among these, in 1,000 one has a second value `m/standin_NNNNNNN_b`, beside it an item of no film
/// (`m/standin_NNNNNNN_x`), and in 5,000 one is a series as well. Safe from any thread.
class Mapping {
public:
    Mapping(const Catalogue& catalogue, std::size_t generated);

    /// tt9000000 and on, without those ending in 99; at most 990,000. Throws std::invalid_argument.
    void setGenerated(std::size_t films);

    /// As at the start.
    void reset() { setGenerated(_atStart); }

    /// The rows of the first `limit` different values in (after, end), or [after, end), in order of bytes.
    std::vector<MappingRow> rows(const std::string& after, bool inclusive, const std::string& end,
                                 std::size_t limit) const;

private:
    using Rows = std::vector<MappingRow>;

    std::shared_ptr<const Rows> generated() const;
    Rows others() const;

    const Catalogue& _catalogue;
    const std::size_t _atStart;
    mutable std::mutex _mutex;
    std::shared_ptr<const Rows> _generated;  ///< in order of value; guarded by _mutex
};

}  // namespace rtbatch::standin
