#include "tests/upstreams/sites.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "tests/upstreams/list_pages.h"
#include "tests/upstreams/mapping_query.h"
#include "tests/upstreams/pages.h"
#include "tests/upstreams/sparql.h"

namespace rtbatch::standin {

namespace {

constexpr std::string_view kEndpoint = "/sparql";

std::string pathOf(const Ask& ask) {
    return ask.target.substr(0, ask.target.find('?'));
}

/// The path without its slashes at the ends: `m/heat`; `/` for the home page.
std::string pageIdOf(const Ask& ask) {
    std::string path = pathOf(ask);
    while (path.ends_with('/')) {
        path.pop_back();
    }
    return path.empty() ? "/" : path.substr(path.starts_with('/') ? 1 : 0);
}

Reply redirect(int status, const std::string& location) {
    Reply reply;
    reply.status = status;
    reply.contentType = "text/plain; charset=utf-8";
    reply.body = "Moved. Redirecting to " + location;
    reply.headers = {{"Location", location}};
    return reply;
}

Reply html(int status, std::string body) {
    Reply reply;
    reply.status = status;
    reply.body = std::move(body);
    return reply;
}

/// Bytes that are not text, the same each time.
std::string garbage() {
    constexpr std::size_t kBytes = 4096;
    std::string bytes;
    for (unsigned state = 1; bytes.size() < kBytes; state = state * 1103515245U + 12345U) {
        bytes += static_cast<char>(state >> 16U);
    }
    return bytes;
}

/// Another address on the same site that redirects again: `?again=2` after `?again=1`.
std::string nextInLoop(const Ask& ask) {
    constexpr std::string_view kMark = "again=";
    const std::size_t mark = ask.target.find(kMark);
    int hop = 0;
    if (mark != std::string::npos) {
        const char* const last = ask.target.data() + ask.target.size();
        std::from_chars(ask.target.data() + mark + kMark.size(), last, hop);
    }
    return pathOf(ask) + "?again=" + std::to_string(hop + 1);
}

std::string queryOf(const Ask& ask) {
    for (const auto& [name, value] : Poco::URI(ask.target).getQueryParameters()) {
        if (name == "query") {
            return value;
        }
    }
    throw MalformedQuery("no parameter query");
}

/// The real service asks for a product and a way to reach its operator, and turns the usual tools away.
bool isGeneric(const std::string& userAgent) {
    constexpr std::array<std::string_view, 8> kTools{"curl",           "Wget",   "python", "Java",
                                                     "Go-http-client", "libwww", "Poco",   "okhttp"};
    return userAgent.empty() ||
           std::any_of(kTools.begin(), kTools.end(), [&](auto tool) { return userAgent.starts_with(tool); });
}

std::string answerAny(const std::string& query, const Mapping& mapping, const Catalogue& catalogue) {
    if (looksLikeMapping(query)) {
        return answerMapping(parseMappingQuery(query), mapping);
    }
    return looksLikeMovies(query) ? answerMovies(parseMoviesQuery(query), catalogue)
                                  : answerQuery(parseQuery(query), catalogue);
}

Film filmOrAnother(const std::optional<Film>& film) {
    return film ? *film : knownFilms().front();
}

}  // namespace

std::optional<Reply> Site::badContent(const Fault& fault, const Ask& ask) const {
    const std::string& name = fault.name;
    std::optional<Reply> reply;
    if (name == "403" || name == "404" || name == "500" || name == "503") {
        reply = errorReply(std::stoi(name), "This is what was asked for.");
    } else if (name == "429") {
        const std::string wait = std::to_string(fault.retryAfter.value_or(9));
        reply = errorReply(429, "Too Many Requests - Please retry in " + wait + " seconds.");
    } else if (name == "empty") {
        reply = html(200, "");
    } else if (name == "garbage") {
        reply = html(200, garbage());
    } else if (name == "blocked") {
        reply = html(200, blockedPage());
    } else if (name == "redirect_loop") {
        reply = redirect(302, nextInLoop(ask));
    } else if (name == "redirect_offsite") {
        reply = redirect(302, offSite() + ask.target);
    } else if (name == "redirect_home") {
        reply = redirect(302, "/");
    }
    if (reply && fault.retryAfter) {
        reply->headers.emplace_back("Retry-After", std::to_string(*fault.retryAfter));
    }
    return reply;
}

std::vector<std::string> RottenTomatoesSite::idsOf(const Ask& ask) const {
    return {pageIdOf(ask)};
}

Reply RottenTomatoesSite::answer(const Ask& ask) const {
    const std::string path = pathOf(ask);
    if (path == "/") {
        return html(200, homePage(_pageBytes));
    }
    const std::string id = pageIdOf(ask);
    if (path == kBrowsePage) {
        return html(200, browsePage(_catalogue.named(), _pageBytes));
    }
    if (path == kGuidePage) {
        return html(200, guidePage(_catalogue.named(), _pageBytes));
    }
    if (path + "/" == kGuidePage) {
        return redirect(301, std::string(kGuidePage));
    }
    if (path.ends_with('/')) {
        return redirect(301, "/" + id);
    }
    const auto film = _catalogue.findByRtId(id);
    if (!film) {
        return html(404, notFoundPage(_pageBytes));
    }
    if (film->rtId == id && !film->movedTo.empty()) {
        return redirect(301, "/" + film->movedTo);
    }
    Reply reply = html(200, filmPage(*film, _pageBytes));
    reply.headers = {{"ETag", "W/\"" + std::to_string(std::hash<std::string>{}(reply.body)) + "\""},
                     {"Cache-Control", "max-age=120"},
                     {"Vary", "Accept-Encoding"}};
    return reply;
}

std::optional<Reply> RottenTomatoesSite::badContent(const Fault& fault, const Ask& ask) const {
    const Film film = filmOrAnother(_catalogue.findByRtId(pageIdOf(ask)));
    if (fault.name == "404") {
        return html(404, notFoundPage(_pageBytes));
    }
    if (fault.name == "crash") {
        return html(200, crashPage());
    }
    if (fault.name == "no_scorecard") {
        return html(200, pageWithoutScorecard(film, _pageBytes));
    }
    if (fault.name == "no_places") {
        return html(200, pageWithoutPlaces(film, _pageBytes));
    }
    if (fault.name == "old_design") {
        return html(200, oldDesignPage(film, _pageBytes));
    }
    return Site::badContent(fault, ask);
}

std::vector<std::string> WikidataSite::idsOf(const Ask& ask) const {
    try {
        const std::string query = queryOf(ask);
        if (looksLikeMapping(query)) {
            return {"mapping"};
        }
        return looksLikeMovies(query) ? parseMoviesQuery(query).rtIds : parseQuery(query).imdbIds;
    } catch (const MalformedQuery&) {
        return {};
    } catch (const Poco::Exception&) {
        return {};
    }
}

Reply WikidataSite::answer(const Ask& ask) const {
    if (isGeneric(ask.userAgent)) {
        return errorReply(403, "Requests must have a User-Agent that names the tool and a contact.");
    }
    if (pathOf(ask) == "/") {
        return html(200,
                    "<!DOCTYPE html><html><head><title>Query Service</title></head><body></body></html>\n");
    }
    if (pathOf(ask) != kEndpoint) {
        return errorReply(404, "Not Found");
    }
    try {
        Reply reply;
        reply.contentType = "application/sparql-results+json;charset=utf-8";
        reply.body = answerAny(queryOf(ask), mapping, _catalogue);
        reply.headers = {{"Access-Control-Allow-Origin", "*"}, {"Cache-Control", "public, max-age=300"}};
        return reply;
    } catch (const MalformedQuery& e) {
        return errorReply(400, std::string("MalformedQueryException: ") + e.what());
    }
}

std::optional<Reply> WikidataSite::badContent(const Fault& fault, const Ask& ask) const {
    if (fault.name == "partial") {
        // The real service says 200 before it knows whether it will finish in time.
        Reply reply = answer(ask);
        reply.body.resize(reply.body.size() * 2 / 3);
        reply.body += "\njava.util.concurrent.TimeoutException\n\tat java.util.concurrent.FutureTask.get\n";
        return reply;
    }
    return Site::badContent(fault, ask);
}

std::vector<std::string> ElsewhereSite::idsOf(const Ask& ask) const {
    return {pageIdOf(ask)};
}

Reply ElsewhereSite::answer(const Ask& /*ask*/) const {
    Film film;
    film.rtId = "m/elsewhere";
    film.facts = {"Elsewhere", 1901, 1, 1, false, "Nobody should have come here."};
    return html(200, filmPage(film, kDefaultPageBytes));
}

}  // namespace rtbatch::standin
