#pragma once

#include "common/model/deadline.h"
#include "common/store/database_url.h"

namespace rtbatch {

/// What became of a look whether a server of MySQL answers.
enum class Greeting {
    came,     ///< it said something
    refused,  ///< there is none, or it hangs up: who connects is told so at once
    missing,  ///< nothing, until the deadline or until it was called off
};

/// Connects and waits for the first byte, which the server sends before it is asked anything: a server that
/// hangs accepts connections (the kernel does) and says nothing. Logs nobody in. `callOff`: a descriptor that
/// becomes readable when nobody wants to know any more. Looks up the host's name without a time limit.
Greeting waitForGreeting(const DatabaseUrl& url, int callOff, Deadline deadline);

}  // namespace rtbatch
