#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/standin_process.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/test_database.h"

namespace rtbatch::test {

/// How a command ended, and what it said.
struct Ended {
    int status = -1;
    std::string said{};
    std::size_t peakMemory = 0;  ///< bytes
};

/// A migrated database, the stand-in, and rtbatch-refresher's commands on them.
class Commands {
public:
    explicit Commands(Kind kind);

    UpstreamControl& upstreams() { return _standin.control(); }
    std::string sql(const std::string& statement) const { return _database.sql(statement); }
    int number(const std::string& statement) const { return std::stoi(sql(statement)); }
    /// As the programs call it.
    std::string databaseName() const;
    std::string file(const std::string& name) const { return _dir.file(name); }

    /// Starts it; its output goes to a log of its own. `wrap`: what runs the program, as nohup.
    Child start(const std::vector<std::string>& arguments, const std::vector<std::string>& wrap = {});

    /// Runs it to its end; fails the test when that does not come.
    Ended run(const std::vector<std::string>& arguments);

private:
    TempDir _dir;
    TestDatabase _database;
    StandinProcess _standin;
    std::map<std::string, std::string> _environment;
    int _started = 0;
};

/// Waits for the end; fails the test when it does not come.
Ended endOf(Child& child);

}  // namespace rtbatch::test
