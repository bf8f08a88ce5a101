#include "common/store/writability.h"

#include <Poco/Logger.h>

namespace rtbatch {

void Writability::refused(const std::string& why) {
    const std::scoped_lock lock(_mutex);
    _why = why;
    if (!_isRefused.exchange(true)) {
        _tried = Clock::now();
        Poco::Logger::get("rtbatch.store").error("%s; until that is over nothing is fetched", why);
    }
}

void Writability::written() {
    if (_isRefused.exchange(false)) {
        Poco::Logger::get("rtbatch.store").notice("the database can be written again");
    }
}

std::optional<std::string> Writability::refusal() const {
    const std::scoped_lock lock(_mutex);
    return _isRefused ? std::optional(_why) : std::nullopt;
}

bool Writability::isDue() {
    const std::scoped_lock lock(_mutex);
    const auto now = Clock::now();
    if (_tried != Clock::time_point{} && now < _tried + (_isRefused ? kTryEvery : kLasts)) {
        return false;
    }
    _tried = now;
    return true;
}

}  // namespace rtbatch
