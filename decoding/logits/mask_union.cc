#include "decoding/logits/mask_union.h"

#include <atomic>

#include "base/bitset.h"
#include "base/error.h"
#include "decoding/logits/rows.h"

namespace tokrail {

bool mask_union(const BitRowsView& table, const UnionLists& lists, uint32_t* masks, int threads) {
  if (lists.rows == 0 || table.row_words == 0) return true;
  if (masks == nullptr || lists.offsets == nullptr || (table.words == nullptr && table.rows > 0) ||
      (lists.ids == nullptr && lists.offsets[lists.rows] > lists.offsets[0])) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected tables, lists and masks, got a null pointer");
  }
  for (size_t row = 0; row < lists.rows; ++row) {
    if (lists.offsets[row] > lists.offsets[row + 1]) {
      throw Error(ErrorCode::kInvalidArgument, "expected rising offsets of the lists");
    }
  }
  std::atomic<bool> known = true;
  logit_math::for_rows(lists.rows, table.row_words * 32, threads, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const MaskWords target(masks + row * table.row_words, table.row_words);
      mask_clear_all(target);
      for (size_t i = lists.offsets[row]; i < lists.offsets[row + 1]; ++i) {
        const size_t id = lists.ids[i];
        if (id >= table.rows) {
          known.store(false, std::memory_order_relaxed);
          continue;
        }
        mask_or(target, {table.words + id * table.row_words, table.row_words});
      }
    }
  });
  return known.load();
}

}  // namespace tokrail
