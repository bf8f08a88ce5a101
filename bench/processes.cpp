#include "bench/processes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <map>
#include <sstream>

#include "bench/checks.h"
#include "bench/load.h"
#include "tests/clients/cached_rows.h"

namespace rtbatch::bench {

namespace {

Statements difference(const Statements& later, const Statements& earlier) {
    return {later.all - earlier.all, later.reads - earlier.reads, later.writes - earlier.writes,
            later.prepared - earlier.prepared};
}

}  // namespace

Processes::Processes(std::size_t count, const std::string& programs) {
    for (std::size_t i = 0; i < count; ++i) {
        add(programs);
    }
}

void Processes::add(const std::string& programs) {
    _stacks.push_back(std::make_unique<test::Stack>(
        test::StackOptions{.databaseUrl = _database.url(),
                           .standinOf = _stacks.empty() ? nullptr : _stacks.front().get(),
                           .programs = programs}));
}

void Processes::addElsewhere() {
    const std::string programs = RTBATCH_BIN_DIR;
    const std::string handler = _elsewhere.file("rtbatch-handler");
    test::writeFile(handler, "#!/bin/sh\nexec " RTBATCH_BENCH_DIR "/on_another_host.sh " +
                                 _elsewhere.path().string() + " " + programs + "/rtbatch-handler \"$@\"\n");
    std::filesystem::permissions(handler, std::filesystem::perms::owner_all);
    std::filesystem::create_symlink(programs + "/rtbatch-admin", _elsewhere.file("rtbatch-admin"));
    add(_elsewhere.path());
}

Processes::~Processes() {
    while (!_stacks.empty()) {
        _stacks.pop_back();
    }
}

std::vector<std::string> Processes::unseen(std::size_t films) {
    auto all = test::standinFilms(_given + static_cast<int>(films));
    all.erase(all.begin(), all.begin() + _given);
    _given += static_cast<int>(films);
    return all;
}

double secondsToAnswer(Processes& processes, const std::vector<Demand>& demands) {
    std::vector<std::future<LoadResult>> running;
    running.reserve(demands.size());
    for (const Demand& demand : demands) {
        running.push_back(std::async(std::launch::async, [&processes, &demand] {
            return runLoad({.port = processes.stack(demand.process).http().port,
                            .requests = {batchRequest("/api/v1/movies/batch", test::kKey, demand.ids)},
                            .connections = demand.clients,
                            .count = static_cast<std::size_t>(demand.clients),
                            .check = completeBatch({.movies = demand.ids.size()})});
        }));
    }
    double seconds = 0;
    for (auto& load : running) {
        const LoadResult result = load.get();
        INFO(result.firstFault);
        REQUIRE(result.wrong == 0);
        seconds = std::max(seconds, std::chrono::duration<double>(result.span).count());
    }
    return seconds;
}

StatementMeter::StatementMeter(const test::MariaDb& database) : _database(database) {
    const Statements first = read();
    _before = read();
    _own = difference(_before, first);
}

Statements StatementMeter::read() const {
    std::istringstream rows(
        _database.sql("SHOW GLOBAL STATUS WHERE variable_name IN ('Questions', 'Com_select', 'Com_insert', "
                      "'Com_replace', 'Com_update', 'Com_delete', 'Com_stmt_prepare')"));
    std::map<std::string, double> values;
    std::string name;
    for (double value = 0; rows >> name >> value;) {
        values[name] = value;
    }
    return {values.at("Questions"), values.at("Com_select"),
            values.at("Com_insert") + values.at("Com_replace") + values.at("Com_update") +
                values.at("Com_delete"),
            values.at("Com_stmt_prepare")};
}

Statements StatementMeter::forEach(std::size_t pages) const {
    const Statements used = difference(difference(read(), _before), _own);
    const auto count = static_cast<double>(pages);
    return {used.all / count, used.reads / count, used.writes / count, used.prepared / count};
}

}  // namespace rtbatch::bench
