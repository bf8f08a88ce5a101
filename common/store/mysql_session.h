#pragma once

#include <Poco/Data/Session.h>

#include <chrono>
#include <memory>

#include "common/model/deadline.h"
#include "common/store/database_url.h"

namespace rtbatch {

// Sessions with MySQL and MariaDB, made so that what the store does depends on no default of the server's.

/// How long connecting may take, in whole seconds, for the client library counts in them; at least one.
std::chrono::seconds connectLimit(Deadline deadline);

/// Connects, within connectLimit().
/// `statementLimit` is the longest that the server may work on one statement, or wait for a lock in it.
/// Throws what Poco throws.
std::unique_ptr<Poco::Data::Session> openMysqlSession(const DatabaseUrl& url,
                                                      std::chrono::milliseconds statementLimit,
                                                      Deadline deadline);

/// For how long each wait of this session for its socket may last, from now on; to the millisecond, at least
/// one.
void setSocketTimeout(Poco::Data::Session& session, std::chrono::milliseconds timeout);

/// The descriptor of its socket.
int socketOf(Poco::Data::Session& session);

}  // namespace rtbatch
