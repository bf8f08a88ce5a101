#include "common/upstream/body_sink.h"

#include <zlib.h>

#include <array>
#include <new>
#include <utility>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

constexpr int kGzipOnly = 16 + MAX_WBITS;  // of inflateInit2: a gzip wrapper, its checksum verified

void endInflate(z_stream_s* stream) {
    ::inflateEnd(stream);
    const std::unique_ptr<z_stream_s> owned(stream);
}

std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> startInflate() {
    auto stream = std::make_unique<z_stream_s>();
    if (::inflateInit2(stream.get(), kGzipOnly) != Z_OK) {
        throw std::bad_alloc();
    }
    return {stream.release(), &endInflate};
}

}  // namespace

BodySink::BodySink(std::size_t cap, bool gzip) : _cap(cap), _inflate(nullptr, &endInflate) {
    if (gzip) {
        _inflate = startInflate();
    }
}

BodySink::~BodySink() = default;

void BodySink::take(std::string_view piece) {
    if (_inflate) {
        inflatePiece(piece);
    } else {
        append(piece);
    }
}

std::string BodySink::finish() {
    if (_inflate && !_ended) {
        throw RequestFault(Kind::broken, "broke off its answer: the gzip is cut short");
    }
    return std::move(_body);
}

void BodySink::append(std::string_view text) {
    if (text.size() > _cap - _body.size()) {
        throw RequestFault(Kind::refused, "sent more than " + std::to_string(_cap) + " bytes");
    }
    _body += text;
}

void BodySink::inflatePiece(std::string_view piece) {
    // zlib does not write to its input, but its interface does not say so everywhere.
    _inflate->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    _inflate->avail_in = static_cast<uInt>(piece.size());
    std::array<char, std::size_t{16} * 1024> out{};
    bool more = !piece.empty();
    while (more) {
        if (_ended) {
            // A gzip file may have several members; anything else after the first fails as such.
            ::inflateReset(_inflate.get());
            _ended = false;
        }
        _inflate->next_out = reinterpret_cast<Bytef*>(out.data());
        _inflate->avail_out = static_cast<uInt>(out.size());
        const int result = ::inflate(_inflate.get(), Z_NO_FLUSH);
        append({out.data(), out.size() - _inflate->avail_out});
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            throw RequestFault(Kind::broken, "sent gzip that cannot be inflated");
        }
        _ended = result == Z_STREAM_END;
        more = _inflate->avail_in > 0 || (_inflate->avail_out == 0 && !_ended);
    }
}

}  // namespace rtbatch
