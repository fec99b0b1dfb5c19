// Rows of a batch on several threads. Not a public header.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/parallel.h"

namespace tokrail::logit_math {

/// Calls work(begin, end) for runs of rows; short rows several at a time. One run stays on the
/// calling thread.
template <typename Work>
void for_rows(size_t rows, size_t vocab, int threads, const Work& work) {
  constexpr size_t kTokensPerRun = 16384;
  const size_t grain = std::max<size_t>(1, kTokensPerRun / std::max<size_t>(vocab, 1));
  if (threads >= 0 && rows <= grain) {
    if (rows > 0) work(size_t{0}, rows);
    return;
  }
  parallel_for(0, rows, grain, work, threads);
}

}  // namespace tokrail::logit_math
