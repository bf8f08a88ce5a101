#pragma once

#include <Poco/Net/SocketAddress.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/upstream/patience.h"

namespace rtbatch {

using Addresses = std::vector<Poco::Net::SocketAddress>;

/// Blocks, and nothing can stop it; throws std::runtime_error with the reason when there is no such name.
using LookUp = std::function<Addresses(const std::string& host, std::uint16_t port)>;

/// The system's resolver (getaddrinfo): its order of addresses, IPv6 only where the machine has some.
Addresses lookUpBySystem(const std::string& host, std::uint16_t port);

/// The addresses of `host`, which may be an address itself, within the patience of the request. getaddrinfo
/// takes no deadline, so it runs on a thread of its own, which is left behind when the request gives up; at
/// most 16 such threads may hang at once. Throws RequestFault.
Addresses resolve(const std::string& host, std::uint16_t port, const Patience& patience,
                  const LookUp& lookUp = lookUpBySystem);

}  // namespace rtbatch
