#include "tests/upstreams/exchange.h"

#include <sstream>

namespace rtbatch::standin {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kHugeBytes = 64UL * 1024 * 1024;

std::string lengthLine(std::size_t length) {
    return "Content-Length: " + std::to_string(length);
}

void sendSlowly(Wire& wire, Counts::Open& open, const Reply& reply) {
    wire.send(reply.head(lengthLine(reply.body.size()), false));
    for (std::size_t i = 0; i < reply.body.size(); ++i) {
        wire.wait(100ms);
        if (i + 1 == reply.body.size()) {
            open.close();
        }
        wire.send(std::string_view(reply.body).substr(i, 1));
    }
}

void sendHalf(Wire& wire, Counts::Open& open, const Reply& reply) {
    wire.send(reply.head(lengthLine(reply.body.size()), false) + reply.body.substr(0, reply.body.size() / 2));
    open.close();
    wire.finish();
}

void sendHalfChunked(Wire& wire, Counts::Open& open, const Reply& reply) {
    const std::string half = reply.body.substr(0, reply.body.size() / 2);
    std::ostringstream message;
    message << reply.head("Transfer-Encoding: chunked", false) << std::hex << half.size() << "\r\n"
            << half << "\r\n";
    wire.send(message.str());
    open.close();
    wire.finish();
}

/// The true page first, so that only its size is wrong.
void sendHuge(Wire& wire, Counts::Open& open, const Reply& reply) {
    const std::string blanks(64 * 1024UL, ' ');
    wire.send(reply.head(lengthLine(kHugeBytes), false) + reply.body);
    for (std::size_t left = kHugeBytes - reply.body.size(); left > 0;) {
        const std::size_t piece = std::min(left, blanks.size());
        left -= piece;
        if (left == 0) {
            open.close();
        }
        wire.send(std::string_view(blanks).substr(0, piece));
    }
}

/// Plays a fault of the wire on top of the right reply.
void playOnTheWire(const std::string& name, Wire& wire, Counts::Open& open, Reply reply) {
    const auto close = [&open] { open.close(); };
    if (name == "reset") {
        open.close();
        wire.reset();
    } else if (name == "hang") {
        wire.wait(std::nullopt);
    } else if (name == "drip") {
        sendSlowly(wire, open, reply);
    } else if (name == "cut") {
        sendHalf(wire, open, reply);
    } else if (name == "cut_chunked") {
        sendHalfChunked(wire, open, reply);
    } else if (name == "cut_gzip") {
        compress(reply);
        reply.body.resize(reply.body.size() / 2);
        sendReply(wire, reply, false, close);
    } else if (name == "huge") {
        sendHuge(wire, open, reply);
    } else if (name == "gzip_bomb") {
        reply.body = gzipBomb();
        reply.headers.emplace_back("Content-Encoding", "gzip");
        sendReply(wire, reply, false, close);
    } else if (name == "stale_connection") {
        sendReply(wire, reply, true, close);
        wire.finish();
    }
}

}  // namespace

bool serve(Site& site, Wire& wire, const Ask& ask) {
    Counts::Open open(site.counts, wire.descriptor());
    try {
        const auto ids = site.idsOf(ask);
        site.counts.asked(ids, ask.userAgent);
        const Fault fault = site.faults.take(ids);
        wire.wait(fault.latency);
        const auto bad = site.badContent(fault, ask);
        if (fault.name != "none" && !bad) {
            playOnTheWire(fault.name, wire, open, site.answer(ask));
            return false;
        }
        Reply reply = bad ? *bad : site.answer(ask);
        if (ask.acceptsGzip && !reply.body.empty()) {
            compress(reply);
        }
        sendReply(wire, reply, ask.keepAlive, [&open] { open.close(); });
        return ask.keepAlive;
    } catch (const ClientGone&) {
        open.aborted();
        return false;
    } catch (const Stopping&) {
        return false;
    }
}

}  // namespace rtbatch::standin
