// Documents for timing: a file cut at line ends, in a shuffled order, no text timed twice.
//
// Tokenizers remember words, and some remember whole inputs, so text that was seen before measures
// the memory. Documents are taken in a shuffled order that is the same in every run; the first half
// warms up, the second half is timed, but for documents equal to one that came earlier.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail::cli {

struct BenchDocuments {
  std::string text;                     ///< the whole file
  std::vector<std::string_view> parts;  ///< in the order of the file; together the whole text
  std::vector<uint32_t> warm_up;        ///< numbers of parts
  std::vector<uint32_t> timed;
  std::vector<uint32_t> repeated;  ///< not timed: equal to an earlier part
};

inline constexpr size_t kDocumentBytes = 16384;

/// Throws Error(kInvalidFile) for a file that gives fewer than two documents.
BenchDocuments read_documents(const std::string& path);

/// Where hashes of ids begin; not the FNV basis, but what published hashes of ids started with.
inline constexpr uint64_t kIdHashStart = 1469598103934665603u;

/// Goes on with a hash over ids: per id, xor and multiply.
uint64_t hash_ids(const std::vector<TokenId>& ids, uint64_t hash = kIdHashStart) noexcept;

/// As 16 hexadecimal digits.
std::string hash_text(uint64_t hash);

}  // namespace tokrail::cli
