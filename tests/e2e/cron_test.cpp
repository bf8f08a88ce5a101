// The shipped cron file, by running what it runs as cron runs it: as another user, in his home, with next to
// no environment.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/batch_view.h"
#include "tests/support/child.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"
#include "tests/support/standin_process.h"
#include "tests/support/temp_dir.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

struct Job {
    std::string schedule;
    std::string user;
    std::string command;
};

/// A table of /etc/cron.d as crontab(5) reads it.
struct CronTable {
    CronTable() {
        static const std::regex setting("([A-Z_]+)=(.*)");
        static const std::regex job(R"(((?:\S+\s+){4}\S+)\s+(\S+)\s+(.*))");
        const std::string text = readFile(fs::path(RTBATCH_SOURCE_DIR) / "conf/cron/rtbatch");
        REQUIRE(text.ends_with('\n'));  // cron passes over a last line without an end
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            std::smatch parts;
            if (line.empty() || line.starts_with('#')) {
                continue;
            }
            if (std::regex_match(line, parts, setting)) {
                settings[parts[1]] = parts[2];
            } else if (std::regex_match(line, parts, job)) {
                jobs.push_back({parts[1], parts[2], parts[3]});
            } else {
                FAIL("cron would not understand: " << line);
            }
        }
    }

    const Job& with(const std::string& word) const {
        for (const Job& job : jobs) {
            if (job.command.find(" " + word + " ") != std::string::npos) {
                return job;
            }
        }
        throw std::runtime_error("there is no job with " + word);
    }

    std::map<std::string, std::string> settings;
    std::vector<Job> jobs;
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

/// An installation under a prefix, on SQLite, for a user that owns nothing else.
class Prefix {
public:
    Prefix() {
        const std::map<std::string, fs::perms> directories{{"home/var", fs::perms::owner_all},
                                                           {"bin", fs::perms(0755)}};
        for (const auto& [name, mode] : directories) {
            fs::create_directories(_dir.path() / name);
            fs::permissions(_dir.path() / name, mode);
        }
        fs::permissions(_dir.path(), fs::perms(0755));
        for (const auto* name : {"rtbatch-refresher", "rtbatch-page-reader", "rtbatch-admin"}) {
            fs::copy_file(program(name), bin() / name);
        }
        std::string settings = "database.url = sqlite:" + database() + "\n";
        for (const auto& [key, value] : standin.settings()) {
            settings += key + " = " + value + "\n";
        }
        writeFile(properties(), settings);
        if (::geteuid() == 0) {
            runProgram({"/usr/bin/chown", "-R", "nobody:nogroup", (_dir.path() / "home").string()}, {});
        }
        asCron("rtbatch-admin migrate --config " + properties());
    }

    /// What cron does with a job: the user's shell in his home, an environment of five variables, and what it
    /// prints becomes a mail.
    struct Mail {
        int status;
        std::string text;
    };
    Mail run(const Job& job) const {
        return asCron(replaced(job.command, "/etc/rtbatch/rtbatch.properties", properties()));
    }

    std::string sql(const std::string& statement) const {
        return runProgram({"/usr/bin/sqlite3", database(), ".timeout 5000", statement}, {});
    }
    std::string database() const { return _dir.file("home/var/rtbatch.db"); }

private:
    fs::path bin() const { return _dir.path() / "bin"; }
    std::string properties() const { return _dir.file("rtbatch.properties"); }

    Mail asCron(const std::string& command) const {
        std::vector<std::string> words{"/usr/bin/env", "-i", "-C", _dir.file("home")};
        if (::geteuid() == 0) {
            words.insert(words.begin(),
                         {"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"});
        }
        const std::string shell = table.settings.at("SHELL");
        words.insert(words.end(), {"HOME=" + _dir.file("home"), "LOGNAME=nobody", "SHELL=" + shell,
                                   "PATH=" + replaced(table.settings.at("PATH"), "/usr/local/bin", bin()),
                                   shell, "-c", command});
        fs::remove(_dir.path() / "mail");
        Child child({.command = words, .log = _dir.file("mail")});
        const auto status = child.wait(60s);
        INFO(child.log());
        REQUIRE(status);
        return {*status, child.log()};
    }

    TempDir _dir;

public:
    CronTable table;
    StandinProcess standin{_dir.file("upstreams.log")};
};

}  // namespace

TEST_CASE("the cron file has what cron.d takes, and the rhythm of refresher.every_minutes", "[cron]") {
    const CronTable table;
    REQUIRE(table.jobs.size() == 2);
    CHECK(table.with("run").schedule == "*/5 * * * *");
    for (const Job& job : table.jobs) {
        CHECK(job.user == "rtbatch");
        CHECK(job.command.find('%') == std::string::npos);  // cron makes line ends of them
    }
    CHECK(readFile(fs::path(RTBATCH_SOURCE_DIR) / "conf/rtbatch.properties")
              .find("\n#refresher.every_minutes = 5\n") != std::string::npos);
}

TEST_CASE("what cron runs every few minutes fetches what is wanted and says nothing", "[cron]") {
    const Prefix prefix;
    const auto films = madeUpMovies(1, 3);
    for (const std::string& film : films) {
        prefix.sql("INSERT INTO demand (imdb_id, requests, weight, first_at, last_at) SELECT '" + film +
                   "', 9, 9.0 * 1e20, t, t FROM (SELECT CAST((julianday('now') - 2440588.5) * 86400000 AS "
                   "INTEGER) AS t)");
    }
    for (const auto* pages : {"3\n", "3\n"}) {
        const auto mail = prefix.run(prefix.table.with("run"));
        CHECK(mail.text == "");
        CHECK(mail.status == 0);
        CHECK(prefix.sql("SELECT COUNT(*) FROM rt_cache") == pages);
    }
    CHECK(prefix.sql("SELECT COUNT(*) FROM refresh_run WHERE ended_at > 0") == "2\n");
}

TEST_CASE("what is wrong with a run becomes a mail", "[cron]") {
    const Prefix prefix;
    fs::remove(prefix.database());
    const auto mail = prefix.run(prefix.table.with("run"));
    CHECK(mail.status == 69);
    CHECK_THAT(mail.text, Catch::Contains("rtbatch-refresher: cannot open the database"));
}

TEST_CASE("what cron runs once a week takes the ids over and says nothing", "[cron]") {
    if (runProgram({program("rtbatch-refresher"), "--help"}, {}).find("sync-ids") == std::string::npos) {
        WARN("not tested: this rtbatch-refresher has no sync-ids");
        return;
    }
    const Prefix prefix;
    const auto mail = prefix.run(prefix.table.with("sync-ids"));
    CHECK(mail.text == "");
    CHECK(mail.status == 0);
    CHECK(prefix.sql("SELECT ended_at > 0 FROM id_sync") == "1\n");
}
