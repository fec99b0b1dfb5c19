// mask_union: masks as the OR of resident bit rows, chosen by short lists of ids.
//
// A grammar engine that keeps its token classes as bit rows on the device sends a few row numbers
// per sequence and step, and not vocab / 8 bytes per sequence.
//
//   mask_union(classes, {.ids = ids, .offsets = offsets, .rows = rows}, masks);
//
// Row r of the result is the OR of rows ids[offsets[r]] .. ids[offsets[r + 1]] of the table; no ids
// give an empty row. Row numbers beyond the table are left out and make the answer false.
// Complexity: O(ids x row_words). Thread safety: rows run in parallel. Errors:
// Error(kInvalidArgument) for impossible shapes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tokrail {

struct BitRowsView {
  const uint32_t* words = nullptr;
  size_t rows = 0;
  size_t row_words = 0;
};

struct UnionLists {
  const uint32_t* ids = nullptr;
  const uint32_t* offsets = nullptr;  ///< rows + 1 numbers
  size_t rows = 0;
};

/// masks: lists.rows x table.row_words. False if a row number was beyond the table.
bool mask_union(const BitRowsView& table, const UnionLists& lists, uint32_t* masks,
                int threads = 0);

}  // namespace tokrail
