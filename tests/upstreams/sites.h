#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/upstreams/catalogue.h"
#include "tests/upstreams/counts.h"
#include "tests/upstreams/faults.h"
#include "tests/upstreams/mapping.h"
#include "tests/upstreams/reply.h"

namespace rtbatch::standin {

/// A request as far as the sites look at it.
struct Ask {
    std::string method;
    std::string target;  ///< path and query, as sent
    std::string userAgent;
    bool acceptsGzip = false;
    bool keepAlive = false;
};

/// One of the hosts that the stand-in plays, with what is counted and set for it.
class Site {
public:
    virtual ~Site() = default;

    /// What the request asks for, as counts and faults name it.
    virtual std::vector<std::string> idsOf(const Ask& ask) const = 0;

    /// The right reply.
    virtual Reply answer(const Ask& ask) const = 0;

    /// The reply of those faults that are only bad content, 200 or not; nothing for those of the wire.
    virtual std::optional<Reply> badContent(const Fault& fault, const Ask& ask) const;

    /// Where a redirect off the site leads.
    virtual std::string offSite() const { return ""; }

    Counts counts{};
    FaultBook faults{};
};

/// Pages of films at their Rotten Tomatoes id.
class RottenTomatoesSite : public Site {
public:
    RottenTomatoesSite(const Catalogue& catalogue, std::size_t pageBytes)
        : _catalogue(catalogue), _pageBytes(pageBytes) {}

    std::vector<std::string> idsOf(const Ask& ask) const override;
    Reply answer(const Ask& ask) const override;
    std::optional<Reply> badContent(const Fault& fault, const Ask& ask) const override;
    std::string offSite() const override { return elsewhere; }

    std::string elsewhere{};  ///< base URL of another site; set before the first request

private:
    const Catalogue& _catalogue;
    std::size_t _pageBytes;
};

/// The SPARQL endpoint at /sparql. A page of the whole mapping is asked for as `mapping`.
class WikidataSite : public Site {
public:
    WikidataSite(const Catalogue& catalogue, std::size_t mappedFilms)
        : mapping(catalogue, mappedFilms), _catalogue(catalogue) {}

    std::vector<std::string> idsOf(const Ask& ask) const override;
    Reply answer(const Ask& ask) const override;
    std::optional<Reply> badContent(const Fault& fault, const Ask& ask) const override;
    std::string offSite() const override { return elsewhere; }

    Mapping mapping;
    std::string elsewhere{};  ///< base URL of another site; set before the first request

private:
    const Catalogue& _catalogue;
};

/// Another host, which nobody should ever ask: every path is the page of a film that is not one.
class ElsewhereSite : public Site {
public:
    std::vector<std::string> idsOf(const Ask& ask) const override;
    Reply answer(const Ask& ask) const override;
};

}  // namespace rtbatch::standin
