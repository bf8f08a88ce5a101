#include "tests/upstreams/control.h"

#include <Poco/DateTimeParser.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <stdexcept>

#include "tests/upstreams/json_writing.h"

namespace rtbatch::standin {

namespace {

constexpr std::string_view kDone = "{}";
constexpr std::string_view kFilm = "/_control/film/";

class NoSuchControl : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class BadControl : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

Poco::JSON::Object::Ptr parse(const std::string& body) {
    Poco::JSON::Parser parser;
    return parser.parse(body).extract<Poco::JSON::Object::Ptr>();
}

std::optional<int> optionalInt(const Poco::JSON::Object& object, const std::string& name) {
    return object.isNull(name) ? std::nullopt : std::optional(object.getValue<int>(name));
}

std::string optionalText(const Poco::JSON::Object& object, const std::string& name) {
    return object.isNull(name) ? "" : object.getValue<std::string>(name);
}

std::vector<std::string> optionalTexts(const Poco::JSON::Object& object, const std::string& name) {
    std::vector<std::string> texts;
    const auto list = object.getArray(name);
    for (unsigned i = 0; list && i < list->size(); ++i) {
        texts.push_back(list->getElement<std::string>(i));
    }
    return texts;
}

/// A day as "2024-11-01".
std::optional<std::chrono::sys_days> optionalDay(const Poco::JSON::Object& object, const std::string& name) {
    if (object.isNull(name)) {
        return std::nullopt;
    }
    int zone = 0;
    const Poco::DateTime day =
        Poco::DateTimeParser::parse("%Y-%m-%d", object.getValue<std::string>(name), zone);
    return std::chrono::floor<std::chrono::days>(
        std::chrono::system_clock::from_time_t(day.timestamp().epochTime()));
}

std::string jsonOrNull(const std::optional<int>& value) {
    return value ? std::to_string(*value) : "null";
}

std::string filmJson(const Film& film) {
    const MovieFacts& facts = film.facts;
    return R"({"imdbId":)" + jsonString(film.imdbId) + R"(,"rtId":)" + jsonString(film.rtId) +
           R"(,"title":)" + jsonString(facts.title) + R"(,"year":)" + jsonOrNull(facts.year) +
           R"(,"criticScore":)" + jsonOrNull(facts.criticScore) + R"(,"audienceScore":)" +
           jsonOrNull(facts.audienceScore) + R"(,"certified":)" + (facts.certified ? "true" : "false") +
           R"(,"consensus":)" + (facts.consensus ? jsonString(*facts.consensus) : "null") + "}";
}

/// Takes from `object` what it names; null empties a fact.
void change(Film& film, const Poco::JSON::Object& object) {
    const auto changeNumber = [&object](const char* name, std::optional<int>& field) {
        if (object.has(name)) {
            field = optionalInt(object, name);
        }
    };
    const auto changeText = [&object](const char* name, std::string& field) {
        if (object.has(name)) {
            field = optionalText(object, name);
        }
    };
    changeText("rtId", film.rtId);
    changeText("title", film.facts.title);
    changeText("nameOnPage", film.nameOnPage);
    changeText("address", film.address);
    changeText("movedTo", film.movedTo);
    if (object.has("values")) {
        film.values = optionalTexts(object, "values");
    }
    changeNumber("year", film.facts.year);
    if (object.has("year")) {
        film.facts.released = film.facts.year ? std::optional(releasedIn(*film.facts.year)) : std::nullopt;
    }
    if (object.has("released")) {
        film.facts.released = optionalDay(object, "released");
    }
    changeNumber("criticScore", film.facts.criticScore);
    changeNumber("audienceScore", film.facts.audienceScore);
    if (object.has("certified")) {
        film.facts.certified = object.getValue<bool>("certified");
    }
    if (object.has("whereToWatch")) {
        film.whereToWatch = object.getValue<bool>("whereToWatch");
    }
    if (object.has("consensus")) {
        film.facts.consensus.reset();
        film.consensusHtml.clear();
        if (!object.isNull("consensus")) {
            film.facts.consensus = object.getValue<std::string>("consensus");
        }
    }
    changeText("consensusHtml", film.consensusHtml);
}

Reply json(int status, std::string body) {
    Reply reply;
    reply.status = status;
    reply.contentType = "application/json";
    reply.body = std::move(body) + "\n";
    return reply;
}

Reply problem(int status, const std::string& what) {
    return json(status, R"({"error":)" + jsonString(what) + "}");
}

}  // namespace

Reply Control::handle(const std::string& method, const std::string& target, const std::string& body) {
    try {
        return json(200, dispatch(method, target, body));
    } catch (const NoSuchControl& e) {
        return problem(404, e.what());
    } catch (const Poco::Exception& e) {
        return problem(400, e.displayText());
    } catch (const std::exception& e) {
        return problem(400, e.what());
    }
}

std::string Control::dispatch(const std::string& method, const std::string& target, const std::string& body) {
    const std::string what = method + " " + target;
    if (what == "GET /_control/counts") {
        return counts(true);
    }
    if (what == "GET /_control/counts?brief") {
        return counts(false);
    }
    if (what == "PUT /_control/latency") {
        const auto object = parse(body);
        upstream(object->getValue<std::string>("upstream"))
            .faults.setLatency(std::chrono::milliseconds(object->getValue<int>("ms")));
    } else if (what == "PUT /_control/mapping") {
        _wikidata.mapping.setGenerated(parse(body)->getValue<std::size_t>("ids"));
    } else if (what == "PUT /_control/fault") {
        return setFault(body);
    } else if (what == "DELETE /_control/faults") {
        _rottenTomatoes.faults.clearFaults();
        _wikidata.faults.clearFaults();
    } else if (what == "POST /_control/reset") {
        for (Site* site : {&_rottenTomatoes, static_cast<Site*>(&_wikidata), &_elsewhere}) {
            site->faults.reset();
            site->counts.reset();
        }
        _catalogue.reset();
        _wikidata.mapping.reset();
    } else if (target.starts_with(kFilm) && (method == "PUT" || method == "GET")) {
        return changeFilm(target.substr(kFilm.size()), method == "PUT" ? body : "{}");
    } else {
        throw NoSuchControl("there is no " + what);
    }
    return std::string(kDone);
}

std::string Control::counts(bool details) const {
    return R"({"rt":)" + _rottenTomatoes.counts.toJson(details) + R"(,"wikidata":)" +
           _wikidata.counts.toJson(details) + R"(,"elsewhere":)" + _elsewhere.counts.toJson(details) + "}";
}

std::string Control::setFault(const std::string& body) {
    const auto object = parse(body);
    const auto name = object->getValue<std::string>("upstream");
    Site& site = upstream(name);
    Fault fault;
    fault.name = object->optValue<std::string>("fault", "none");
    if (!isFault(fault.name, name == "rt")) {
        throw BadControl("there is no fault '" + fault.name + "' for " + name);
    }
    fault.retryAfter = optionalInt(*object, "retryAfter");
    fault.times = optionalInt(*object, "times");
    if (const auto latency = optionalInt(*object, "latencyMs")) {
        fault.latency = std::chrono::milliseconds(*latency);
    }
    site.faults.set(object->getValue<std::string>("id"), fault);
    return std::string(kDone);
}

std::string Control::changeFilm(const std::string& imdbId, const std::string& body) {
    auto film = _catalogue.find(imdbId);
    const auto object = parse(body);
    if (!film && object->size() == 0) {
        throw NoSuchControl("there is no film " + imdbId);
    }
    if (!film) {
        film = Film{imdbId};
    }
    if (object->size() > 0) {
        change(*film, *object);
        _catalogue.change(*film);
    }
    return filmJson(*film);
}

Site& Control::upstream(const std::string& name) {
    if (name == "rt") {
        return _rottenTomatoes;
    }
    if (name == "wikidata") {
        return _wikidata;
    }
    throw BadControl("there is no upstream '" + name + "'; write rt or wikidata");
}

}  // namespace rtbatch::standin
