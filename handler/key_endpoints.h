#pragma once

#include <string_view>

#include "common/keys/key_ring.h"
#include "common/store/store.h"
#include "handler/call.h"

namespace rtbatch {

/// `/api/v1/admin/keys`: what `rtbatch-admin keys` does, over HTTP. Each throws Problem and StoreError.
class KeyEndpoints {
public:
    KeyEndpoints(Store& store, KeyRing& ring) : _store(store), _ring(ring) {}

    void list(Call& call);
    void create(Call& call);
    void revoke(Call& call, std::string_view id);

private:
    Store& _store;
    KeyRing& _ring;  // of this process; others see a change when they next look
};

}  // namespace rtbatch
