#pragma once

#include "common/cli/description.h"

namespace rtbatch {

/// `rtbatch-refresher run`: spends pages on what goes stale.
Command runCommand();

}  // namespace rtbatch
