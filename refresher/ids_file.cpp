#include "refresher/ids_file.h"

#include <unordered_set>

#include "common/cli/exit_code.h"
#include "refresher/bad_lines.h"

namespace rtbatch {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr auto kBlank = " \t\r\v\f";
    const std::size_t start = text.find_first_not_of(kBlank);
    return start == std::string_view::npos ? std::string_view()
                                           : text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

}  // namespace

std::vector<ImdbId> readIds(std::istream& in, const std::string& file) {
    std::vector<ImdbId> ids;
    std::unordered_set<ImdbId> known;
    BadLines bad(file);
    std::string line;
    for (std::uint64_t number = 1; !bad.tooMany() && std::getline(in, line); ++number) {
        const std::string_view text = trimmed(std::string_view(line).substr(0, line.find('#')));
        if (text.empty()) {
            continue;
        }
        const auto id = ImdbId::parse(text);
        if (!id) {
            bad.add(number, BadLines::quoted(text) + " is no IMDb id");
        } else if (known.insert(*id).second) {
            ids.push_back(*id);
        }
        if (ids.size() > kMaxMarked) {
            throw DataError(file + ":" + std::to_string(number) + ": more than " +
                            std::to_string(kMaxMarked) + " ids; nothing was marked");
        }
    }
    if (in.bad()) {
        throw DataError(file + " cannot be read to its end; nothing was marked");
    }
    bad.check();
    return ids;
}

}  // namespace rtbatch
