#pragma once

#include "tests/upstreams/sites.h"
#include "tests/upstreams/wire.h"

namespace rtbatch::standin {

/// Serves one request: counts it, waits its latency, and replies rightly or with the fault that is set for
/// it. Gives whether the connection can serve another one.
bool serve(Site& site, Wire& wire, const Ask& ask);

/// Sends a right reply; `beforeLastByte` is called when all but its last byte is sent.
template <class BeforeLastByte>
void sendReply(Wire& wire, const Reply& reply, bool keepAlive, BeforeLastByte beforeLastByte) {
    std::string message = reply.head("Content-Length: " + std::to_string(reply.body.size()), keepAlive);
    message += reply.body;
    const std::string_view bytes = message;
    wire.send(bytes.substr(0, bytes.size() - 1));
    beforeLastByte();
    wire.send(bytes.substr(bytes.size() - 1));
}

}  // namespace rtbatch::standin
