#include "common/log/log.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Formatter.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Message.h>
#include <Poco/SyslogChannel.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "common/model/json_text.h"
#include "common/model/timestamp.h"

namespace rtbatch {

namespace {

std::atomic<LogFormat> chosenFormat{LogFormat::text};

/// The rendered fields of the event that this thread logs just now. Poco's messages have parameters, in a map
/// that costs as much as all the rest.
thread_local const std::string* fieldsInHand = nullptr;

std::string fieldsOfEvent() {
    return fieldsInHand == nullptr ? std::string() : *fieldsInHand;
}

void writeToStderr(const std::string& text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

/// A line in one write, so that the lines of processes that share a stderr do not mix. Poco's ConsoleChannel
/// takes two.
class StderrChannel : public Poco::Channel {
public:
    void log(const Poco::Message& message) override { writeToStderr(message.getText() + '\n'); }
};

/// The same, but lines of information wait for each other; whatever is worse goes at once, behind what waits.
class GatheringChannel : public Poco::Channel {
public:
    GatheringChannel() : _thread([this] { run(); }) {}
    GatheringChannel(const GatheringChannel&) = delete;
    GatheringChannel& operator=(const GatheringChannel&) = delete;

    void log(const Poco::Message& message) override {
        const std::scoped_lock lock(_mutex);
        const bool first = _waiting.empty();
        _waiting.append(message.getText()) += '\n';
        if (_ended || message.getPriority() < Poco::Message::PRIO_INFORMATION || _waiting.size() >= kMost) {
            flush();
        } else if (first) {
            _changed.notify_all();
        }
    }

    /// Writes what waits, and lets nothing wait from now on.
    void end() {
        {
            const std::scoped_lock lock(_mutex);
            flush();
            _ended = true;
            _changed.notify_all();
        }
        if (_thread.joinable()) {
            _thread.join();
        }
    }

protected:
    ~GatheringChannel() override { end(); }

private:
    static constexpr std::size_t kMost = std::size_t{64} * 1024;

    void flush() {
        writeToStderr(_waiting);
        _waiting.clear();
    }

    void run() {
        std::unique_lock lock(_mutex);
        while (!_ended) {
            _changed.wait(lock, [this] { return _ended || !_waiting.empty(); });
            _changed.wait_for(lock, kLogPatience, [this] { return _ended; });
            flush();
        }
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    std::string _waiting;  // guarded by _mutex
    bool _ended = false;   // guarded by _mutex
    std::jthread _thread;  // last: the rest is there when it begins
};

/// Of the last startLog(), for the end of the program.
Poco::AutoPtr<GatheringChannel>& gathering() {
    static Poco::AutoPtr<GatheringChannel> channel;
    return channel;
}

void endGathering() {
    if (gathering()) {
        gathering()->end();
    }
}

/// The levels as text has them and as JSON has them, in the order of LogLevel.
constexpr std::array<std::pair<const char*, const char*>, 4> kNames{
    {{"Error", "error"}, {"Warning", "warning"}, {"Information", "information"}, {"Debug", "debug"}}};

std::size_t levelOf(const Poco::Message& message) {
    const auto priority = message.getPriority();
    return static_cast<std::size_t>(priority <= Poco::Message::PRIO_ERROR     ? LogLevel::error
                                    : priority <= Poco::Message::PRIO_WARNING ? LogLevel::warning
                                    : priority < Poco::Message::PRIO_DEBUG    ? LogLevel::information
                                                                              : LogLevel::debug);
}

std::string timeOf(const Poco::Message& message) {
    return toRfc3339(fromMillis(message.getTime().epochMicroseconds() / 1000));
}

class TextFormatter : public Poco::Formatter {
public:
    /// syslog has the time and the priority by itself.
    explicit TextFormatter(bool forSyslog) : _forSyslog(forSyslog) {}

    void format(const Poco::Message& message, std::string& text) override {
        text = _forSyslog ? "" : timeOf(message) + " " + kNames.at(levelOf(message)).first + " ";
        text.append(message.getSource()).append(": ").append(message.getText());
        // A message may quote what others sent; a line of the log is one entry all the same.
        std::ranges::replace_if(
            text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
        text += fieldsOfEvent();
    }

private:
    const bool _forSyslog;
};

class JsonFormatter : public Poco::Formatter {
public:
    void format(const Poco::Message& message, std::string& text) override {
        text = R"({"time":")" + timeOf(message) + R"(","level":")" + kNames.at(levelOf(message)).second +
               R"(","source":)";
        appendJsonString(text, message.getSource());
        text += R"(,"message":)";
        appendJsonString(text, message.getText());
        text += fieldsOfEvent() + '}';
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
        formatter = new TextFormatter(toSyslog);
    }
    endGathering();
    Poco::AutoPtr<Poco::Channel> channel;
    if (toSyslog) {
        channel = new Poco::SyslogChannel(program, Poco::SyslogChannel::SYSLOG_PID,
                                          Poco::SyslogChannel::SYSLOG_DAEMON);
    } else if (options.together) {
        [[maybe_unused]] static const int kRegistered = std::atexit(&endGathering);
        gathering() = new GatheringChannel;
        channel = gathering();
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
    rendered.reserve(256);
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
    fieldsInHand = &rendered;
    logger.log(Poco::Message(logger.name(), message, priority));
    fieldsInHand = nullptr;
}

void logFailure(Poco::Logger& logger, Poco::Message::Priority priority, std::string_view what,
                const std::exception& error) noexcept {
    try {
        logEvent(logger, priority, std::string(what) + ": " + error.what(), {});
    } catch (const std::exception&) {
        return;  // no memory, which is what had to be said, most likely
    }
}

}  // namespace rtbatch
