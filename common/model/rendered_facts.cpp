// Whether a text is what renderFacts() writes: looked at for each hit, so without parsing it into objects.
#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "common/model/facts.h"

namespace rtbatch {

namespace {

constexpr std::string_view kNull = "null";
constexpr std::string_view kSite = "https://www.rottentomatoes.com/";

/// Takes parts off the front of a text. Each says whether it was there.
class Scanner {
public:
    explicit Scanner(std::string_view text) : _rest(text) {}

    bool atEnd() const { return _rest.empty(); }

    bool literal(std::string_view text) {
        const bool there = _rest.starts_with(text);
        _rest.remove_prefix(there ? text.size() : 0);
        return there;
    }

    bool anyOf(std::initializer_list<std::string_view> texts) {
        return std::any_of(texts.begin(), texts.end(),
                           [this](std::string_view text) { return literal(text); });
    }

    bool number(int most) {
        int value = -1;
        const auto read = std::from_chars(_rest.data(), _rest.data() + _rest.size(), value);
        const auto size = static_cast<std::size_t>(read.ptr - _rest.data());
        const bool plain = size == 1 || !_rest.starts_with('0');
        _rest.remove_prefix(size);
        return read.ec == std::errc() && plain && value >= 0 && value <= most;
    }

    /// The public address of this Rotten Tomatoes id; of any, when it is empty.
    bool url(std::string_view rtId) {
        if (rtId.empty() && literal(kSite)) {
            const std::string_view path = _rest.substr(0, _rest.find('"'));
            return RtId::parse(path).has_value() && literal(path);
        }
        const auto id = RtId::parse(rtId);
        return id && literal(id->url());
    }

    /// A string in quotes, ASCII, with something in it.
    bool string() {
        if (!literal("\"")) {
            return false;
        }
        std::size_t at = 0;
        while (at < _rest.size() && _rest[at] != '"') {
            const std::size_t size = character(_rest.substr(at));
            if (size == 0) {
                return false;
            }
            at += size;
        }
        const bool there = at > 0 && at < _rest.size();
        _rest.remove_prefix(there ? at + 1 : 0);
        return there;
    }

private:
    /// How long the character at the front is; 0: it may not stand in a string of JSON.
    static std::size_t character(std::string_view text) {
        constexpr std::size_t kCodeSize = 6;  // a backslash, u and four digits
        if (text[0] != '\\') {
            return text[0] >= ' ' && text[0] < '\x7f' ? 1 : 0;
        }
        if (text.size() < 2) {
            return 0;
        }
        if (text[1] != 'u') {
            return std::string_view(R"("\/bfnrt)").find(text[1]) == std::string_view::npos ? 0 : 2;
        }
        const bool digits =
            text.size() >= kCodeSize && std::ranges::all_of(text.substr(2, 4), [](char c) {
                return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            });
        return digits ? kCodeSize : 0;
    }

    std::string_view _rest;
};

/// A score and, at its place, the rating that goes with it: both or neither.
struct Score {
    bool known = false;

    bool take(Scanner& scanner) {
        known = !scanner.literal(kNull);
        return !known || scanner.number(100);
    }
    bool takeRating(Scanner& scanner, std::initializer_list<std::string_view> ratings) const {
        return known ? scanner.anyOf(ratings) : scanner.literal(kNull);
    }
};

}  // namespace

bool isRenderedFacts(std::string_view facts, std::string_view rtId) {
    constexpr int kLastYear = 9999;
    Scanner scanner(facts);
    Score critics;
    Score audience;
    return scanner.literal(R"({"rtUrl":")") && scanner.url(rtId) && scanner.literal(R"(","title":)") &&
           scanner.string() && scanner.literal(R"(,"year":)") &&
           (scanner.literal(kNull) || scanner.number(kLastYear)) && scanner.literal(R"(,"criticScore":)") &&
           critics.take(scanner) && scanner.literal(R"(,"audienceScore":)") && audience.take(scanner) &&
           scanner.literal(R"(,"criticRating":)") &&
           critics.takeRating(scanner, {R"("certified_fresh")", R"("fresh")", R"("rotten")"}) &&
           scanner.literal(R"(,"audienceRating":)") &&
           audience.takeRating(scanner, {R"("upright")", R"("spilled")"}) &&
           scanner.literal(R"(,"consensus":)") && (scanner.literal(kNull) || scanner.string()) &&
           scanner.literal("}") && scanner.atEnd();
}

}  // namespace rtbatch
