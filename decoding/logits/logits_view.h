// Where logits, masks and row parameters lie: plain views that every logit operation takes.
//
// A batch of logits is a matrix of `rows` rows and `vocab` columns in one of three number formats,
// on the host or on a device. Views hold pointers only, so that the same structures are read by the
// CPU's loops and by CUDA kernels; all pointers of one call lie on the same device.
//
//   LogitsView logits{.data = row.data(), .rows = 1, .vocab = row.size(), .row_stride =
//   row.size()}; MaskView masks{.words = bits.data(), .row_words = mask_words(row.size())};
//
// Shapes and units: logits are natural-log scale scores; row r starts at element r * row_stride,
// row_stride >= vocab. A mask row is ceil(vocab / 32) words, bit t & 31 of word t >> 5, 1 = allowed
// (base/bitset.h); bits at and above vocab are not looked at. Ownership: none. Thread safety: as
// for any array. Errors: none here; operations answer per row (row_result.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "tokenizers/token_id.h"

namespace tokrail {

enum class LogitsType : uint8_t { kF32, kBf16, kF16 };
enum class DeviceKind : uint8_t { kHost, kCuda };

constexpr size_t bytes_per_logit(LogitsType type) noexcept {
  return type == LogitsType::kF32 ? 4 : 2;
}

struct LogitsView {
  const void* data = nullptr;
  LogitsType type = LogitsType::kF32;
  DeviceKind device = DeviceKind::kHost;
  size_t rows = 0;
  size_t vocab = 0;       ///< columns that count
  size_t row_stride = 0;  ///< elements from one row to the next
};

struct MutableLogitsView {
  void* data = nullptr;
  LogitsType type = LogitsType::kF32;
  DeviceKind device = DeviceKind::kHost;
  size_t rows = 0;
  size_t vocab = 0;
  size_t row_stride = 0;
};

/// Masks of a batch. No words: everything is allowed.
struct MaskView {
  const uint32_t* words = nullptr;
  size_t row_words = 0;  ///< words from one mask row to the next
  /// Mask row of each logits row; a negative number means that the row has no mask. Null: row r
  /// has mask r.
  const int32_t* row_index = nullptr;
};

/// One token whose logit is not taken as it stands.
struct Adjustment {
  TokenId token = 0;
  float bias = 0;        ///< added first; -inf bans the token
  uint32_t context = 0;  ///< occurrences that the repetition penalty counts
  uint32_t output = 0;   ///< occurrences that the frequency and presence penalties count
};

/// Adjustments of a batch as compressed rows: those of row r are entries[offsets[r]] up to
/// entries[offsets[r + 1]], in rising order of token, no token twice. No entries: none.
struct AdjustmentsView {
  const Adjustment* entries = nullptr;
  const uint32_t* offsets = nullptr;  ///< rows + 1 numbers
};

}  // namespace tokrail
