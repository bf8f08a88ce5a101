#include "handler/cgi.h"

#include <Poco/Exception.h>
#include <Poco/Logger.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/config/config.h"
#include "common/log/log.h"
#include "common/process/stop_signal.h"
#include "common/setup/setup.h"
#include "handler/call.h"
#include "handler/cgi_exchange.h"
#include "handler/counted_exchange.h"
#include "handler/exit_codes.h"
#include "handler/listener.h"
#include "handler/parts.h"
#include "handler/response.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// How long the body may take. Apache hands it on as it comes from the client.
constexpr auto kRequestPatience = 10s;

Poco::Logger& logger() {
    return Poco::Logger::get("rtbatch.cgi");
}

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

/// Takes the web server's descriptors. What else would read or write on 0 and 1 gets nothing, or lands in the
/// log: not a byte of it may get into the answer.
std::unique_ptr<CgiExchange> takeStandardStreams() {
    const int in = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    if (::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {  // a server may give no stderr
        ::dup2(nothing, STDOUT_FILENO);
        ::dup2(nothing, STDERR_FILENO);
    }
    if (nothing > STDERR_FILENO) {
        ::close(nothing);
    }
    return std::make_unique<CgiExchange>(in, out);
}

Config readSettings() {
    Config config = loadConfig(settingsFile());
    config.check();
    return config;
}

void waitForEnd(Parts& parts) {
    while (!parts.connections().waitForNone(Deadline::in(20ms)) && !stopSignalled(0ms)) {
    }
}

/// Says why in the log, and to the client only that.
int refuse(std::unique_ptr<CgiExchange> exchange, const std::string& reason, int exitCode) {
    Call call(std::move(exchange));
    logEvent(logger(), Poco::Message::PRIO_ERROR, "cannot answer: " + reason,
             {{"request", call.requestId()}});
    call.answer(
        Problem(500, "internal_error", "The service is not set up rightly; its log says more.").response());
    return exitCode;
}

}  // namespace

bool startedAsCgi() {
    return variable("GATEWAY_INTERFACE").starts_with("CGI/") && !variable("REQUEST_METHOD").empty() &&
           !isListening(STDIN_FILENO);
}

int answerCgiRequest() {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));  // a reader who has gone is an error, not a signal
    ::unsetenv("HTTP_PROXY");  // a request's header "Proxy", which libraries take for a setting (httpoxy)
    std::unique_ptr<CgiExchange> exchange = takeStandardStreams();
    try {
        exchange->receive(Deadline::in(kRequestPatience));
    } catch (const Problem& problem) {
        Call(std::move(exchange)).answer(problem.response());
        return 0;
    }
    // Until here a stop signal ended the process, and nothing was lost by that. SIGHUP is passed over.
    blockStopSignals();
    Config config;
    std::unique_ptr<Parts> parts;
    try {
        config = readSettings();
        startLog(logOptions(config), "rtbatch-handler");
        shareMetrics(config, CellUser::visitor);
        parts = std::make_unique<Parts>(config, Scale::oneRequest);
    } catch (const ConfigError& error) {
        return refuse(std::move(exchange), error.what(), kHandlerConfig);
    } catch (const Poco::Exception& error) {
        return refuse(std::move(exchange), error.displayText(), kHandlerFailed);
    } catch (const std::exception& error) {
        return refuse(std::move(exchange), error.what(), kHandlerFailed);
    }
    parts->handle(std::make_unique<CountedExchange>(std::move(exchange), parts->connections()), true);
    waitForEnd(*parts);
    parts->stop(Deadline::in(config.handlerStopTimeout));
    return 0;
}

}  // namespace rtbatch
