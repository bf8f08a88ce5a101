#include "tests/support/upstream_control.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <iterator>
#include <sstream>
#include <stdexcept>

namespace rtbatch::test {
namespace {

std::string nameOf(Site site) {
    return site == Site::wikidata ? "wikidata" : "rt";
}

Poco::JSON::Object::Ptr parse(const std::string& json) {
    Poco::JSON::Parser parser;
    return parser.parse(json).extract<Poco::JSON::Object::Ptr>();
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
}

}  // namespace

UpstreamControl::UpstreamControl(std::string url) : _url(std::move(url)) {}

std::string UpstreamControl::send(const std::string& method, const std::string& path,
                                  const std::string& body) {
    const Poco::URI uri(_url);
    Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
    session.setTimeout(Poco::Timespan(10, 0));
    Poco::Net::HTTPRequest request(method, path, Poco::Net::HTTPRequest::HTTP_1_1);
    request.setContentType("application/json");
    request.setContentLength(static_cast<std::streamsize>(body.size()));
    session.sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    std::string answer;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), answer);
    if (response.getStatus() >= 300) {
        throw std::runtime_error("the stand-in refuses " + method + " " + path + " " + body + ": " + answer);
    }
    return answer;
}

void UpstreamControl::setLatency(Site site, std::chrono::milliseconds latency) {
    send("PUT", "/_control/latency",
         R"({"upstream":")" + nameOf(site) + R"(","ms":)" + std::to_string(latency.count()) + "}");
}

void UpstreamControl::setFault(const std::string& imdbId, const std::string& fault,
                               std::optional<std::chrono::seconds> retryAfter) {
    const auto page = parse(send("GET", "/_control/film/" + imdbId, ""))->getValue<std::string>("rtId");
    send("PUT", "/_control/fault",
         R"({"upstream":"rt","id":")" + page + R"(","fault":")" + fault + "\"" +
             (retryAfter ? R"(,"retryAfter":)" + std::to_string(retryAfter->count()) : "") + "}");
}

void UpstreamControl::setFault(Site site, const std::string& fault,
                               std::optional<std::chrono::seconds> retryAfter) {
    send("PUT", "/_control/fault",
         R"({"upstream":")" + nameOf(site) + R"(","id":"*","fault":")" + fault + "\"" +
             (retryAfter ? R"(,"retryAfter":)" + std::to_string(retryAfter->count()) : "") + "}");
}

void UpstreamControl::changeFilm(const std::string& imdbId, const std::string& json) {
    send("PUT", "/_control/film/" + imdbId, json);
}

void UpstreamControl::reset() {
    send("POST", "/_control/reset", "");
}

void UpstreamControl::setMapping(int films) {
    send("PUT", "/_control/mapping", R"({"ids":)" + std::to_string(films) + "}");
}

void UpstreamControl::clearFaults() {
    send("DELETE", "/_control/faults", "");
}

SiteCounts UpstreamControl::counts(Site site) {
    Poco::JSON::Parser parser;
    const auto all =
        parser.parse(send("GET", "/_control/counts?brief", "")).extract<Poco::JSON::Object::Ptr>();
    const auto numbers = all->getObject(nameOf(site));
    return {.requests = numbers->getValue<int>("requests"),
            .open = numbers->getValue<int>("open"),
            .mostOpen = numbers->getValue<int>("peak"),
            .aborts = numbers->getValue<int>("aborted")};
}

std::vector<std::int64_t> UpstreamControl::arrivals(Site site) {
    const auto list =
        parse(send("GET", "/_control/counts", ""))->getObject(nameOf(site))->getArray("timestamps");
    std::vector<std::int64_t> times;
    for (unsigned i = 0; i < list->size(); ++i) {
        times.push_back(list->getElement<std::int64_t>(i));
    }
    return times;
}

const std::vector<std::string>& UpstreamControl::pageFaults() {
    static const std::vector<std::string> faults = words(
        "404 403 429 500 503 reset hang drip cut cut_chunked cut_gzip empty garbage huge gzip_bomb "
        "redirect_loop redirect_offsite redirect_home blocked crash no_places");
    return faults;
}

const std::vector<std::string>& UpstreamControl::wikidataFaults() {
    static const std::vector<std::string> faults = words(
        "404 403 429 500 503 reset hang drip cut cut_chunked cut_gzip empty garbage huge gzip_bomb "
        "redirect_loop redirect_offsite redirect_home blocked partial");
    return faults;
}

}  // namespace rtbatch::test
