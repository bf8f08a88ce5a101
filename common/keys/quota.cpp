#include "common/keys/quota.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <utility>

#include "common/log/log.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

std::int64_t hourOf(Timestamp time) {
    return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

/// To the next hour, rounded up.
std::chrono::seconds restOfHour(Timestamp time) {
    const auto next = std::chrono::floor<std::chrono::hours>(time) + 1h;
    return std::chrono::ceil<std::chrono::seconds>(next - time);
}

/// Moves what `more` has into `sum`.
template <typename Counts>
void merge(Counts& sum, Counts& more) {
    for (const auto& [keyHour, count] : std::exchange(more, {})) {
        sum[keyHour] += count;
    }
}

}  // namespace

/// A key whose row is to be looked at, and what comes of it.
struct Quota::Job {
    std::int64_t keyId;
    std::int64_t hour;
    QuotaLine::Need need;
    std::int64_t granted = 0;
    std::int64_t used = 0;
    bool done = false;
};

Quota::Quota(Store& store, QuotaOptions options)
    : _table(store),
      _options(std::move(options)),
      _thread(_options.thread ? std::jthread([this] { run(); }) : std::jthread()) {}

Quota::~Quota() {
    const std::scoped_lock lock(_mutex);
    _stopping = true;
    _workToDo.notify_all();
}

std::optional<RateLimit> Quota::take(const KnownKey& key) {
    if (key.id == 0) {
        return std::nullopt;
    }
    if (!_options.thread) {
        return takeAlone(key);
    }
    std::unique_lock lock(_mutex);
    if (!key.hourlyLimit) {
        ++_counts[{key.id, hourNow()}];
        return std::nullopt;
    }
    QuotaLine& line = _lines.try_emplace(key.id, hourNow()).first->second;
    line.ask(*key.hourlyLimit);
    const auto until = Clock::now() + _options.wait;
    const auto faults = _faults;
    for (;;) {
        turn(key.id, line, hourNow());
        const auto result = line.take();
        if (line.isUrgent()) {
            wake();
        }
        if (result == QuotaLine::Answer::first) {
            ++_counts[{key.id, line.hour()}];
        }
        if (result != QuotaLine::Answer::unknown) {
            return answer(line, result != QuotaLine::Answer::refused);
        }
        if (_faults != faults) {
            throw StoreError("it cannot be told what is left of the key's quota: " + _fault);
        }
        if (Clock::now() >= until) {
            throw StoreError("the database does not say in time what is left of the key's quota");
        }
        line.beginWait();
        _answered.wait_until(lock, until);
        line.endWait();
    }
}

std::optional<RateLimit> Quota::takeAlone(const KnownKey& key) {
    const Timestamp time = _options.clock();
    const KeyUsage one{key.id, hourOf(time), 1};
    if (!key.hourlyLimit) {
        _table.add(std::span(&one, 1));
        return std::nullopt;
    }
    const bool admitted = _table.reserve(one, *key.hourlyLimit);
    const auto used = _table.read(std::span(&one.keyId, 1), one.hour);
    const std::int64_t left = *key.hourlyLimit - (used.empty() ? 0 : used.front().requests);
    return RateLimit{*key.hourlyLimit, std::max<std::int64_t>(0, left), restOfHour(time), admitted};
}

std::int64_t Quota::hourNow() const {
    return hourOf(_options.clock());
}

/// What was reserved in an hour that has gone is of no use, and would count as requests if it were kept.
void Quota::turn(std::int64_t keyId, QuotaLine& line, std::int64_t hour) {
    if (hour != line.hour()) {
        release(keyId, line, hour);
    }
}

void Quota::release(std::int64_t keyId, QuotaLine& line, std::int64_t nextHour) {
    const KeyHour keyHour{keyId, line.hour()};
    if (const std::int64_t unspent = line.turn(nextHour); unspent > 0) {
        _unspent[keyHour] += unspent;
    }
}

RateLimit Quota::answer(const QuotaLine& line, bool admitted) const {
    return {line.limit(), admitted ? line.remaining() : 0, restOfHour(_options.clock()), admitted};
}

void Quota::wake() {
    if (!std::exchange(_woken, true)) {
        _workToDo.notify_all();
    }
}

void Quota::run() {
    auto ticked = Clock::now();
    std::unique_lock lock(_mutex);
    for (bool last = false; !last;) {
        _workToDo.wait_until(lock, ticked + _options.every, [&] { return _stopping || _woken; });
        _woken = false;
        last = _stopping;
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - ticked);
        const bool tick = since >= _options.every;
        if (tick) {
            ticked = Clock::now();
        }
        try {
            topUp(lock, last, tick, since);
        } catch (const std::exception& error) {
            if (!lock.owns_lock()) {
                lock.lock();
            }
            ++_faults;  // whoever waits for it is told
            _answered.notify_all();
            logFailure(Poco::Logger::get("rtbatch.keys"), Poco::Message::PRIO_WARNING,
                       "requests of keys are counted later", error);
        }
    }
}

void Quota::topUp(std::unique_lock<std::mutex>& lock, bool last, bool tick, std::chrono::milliseconds since) {
    std::vector<Job> jobs;
    if (last) {
        releaseAll();
    } else {
        jobs = collect(tick, since);
    }
    merge(_unwritten, _counts);
    merge(_unreturned, _unspent);
    lock.unlock();
    auto fault = work(jobs);
    lock.lock();
    apply(jobs, std::move(fault));
}

