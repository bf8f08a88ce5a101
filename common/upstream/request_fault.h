#pragma once

#include <stdexcept>
#include <string>

#include "common/upstream/upstream.h"

namespace rtbatch {

/// Ends a request from wherever its fault is found; HttpClient turns it into an UpstreamFailure in one place.
/// The text is what follows the upstream's name: "broke off its answer".
class RequestFault : public std::runtime_error {
public:
    RequestFault(UpstreamFailure::Kind kind, const std::string& what)
        : std::runtime_error(what), _kind(kind) {}

    UpstreamFailure::Kind kind() const { return _kind; }

private:
    UpstreamFailure::Kind _kind;
};

}  // namespace rtbatch
