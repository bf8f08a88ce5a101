#include "handler/demand_recorder.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "common/store/migrate.h"
#include "common/store/refresh_table.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

ImdbId id(int number) {
    return *ImdbId::parse("tt" + std::to_string(1000000 + number));
}

/// Counts what is logged.
class Complaints : public Poco::Channel {
public:
    void log(const Poco::Message& /*message*/) override { ++count; }
    std::atomic<int> count = 0;
};

struct Fixture {
    TempDir dir;
    StoreOptions options{.url = "sqlite:" + dir.file("rtbatch.db")};
    Store store;

    Fixture() : store((migrate(options), options)) {}

    /// How often each movie was asked for, as the database has it.
    std::int64_t requests(int number) {
        for (const DueMovie& movie : RefreshTable(store).findDue(now(), now(), 1000)) {
            if (movie.id == id(number)) {
                return movie.demand.requests;
            }
        }
        return 0;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "what was asked for is written every now and then, added up") {
    DemandRecorder recorder(store, 50ms);
    recorder.asked({id(1), id(2)});
    recorder.asked({id(1)});
    CHECK(eventually(20s, [&] { return requests(1) == 2 && requests(2) == 1; }));
    recorder.asked({id(1)});
    CHECK(eventually(20s, [&] { return requests(1) == 3; }));
}

TEST_CASE_METHOD(Fixture, "the rest is written at the end, and nothing before its time") {
    {
        DemandRecorder recorder(store, 1h);
        for (int i = 0; i < 3000; ++i) {  // as many as wake the thread
            recorder.asked({id(i % 7)});
        }
        CHECK(requests(1) == 0);
    }
    CHECK(requests(0) == 429);
    CHECK(requests(6) == 428);
}

TEST_CASE_METHOD(Fixture, "what cannot be written waits until the database is back") {
    const std::string file = dir.file("rtbatch.db");
    StoreOptions away{.url = "sqlite:" + dir.file("not-there.db")};
    Store other(away);
    const Poco::AutoPtr<Complaints> complaints(new Complaints);
    Poco::Logger::get("rtbatch.demand").setChannel(complaints);
    {
        DemandRecorder recorder(other, 20ms);
        recorder.asked({id(1)});
        std::this_thread::sleep_for(
            60ms);  // so that it has most likely failed once; it must come right either way
        migrate(away);
    }
    CHECK(RefreshTable(other).findDue(now(), now(), 10).size() == 1);
}
