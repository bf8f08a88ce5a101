#include "common/cli/man_page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace rtbatch {

namespace {

/// A line of text: nothing in it is a macro or an escape. A sentence that ends within it gets a line of its
/// own, which is how roff knows where to put the wider space.
void appendText(std::string& out, std::string_view text) {
    char last = '\n';
    for (const char c : text) {
        if (c == ' ' && last == '.') {
            out += '\n';
            last = '\n';
            continue;
        }
        if (last == '\n' && (c == '.' || c == '\'')) {
            out += "\\&";
        }
        if (c == '\\') {
            out += "\\e";
        } else {
            out += c;
        }
        last = c;
    }
    out += '\n';
}

/// A clause of the description as a sentence.
void appendSentence(std::string& out, std::string clause) {
    if (!clause.empty() && clause.front() >= 'a' && clause.front() <= 'z') {
        clause.front() = static_cast<char>(clause.front() - 'a' + 'A');
    }
    appendText(out, clause + ".");
}

/// A word as a macro's argument: never taken for a macro itself, nor for punctuation.
std::string quoted(std::string_view word) {
    std::string out = "\"\\&";
    for (const char c : word) {
        if (c == '"') {
            out += "\\(dq";
        } else if (c == '\\') {
            out += "\\e";
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string flag(const Option& option) {
    std::string out = option.letter == 0 ? "" : std::string("Fl ") + option.letter + " , ";
    out += "Fl Fl " + option.name;
    return option.argument.empty() ? out : out + " Ns = Ns Ar " + quoted(option.argument);
}

void appendOptions(std::string& out, const std::vector<Option>& options) {
    out += ".Bl -tag -width Ds\n";
    for (const auto& option : options) {
        out += ".It " + flag(option) + "\n";
        appendSentence(out, option.help);
    }
    out += ".El\n";
}

void appendParagraphs(std::string& out, const std::vector<std::string>& paragraphs) {
    for (const auto& paragraph : paragraphs) {
        out += ".Pp\n";
        appendText(out, paragraph);
    }
}

void appendSynopsis(std::string& out, const Program& program) {
    out += ".Sh SYNOPSIS\n.Nm\n";
    for (const auto& option : allOptions(program)) {
        if (option.name != "help" && option.name != "version") {
            out += ".Op " + flag(option) + "\n";
        }
    }
    if (!program.commands.empty()) {
        out += ".Ar COMMAND\n.Op Ar ARGUMENTS\n";
    } else if (!program.words.shown.empty()) {
        out += ".Ar " + quoted(program.words.shown) + "\n";
    }
    out += ".Nm\n.Fl Fl help | Fl Fl version\n";
}

void appendCommands(std::string& out, const Program& program) {
    if (program.commands.empty()) {
        return;
    }
    out += ".Sh COMMANDS\n.Bl -tag -width Ds\n";
    for (const auto& command : program.commands) {
        out += ".It Cm " + quoted(command.name);
        for (const auto& option : command.options) {
            out += " Oo " + flag(option) + " Oc";
        }
        if (!command.words.shown.empty()) {
            out += " Ar " + quoted(command.words.shown);
        }
        out += '\n';
        appendSentence(out, command.summary);
        appendParagraphs(out, command.description);
        if (!command.options.empty()) {
            appendOptions(out, command.options);
        }
    }
    out += ".El\n";
}

void appendReferences(std::string& out, const std::string& title, const std::string& macro,
                      const std::vector<Reference>& references) {
    if (references.empty()) {
        return;
    }
    out += ".Sh " + title + "\n.Bl -tag -width Ds\n";
    for (const auto& [name, meaning] : references) {
        out += ".It " + macro + " " + quoted(name) + "\n";
        appendSentence(out, meaning);
    }
    out += ".El\n";
}

void appendSeeAlso(std::string& out, std::vector<std::string> pages) {
    if (pages.empty()) {
        return;
    }
    std::ranges::sort(pages);
    out += ".Sh SEE ALSO\n";
    for (const auto& page : pages) {
        out += ".Xr " + page + (page == pages.back() ? "\n" : " ,\n");
    }
}

std::string dateText(std::chrono::sys_days day) {
    static constexpr std::array kMonths{"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    const std::chrono::year_month_day date(day);
    return std::string(kMonths.at(unsigned(date.month()) - 1)) + " " + std::to_string(unsigned(date.day())) +
           ", " + std::to_string(int(date.year()));
}

}  // namespace

std::string manPage(const Program& program, std::chrono::sys_days date) {
    std::string title = program.name;
    std::ranges::transform(title, title.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    std::string out = ".Dd " + dateText(date) + "\n.Dt " + title + " 8\n.Os rtbatch " + program.version +
                      "\n.Sh NAME\n.Nm " + program.name + "\n.Nd " + program.summary + "\n";
    appendSynopsis(out, program);
    out += ".Sh DESCRIPTION\n";
    for (std::size_t i = 0; i < program.description.size(); ++i) {
        out += i == 0 ? "" : ".Pp\n";
        appendText(out, program.description[i]);
    }
    out += ".Pp\nThe options:\n";
    appendOptions(out, allOptions(program));
    appendCommands(out, program);
    appendReferences(out, "ENVIRONMENT", "Ev", program.environment);
    appendReferences(out, "FILES", "Pa", program.files);
    out += ".Sh EXIT STATUS\n.Bl -tag -width Ds\n";
    for (const auto& [code, meaning] : program.exitCodes) {
        out += ".It " + std::to_string(code) + "\n";
        appendSentence(out, meaning);
    }
    out += ".El\n";
    appendSeeAlso(out, program.seeAlso);
    return out;
}

std::chrono::sys_days manDate() {
    if (const char* given = std::getenv("SOURCE_DATE_EPOCH")) {
        const std::string_view text(given);
        std::int64_t seconds = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc()) {
            return std::chrono::floor<std::chrono::days>(
                std::chrono::sys_seconds(std::chrono::seconds(seconds)));
        }
    }
    return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

}  // namespace rtbatch
