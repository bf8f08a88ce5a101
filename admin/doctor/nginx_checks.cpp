#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "admin/doctor/checks.h"
#include "admin/doctor/watched_post.h"
#include "common/fetch/breaker.h"
#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/lease/owner.h"
#include "common/setup/setup.h"
#include "common/store/health_table.h"
#include "common/upstream/http_client.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

constexpr const char* kBuffering = "nginx buffering";

/// A stream's first byte comes within milliseconds, unless somebody keeps it.
constexpr auto kFirstByte = 3s;

/// A handler that does not wait for our claim, for it looks at another database, has its answer within this
/// time.
constexpr auto kHold = 500ms;

/// A handler that hears no bell looks after flights of other processes every 4 s.
constexpr auto kEnd = 15s;

constexpr auto kAll = kFirstByte + kHold + kEnd;

HttpOptions clientOptions(const Config& config, const DoctorOptions& options) {
    HttpOptions http = httpOptions(config, options.url);
    http.name = options.url;
    http.userAgent = "rtbatch-admin/" + version() + " (doctor)";
    return http;
}

/// What a status other than 200 means for the operator.
Finding refused(const std::string& check, const std::string& url, int status) {
    const std::string said = url + " answers " + std::to_string(status);
    switch (status) {
        case 401:
            return {check, Result::unknown, said + ": it does not know our key",
                    "give the doctor one that the handlers know: --admin-key-file FILE"};
        case 404:
            return {
                check, Result::bad, said + ": its paths are not ours",
                "include conf/nginx/rtbatch-locations.conf in that server block, or say where rtbatch is: "
                "rtbatch-admin doctor --url https://NAME"};
        case 429:
            return {check, Result::unknown, said + ": its limit for this address is used up",
                    "try again later"};
        case 502:
        case 503:
        case 504:
            return {check, Result::bad, said + ": nginx does not reach a handler, or that one its database",
                    "compare `upstream rtbatch` with handler.listen, and see nginx's error log"};
        default:
            return {check, Result::bad, said, "see nginx's error log and the handler's"};
    }
}

/// The value of `"name":"..."` in JSON of ours; empty: there is none.
std::string valueOf(const std::string& json, const std::string& name) {
    const std::string mark = "\"" + name + "\":\"";
    const auto start = json.find(mark);
    if (start == std::string::npos) {
        return "";
    }
    const auto from = start + mark.size();
    return json.substr(from, json.find('"', from) - from);
}

/// The claim on a film that is none, as a fetch of it holds it; nothing when another doctor has it. That of
/// one who was killed is ended for him.
std::optional<Lease> claimOfNoFilm(Store& store, Leases& leases) {
    const std::string name = "flight.id." + ImdbId::ofNoFilm().string();
    auto claim = leases.acquire(name, kAll + 5s);
    if (claim) {
        return claim;
    }
    for (const LeaseRow& lease : store.findLeases({&name, 1}).leases) {
        if (Owner::parse(lease.owner).isDead()) {
            store.releaseLeases({&name, 1}, lease.owner);
        }
    }
    return leases.acquire(name, kAll + 5s);
}

/// An upstream that is left alone now, so that a miss is answered at once.
std::optional<std::string> shutUpstream(Store& store) {
    for (const auto upstream : {Upstream::wikidata, Upstream::rottenTomatoes}) {
        const UpstreamView view = store.readUpstream(nameOf(upstream));
        if (consentOf(view.state, view.slots.time).kind != Consent::Kind::go) {
            return siteName(upstream);
        }
    }
    return std::nullopt;
}

/// What the film that is none was answered with: `not_found`. Empty: the stream is not whole.
std::string outcomeIn(const std::string& stream) {
    const auto outcome = stream.find("event: error\n");
    const auto done = stream.rfind("event: done\n");
    if (!stream.starts_with(":\n") || outcome == std::string::npos || done == std::string::npos ||
        done < outcome || !stream.ends_with("}\n\n")) {
        return "";
    }
    return valueOf(stream.substr(outcome, done - outcome), "error");
}

/// One stream, watched; the claim is ours and nobody has answered it yet.
class StreamTrial {
public:
    StreamTrial(Store& store, const Config& config, const DoctorOptions& options)
        : _store(store), _url(options.url) {
        _bell.join(store.deployment());
        std::map<std::string, std::string> headers{{"Content-Type", "application/json"}};
        if (!config.authAdminKey.empty()) {
            headers["X-API-Key"] = config.authAdminKey;
        }
        _post.emplace(clientOptions(config, options), "/api/v1/movies/batch", headers,
                      R"({"imdbIds":[")" + ImdbId::ofNoFilm().string() + R"("]})", Deadline::in(kAll));
    }

