#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/upstreams/pages.h"

namespace rtbatch::standin {

/// Where the stand-in listens: on loopback, and nowhere else unless told. Port 0: any free one.
struct StandinOptions {
    std::uint16_t rtPort = 0;
    std::uint16_t wikidataPort = 0;
    std::uint16_t elsewherePort = 0;
    std::size_t pageBytes = kDefaultPageBytes;
    std::size_t mappedFilms = 0;   ///< generated films in the whole mapping
    std::string alsoOn{};          ///< a second address for the same ports, for another network namespace
    std::string tlsCertificate{};  ///< a PEM file; with it and the key everything is https
    std::string tlsKey{};
};

/// The stand-in for both upstreams, and for a third host that nobody should ask. Serves from construction to
/// destruction; hundreds of connections at once are fine.
class Standin {
public:
    /// Throws Poco::Exception when a port is taken or a certificate cannot be read.
    explicit Standin(const StandinOptions& options = {});
    ~Standin();
    Standin(const Standin&) = delete;
    Standin& operator=(const Standin&) = delete;

    std::string rtUrl() const;         ///< http://127.0.0.1:PORT
    std::string wikidataUrl() const;   ///< http://127.0.0.1:PORT/sparql
    std::string elsewhereUrl() const;  ///< http://127.0.0.1:PORT

private:
    class Impl;
    std::unique_ptr<Impl> _impl;
};

}  // namespace rtbatch::standin
