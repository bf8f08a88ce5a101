// Makes, lists and revokes the keys by which clients ask.

#include <iostream>
#include <limits>

#include "admin/command.h"
#include "admin/text.h"
#include "common/config/setting_rules.h"
#include "common/keys/api_key.h"
#include "common/keys/key_json.h"
#include "common/keys/key_name.h"
#include "common/process/stop_signal.h"
#include "common/setup/setup.h"
#include "common/store/key_table.h"

namespace rtbatch {

namespace {

std::int64_t keyIdOf(const std::string& word) {
    const auto id = parseWhole(word, 1, std::numeric_limits<std::int64_t>::max());
    if (!id) {
        throw UsageError("'" + word + "' is no key's id; write the number that keys list shows");
    }
    return *id;
}

ExitCode refuse(std::int64_t id, const std::string& why) {
    std::cerr << "rtbatch-admin: " << why << ": " << id << " (see rtbatch-admin keys list)\n";
    return ExitCode::failed;
}

/// The key alone on standard output, so that a script can take it.
void showOnce(const Invocation& invocation, const ApiKey& key, std::int64_t id) {
    invocation.out() << key.text() << "\n";
    sayDatabase(invocation);
    std::cerr << "This is key " << id << ". It is shown this once only: the database keeps its digest.\n";
}

NewKey newKeyOf(const Invocation& invocation) {
    const auto name = invocation.option("name");
    if (!name) {
        throw UsageError("keys create needs --name");
    }
    if (!isKeyName(*name)) {
        throw UsageError("--name must be " + std::string(kKeyNameRule));
    }
    return {*name, invocation.has("admin"), invocation.number("hourly", kLeastHourly, kMostHourly)};
}

ExitCode runCreate(const Invocation& invocation) {
    const NewKey wanted = newKeyOf(invocation);
    blockStopSignals();  // else a key could be made that nobody is shown
    Store store(storeOptions(invocation.config()));
    store.check();
    const ApiKey key = ApiKey::generate();
    const KeyRow row = KeyTable(store).create(wanted, key.digest(), store.time());
    showOnce(invocation, key, row.id);
    return ExitCode::ok;
}

std::string keysText(const std::vector<KeyRow>& keys) {
    if (keys.empty()) {
        return "there are no keys; make one with rtbatch-admin keys create --name NAME\n";
    }
    std::vector<std::vector<std::string>> rows{
        {"name", "id", "admin", "an hour", "requests", "created", "revoked"}};
    for (const KeyRow& key : keys) {
        rows.push_back({key.name, std::to_string(key.id), key.admin ? "yes" : "no",
                        key.hourlyLimit ? grouped(*key.hourlyLimit) : "no limit", grouped(key.requests),
                        timeText(key.createdAt), key.revokedAt ? timeText(*key.revokedAt) : "no"});
    }
    return tableText(rows);
}

ExitCode runList(const Invocation& invocation) {
    Store store(storeOptions(invocation.config()));
    store.check();
    const auto keys = KeyTable(store).list();
    invocation.out() << (invocation.has("json") ? keysJson(keys) : keysText(keys));
    return ExitCode::ok;
}

ExitCode runRevoke(const Invocation& invocation) {
    const std::int64_t id = keyIdOf(invocation.arguments().front());
    Store store(storeOptions(invocation.config()));
    store.check();
    KeyTable table(store);
    if (!table.revoke(id, store.time())) {
        return refuse(id, "there is no such key");
    }
    invocation.out() << "key " << id << " is revoked; handlers that run refuse it within 30 s\n";
    sayDatabase(invocation);
    return ExitCode::ok;
}

ExitCode runRotate(const Invocation& invocation) {
    const std::int64_t id = keyIdOf(invocation.arguments().front());
    blockStopSignals();  // as in runCreate()
    Store store(storeOptions(invocation.config()));
    store.check();
    KeyTable table(store);
    const ApiKey key = ApiKey::generate();
    if (!table.rotate(id, key.digest())) {
        return refuse(id, table.find(id) ? "this key is revoked, make a new one" : "there is no such key");
    }
    showOnce(invocation, key, id);
    return ExitCode::ok;
}

const Words kOneId{.shown = "ID", .least = 1, .most = 1};

}  // namespace

std::vector<Command> keysCommands() {
    return {
        {.name = "keys create",
         .summary = "makes a key, and shows it once",
         .description = {"The key stands alone on the first line of standard output. The database keeps only "
                         "its digest, so nobody can show it again; handlers know it at once."},
         .options = {{.name = "name",
                      .argument = "NAME",
                      .help = "whose it is, " + std::string(kKeyNameRule) + "; required"},
                     {.name = "hourly",
                      .argument = "N",
                      .help = "at most so many requests an hour, 1-1000000000; without it no limit"},
                     {.name = "admin", .help = "it may also make and revoke keys, and read the metrics"}},
         .run = &runCreate},
        {.name = "keys list",
         .summary = "shows all keys, the revoked ones too",
         .description = {"Requests are those of all hours. Handlers reserve requests ahead, so the count of "
                         "a key with a limit may be a little more than it has sent in this hour."},
         .options = {{.name = "json", .help = "the same as one JSON object"}},
         .run = &runList},
        {.name = "keys revoke",
         .summary = "ends a key for good",
         .words = kOneId,
         .description = {"Handlers that run refuse it within 30 s. Its requests stay counted."},
         .run = &runRevoke},
        {.name = "keys rotate",
         .summary = "gives a key's owner another one in its place, and shows it once",
         .words = kOneId,
         .description = {"Name, limit and counts stay. Handlers know the new key at once, and refuse the old "
                         "one within 30 s."},
         .run = &runRotate},
    };
}

}  // namespace rtbatch
