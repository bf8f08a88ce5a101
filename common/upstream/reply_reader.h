#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/upstream/http_connection.h"
#include "common/upstream/reply_head.h"

namespace rtbatch {

/// Reads one reply from a connection, head and body. A body that ends before its known end is a fault, which
/// Poco's own sessions do not tell from a whole one. All calls throw RequestFault.
class ReplyReader {
public:
    using Take = std::function<void(std::string_view)>;

    explicit ReplyReader(HttpConnection& connection) : _connection(connection) {}

    /// The final head; interim ones (1xx) are passed over. At most 64 KiB in all.
    ReplyHead readHead(const Patience& patience);

    /// Hands the body as it was sent, still coded, to `take`; refuses more than `maxBytes`.
    void readBody(const ReplyHead& head, std::uint64_t maxBytes, const Patience& patience, const Take& take);

    /// Whether the peer has said anything at all.
    bool begun() const { return _begun; }

    /// Nothing was sent beyond what has been read.
    bool atEnd() const { return _next == _filled; }

private:
    bool refill(const Patience& patience);
    std::string readLine(std::size_t& budget, const Patience& patience);
    void readExactly(std::uint64_t bytes, const Patience& patience, const Take& take);
    void readChunks(std::uint64_t maxBytes, const Patience& patience, const Take& take);
    void readUntilClose(std::uint64_t maxBytes, const Patience& patience, const Take& take);

    HttpConnection& _connection;
    bool _begun = false;
    std::size_t _next = 0;
    std::size_t _filled = 0;
    std::array<char, std::size_t{16} * 1024> _buffer{};
};

}  // namespace rtbatch
