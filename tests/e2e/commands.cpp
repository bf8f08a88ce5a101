#include "tests/e2e/commands.h"

#include <catch2/catch.hpp>

#include "common/store/database_url.h"
#include "common/store/migrate.h"
#include "tests/support/programs.h"

namespace rtbatch::test {

Commands::Commands(Kind kind) : _database(kind), _standin(_dir.file("upstreams.log")) {
    migrate(_database.options());
    auto settings = _standin.settings();
    settings["database.url"] = _database.options().url;
    settings["rt.editorial_url"] = settings.at("rt.url");
    _environment = environmentOf(settings);
}

std::string Commands::databaseName() const {
    return DatabaseUrl::parse(_database.options().url).describe();
}

Child Commands::start(const std::vector<std::string>& arguments, const std::vector<std::string>& wrap) {
    std::vector<std::string> command = wrap;
    command.push_back(program("rtbatch-refresher"));
    command.insert(command.end(), arguments.begin(), arguments.end());
    return Child({.command = command,
                  .env = _environment,
                  .log = file("refresher." + std::to_string(++_started) + ".log")});
}

Ended Commands::run(const std::vector<std::string>& arguments) {
    Child child = start(arguments);
    return endOf(child);
}

Ended endOf(Child& child) {
    const auto status = child.wait(std::chrono::seconds(100));
    if (!status) {
        FAIL("it does not end; it said:\n" << child.log());
    }
    return {*status, child.log(), child.peakMemory()};
}

}  // namespace rtbatch::test
