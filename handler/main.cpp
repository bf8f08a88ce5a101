#include <algorithm>
#include <string_view>
#include <vector>

#include "common/cli/program.h"
#include "common/log/log.h"
#include "common/process/stop_signal.h"
#include "common/setup/setup.h"
#include "handler/cgi.h"
#include "handler/service.h"

namespace {

using namespace rtbatch;

ExitCode serveUntilStopped(const Invocation& invocation) {
    blockStopSignals();
    const Config& config = invocation.config();
    config.check();
    startLog(logOptions(config, true), "rtbatch-handler");
    shareMetrics(config, CellUser::service);
    serve(config);
    return ExitCode::ok;
}

Program handlerProgram() {
    return {
        .name = "rtbatch-handler",
        .version = version(),
        .summary = "answers batches of movies over FastCGI",
        .description = {"It listens on the socket that handler.listen names, or that it was started with as "
                        "descriptor 0. Started by a web server as a CGI program it answers that one request, "
                        "whatever the command line says; its settings are in the file that RTBATCH_CONFIG "
                        "names, else in /etc/rtbatch/rtbatch.properties.",
                        "Each setting a.b_c of the file can be given as RTBATCH_A_B_C in the environment, "
                        "which wins.",
                        "SIGTERM and SIGINT stop the handler; open streams may finish within "
                        "handler.stop_timeout_s, unless a second signal comes. At SIGHUP it reads the keys "
                        "again, says so in its log, and goes on; other settings are read at the start only."},
        .run = &serveUntilStopped,
        .exitCodes = {{0, "stopped"}, {1, "could not start"}, {64, "wrong usage"}, {78, "wrong settings"}},
        .failure = ExitCode::failed,
        .environment = {{"RTBATCH_A_B_C", "the setting a.b_c"},
                        {"RTBATCH_CONFIG", "as a CGI program: the file with the settings"}},
        .files = {{"/etc/rtbatch/rtbatch.properties",
                   "the settings, each with its meaning and default; a CGI program reads it by itself"}},
        .seeAlso = {"rtbatch-admin 8", "rtbatch-page-reader 8"},
    };
}

}  // namespace

int main(int argc, char** argv) {
    if (startedAsCgi()) {
        logToStderr();
        return answerCgiRequest();
    }
    // The letter for the version was a small one here, and is a capital in all programs now.
    static char version[] = "-V";
    std::vector<char*> arguments(argv, argv + argc);
    std::replace_if(
        arguments.begin(), arguments.end(), [](const char* a) { return std::string_view(a) == "-v"; },
        static_cast<char*>(version));
    return runProgram(handlerProgram(), argc, arguments.data());
}
