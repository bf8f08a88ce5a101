#pragma once

#include <Poco/Logger.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch {

enum class LogFormat {
    text,  ///< `TIME PRIORITY SOURCE: MESSAGE name=value ...`
    json,  ///< one object a line: `time`, `level`, `source`, `message`, and the event's fields
};
enum class LogTarget { stderrStream, syslog };
enum class LogLevel { error, warning, information, debug };

/// How a program logs; the settings log.*.
struct LogOptions {
    LogFormat format = LogFormat::text;
    LogTarget target = LogTarget::stderrStream;
    LogLevel level = LogLevel::information;
    /// Lines of information may wait for others, kLogPatience at most, and are then written together: for a
    /// program that writes hundreds a second. Killed, it loses so much of them. Of stderr only.
    bool together = false;
};
constexpr std::chrono::milliseconds kLogPatience{50};

/// Where the log goes from now on, a line an entry, each in one write. To be called before there are threads.
/// `program` is its name for syslog.
void startLog(const LogOptions& options, const std::string& program);

/// To stderr as text, a program's way before its settings are known: whoever started it (systemd, cron, a web
/// server) knows where stderr goes.
void logToStderr();

/// One of the things that belong to an event. Never a key, nor what a client sent as one.
struct LogField {
    LogField(std::string_view fieldName, std::string_view text) : name(fieldName), value(text) {}
    LogField(std::string_view fieldName, std::int64_t number)
        : name(fieldName), value(std::to_string(number)), isNumber(true) {}

    std::string_view name;
    std::string value;
    bool isNumber = false;
};

/// Logs something that has fields, each its own in JSON, `name=value` in text.
void logEvent(Poco::Logger& logger, Poco::Message::Priority priority, const std::string& message,
              const std::vector<LogField>& fields);

/// Logs that something failed: `WHAT: what the error says`. Never throws, for it is said where the program
/// goes on whatever happens: a line for which there is no memory is lost.
void logFailure(Poco::Logger& logger, Poco::Message::Priority priority, std::string_view what,
                const std::exception& error) noexcept;

}  // namespace rtbatch
