#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtbatch::test {

/// An HTTP answer whose end has come.
struct Answer {
    std::string statusLine;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;  ///< without its chunks

    int status() const;
    /// All values of that name, in any case.
    std::vector<std::string> values(std::string_view name) const;
};

/// The first final answer in what came; interim ones (1xx) are passed over. Nothing as long as its end has
/// not come: by its length, its last chunk, or, with neither, the end of the connection.
std::optional<Answer> readAnswer(std::string_view bytes, bool toHead, bool closed);

}  // namespace rtbatch::test
