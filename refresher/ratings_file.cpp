#include "refresher/ratings_file.h"

#include <Poco/InflatingStream.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/cli/exit_code.h"
#include "refresher/bad_lines.h"

namespace rtbatch {

namespace {

constexpr std::string_view kHeader = "tconst\taverageRating\tnumVotes";
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

class Reader {
public:
    Reader(std::size_t top, const std::string& file) : _file(file), _best(top), _bad(file) {}

    /// Takes all lines up to the end of `in`, or of this gzip member.
    void take(std::istream& in) {
        std::string line;
        while (!_bad.tooMany() && std::getline(in, line)) {
            _line += line;
            if (in.eof()) {
                break;  // no line feed yet
            }
            takeLine();
            _line.clear();
        }
    }

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

/// Poco gives no sign of the end of the file but that the next member cannot be begun, and of a cut one only
/// that the stream has gone bad.
bool takeGzip(std::istream& in, Reader& reader) {
    Poco::InflatingInputStream inflating(in, Poco::InflatingStreamBuf::STREAM_GZIP);
    do {
        reader.take(inflating);
        if (inflating.bad()) {
            return false;
        }
        inflating.clear();
        inflating.reset();
    } while (inflating.peek() != std::istream::traits_type::eof());
    return true;
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
