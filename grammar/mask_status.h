// MaskStatus: what a call that makes a token mask answers. Anything but kOk comes with a mask of
// zeros.
#pragma once

#include <cstdint>

namespace tokrail {

enum class MaskStatus : uint8_t {
  kOk,
  kDead,  ///< no token is allowed; never after accepted tokens, unless the vocabulary is stuck
  kFuel,  ///< the limit of work for one mask was reached
  kCancelled,
  kRefused,  ///< of a draft: this token, or one on the way to it, is not allowed
  kFailed,   ///< a user's function threw; see Constraint::failure()
};

}  // namespace tokrail
