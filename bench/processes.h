#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/mariadb.h"
#include "tests/support/stack.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::bench {

/// Handler processes that share one MariaDB and one stand-in, each behind a socket and an nginx of its own.
class Processes {
public:
    /// `programs`: the folder of the handler's programs; empty: those just built.
    explicit Processes(std::size_t count, const std::string& programs = "");

    ~Processes();  ///< the first goes last, for the stand-in is its
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;

    /// One more on another host, as far as it can tell (see on_another_host.sh): no process hears of it but
    /// through the database. Needs root.
    void addElsewhere();

    test::Stack& stack(std::size_t process) { return *_stacks.at(process); }
    test::UpstreamControl& upstreams() { return _stacks.front()->upstreams(); }
    const test::MariaDb& database() const { return _database; }

    /// Films that were not given out before; the stand-in knows them.
    std::vector<std::string> unseen(std::size_t films);

private:
    void add(const std::string& programs);

    test::MariaDb _database;
    test::TempDir _elsewhere;  ///< what starts it there
    std::vector<std::unique_ptr<test::Stack>> _stacks;
    int _given = 0;
};

/// A batch that several clients of one process ask for.
struct Demand {
    std::size_t process = 0;
    std::vector<std::string> ids;
    int clients = 1;
};

/// Asks all at once; gives the seconds until the last `done`. Fails the benchmark unless each answer is right
/// and has every movie.
double secondsToAnswer(Processes& processes, const std::vector<Demand>& demands);

/// Statements that a server executed.
struct Statements {
    double all = 0;  ///< reads, writes and the rest
    double reads = 0;
    double writes = 0;
    double prepared = 0;  ///< a trip to the server too, and not among `all`
};

/// Counts what the server executes from construction on, without what it is asked by this.
class StatementMeter {
public:
    explicit StatementMeter(const test::MariaDb& database);

    /// For each of so many pages.
    Statements forEach(std::size_t pages) const;

private:
    Statements read() const;

    const test::MariaDb& _database;
    Statements _own;  ///< of one reading
    Statements _before;
};

}  // namespace rtbatch::bench
