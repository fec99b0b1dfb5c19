#include "tokenizers/models/certain_cuts.h"

#include <array>

namespace tokrail {

CertainCuts::CertainCuts(const ByteStrings& tokens) {
  auto own = std::make_shared<std::array<uint64_t, kWords>>();
  own->fill(0);
  uint64_t* const pairs = own->data();
  uint64_t* const partial = pairs + kPairWords;
  const auto set = [](uint64_t* bits, uint32_t slot) {
    bits[slot >> 6] |= uint64_t{1} << (slot & 63);
  };
  // Bytes that a lead asks for; a continuation byte at the start of a token is part of a character.
  const auto wanted = [](char c) -> uint32_t {
    const auto lead = static_cast<unsigned char>(c);
    return lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  };
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view token = tokens[id];
    const char* const end = token.data() + token.size();
    if (!may_cut(token) && (token.empty() || !is_continuation(token[0]))) continue;
    const char* left = token.data();
    uint32_t left_length = length_at(left, end);
    while (left + left_length < end) {
      const char* const right = left + left_length;
      const uint32_t right_length = length_at(right, end);
      const bool whole = wanted(*left) == left_length && wanted(*right) == right_length;
      if (whole) {
        set(pairs, pair_slot(load(left, left_length), load(right, right_length)));
      } else {
        set(partial, outer_slot(right[-1], *right));
      }
      left = right;
      left_length = right_length;
    }
  }
  pairs_ = pairs;
  partial_ = partial;
  owner_ = std::move(own);
}

}  // namespace tokrail
