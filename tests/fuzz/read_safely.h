// What the fuzz targets of the readers share: an Error is a good answer, anything else is a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

/// Traps unless the parts of a spec fit together, as everything that is built from it assumes.
inline void check_spec(const TokenizerSpec& spec) {
  const VocabularySpec& vocabulary = spec.vocabulary;
  const size_t size = vocabulary.size();
  bool good = vocabulary.kinds.size() == size;
  good &= vocabulary.scores.empty() || vocabulary.scores.size() == size;
  for (const Merge& merge : spec.model.merges) {
    good &= merge.left < size && merge.right < size && merge.result < size;
  }
  for (size_t i = 0; i < spec.added_tokens.size(); ++i) {
    good &= spec.added_tokens[i].id < size;
    good &= i == 0 || spec.added_tokens[i - 1].id < spec.added_tokens[i].id;
  }
  const SpecialRoles& roles = spec.roles;
  for (const auto& role :
       {roles.bos, roles.pad, roles.unk, roles.mask, roles.cls, roles.sep, spec.model.unk_id}) {
    good &= !role || *role < size;
  }
  for (const TokenId id : roles.eos) good &= id < size;
  if (!good) std::abort();
}

template <typename Read>
int read_safely(const uint8_t* data, size_t size, const Read& read) {
  try {
    check_spec(read(std::string_view(reinterpret_cast<const char*>(data), size)));
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace tokrail::test
