#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace rtbatch {

/// What one key has left in one hour, as one process knows it: arithmetic without a lock or a database, for
/// Quota.
class QuotaLine {
public:
    enum class Answer {
        admitted,
        first,    ///< admitted without a reservation, for it is the first of the hour: to be counted
        refused,  ///< the database has nothing left
        unknown,  ///< nothing is reserved, and the database may have more
    };

    /// What should be reserved, apart from what the database has left.
    struct Need {
        std::int64_t limit;
        std::int64_t waiting;  ///< spent as soon as it is there
        std::int64_t ahead;    ///< for what is to come
    };

    explicit QuotaLine(std::int64_t hour) : _hour(hour) {}

    std::int64_t hour() const { return _hour; }
    std::int64_t limit() const { return _limit; }

    /// Another hour begins; gives what was reserved in the old one and not spent.
    std::int64_t turn(std::int64_t hour);

    /// A request has come: it says how fast they come, and is to be followed by take().
    void ask(std::int64_t limit);

    /// Spends one for a request.
    Answer take();

    /// What is left, with what other processes have reserved counted as spent.
    std::int64_t remaining() const;

    /// Requests that wait, each between the two calls.
    void beginWait() { ++_waiting; }
    void endWait() { --_waiting; }
    bool isWaitedFor() const { return _waiting > 0; }

    /// What is to be reserved now; nothing: the database need not be asked. `tick`: it is time for it;
    /// `since`: how long the last time is ago.
    std::optional<Need> need(bool tick, std::chrono::milliseconds since);

    /// After need() at a tick: what is reserved and not needed, all of it when nobody has asked since the
    /// last time. It is no longer reserved here.
    std::int64_t takeSurplus();

    /// The database was asked: it has `used` of the limit by now, `granted` more of them for us.
    void looked(std::int64_t granted, std::int64_t used);

    /// Whether need() should be asked before its time.
    bool isUrgent() const { return _urgent; }

private:
    std::int64_t target(std::chrono::milliseconds since) const;

    std::int64_t _hour;
    std::int64_t _limit = 0;
    std::int64_t _reserved = 0;
    std::int64_t _low = 0;   // at this many more are reserved before its time
    std::int64_t _used = 0;  // by all processes, at the last look
    bool _begun = false;     // the first of the hour was admitted
    bool _looked = false;    // in this hour
    bool _empty = false;     // at the last look, which was not long ago
    std::int64_t _waiting = 0;
    std::int64_t _asked = 0;  // since the last tick
    double _rate = 0;         // requests a second, before the last tick
    bool _urgent = false;
};

/// How much to reserve when the database has `used` of the limit: those that wait, and ahead of them at most
/// an eighth of the rest (at least one), so that the last requests of an hour do not lie reserved in one
/// process while another refuses.
std::int64_t chunk(const QuotaLine::Need& need, std::int64_t used);

}  // namespace rtbatch
