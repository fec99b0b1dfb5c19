// The parts of an n-gram file, for its writer and its reader. Internal to models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/token_id.h"

namespace tokrail {

inline constexpr char kNgramMagic[8] = {'T', 'K', 'N', 'G', 'R', 'A', 'M', '1'};
inline constexpr size_t kMaxNgramOrder = 8;

struct NgramHeader {
  char magic[8];
  uint32_t order;
  uint32_t vocab;
  uint32_t boundary;
  uint32_t reserved;
  uint64_t vocabulary_hash;
  uint64_t contexts;
  uint64_t successors;
  uint64_t tokenizer_bytes;  ///< of a .tkz file at the end; 0: none
  uint64_t unused;
};
static_assert(sizeof(NgramHeader) == 64);

/// The arrays of ngram_model.h. Context 0 is the empty one; it has no successors here.
struct NgramArrays {
  std::vector<float> unigrams;
  std::vector<uint32_t> tokens;
  std::vector<uint32_t> first_child;
  std::vector<uint32_t> first_successor;
  std::vector<float> log_backoff;
  std::vector<uint32_t> successors;
  std::vector<float> log_probs;
};

/// The same in a file that is mapped.
struct NgramParts {
  NgramHeader header;
  std::span<const float> unigrams;
  std::span<const uint32_t> tokens;
  std::span<const uint32_t> first_child;
  std::span<const uint32_t> first_successor;
  std::span<const float> log_backoff;
  std::span<const uint32_t> successors;
  std::span<const float> log_probs;
  std::string_view tokenizer;
};

std::string write_ngram_file(const NgramArrays& arrays, uint32_t order, TokenId boundary,
                             uint64_t vocabulary_hash, std::string_view tokenizer = {});
/// Error(kInvalidFile) for anything a row could not be read from safely.
NgramParts read_ngram_file(std::string_view bytes);

/// The child of `context` for a token one further back, or 0.
uint32_t find_child(const NgramParts& parts, uint32_t context, TokenId token) noexcept;

}  // namespace tokrail
