#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rtbatch {

/// An IMDb title id in its one canonical form, `tt` and 7 or 8 digits.
/// Ten bytes by value, so that thousands of waiting batches stay small.
class ImdbId {
public:
    /// Accepts `^tt\d{7,8}$` in either case; nothing for any other text. Eight digits never begin with 0:
    /// IMDb writes shorter numbers with seven digits.
    static std::optional<ImdbId> parse(std::string_view text);

    /// What is wrong with a text that parse() does not take, in a sentence.
    static std::string_view whyNot(std::string_view text);

    /// `tt0000000`, which no film has: IMDb counts from 1. `rtbatch-admin doctor` asks for it; it is no
    /// demand.
    static const ImdbId& ofNoFilm();

    std::string_view text() const { return {_text.data(), _length}; }
    std::string string() const { return std::string(text()); }

    friend auto operator<=>(const ImdbId& a, const ImdbId& b) { return a.text() <=> b.text(); }
    friend bool operator==(const ImdbId& a, const ImdbId& b) = default;

private:
    ImdbId() = default;

    std::array<char, 10> _text{};
    std::uint8_t _length = 0;
};

}  // namespace rtbatch

template <>
struct std::hash<rtbatch::ImdbId> {
    std::size_t operator()(const rtbatch::ImdbId& id) const noexcept {
        return std::hash<std::string_view>{}(id.text());
    }
};
