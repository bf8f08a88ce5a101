#pragma once

namespace rtbatch {

/// Whether a web server has started this process as a CGI program, for one request. RFC 3875 makes it set
/// GATEWAY_INTERFACE and REQUEST_METHOD. Both might be left over from a CGI program that starts a service, so
/// descriptor 0 counts too: a service of FastCGI is started with a listening socket there, a CGI program
/// never.
bool startedAsCgi();

/// Answers the one request that came with the environment and descriptor 0, on descriptor 1, and returns the
/// exit code. To be called while there is only one thread. Ends early, with the streams torn, when the web
/// server has gone or SIGTERM comes; requests open at an upstream are finished within handler.stop_timeout_s.
///
/// The settings come from the environment and the file that RTBATCH_CONFIG names, else the installed one
/// where there is one. Never from the command line: a query without "=" arrives there, from anybody.
int answerCgiRequest();

}  // namespace rtbatch
