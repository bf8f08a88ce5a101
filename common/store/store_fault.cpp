#include "common/store/store_fault.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace rtbatch {

namespace {

/// The text between the first `begin` and the next `end` after it.
std::optional<std::string> between(const std::string& text, std::string_view begin, char end) {
    const auto start = text.find(begin);
    if (start == std::string::npos) {
        return std::nullopt;
    }
    const auto from = start + begin.size();
    const auto to = text.find(end, from);
    return text.substr(from, to == std::string::npos ? to : to - from);
}

/// Poco puts MySQL's error into its own text, `[mysql_stmt_error]: WORDS TAB [mysql_stmt_errno]: NUMBER TAB
/// ...`, and leaves the exception's code at 0.
int mysqlErrorNumber(const std::string& text) {
    const auto digits = between(text, "_errno]: ", '\t').value_or("");
    int number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

bool isOneOf(int number, std::initializer_list<int> numbers) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

StoreFault explainMysql(const std::string& text) {
    StoreFault fault;
    fault.message = between(text, "_error]: ", '\t').value_or(text);
    const int number = mysqlErrorNumber(text);
    // Gone away, lost, lost (extended), server shutdown, connection killed, lost while (new style), TLS
    // broke.
    fault.gone = isOneOf(number, {2006, 2013, 2055, 1053, 1927, 4031, 2026});
    // Lock wait timeout, deadlock (Galera's certification failure too).
    fault.conflict = isOneOf(number, {1205, 1213});
    const auto has = [&](std::string_view part) { return fault.message.find(part) != std::string::npos; };
    // Too many connections: of all, of this user, of this user as its account allows. Of a connection that
    // failed Poco gives the words alone.
    fault.crowded = isOneOf(number, {1040, 1203}) || has("Too many connections") ||
                    has("max_user_connections") || has("max_connections");
    // A command, or a column of it, is denied to this user. Hosts take the right to write away when a quota
    // is used up.
    fault.denied = isOneOf(number, {1142, 1143});
    fault.unwritable =
        // Read-only: the server, its storage, the transaction, the table, by replication's word; locked.
        isOneOf(number, {1290, 1836, 1874, 1792, 1036, 3100, 1223}) ||
        // Full: the disk, the table, the file, the undo log; at the commit; what the account allows.
        isOneOf(number, {1021, 1114, 1026, 3019, 1180}) || (number == 1226 && has("max_updates")) ||
        (number == 1030 && (has("rror 28 ") || has("rror 122 "))) ||
        (fault.denied && !fault.message.starts_with("SELECT"));
    // Unknown table, unknown column.
    fault.unmigrated = isOneOf(number, {1146, 1054});
    fault.alreadyThere = number == 1060 || number == 1061;
    return fault;
}

StoreFault explainSqlite(const std::string& text) {
    StoreFault fault;
    fault.message = text;
    const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
    fault.unwritable = has("readonly database") || has("disk is full") || has("disk I/O error") ||
                       has("ReadOnly") || has("full");
    fault.conflict = has("database schema has changed");
    fault.unmigrated = has("no such table") || has("no such column") || has("has no column");
    return fault;
}

}  // namespace

StoreFault explainFault(Dialect dialect, const std::string& text) {
    if (text.find("password=") != std::string::npos) {
        return {.message = "not connected", .gone = true};  // Poco's text is the whole connection string
    }
    return dialect == Dialect::sqlite ? explainSqlite(text) : explainMysql(text);
}

}  // namespace rtbatch
