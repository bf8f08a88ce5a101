#include "tests/clients/reader.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <ostream>
#include <sstream>
#include <stdexcept>

#include "tests/support/stack.h"

namespace rtbatch::test {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::string interpreterOf(const std::string& program) {
    if (program.ends_with(".mjs")) {
        return "node";
    }
    return program.ends_with(".py") ? "python3" : "bash";
}

/// Poco keeps members sorted by their names unless it is told to keep their order.
std::string textOf(const Object& object) {
    std::ostringstream out;
    object.stringify(out);
    return out.str();
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const DeliveredEvent& event) {
    return out << event.name << ' ' << event.data;
}

std::string alphabetical(const std::string& json) {
    return textOf(*Poco::JSON::Parser().parse(json).extract<Object::Ptr>());
}

Reader::Reader(const std::string& program, const Endpoint& where, const std::vector<std::string>& imdbIds,
               const std::string& certificate)
    : _program(program) {
    std::string ids;
    for (const std::string& id : imdbIds) {
        ids += (ids.empty() ? "" : ",") + id;
    }
    const std::string scheme = where.tls ? "https" : "http";
    std::vector<std::string> command{
        "/usr/bin/env",
        interpreterOf(program),
        std::string(RTBATCH_READERS) + "/" + program,
        scheme + "://127.0.0.1:" + std::to_string(where.port) + "/api/v1/movies/batch",
        kKey,
        ids};
    std::map<std::string, std::string> environment{{"NODE_NO_WARNINGS", "1"}};
    if (where.tls) {
        command.push_back(certificate);
        environment["NODE_EXTRA_CA_CERTS"] = certificate;  // for node's own fetch
    }
    _child = std::make_unique<Child>(
        ChildOptions{.command = command, .env = environment, .log = _dir.file("log")});
}

Delivered Reader::result(std::chrono::milliseconds limit) {
    const auto status = _child->wait(limit);
    const std::string printed = _child->log();
    const std::size_t at = printed.rfind("{\"events\"");
    if (status != 0 || at == std::string::npos) {
        throw std::runtime_error(_program + (status ? " ended" : " does not end") + "; it printed:\n" +
                                 printed);
    }
    const auto summary = Poco::JSON::Parser().parse(printed.substr(at)).extract<Object::Ptr>();
    Delivered delivered{.printed = printed};
    if (!summary->isNull("failure")) {
        delivered.failure = summary->getValue<std::string>("failure");
    }
    for (const auto& entry : *summary->getArray("events")) {
        const auto event = entry.extract<Object::Ptr>();
        delivered.events.push_back(
            {.name = event->getValue<std::string>("event"), .data = textOf(*event->getObject("data"))});
    }
    return delivered;
}

}  // namespace rtbatch::test