/// Gathers what the database is to be asked, all of one hour, and forgets the keys that nobody has used since
/// the hour began.
std::vector<Quota::Job> Quota::collect(bool tick, std::chrono::milliseconds since) {
    std::vector<Job> jobs;
    const std::int64_t hour = hourNow();
    for (auto at = _lines.begin(); at != _lines.end();) {
        auto& [keyId, line] = *at;
        const bool over = line.hour() != hour;
        turn(keyId, line, hour);
        const auto need = line.need(tick, since);
        if (need) {
            jobs.push_back({.keyId = keyId, .hour = hour, .need = *need});
        } else if (over && !line.isWaitedFor()) {
            at = _lines.erase(at);
            continue;
        }
        if (const std::int64_t surplus = tick ? line.takeSurplus() : 0; surplus > 0) {
            _unspent[{keyId, hour}] += surplus;
        }
        ++at;
    }
    return jobs;
}

void Quota::releaseAll() {
    for (auto& [keyId, line] : _lines) {
        release(keyId, line, line.hour());
    }
}

/// Asks the database, without the lock; gives what went wrong.
std::string Quota::work(std::vector<Job>& jobs) {
    try {
        std::string fault = writeCounts();  // first, so that the look sees them
        reserve(jobs);
        if (fault.empty()) {
            giveBack();
        } else {
            complain(fault);
            return {};
        }
    } catch (const std::exception& error) {
        complain(error.what());
        return error.what();
    }
    _away = false;
    return {};
}

void Quota::complain(const std::string& fault) {
    if (!std::exchange(_away, true)) {
        logFailure(Poco::Logger::get("rtbatch.keys"), Poco::Message::PRIO_WARNING,
                   "requests of keys are counted later", StoreError(fault));
    }
}

/// Gives why nothing could be written, where that is so.
std::string Quota::writeCounts() {
    while (!_unwritten.empty()) {
        std::vector<KeyUsage> usages;
        for (const auto& [keyHour, count] : _unwritten) {
            usages.push_back({keyHour.first, keyHour.second, count});
            if (usages.size() == UsageTable::kMostInAStatement) {
                break;
            }
        }
        try {
            _table.add(usages);
        } catch (const StoreError& error) {
            if (error.kind() != StoreError::Kind::unwritable) {
                throw;
            }
            return error.what();
        }
        for (const KeyUsage& usage : usages) {
            _unwritten.erase({usage.keyId, usage.hour});
        }
    }
    return {};
}

/// Reserves in the row. While the database cannot be written, from what is counted in it and here: then each
/// process holds its keys to their limits by itself, and what was spent is written later.
bool Quota::reserveOne(const Job& job, std::int64_t wanted) {
    try {
        return _table.reserve({job.keyId, job.hour, wanted}, job.need.limit);
    } catch (const StoreError& error) {
        if (error.kind() != StoreError::Kind::unwritable) {
            throw;
        }
        if (job.used + wanted > job.need.limit) {
            return false;
        }
        _unwritten[{job.keyId, job.hour}] += wanted;
        return true;
    }
}

/// What the row has, and what is not written yet: nothing, but while nothing can be written.
std::int64_t Quota::counted(std::int64_t keyId, std::int64_t hour, std::int64_t written) const {
    const auto unwritten = _unwritten.find({keyId, hour});
    return written + (unwritten == _unwritten.end() ? 0 : unwritten->second);
}

void Quota::reserve(std::vector<Job>& jobs) {
    if (jobs.empty()) {
        return;
    }
    constexpr int kTries = 3;  // another process may be quicker
    const std::int64_t hour = jobs.front().hour;
    std::vector<std::int64_t> keyIds;
    std::ranges::transform(jobs, std::back_inserter(keyIds), &Job::keyId);
    std::unordered_map<std::int64_t, std::int64_t> used;
    for (const KeyUsage& usage : _table.read(keyIds, hour)) {
        used[usage.keyId] = usage.requests;
    }
    for (Job& job : jobs) {
        job.used = counted(job.keyId, hour, used[job.keyId]);
        std::int64_t wanted = chunk(job.need, job.used);
        for (int i = 0; i < kTries && wanted > 0 && job.granted == 0; ++i) {
            if (reserveOne(job, wanted)) {
                job.granted = wanted;
                job.used += wanted;
            } else {
                const auto again = _table.read(std::span(&job.keyId, 1), hour);
                job.used = counted(job.keyId, hour, again.empty() ? 0 : again.front().requests);
                wanted = chunk(job.need, job.used);
            }
        }
        job.done = true;
    }
}

void Quota::giveBack() {
    while (!_unreturned.empty()) {
        const auto [keyHour, count] = *_unreturned.begin();
        _table.giveBack({keyHour.first, keyHour.second, count});
        _unreturned.erase(_unreturned.begin());
    }
}

/// Hands out what was reserved. What comes too late for its hour goes back.
void Quota::apply(const std::vector<Job>& jobs, std::string fault) {
    for (const Job& job : jobs) {
        const auto line = _lines.find(job.keyId);
        if (line != _lines.end() && line->second.hour() == job.hour) {
            if (job.done) {
                line->second.looked(job.granted, job.used);
            }
        } else if (job.granted > 0) {
            _unspent[{job.keyId, job.hour}] += job.granted;
        }
    }
    if (!fault.empty()) {
        ++_faults;
        _fault = std::move(fault);
    }
    _answered.notify_all();
}

}  // namespace rtbatch
