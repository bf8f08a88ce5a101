#include <ostream>

#include "admin/command.h"
#include "common/setup/setup.h"
#include "common/store/database_url.h"
#include "common/store/migrate.h"

namespace rtbatch {

ExitCode runMigrate(const Invocation& invocation) {
    std::ostream& out = invocation.out();
    const StoreOptions options = storeOptions(invocation.config());
    const auto url = DatabaseUrl::parse(options.url);
    const auto taken = migrate(options);
    for (const auto& step : taken) {
        out << "applied " << step.version << " " << step.name << "\n";
    }
    out << url.describe() << ": at version " << migrations(url.dialect).back().version
        << (taken.empty() ? ", nothing to do\n" : "\n");
    return ExitCode::ok;
}

}  // namespace rtbatch
