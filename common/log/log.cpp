#include "common/log/log.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Formatter.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Message.h>
#include <Poco/PatternFormatter.h>
#include <Poco/SyslogChannel.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>

#include "common/model/json_text.h"
#include "common/model/timestamp.h"

namespace rtbatch {

namespace {

/// The parameter of a message that holds its fields, rendered.
constexpr const char* kFields = "fields";

std::atomic<LogFormat> chosenFormat{LogFormat::text};

/// A line in one write, so that the lines of processes that share a stderr do not mix. Poco's ConsoleChannel
/// takes two.
class StderrChannel : public Poco::Channel {
public:
    void log(const Poco::Message& message) override {
        std::string line = message.getText();
        line += '\n';
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }
};

std::string fieldsOf(const Poco::Message& message) {
    return message.has(kFields) ? message[kFields] : std::string();
}

class TextFormatter : public Poco::Formatter {
public:
    explicit TextFormatter(const std::string& pattern) : _pattern(pattern) {}

    void format(const Poco::Message& message, std::string& text) override {
        _pattern.format(message, text);
        // A message may quote what others sent; a line of the log is one entry all the same.
        std::ranges::replace_if(
            text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
        text += fieldsOf(message);
    }

private:
    Poco::PatternFormatter _pattern;
};

class JsonFormatter : public Poco::Formatter {
public:
    void format(const Poco::Message& message, std::string& text) override {
        text = R"({"time":")" + toRfc3339(fromMillis(message.getTime().epochMicroseconds() / 1000)) +
               R"(","level":")" + levelOf(message.getPriority()) + R"(","source":)";
        appendJsonString(text, message.getSource());
        text += R"(,"message":)";
        appendJsonString(text, message.getText());
        text += fieldsOf(message) + '}';
    }

private:
    static std::string levelOf(Poco::Message::Priority priority) {
        switch (priority) {
            case Poco::Message::PRIO_FATAL:
            case Poco::Message::PRIO_CRITICAL:
            case Poco::Message::PRIO_ERROR:
                return "error";
            case Poco::Message::PRIO_WARNING:
                return "warning";
            case Poco::Message::PRIO_DEBUG:
            case Poco::Message::PRIO_TRACE:
                return "debug";
            default:
                return "information";
        }
    }
};

/// A value that a reader of `name=value` can tell from the next name.
std::string quoted(const std::string& value) {
    const bool plain = !value.empty() && std::ranges::all_of(value, [](unsigned char c) {
        return std::isgraph(c) != 0 && c != '"' && c != '=' && c < 0x80;
    });
    if (plain) {
        return value;
    }
    std::string text;
    appendJsonString(text, value);
    return text;
}

int priorityOf(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return Poco::Message::PRIO_ERROR;
        case LogLevel::warning:
            return Poco::Message::PRIO_WARNING;
        case LogLevel::debug:
            return Poco::Message::PRIO_DEBUG;
        case LogLevel::information:
            break;
    }
    return Poco::Message::PRIO_INFORMATION;
}

}  // namespace

void startLog(const LogOptions& options, const std::string& program) {
    const bool toSyslog = options.target == LogTarget::syslog;
    Poco::AutoPtr<Poco::Formatter> formatter;
    if (options.format == LogFormat::json) {
        formatter = new JsonFormatter;
    } else {
        // syslog has the time and the priority by itself.
        formatter = new TextFormatter(toSyslog ? "%s: %t" : "%Y-%m-%dT%H:%M:%S.%iZ %p %s: %t");
    }
    Poco::AutoPtr<Poco::Channel> channel;
    if (toSyslog) {
        channel = new Poco::SyslogChannel(program, Poco::SyslogChannel::SYSLOG_PID,
                                          Poco::SyslogChannel::SYSLOG_DAEMON);
    } else {
        channel = new StderrChannel;
    }
    chosenFormat = options.format;
    // For those that are there already: they have copied what the root had. It must be there itself.
    Poco::Logger::root();
    const Poco::AutoPtr<Poco::Channel> formatting(new Poco::FormattingChannel(formatter, channel));
    Poco::Logger::setChannel("", formatting);
    Poco::Logger::setLevel("", priorityOf(options.level));
}

void logToStderr() {
    startLog({}, "rtbatch");
}

void logEvent(Poco::Logger& logger, Poco::Message::Priority priority, const std::string& message,
              const std::vector<LogField>& fields) {
    if (!logger.is(priority)) {
        return;
    }
    const bool json = chosenFormat == LogFormat::json;
    std::string rendered;
    for (const LogField& field : fields) {
        if (json) {
            rendered.append(",\"").append(field.name).append("\":");
            if (field.isNumber) {
                rendered += field.value;
            } else {
                appendJsonString(rendered, field.value);
            }
        } else {
            rendered.append(" ").append(field.name).append("=").append(quoted(field.value));
        }
    }
    Poco::Message entry(logger.name(), message, priority);
    entry.set(kFields, rendered);
    logger.log(entry);
}

}  // namespace rtbatch
