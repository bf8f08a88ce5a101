#include "refresher/wait_notice.h"

namespace rtbatch {

namespace {

/// What is told of a wait is the same for so long: its end is read from another clock each time.
constexpr std::chrono::seconds kSameEnd{5};

std::string timeOfDay(Timestamp time) {
    return toRfc3339(time).substr(11, 8) + " UTC";
}

}  // namespace

void WaitNotice::failed(const std::string& why) {
    if (!_quiet && why != _why) {
        _say(_what + ": " + why + "; it is tried again");
    }
    _why = why;
}

void WaitNotice::answered() {
    _why.clear();
    _until.reset();
}

void WaitNotice::waits(const std::string& site, std::chrono::milliseconds left, Timestamp time) {
    const Timestamp until = time + left;
    if ((_quiet && _told) || (_until && until < *_until + kSameEnd)) {
        return;
    }
    _told = true;
    _until = until;
    _say(_what + ": " + site + " is left alone until " + timeOfDay(until) +
         ", then tried again: " + (_why.empty() ? "it failed before, see rtbatch-admin status" : _why));
}

}  // namespace rtbatch
