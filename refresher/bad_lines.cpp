#include "refresher/bad_lines.h"

#include "common/cli/exit_code.h"

namespace rtbatch {

namespace {

constexpr std::size_t kLongestQuote = 60;

}  // namespace

void BadLines::add(std::uint64_t line, const std::string& what) {
    if (++_count <= kNamed) {
        _messages += (_messages.empty() ? "" : "\n") + _file + ":" + std::to_string(line) + ": " + what;
    }
}

void BadLines::check() const {
    if (_count > kNamed) {
        throw DataError(_messages + "\n" + _file + ": and " + std::to_string(_count - kNamed) +
                        (tooMany() ? " more, not read further" : " more") + "; nothing was marked");
    }
    if (_count > 0) {
        throw DataError(_messages + "; nothing was marked");
    }
}

std::string BadLines::quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text.substr(0, kLongestQuote)) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7F ? '?' : c;
    }
    return out + (text.size() > kLongestQuote ? "…'" : "'");
}

}  // namespace rtbatch
