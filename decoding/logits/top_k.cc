#include "decoding/logits/top_k.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "decoding/logits/row_input.h"
#include "decoding/logits/rows.h"
#include "decoding/logits/truncation.h"

namespace tokrail {
namespace {

using logit_math::BlockSum;
using logit_math::Part;

void top_of_row(const logit_math::RowInput& input, uint32_t k, TokenId* ids, float* values) {
  std::fill_n(ids, k, kNoToken);
  std::fill_n(values, k, -logit_math::kInfinity);
  logit_math::BlockReader reader(input);
  std::vector<Part> parts;
  for (size_t b = 0; b < input.blocks(); ++b) {
    const logit_math::Block block = reader.read(b);
    BlockSum sum;
    logit_math::block_kernels().sum_blocks(block.a, block.mask, 1, 0, logit_math::Sums::kNone,
                                           &sum);
    if (!(sum.max > -logit_math::kInfinity)) continue;
    parts.push_back({.block = static_cast<uint32_t>(b), .max = sum.max});
  }
  logit_math::TokenList best;
  logit_math::first_k(reader, parts, k, best);
  for (size_t i = 0; i < best.size(); ++i) {
    ids[i] = best.ids[i];
    values[i] = best.a[i];
  }
}

}  // namespace

void top_k(const LogitsView& logits, const MaskView& masks, uint32_t k, std::span<TokenId> ids,
           std::span<float> values, int threads) {
  logit_math::check_logits(logits);
  logit_math::check_masks(masks, logits);
  if (ids.size() != logits.rows * k || values.size() != logits.rows * k) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected room for " + std::to_string(logits.rows * k) + " ids and values, got " +
                    std::to_string(ids.size()) + " and " + std::to_string(values.size()));
  }
  if (k == 0) return;
  logit_math::for_rows(logits.rows, logits.vocab, threads, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      top_of_row(logit_math::row_input(logits, masks, {}, {}, row), k, &ids[row * k],
                 &values[row * k]);
    }
  });
}

}  // namespace tokrail
