#include "admin/doctor/doctor.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "admin/doctor/checks.h"
#include "common/setup/setup.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// The longest that a call to the database may take here, however patient the settings are.
constexpr auto kDatabasePatience = 10s;

/// What `look` finds; what it throws becomes a finding too.
Finding guarded(const std::string& check, const std::function<Finding()>& look) {
    try {
        return look();
    } catch (const std::exception& error) {
        return {check, Result::bad, error.what(),
                "mend what the message says, then run rtbatch-admin doctor again"};
    }
}

/// The checks that need the database.
class WithDatabase {
public:
    explicit WithDatabase(const Config& config) {
        StoreOptions options = storeOptions(config);
        options.timeout = std::min<std::chrono::milliseconds>(options.timeout, kDatabasePatience);
        _reachable = guarded("database", [&] {
            _store = std::make_unique<Store>(options);
            return checkReachable(*_store, config);
        });
        if (_reachable.result == Result::good) {
            _migrated = guarded("migrations", [&] { return checkMigrations(*_store); });
        } else {
            _migrated = away("migrations");
        }
    }

    const Finding& reachable() const { return _reachable; }
    const Finding& migrated() const { return _migrated; }

    /// Where tables are missing, that is the migrations' matter and no finding of its own.
    Finding look(const std::string& check, const std::function<Finding(Store&)>& look) const {
        if (_reachable.result != Result::good) {
            return away(check);
        }
        return guarded(check, [&]() -> Finding {
            try {
                return look(*_store);
            } catch (const StoreError&) {
                if (_migrated.result != Result::bad) {
                    throw;
                }
                return {check, Result::unknown, "not seen until the database is at this program's version"};
            }
        });
    }

private:
    static Finding away(const std::string& check) {
        return {check, Result::unknown, "not seen, for the database cannot be reached"};
    }

    std::unique_ptr<Store> _store;
    Finding _reachable;
    Finding _migrated;
};

}  // namespace

std::vector<Finding> examine(const Config& config, const DoctorOptions& options) {
    std::vector<Finding> findings;
    findings.push_back(checkSettings(config));
    findings.push_back(checkContact(config));
    const WithDatabase database(config);
    findings.push_back(database.reachable());
    findings.push_back(database.migrated());
    findings.push_back(guarded("database way", [&] { return checkDatabaseWay(config); }));
    findings.push_back(database.look("charset", [&](Store& s) { return checkCharset(s, config); }));
    findings.push_back(database.look("privileges", [&](Store& s) { return checkPrivileges(s, config); }));
    const bool mayWrite = findings.back().result != Result::bad;
    findings.push_back(database.look("writing", [&](Store& s) { return checkWriting(s, config); }));
    if (!mayWrite && findings.back().result == Result::bad) {
        findings.back() = {"writing", Result::unknown, "not seen until the privileges are mended"};
    }
    findings.push_back(database.look("clock", [](Store& s) { return checkClock(s); }));
    findings.push_back(guarded("page reader", [&] { return checkPageReader(config); }));
    findings.push_back(guarded("handler socket", [&] { return checkHandlerSocket(config); }));
    findings.push_back(guarded("nginx", [&] { return checkNginx(config, options); }));
    const bool served = findings.back().result == Result::good;
    findings.push_back(served ? database.look("nginx buffering",
                                              [&](Store& s) { return checkBuffering(s, config, options); })
                              : Finding{"nginx buffering", Result::unknown,
                                        "not seen, for " + options.url + " does not answer as it should"});
    findings.push_back(database.look("refresher", [&](Store& s) { return checkRefresher(s, config); }));
    findings.push_back(database.look("markup", [](Store& s) { return checkMarkup(s); }));
    return findings;
}

}  // namespace rtbatch
