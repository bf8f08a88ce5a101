#include "common/cli/help_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rtbatch {

namespace {

constexpr std::size_t kWidth = 80;

/// The widest first column; what is wider stands on a line of its own.
constexpr std::size_t kWidestName = 24;

/// Appends `text` broken between words; every line but the first is indented, and the first is begun already.
void appendWrapped(std::string& out, std::string_view text, std::size_t indent) {
    std::size_t column = indent;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (column > indent && column + 1 + word.size() > kWidth) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
    }
    out += '\n';
}

using Rows = std::vector<std::pair<std::string, std::string>>;

void appendTable(std::string& out, const std::string& title, const Rows& rows) {
    if (rows.empty()) {
        return;
    }
    out += "\n" + title + ":\n";
    std::size_t width = 0;
    for (const auto& [name, meaning] : rows) {
        width = std::max(width, std::min(name.size(), kWidestName));
    }
    const std::size_t indent = 2 + width + 2;
    for (const auto& [name, meaning] : rows) {
        out += "  " + name;
        if (name.size() > width) {
            out += "\n" + std::string(indent, ' ');
        } else {
            out += std::string(width - name.size() + 2, ' ');
        }
        appendWrapped(out, meaning, indent);
    }
}

void appendParagraphs(std::string& out, const std::vector<std::string>& paragraphs) {
    for (const auto& paragraph : paragraphs) {
        out += '\n';
        appendWrapped(out, paragraph, 0);
    }
}

Rows rowsOf(const std::vector<Option>& options) {
    Rows rows;
    for (const auto& option : options) {
        std::string name = option.letter == 0 ? "    " : std::string("-") + option.letter + ", ";
        name += "--" + option.name + (option.argument.empty() ? "" : "=" + option.argument);
        rows.emplace_back(std::move(name), option.help);
    }
    return rows;
}

std::string before(const std::string& words) {
    return words.empty() ? "" : " " + words;
}

}  // namespace

std::string helpText(const Program& program) {
    std::string out;
    appendWrapped(out, program.name + ": " + program.summary, 0);
    out += "\nusage: " + program.name + " [OPTIONS]";
    out += program.commands.empty() ? before(program.words.shown) : " COMMAND [ARGUMENTS]";
    out += '\n';
    appendParagraphs(out, program.description);
    Rows commands;
    for (const auto& command : program.commands) {
        commands.emplace_back(command.name, command.summary);
    }
    appendTable(out, "Commands", commands);
    appendTable(out, "Options", rowsOf(allOptions(program)));
    if (!program.commands.empty()) {
        out += "\n" + program.name + " help COMMAND says more of a command; so does COMMAND --help.\n";
    }
    Rows exitCodes;
    for (const auto& [code, meaning] : program.exitCodes) {
        exitCodes.emplace_back(std::to_string(code), meaning);
    }
    appendTable(out, "Exit codes", exitCodes);
    return out;
}

std::string helpText(const Program& program, const Command& command) {
    const std::string name = program.name + " " + command.name;
    std::string out;
    appendWrapped(out, name + ": " + command.summary, 0);
    out += "\nusage: " + name + " [OPTIONS]" + before(command.words.shown) + "\n";
    appendParagraphs(out, command.description);
    auto options = command.options;
    const auto others = allOptions(program);
    options.insert(options.end(), others.begin(), others.end());
    appendTable(out, "Options", rowsOf(options));
    return out;
}

std::string helpText(const Program& program, const std::string& word) {
    const std::string name = program.name + " " + word;
    std::string out = "usage: " + name + " COMMAND [OPTIONS] [ARGUMENTS]\n";
    Rows commands;
    for (const auto& command : program.commands) {
        if (command.name.starts_with(word + " ")) {
            commands.emplace_back(command.name.substr(word.size() + 1), command.summary);
        }
    }
    appendTable(out, "Commands", commands);
    return out + "\n" + program.name + " help " + word + " COMMAND says more of a command.\n";
}

}  // namespace rtbatch
