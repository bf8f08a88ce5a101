#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/Session.h>
#include <Poco/Net/StreamSocket.h>

#include <memory>
#include <string>

#include "common/upstream/patient_socket.h"

namespace rtbatch {

/// The trusted authorities and the rules of TLS: peers are verified, by chain and by name, TLS 1.2 or newer.
struct TlsContext {
    /// The one for `caFile` (PEM), read once and shared by all clients of the process. Safe from any thread.
    /// Throws std::invalid_argument when the file cannot be read.
    static std::shared_ptr<TlsContext> forAuthorities(const std::string& caFile);

    explicit TlsContext(const std::string& caFile);

    Poco::Net::Context::Ptr poco;
};

/// Shakes hands on a connected socket that does not block, which becomes part of the one that is returned.
/// `host` is asked for (SNI) and verified; `session`, if any, is taken up again. Throws RequestFault.
Poco::Net::StreamSocket secured(const Poco::Net::StreamSocket& tcp, const std::shared_ptr<Wire>& wire,
                                const TlsContext& tls, const std::string& host,
                                const Poco::Net::Session::Ptr& session);

}  // namespace rtbatch
