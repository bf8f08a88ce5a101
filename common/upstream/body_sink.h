#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace rtbatch {

/// Takes a body piece by piece, inflates it where it is gzip, and stops at the cap: a bomb costs its cap in
/// memory and no more. Poco's inflating streams report a cut body and a finished one alike.
class BodySink {
public:
    /// At most `cap` bytes, inflated.
    BodySink(std::size_t cap, bool gzip);
    ~BodySink();
    BodySink(const BodySink&) = delete;
    BodySink& operator=(const BodySink&) = delete;

    /// Throws RequestFault: over the cap (refused), or not gzip (broken).
    void take(std::string_view piece);

    /// The whole body. Throws RequestFault (broken) when the gzip is cut short.
    std::string finish();

private:
    void append(std::string_view text);
    void inflatePiece(std::string_view piece);

    std::size_t _cap;
    std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> _inflate;
    bool _ended = false;  ///< a gzip member is complete, its checksum included
    std::string _body;
};

}  // namespace rtbatch
