#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/model/deadline.h"

namespace rtbatch {

/// Longest request that is taken from a web server, head and body, in bytes.
constexpr std::size_t kMaxFastCgiRequest = std::size_t{2} * 1024 * 1024;

/// Reads all records of one FastCGI request from `connection`, a blocking socket with a receive timeout, to
/// the empty one that ends its body. Nothing when no whole request came by then.
///
/// The last two bytes of that record's head are returned like the others, but left unread in the socket. So
/// the kernel resets the connection when this process dies with the answer under way, and nginx breaks off
/// what it forwards. Without that it takes the end of the connection for the end of the answer, for it does
/// not miss the record that should have said so, and a client would see a stream cut short as a whole one.
std::optional<std::string> receiveRequest(int connection, Deadline deadline);

/// Takes from the socket what receiveRequest() left there: the answer is whole, and the connection may end
/// quietly.
void receiveRest(int connection);

}  // namespace rtbatch
