#include "handler/key_endpoints.h"

namespace rtbatch {

namespace {

Problem notYet() {
    return {404, "no_such_key", "There is no table of keys yet."};
}

}  // namespace

void KeyEndpoints::list(Call& /*call*/) {
    throw notYet();
}

void KeyEndpoints::create(Call& /*call*/) {
    throw notYet();
}

void KeyEndpoints::revoke(Call& /*call*/, std::string_view /*id*/) {
    throw notYet();
}

}  // namespace rtbatch
