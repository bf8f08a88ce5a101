#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rtbatch::test {

/// The two upstreams that the stand-in plays.
enum class Site { wikidata, rt };

/// What one upstream was asked so far.
struct SiteCounts {
    int requests = 0;
    int open = 0;      ///< now
    int mostOpen = 0;  ///< at once
    int aborts = 0;    ///< connections that were closed before their answer
};

/// Tells a running stand-in how to behave, through its control paths (tests/upstreams/README.md).
/// Each call throws Poco::Exception or std::runtime_error when the stand-in does not do as told.
class UpstreamControl {
public:
    /// Where its Rotten Tomatoes listens.
    explicit UpstreamControl(std::string url);

    /// Every answer from now on begins so late.
    void setLatency(Site site, std::chrono::milliseconds latency);

    /// The page of this movie, which the stand-in knows, fails in this way, until clearFaults(). `retryAfter`
    /// is what 429 and 503 say.
    void setFault(const std::string& imdbId, const std::string& fault,
                  std::optional<std::chrono::seconds> retryAfter = std::nullopt);

    /// Every request of this upstream fails in this way.
    void setFault(Site site, const std::string& fault,
                  std::optional<std::chrono::seconds> retryAfter = std::nullopt);

    void clearFaults();

    /// Changes what `json` names of a film, or adds one (tests/upstreams/README.md has the fields).
    void changeFilm(const std::string& imdbId, const std::string& json);

    /// So many generated films are in Wikidata's whole mapping.
    void setMapping(int films);

    SiteCounts counts(Site site);

    /// When each request came, in ms since the epoch; the first 10,000.
    std::vector<std::int64_t> arrivals(Site site);

    /// Counts, faults, latency and films as at the start.
    void reset();

    /// The faults that make a page unreadable, and those that make a query fail.
    static const std::vector<std::string>& pageFaults();
    static const std::vector<std::string>& wikidataFaults();

private:
    std::string send(const std::string& method, const std::string& path, const std::string& body);

    std::string _url;
};

}  // namespace rtbatch::test
