#pragma once

#include <Poco/Data/Session.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/store/coordination.h"
#include "common/store/database_url.h"

namespace rtbatch {

/// The statements by which processes agree with each other, on one session; those that each page needs are
/// prepared once. For one thread at a time; throws what Poco throws, and is not to be used any more then.
class CoordinationQueries {
public:
    /// `clock` is an SQL expression for the time in milliseconds; empty: the database's clock.
    CoordinationQueries(Poco::Data::Session& session, Dialect dialect, const std::string& clock);
    ~CoordinationQueries();
    CoordinationQueries(const CoordinationQueries&) = delete;
    CoordinationQueries& operator=(const CoordinationQueries&) = delete;

    bool acquireLease(const std::string& name, const std::string& owner, std::chrono::milliseconds term);
    std::vector<std::string> acquireLeases(std::span<const std::string> names, const std::string& owner,
                                           std::chrono::milliseconds term);
    bool renewLease(const std::string& name, const std::string& owner, std::chrono::milliseconds term);
    void releaseLeases(std::span<const std::string> names, const std::string& owner);
    void purgeLeases(std::chrono::milliseconds endedFor);
    bool exchangeLeases(const LeaseName& given, const LeaseName& retaken, std::chrono::milliseconds term);
    LeaseView findLeases(std::span<const std::string> names);

    UpstreamView readUpstream(const std::string& upstream);
    bool saveUpstream(const std::string& upstream, const UpstreamState& state);

    std::vector<KnownFailure> findFailures(std::span<const ImdbId> ids);
    void saveFailure(const KnownFailure& failure, std::chrono::milliseconds holdOff);
    void forgetFailure(const ImdbId& id);

private:
    struct Acquire;
    struct Renew;
    struct Release;
    struct Exchange;
    struct Read;

    std::string upsertLeases(std::size_t count) const;

    Poco::Data::Session& _session;
    const Dialect _dialect;
    const std::string _clock;
    std::unique_ptr<Acquire> _acquire;
    std::unique_ptr<Renew> _renew;
    std::unique_ptr<Release> _release;
    std::unique_ptr<Exchange> _exchange;
    std::unique_ptr<Read> _read;
};

}  // namespace rtbatch
