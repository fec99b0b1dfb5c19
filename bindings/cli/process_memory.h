// How much memory this process uses, as Linux tells it.
#pragma once

#include <cstdint>

namespace tokrail::cli {

/// Resident now, and at the most so far; 0 where the system does not tell.
uint64_t resident_bytes();
uint64_t peak_resident_bytes();
/// Memory of the machine.
uint64_t physical_bytes();

}  // namespace tokrail::cli
