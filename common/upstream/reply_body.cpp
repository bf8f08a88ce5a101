#include "common/upstream/reply_body.h"

#include <Poco/Checksum.h>
#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/MemoryStream.h>

#include <array>
#include <cstdint>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

/// What a gzip member of `text` ends with (RFC 1952, 2.3.1): checksum and length, least byte first.
std::string trailerOf(const std::string& text) {
    Poco::Checksum checksum(Poco::Checksum::TYPE_CRC32);
    checksum.update(text);
    std::string trailer;
    for (const auto number : {checksum.checksum(), static_cast<std::uint32_t>(text.size())}) {
        for (unsigned shift = 0; shift < 32; shift += 8) {
            trailer += static_cast<char>(number >> shift & 0xffU);
        }
    }
    return trailer;
}

}  // namespace

std::string readAll(std::istream& in, std::size_t cap) {
    in.exceptions(std::ios::badbit);  // throws what was thrown below, not a failure of its own
    std::string text;
    std::array<char, std::size_t{16} * 1024> piece{};
    while (in) {
        in.read(piece.data(), piece.size());
        const auto got = static_cast<std::size_t>(in.gcount());
        if (got > cap - text.size()) {
            throw RequestFault(Kind::refused, "sent more than " + std::to_string(cap) + " bytes");
        }
        text.append(piece.data(), got);
    }
    return text;
}

std::string gunzip(const std::string& packed, std::size_t cap) {
    Poco::MemoryInputStream in(packed.data(), static_cast<std::streamsize>(packed.size()));
    try {
        Poco::InflatingInputStream inflating(in, Poco::InflatingStreamBuf::STREAM_GZIP);
        std::string text;
        for (;;) {
            const std::string member = readAll(inflating, cap - text.size());
            text += member;
            // The stream ends alike after a member and, sometimes, where a member is cut.
            if (packed.ends_with(trailerOf(member))) {
                return text;
            }
            inflating.reset();
        }
    } catch (const Poco::Exception&) {
        throw RequestFault(Kind::broken, "sent gzip that cannot be inflated, or is cut short");
    }
}

}  // namespace rtbatch
