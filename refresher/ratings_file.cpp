#include "refresher/ratings_file.h"

#include <Poco/Checksum.h>
#include <Poco/InflatingStream.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <optional>
#include <streambuf>
#include <string_view>

#include "common/cli/exit_code.h"
#include "refresher/bad_lines.h"

namespace rtbatch {

namespace {

constexpr std::string_view kHeader = "tconst\taverageRating\tnumVotes";
constexpr std::size_t kTrailer = 8;
constexpr int kGzipMagic = 0x1F;  // no text begins so

struct Rated {
    ImdbId id;
    std::uint32_t votes;

    /// The more wanted one is the smaller.
    friend bool operator<(const Rated& a, const Rated& b) {
        return a.votes != b.votes ? a.votes > b.votes : a.id < b.id;
    }
};

/// The `most` smallest of all that it is given: a heap with the largest of them on top.
class Best {
public:
    explicit Best(std::size_t most) : _most(most) {}

    void add(const Rated& rated) {
        if (_heap.size() < _most) {
            _heap.push_back(rated);
            std::ranges::push_heap(_heap, std::less<>());
        } else if (rated < _heap.front()) {
            std::ranges::pop_heap(_heap, std::less<>());
            _heap.back() = rated;
            std::ranges::push_heap(_heap, std::less<>());
        }
    }

    std::vector<ImdbId> inOrder() {
        std::ranges::sort_heap(_heap, std::less<>());
        std::vector<ImdbId> ids;
        ids.reserve(_heap.size());
        for (const Rated& rated : _heap) {
            ids.push_back(rated.id);
        }
        return ids;
    }

private:
    std::size_t _most;
    std::vector<Rated> _heap;
};

std::optional<std::uint32_t> numberOf(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// What is wrong with a line is told by what is left of it.
std::optional<Rated> ratedOf(std::string_view line, BadLines& bad, std::uint64_t number) {
    const std::size_t first = line.find('\t');
    const std::size_t second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    if (second == std::string_view::npos || line.find('\t', second + 1) != std::string_view::npos) {
        bad.add(number,
                BadLines::quoted(line) + " is not an id, a rating and a number of votes, parted by tabs");
        return std::nullopt;
    }
    const auto id = ImdbId::parse(line.substr(0, first));
    const auto votes = numberOf(line.substr(second + 1));
    if (!id) {
        bad.add(number, BadLines::quoted(line.substr(0, first)) + " is no IMDb id");
    } else if (!votes) {
        bad.add(number, BadLines::quoted(line.substr(second + 1)) + " is no number of votes");
    }
    return id && votes ? std::optional(Rated{*id, *votes}) : std::nullopt;
}

/// Least byte first.
std::string bytesOf(std::uint32_t number) {
    std::string bytes;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes += static_cast<char>(number >> shift & 0xFFU);
    }
    return bytes;
}

class Reader {
public:
    Reader(std::size_t top, const std::string& file) : _file(file), _best(top), _bad(file) {}

    /// Takes all lines up to the end of `in`, or of this gzip member; gives the trailer that such a member
    /// has.
    std::string take(std::istream& in) {
        Poco::Checksum checksum(Poco::Checksum::TYPE_CRC32);
        std::uint32_t size = 0;
        const auto count = [&](std::string_view text) {
            checksum.update(text.data(), static_cast<unsigned>(text.size()));
            size += static_cast<std::uint32_t>(text.size());  // modulo 2^32, as in the trailer
        };
        std::string line;
        while (!_bad.tooMany() && std::getline(in, line)) {
            count(line);
            _line += line;
            if (in.eof()) {
                break;  // no line feed yet
            }
            count("\n");
            takeLine();
            _line.clear();
        }
        return bytesOf(checksum.checksum()) + bytesOf(size);
    }

    bool hopeless() const { return _bad.tooMany(); }

    std::vector<ImdbId> end(bool broken) {
        _bad.check();
        if (broken || !_line.empty()) {
            throw DataError(_file + " ends within line " + std::to_string(_number + 1) +
                            ": it is cut short; download it again. Nothing was marked");
        }
        if (_number == 0) {
            throw DataError(_file + " is empty; nothing was marked");
        }
        return _best.inOrder();
    }

private:
    void takeLine() {
        ++_number;
        if (_line.ends_with('\r')) {
            _line.pop_back();
        }
        if (_number > 1) {
            if (const auto rated = ratedOf(_line, _bad, _number)) {
                _best.add(*rated);
            }
        } else if (_line != kHeader) {
            throw DataError(_file +
                            ":1: the header 'tconst averageRating numVotes' is not there: is this IMDb's "
                            "title.ratings.tsv? Nothing was marked");
        }
    }

    const std::string& _file;
    Best _best;
    BadLines _bad;
    std::string _line;  ///< a member may end within one
    std::uint64_t _number = 0;
};

/// Hands on what a stream has, and knows its last bytes.
class Tail : public std::streambuf {
public:
    explicit Tail(std::istream& in) : _in(in) {}

    /// The last 8 bytes that were read, or fewer.
    const std::string& last() const { return _last; }

protected:
    int_type underflow() override {
        _in.read(_block.data(), static_cast<std::streamsize>(_block.size()));
        const auto got = static_cast<std::size_t>(_in.gcount());
        _last.append(_block.data(), got);
        _last.erase(0, _last.size() - std::min(_last.size(), kTrailer));
        setg(_block.data(), _block.data(), _block.data() + got);
        return got == 0 ? traits_type::eof() : traits_type::to_int_type(*gptr());
    }

private:
    std::istream& _in;
    std::array<char, std::size_t{32} * 1024> _block{};
    std::string _last;
};

/// Poco has but one sign for the end of the file, for garbage after it, and for a member that is cut before
/// anything came of it: the next member cannot be begun. So the file must end with the trailer of the last
/// one that was read, its checksum and length (RFC 1952, 2.3.1). Of one that is cut later the stream goes
/// bad.
bool takeGzip(std::istream& in, Reader& reader) {
    Tail tail(in);
    std::istream whole(&tail);
    Poco::InflatingInputStream inflating(whole, Poco::InflatingStreamBuf::STREAM_GZIP);
    std::string trailer;
    do {
        trailer = reader.take(inflating);
        if (inflating.bad() || reader.hopeless()) {
            return false;
        }
        inflating.clear();
        inflating.reset();
    } while (inflating.peek() != std::istream::traits_type::eof());
    return tail.last() == trailer;
}

}  // namespace

std::vector<ImdbId> mostVoted(std::istream& in, std::size_t top, const std::string& file) {
    Reader reader(top, file);
    bool whole = true;
    if (in.peek() == kGzipMagic) {
        whole = takeGzip(in, reader);
    } else {
        in.clear();  // of an empty one; the reader says so
        reader.take(in);
        whole = !in.bad();
    }
    return reader.end(!whole);
}

}  // namespace rtbatch
