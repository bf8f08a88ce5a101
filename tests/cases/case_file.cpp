#include "tests/cases/case_file.h"

#include <algorithm>
#include <optional>
#include <sstream>

namespace rtbatch::test {
namespace {

constexpr std::string_view kParting = "---";

std::vector<std::string> linesOf(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::string word(std::string_view text, std::size_t which) {
    std::istringstream in{std::string(text)};
    std::string found;
    for (std::size_t i = 0; i <= which; ++i) {
        found.clear();
        in >> found;
    }
    return found;
}

int number(const std::string& text) {
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
        throw CaseFault("\"" + text + "\" is no number");
    }
    return std::stoi(text);
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    all.reserve(text.size() * static_cast<std::size_t>(times));
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

/// `"tt9000000","tt9000001"`: so many ids in a row.
std::string idList(int first, int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
        const std::string digits = std::to_string(first + i);
        list += (i == 0 ? "\"tt" : ",\"tt") + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') +
                digits + "\"";
    }
    return list;
}

/// What `{inside}` stands for; nothing when it is only a brace.
std::optional<std::string> valueOf(const std::string& inside, const CaseNames& names) {
    if (const auto named = names.find(inside); named != names.end()) {
        return named->second;
    }
    if (inside.starts_with("repeat ")) {
        const std::string times = word(inside, 1);
        const std::size_t text = 8 + times.size();  // behind one blank
        if (text >= inside.size()) {
            throw CaseFault("{" + inside + "} repeats nothing");
        }
        return repeated(inside.substr(text), number(times));
    }
    if (inside.starts_with("ids ")) {
        return idList(number(word(inside, 1)), number(word(inside, 2)));
    }
    return std::nullopt;
}

std::string expand(const std::string& text, const CaseNames& names) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t end = text[i] == '{' ? text.find('}', i) : std::string::npos;
        const auto value =
            end == std::string::npos ? std::nullopt : valueOf(text.substr(i + 1, end - i - 1), names);
        if (value) {
            out += *value;
            i = end;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// Makes bytes of `\xHH`.
std::string unescape(const std::string& text) {
    const auto digit = [](char c) {
        const std::size_t value = std::string_view("0123456789abcdef").find(c);
        if (value == std::string_view::npos) {
            throw CaseFault("after \\x there are two lower-case hexadecimal digits");
        }
        return value;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 2, "\\x") != 0) {
            out += text[i];
            continue;
        }
        if (i + 3 >= text.size()) {
            throw CaseFault("\\x at the end of a line");
        }
        out += static_cast<char>(digit(text[i + 2]) * 16 + digit(text[i + 3]));
        i += 3;
    }
    return out;
}

CaseMessage messageOf(const std::vector<std::string>& lines, CaseNames names) {
    const auto empty = std::ranges::find(lines, "");
    std::string body;
    for (auto line = empty; line != lines.end(); ++line) {
        if (line > empty + 1) {
            body += '\n';
        }
        body += *line;
    }
    CaseMessage message;
    message.body = unescape(expand(body, names));
    names["length"] = std::to_string(message.body.size());
    for (auto line = lines.begin(); line != empty; ++line) {
        message.head.push_back(unescape(expand(*line, names)));
    }
    return message;
}

void takeDirective(Case& parsed, const std::string& line) {
    if (line == "@raw") {
        parsed.raw = true;
    } else if (word(line, 0) == "@stack" && !word(line, 1).empty()) {
        parsed.stack = word(line, 1);
    } else {
        throw CaseFault("\"" + line + "\" is no directive");
    }
}

}  // namespace

std::string CaseMessage::onTheWire() const {
    std::string bytes;
    for (const std::string& line : head) {
        bytes += line + "\r\n";
    }
    return head.empty() ? body : bytes + "\r\n" + body;
}

std::string Case::method() const {
    return word(request.head.front(), 0);
}

std::string Case::path() const {
    return word(request.head.front(), 1);
}

Case parseCase(const std::string& name, std::string_view text, const CaseNames& names) {
    const std::vector<std::string> lines = linesOf(text);
    Case parsed;
    parsed.name = name;
    auto line = lines.begin();
    for (; line != lines.end() && (line->starts_with('#') || line->starts_with('@')); ++line) {
        if (line->starts_with('@')) {
            takeDirective(parsed, *line);
        } else if (parsed.shows.empty()) {
            parsed.shows = line->substr(std::min(line->size(), line->find_first_not_of("# ")));
        }
    }
    if (parsed.shows.empty()) {
        throw CaseFault("there is no comment at the top that says what the case shows");
    }
    const auto parting = std::find(line, lines.end(), kParting);
    if (parting == lines.end()) {
        throw CaseFault("there is no line " + std::string(kParting) + " between request and answer");
    }
    parsed.request = messageOf({line, parting}, names);
    if (parsed.request.head.empty()) {
        throw CaseFault("there is no request");
    }
    parsed.expected = messageOf({parting + 1, lines.end()}, names);
    return parsed;
}

}  // namespace rtbatch::test
