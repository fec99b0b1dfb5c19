// Option structures of the C interface, read by their size, and what their numbers stand for.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "bindings/c/guard.h"
#include "decoding/samplers/sampler_chain.h"

namespace tokrail::c {

/// What is given of `options` over `defaults`. The first version of every structure is the one of
/// today; when one grows, its first size is to be kept here.
template <typename Options>
Options read_options(const Options* given, const Options& defaults, const char* name) {
  static_assert(std::is_trivially_copyable_v<Options>);
  if (given == nullptr) return defaults;
  uint32_t size = 0;
  std::memcpy(&size, given, sizeof size);
  if (size < sizeof(Options)) {
    throw Error(ErrorCode::kInvalidArgument,
                "struct_size is " + std::to_string(size) + "; expected at least " +
                    std::to_string(sizeof(Options)) + ", the size of " + name);
  }
  if (size > sizeof(Options)) {
    throw Error(ErrorCode::kInvalidArgument,
                "struct_size is " + std::to_string(size) + ", but " + name + " has " +
                    std::to_string(sizeof(Options)) +
                    " bytes here: the program was compiled for a newer Tokrail");
  }
  return *given;
}

/// The C++ value of a C number; `values` in the order of the C constants.
template <typename Value, size_t n>
Value choice(const std::array<Value, n>& values, int32_t number, const char* name) {
  if (number < 0 || static_cast<size_t>(number) >= n) {
    throw Error(ErrorCode::kInvalidArgument, std::string(name) + " is " + std::to_string(number) +
                                                 "; expected 0 to " + std::to_string(n - 1));
  }
  return values[static_cast<size_t>(number)];
}

/// Zero is the default.
template <typename Number>
Number or_default(Number number, Number otherwise) {
  return number == 0 ? otherwise : number;
}

FilterOrder filter_order(int32_t order);
/// The chain that the options describe; NULL: none.
SamplerChain sampler_chain(const tokrail_sampling_options* options);

}  // namespace tokrail::c
