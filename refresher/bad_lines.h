#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rtbatch {

/// Gathers what is wrong with the lines of a file: the first few by name, the rest by number.
class BadLines {
public:
    /// `file`: as messages call it.
    explicit BadLines(std::string file) : _file(std::move(file)) {}

    /// `what` follows the file's name and the line's number.
    void add(std::uint64_t line, const std::string& what);

    /// That there is no use in reading on.
    bool tooMany() const { return _count >= kMost; }

    /// Throws DataError when there were any.
    void check() const;

    /// `text` for a message: quoted, without control characters, and not too long.
    static std::string quoted(std::string_view text);

private:
    static constexpr int kNamed = 5;
    static constexpr int kMost = 1000;

    std::string _file;
    std::string _messages;
    int _count = 0;
};

}  // namespace rtbatch
