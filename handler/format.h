#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "handler/call.h"
#include "handler/outcome.h"

namespace rtbatch {

/// How the outcomes of one request are written. One for each answer, for one thread at a time. Each function
/// gives what is to be written now, in one piece; it may be nothing.
class Format {
public:
    virtual ~Format() = default;

    /// Before any outcome is known; called first. `call` lives as long as the format.
    virtual std::string begin(Call& call) = 0;
    virtual std::string movie(const MovieOutcome& movie) = 0;
    virtual std::string error(const ErrorOutcome& error) = 0;
    /// After the last outcome.
    virtual std::string done(const Counts& counts) = 0;
    /// What says "still here" in a long silence.
    virtual std::string_view heartbeat() const = 0;
    /// For the log.
    virtual std::string_view name() const = 0;
};

/// The format of a batch that an Accept header asks for (RFC 9110, 12.5.1): Server-Sent Events, unless it
/// prefers application/x-ndjson or application/json. Throws Problem 406.
std::unique_ptr<Format> batchFormat(std::string_view accept);

/// A single movie as a whole answer: 200, 304 by `ifNoneMatch` (a header of that name), or a problem.
std::unique_ptr<Format> movieFormat(std::string_view ifNoneMatch);

}  // namespace rtbatch
