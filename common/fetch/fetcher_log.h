#pragma once

#include <Poco/Logger.h>

namespace rtbatch {

/// Of all that fetches.
inline Poco::Logger& logger() {
    return Poco::Logger::get("rtbatch.fetch");
}

}  // namespace rtbatch
