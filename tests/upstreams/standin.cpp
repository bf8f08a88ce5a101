#include "tests/upstreams/standin.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <system_error>
#include <thread>
#include <vector>

#include "tests/upstreams/control.h"
#include "tests/upstreams/exchange.h"

namespace rtbatch::standin {

namespace {

constexpr int kMaxConnections = 1024;  // of each port; each has a thread while it is open
constexpr int kBacklog = 1024;
constexpr const char* kLoopback = "127.0.0.1";
constexpr std::string_view kControlPath = "/_control/";

/// A descriptor that becomes readable, for every thread at once, when the stand-in ends.
class StopSignal {
public:
    StopSignal() : _descriptor(eventfd(0, EFD_CLOEXEC)) {
        if (_descriptor < 0) {
            throw std::system_error(errno, std::generic_category(), "eventfd");
        }
    }
    ~StopSignal() { close(_descriptor); }
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    void raise() const { eventfd_write(_descriptor, 1); }
    int descriptor() const { return _descriptor; }

private:
    int _descriptor;
};

class Handler : public Poco::Net::HTTPRequestHandler {
public:
    Handler(Site& site, Control& control, const StopSignal& stop)
        : _site(site), _control(control), _stop(stop) {}

    void handleRequest(Poco::Net::HTTPServerRequest& request,
                       Poco::Net::HTTPServerResponse& response) override {
        // Replies go to the socket as bytes: the server's own writer cannot be late, wrong or cut.
        Wire wire(static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket(), _stop.descriptor());
        const Ask ask{request.getMethod(), request.getURI(), request.get("User-Agent", ""),
                      request.get("Accept-Encoding", "").find("gzip") != std::string::npos,
                      response.getKeepAlive()};
        if (ask.target.starts_with(kControlPath)) {
            std::string body;
            Poco::StreamCopier::copyToString(request.stream(), body);
            try {
                sendReply(wire, _control.handle(ask.method, ask.target, body), ask.keepAlive, [] {});
            } catch (const ClientGone&) {
                response.setKeepAlive(false);
            }
        } else if (!serve(_site, wire, ask)) {
            response.setKeepAlive(false);
        }
    }

private:
    Site& _site;
    Control& _control;
    const StopSignal& _stop;
};

class HandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
public:
    HandlerFactory(Site& site, Control& control, const StopSignal& stop)
        : _site(site), _control(control), _stop(stop) {}

    Poco::Net::HTTPRequestHandler* createRequestHandler(
        const Poco::Net::HTTPServerRequest& /*request*/) override {
        return std::make_unique<Handler>(_site, _control, _stop).release();  // the server owns it
    }

private:
    Site& _site;
    Control& _control;
    const StopSignal& _stop;
};

Poco::Net::HTTPServerParams::Ptr serverParams() {
    Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
    params->setMaxThreads(kMaxConnections);
    params->setMaxQueued(kBacklog);
    params->setKeepAlive(true);
    params->setMaxKeepAliveRequests(1000000);
    params->setKeepAliveTimeout(Poco::Timespan(60, 0));
    params->setTimeout(Poco::Timespan(60, 0));
    return params;
}

Poco::Net::ServerSocket listenOn(const std::string& host, std::uint16_t port,
                                 const Poco::Net::Context::Ptr& tls) {
    const Poco::Net::SocketAddress address(host, port);
    return tls ? Poco::Net::SecureServerSocket(address, kBacklog, tls)
               : Poco::Net::ServerSocket(address, kBacklog);
}

Poco::Net::Context::Ptr tlsContext(const StandinOptions& options) {
    using Poco::Net::Context;
    if (options.tlsCertificate.empty()) {
        return {};
    }
    return {new Context(Context::TLS_SERVER_USE, options.tlsKey, options.tlsCertificate, "",
                        Context::VERIFY_NONE)};
}

/// OpenSSL, while there is a stand-in.
struct TlsLibrary {
    TlsLibrary() { Poco::Net::initializeSSL(); }
    ~TlsLibrary() { Poco::Net::uninitializeSSL(); }
    TlsLibrary(const TlsLibrary&) = delete;
    TlsLibrary& operator=(const TlsLibrary&) = delete;
};

/// One port, on one address or two.
class Port {
public:
    Port(Site& site, Control& control, const StopSignal& stop, std::uint16_t port, const std::string& alsoOn,
         const Poco::Net::Context::Ptr& tls)
        : _pool(2, 2 * kMaxConnections + 4) {
        const auto serve = [&](const std::string& host, std::uint16_t number) {
            _servers.push_back(std::make_unique<Poco::Net::HTTPServer>(
                new HandlerFactory(site, control, stop), _pool, listenOn(host, number, tls), serverParams()));
        };
        serve(kLoopback, port);
        if (!alsoOn.empty()) {
            serve(alsoOn, number());
        }
    }

    void start() {
        for (const auto& server : _servers) {
            server->start();
        }
    }
    void stop() {
        for (const auto& server : _servers) {
            server->stopAll(true);
        }
        _pool.joinAll();
    }
    std::string address() const { return std::string(kLoopback) + ":" + std::to_string(number()); }

private:
    std::uint16_t number() const { return _servers.front()->port(); }

    Poco::ThreadPool _pool;
    std::vector<std::unique_ptr<Poco::Net::HTTPServer>> _servers;
};

}  // namespace

class Standin::Impl {
public:
    explicit Impl(const StandinOptions& options)
        : scheme(options.tlsCertificate.empty() ? "http://" : "https://"),
          _rottenTomatoes(_catalogue, options.pageBytes),
          _wikidata(_catalogue, options.mappedFilms),
          _control(_catalogue, _rottenTomatoes, _wikidata, _elsewhere),
          _tls(tlsContext(options)),
          rt(_rottenTomatoes, _control, _stop, options.rtPort, options.alsoOn, _tls),
          wikidata(_wikidata, _control, _stop, options.wikidataPort, options.alsoOn, _tls),
          elsewhere(_elsewhere, _control, _stop, options.elsewherePort, options.alsoOn, _tls) {
        _rottenTomatoes.elsewhere = scheme + elsewhere.address();
        _wikidata.elsewhere = _rottenTomatoes.elsewhere;
        for (Port* port : {&rt, &wikidata, &elsewhere}) {
            port->start();
        }
    }

    ~Impl() {
        _stop.raise();
        std::vector<std::jthread> ends;  // at once: a server looks for its end four times a second
        for (Port* port : {&rt, &wikidata, &elsewhere}) {
            ends.emplace_back([port] { port->stop(); });
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    std::string scheme;

private:
    TlsLibrary _tlsLibrary;
    StopSignal _stop;
    Catalogue _catalogue;
    RottenTomatoesSite _rottenTomatoes;
    WikidataSite _wikidata;
    ElsewhereSite _elsewhere;
    Control _control;
    Poco::Net::Context::Ptr _tls;

public:
    Port rt;
    Port wikidata;
    Port elsewhere;
};

Standin::Standin(const StandinOptions& options) : _impl(std::make_unique<Impl>(options)) {}

Standin::~Standin() = default;

std::string Standin::rtUrl() const {
    return _impl->scheme + _impl->rt.address();
}

std::string Standin::wikidataUrl() const {
    return _impl->scheme + _impl->wikidata.address() + "/sparql";
}

std::string Standin::elsewhereUrl() const {
    return _impl->scheme + _impl->elsewhere.address();
}

}  // namespace rtbatch::standin
