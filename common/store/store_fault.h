#pragma once

#include <string>

#include "common/store/database_url.h"

namespace rtbatch {

/// What went wrong with a statement, in words for the operator, and what may be done about it.
struct StoreFault {
    std::string message;        ///< without the password
    bool gone = false;          ///< the connection was lost: a fresh one may do
    bool conflict = false;      ///< another transaction won: the same again may do
    bool unmigrated = false;    ///< a table or a column is missing
    bool crowded = false;       ///< the server, or our user, has as many connections as it may have
    bool unwritable = false;    ///< it answers, and writes nothing: read-only, full, a quota
    bool denied = false;        ///< our user lacks the privilege for it
    bool alreadyThere = false;  ///< a column or key that is to be added is there
};

/// Reads the text of an exception that Poco threw for a statement or a connection.
StoreFault explainFault(Dialect dialect, const std::string& text);

}  // namespace rtbatch
