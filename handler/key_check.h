#pragma once

#include "common/keys/key_ring.h"
#include "common/keys/quota.h"
#include "handler/call.h"

namespace rtbatch {

/// Who may ask for a path.
enum class Access {
    everybody,
    key,      ///< any key, within its quota; everybody where auth.required is false
    admin,    ///< an admin's key, always
    metrics,  ///< this machine, or an admin's key
};

/// Looks at the keys of requests.
class KeyCheck {
public:
    KeyCheck(bool required, KeyRing& ring, Quota& quota) : _required(required), _ring(ring), _quota(quota) {}

    /// Counts the request against its key's quota, and adds the RateLimit headers to its answer. Throws
    /// Problem: 401, 403, 429; StoreError when neither memory nor the database can tell.
    void admit(Call& call, Access access);

    /// Refuses, without the database, a request without a key, or with one that is surely nobody's. Throws
    /// Problem 401.
    void refuseAtSight(Call& call, Access access) const;

private:
    bool isFree(Call& call, Access access) const;
    KnownKey find(Call& call);
    /// Throws Problem 429 when the request is not admitted.
    static void tell(Call& call, const RateLimit& limit);

    const bool _required;
    KeyRing& _ring;
    Quota& _quota;
};

}  // namespace rtbatch
