#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "common/store/id_sync_table.h"
#include "common/upstream/wikidata_mapping.h"
#include "refresher/turn.h"

namespace rtbatch {

/// A page that was asked for, and how long the request was open.
struct AskedPage {
    std::variant<MappingPage, UpstreamFailure, NoTurn> result;
    std::chrono::milliseconds took{0};
};

/// Asks for a page when it is our turn.
using AskPage = std::function<AskedPage(const MappingPlace& place)>;

struct IdSyncOptions {
    std::chrono::milliseconds timeout{20000};  ///< of a request
    std::chrono::hours rtIdTtl{24 * 90};       ///< how long what was found is believed
    bool restart = false;                      ///< begin anew, though a pass is under way
};

/// How a start of a pass ended.
struct IdSyncEnd {
    enum class Kind {
        finished,  ///< the whole mapping is taken over
        stopped,   ///< we were asked to stop; the next start goes on
        gaveUp,    ///< the service gave no page any more; the next start goes on
    };

    Kind kind;
    IdSync state;
    std::string why{};  ///< gaveUp: for a person
};

/// Takes over the mapping from IMDb ids to Rotten Tomatoes ids, page by page: films, then series, each in
/// order of bytes, which is the order in which the values of a movie are preferred. Each page is remembered
/// with its place, so that a process that is killed has at most one page to ask for again. A pass that was
/// begun in the last 30 days and not finished goes on; else a new one begins.
class IdSyncPass {
public:
    IdSyncPass(const IdSyncOptions& options, IdSyncTable& table);

    /// Where it goes on, or begins; nothing is asked or written yet.
    const IdSync& state() const { return _state; }
    bool resumed() const { return _resumed; }

    /// How many ids it may find: as many as the last one, where that came to its end and this one begins.
    std::optional<std::uint64_t> expected() const { return _expected; }

    /// `shown`: called after each page.
    IdSyncEnd run(const AskPage& ask, const std::function<void(const IdSync&)>& shown);

private:
    void save(const MappingPlace& place, const MappingPage& page);

    const IdSyncOptions _options;
    IdSyncTable& _table;
    IdSync _state;
    bool _resumed = false;
    std::optional<std::uint64_t> _expected;
};

}  // namespace rtbatch
