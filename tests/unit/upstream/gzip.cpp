#include "tests/unit/upstream/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace rtbatch::test {

namespace {

class Deflater {
public:
    Deflater() {
        constexpr int kGzip = 16 + MAX_WBITS;
        if (::deflateInit2(&_stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::runtime_error("deflateInit2");
        }
    }
    ~Deflater() { ::deflateEnd(&_stream); }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    void take(std::string text, int flush) {
        _stream.next_in = reinterpret_cast<Bytef*>(text.data());
        _stream.avail_in = static_cast<uInt>(text.size());
        std::array<char, 4096> out{};
        do {
            _stream.next_out = reinterpret_cast<Bytef*>(out.data());
            _stream.avail_out = static_cast<uInt>(out.size());
            ::deflate(&_stream, flush);
            _out.append(out.data(), out.size() - _stream.avail_out);
        } while (_stream.avail_out == 0);
    }

    const std::string& result() const { return _out; }

private:
    z_stream _stream{};
    std::string _out;
};

}  // namespace

std::string gzip(std::string_view text) {
    Deflater deflater;
    deflater.take(std::string(text), Z_FINISH);
    return deflater.result();
}

std::string gzipBomb(std::size_t inflatedBytes) {
    constexpr std::size_t kPiece = std::size_t{1} << 20U;
    Deflater deflater;
    for (std::size_t left = inflatedBytes; left > 0; left -= std::min(left, kPiece)) {
        deflater.take(std::string(std::min(left, kPiece), '\0'), Z_NO_FLUSH);
    }
    deflater.take("", Z_FINISH);
    return deflater.result();
}

}  // namespace rtbatch::test
