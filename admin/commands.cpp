#include <iostream>
#include <ostream>

#include "admin/command.h"
#include "admin/show.h"
#include "admin/status.h"
#include "common/setup/setup.h"

namespace rtbatch {

ImdbId imdbIdOf(const std::string& word) {
    const auto id = ImdbId::parse(word);
    if (!id) {
        throw UsageError("'" + word +
                         "' is no IMDb id; write tt and 7 or 8 digits (8 never begin with 0), as tt0113277");
    }
    return *id;
}

void sayDatabase(const Invocation& invocation) {
    invocation.out().flush();
    std::cerr << "rtbatch-admin: the database is " << databaseName(invocation.config()) << "\n";
}

ExitCode runStatus(const Invocation& invocation) {
    Store store(storeOptions(invocation.config()));
    store.check();
    const Status status = readStatus(store, invocation.config(), store.time());
    invocation.out() << (invocation.has("json") ? statusJson(status) : statusText(status));
    return ExitCode::ok;
}

ExitCode runShow(const Invocation& invocation) {
    const ImdbId id = imdbIdOf(invocation.arguments().front());
    Store store(storeOptions(invocation.config()));
    store.check();
    const Showing showing = readShowing(store, invocation.config(), id, store.time());
    invocation.out() << (invocation.has("json") ? showJson(showing) : showText(showing));
    return ExitCode::ok;
}

}  // namespace rtbatch