    Finding watch(Lease claim) {
        const WatchedReply begun = _post->waitForFirstByte(Deadline::in(kFirstByte));
        const WatchedReply held = begun.firstByte ? _post->waitForEnd(Deadline::in(kHold)) : begun;
        HealthTable(_store).rememberAbsent(ImdbId::ofNoFilm());
        claim.release();
        _bell.ring("flights " + ImdbId::ofNoFilm().string());
        const WatchedReply all = _post->waitForEnd(Deadline::in(kEnd));
        if (all.status != 0 && all.status != 200) {
            return refused(kBuffering, _url, all.status);
        }
        return held.ended && held.fault.empty() ? endedTooSoon(held) : judged(begun, all);
    }

private:
    /// The handler did not wait for us.
    Finding endedTooSoon(const WatchedReply& reply) const {
        if (outcomeIn(reply.body) == "scrape_failed") {
            return {kBuffering, Result::unknown, "not seen, for the handler leaves the sites alone just now",
                    "try again later"};
        }
        return {kBuffering, Result::bad,
                "the handler behind " + _url +
                    " does not see what is written here: it uses another database, so limits do not hold "
                    "together",
                "compare database.url of the handlers and of this command (a relative SQLite path counts "
                "from the "
                "working directory)"};
    }

    Finding judged(const WatchedReply& begun, const WatchedReply& all) const {
        if (!all.ended || !all.fault.empty()) {
            return {kBuffering, Result::bad,
                    "the stream did not come to its end: " +
                        (all.ended ? "it " + all.fault : "no `done` in time"),
                    "see nginx's error log and the handler's; fastcgi_read_timeout must be longer than "
                    "batch.heartbeat_s"};
        }
        if (!begun.firstByte) {
            return {
                kBuffering, Result::bad,
                "the stream's first byte came with its last one: something keeps what the handler writes",
                "in nginx: fastcgi_buffering off, no fastcgi_ignore_headers X-Accel-Buffering and no proxy "
                "or cache before it that buffers, all as in conf/nginx/rtbatch-locations.conf; then nginx -s "
                "reload"};
        }
        if (outcomeIn(all.body).empty()) {
            return {kBuffering, Result::bad, "what came is no stream of ours that ends with `done`",
                    "see what is changed on the way: curl -N, as in the README"};
        }
        return {kBuffering, Result::good,
                "off: the first byte of a stream that waits came after " +
                    std::to_string(begun.firstByte->count()) + " ms, and `done` last"};
    }

    Store& _store;
    const std::string _url;
    Bell _bell;
    std::optional<WatchedPost> _post;
};

}  // namespace

Finding checkNginx(const Config& config, const DoctorOptions& options) {
    HttpClient client(clientOptions(config, options));
    const auto reply = client.get(client.site().basePath + "/api/v1/health", {}, Deadline::in(10s));
    if (const auto* failure = std::get_if<UpstreamFailure>(&reply)) {
        return {"nginx", Result::bad, failure->message,
                "start nginx with conf/nginx/rtbatch.site.conf, or say where it is by the name that its "
                "certificate "
                "has: rtbatch-admin doctor --url https://NAME"};
    }
    const auto& health = std::get<HttpReply>(reply);
    if (health.status != 200) {
        return refused("nginx", options.url, health.status);
    }
    if (valueOf(health.body, "status") != "healthy") {
        return {"nginx", Result::bad, options.url + " answers, but not as rtbatch does",
                "say where rtbatch is: rtbatch-admin doctor --url https://NAME"};
    }
    if (const std::string theirs = valueOf(health.body, "version"); theirs != version()) {
        return {"nginx", Result::bad,
                options.url + " is served by rtbatch " + theirs + ", and this program is " + version(),
                "restart the handlers, so that all run the version that is installed"};
    }
    return {"nginx", Result::good, options.url + " reaches a handler, version " + version()};
}

Finding checkBuffering(Store& store, const Config& config, const DoctorOptions& options) {
    if (config.authRequired && config.authAdminKey.empty()) {
        return {kBuffering, Result::unknown, "not seen without a key",
                "give the doctor one that the handlers know: --admin-key-file FILE"};
    }
    if (const auto shut = shutUpstream(store)) {
        return {kBuffering, Result::unknown, "not seen, for " + *shut + " is left alone just now",
                "try again later"};
    }
    HealthTable health(store);
    Leases leases(store);
    auto claim = claimOfNoFilm(store, leases);
    if (!claim) {
        return {kBuffering, Result::unknown, "not seen, for another doctor is at it",
                "try again in a minute"};
    }
    health.forget(ImdbId::ofNoFilm());
    Finding finding = StreamTrial(store, config, options).watch(std::move(*claim));
    health.forget(ImdbId::ofNoFilm());
    return finding;
}

}  // namespace rtbatch
