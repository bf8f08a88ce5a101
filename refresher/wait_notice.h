#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "common/model/timestamp.h"

namespace rtbatch {

/// Tells a person why a site gives nothing and until when it is waited for: at once, and again when that
/// changes.
class WaitNotice {
public:
    using Say = std::function<void(const std::string& line)>;

    /// `what`: as each line begins, `sync-ids`. Under `quiet` only the first wait is told.
    WaitNotice(std::string what, bool quiet, Say say)
        : _what(std::move(what)), _quiet(quiet), _say(std::move(say)) {}

    /// A request failed, for this reason.
    void failed(const std::string& why);

    /// A request was answered: what fails from now on is told again.
    void answered();

    /// `site` is left alone so long yet; `time`: now.
    void waits(const std::string& site, std::chrono::milliseconds left, Timestamp time = now());

private:
    const std::string _what;
    const bool _quiet;
    const Say _say;
    std::string _why;                 ///< of the last failure; empty: there was none
    std::optional<Timestamp> _until;  ///< as it was told
    bool _told = false;
};

}  // namespace rtbatch
