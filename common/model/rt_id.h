#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace rtbatch {

/// A Rotten Tomatoes id: the path of a film's or a series' page, `m/heat`, `tv/dark`, `tv/dark/s01`,
/// `tv/dark/s01/e06`.
/// Only ids of harmless characters exist as this type, for they come from a wiki that anyone may edit and
/// become part of a URL that we ask for.
class RtId {
public:
    /// Accepts `m/SLUG`, `tv/SLUG`, `tv/SLUG/SEASON` and `tv/SLUG/sNN/eNN`, where a part is 1-200 characters
    /// of
    /// `[A-Za-z0-9_-]`; nothing for any other text.
    static std::optional<RtId> parse(std::string_view text);

    const std::string& text() const { return _text; }
    bool isMovie() const { return _text.starts_with("m/"); }

    /// The same page: the site does not tell upper from lower case.
    bool isSamePage(const RtId& other) const;

    /// The public page, always https and always the real site, also when a stand-in is asked.
    std::string url() const { return "https://www.rottentomatoes.com/" + _text; }

    // clang-tidy 14 takes the 0 in the comparison that the compiler writes for a pointer.
    friend auto operator<=>(const RtId&, const RtId&) = default;  // NOLINT(modernize-use-nullptr)

private:
    explicit RtId(std::string_view text) : _text(text) {}

    std::string _text;
};

}  // namespace rtbatch
