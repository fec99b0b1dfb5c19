#include "decoding/logits/row_input.h"

#include <algorithm>
#include <string>

#include "base/bitset.h"
#include "base/error.h"
#include "decoding/logits/list_kernels.h"

namespace tokrail::logit_math {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

const Adjustment* first_at(std::span<const Adjustment> adjustments, size_t id) noexcept {
  return std::lower_bound(
      adjustments.data(), adjustments.data() + adjustments.size(), id,
      [](const Adjustment& entry, size_t token) { return entry.token < token; });
}

}  // namespace

float RowInput::logit(uint32_t id) const noexcept {
  const float raw = load_logit(data, type, id);
  if (adjustments.empty()) return raw;
  const Adjustment* entry = first_at(adjustments, id);
  if (entry == adjustments.data() + adjustments.size()) return raw;
  if (entry->token != id) return raw;
  return adjusted(raw, *entry, parameters);
}

bool RowInput::valid() const noexcept {
  if (!logit_math::valid(parameters)) return false;
  int64_t last = -1;
  for (const Adjustment& entry : adjustments) {
    if (entry.token <= last || entry.token >= vocab) return false;
    last = entry.token;
  }
  return true;
}

RowInput row_input(const LogitsView& logits, const MaskView& masks,
                   const AdjustmentsView& adjustments, const RowParameters& parameters,
                   size_t row) noexcept {
  RowInput input;
  input.data = static_cast<const char*>(logits.data) +
               row * logits.row_stride * bytes_per_logit(logits.type);
  input.type = logits.type;
  input.vocab = logits.vocab;
  input.parameters = parameters;
  if (masks.words != nullptr) {
    const int64_t index =
        masks.row_index == nullptr ? static_cast<int64_t>(row) : masks.row_index[row];
    if (index >= 0) input.mask = masks.words + static_cast<size_t>(index) * masks.row_words;
  }
  if (adjustments.entries != nullptr) {
    input.adjustments = {adjustments.entries + adjustments.offsets[row],
                         adjustments.entries + adjustments.offsets[row + 1]};
  }
  return input;
}

RowInput row_input(const SampleBatch& batch, size_t row) noexcept {
  return row_input(batch.logits, batch.masks, batch.adjustments, batch.parameters[row], row);
}

void check_logits(const LogitsView& logits) {
  if (logits.device != DeviceKind::kHost) {
    refuse("expected logits in host memory, got logits on a device");
  }
  if (logits.rows == 0) return;
  if (logits.vocab == 0 || logits.vocab > 0x7FFFFFFF) {
    refuse("expected a vocabulary of 1 to 2147483647 tokens, got " + std::to_string(logits.vocab));
  }
  if (logits.row_stride < logits.vocab) {
    refuse("expected rows at least " + std::to_string(logits.vocab) +
           " logits apart, got a row stride of " + std::to_string(logits.row_stride));
  }
  if (logits.data == nullptr) refuse("expected logits, got a null pointer");
  if (logits.type != LogitsType::kF32 && logits.type != LogitsType::kBf16 &&
      logits.type != LogitsType::kF16) {
    refuse("expected logits of type f32, bf16 or f16");
  }
}

void check_masks(const MaskView& masks, const LogitsView& logits) {
  if (masks.words == nullptr || logits.rows == 0) return;
  if (masks.row_words < mask_words(logits.vocab)) {
    refuse("expected mask rows of at least " + std::to_string(mask_words(logits.vocab)) +
           " words, got " + std::to_string(masks.row_words));
  }
}

void check_batch(const SampleBatch& batch) {
  check_logits(batch.logits);
  check_masks(batch.masks, batch.logits);
  if (batch.logits.rows == 0) return;
  if (batch.parameters == nullptr) refuse("expected parameters for each row, got a null pointer");
  if (batch.adjustments.entries != nullptr && batch.adjustments.offsets == nullptr) {
    refuse("expected offsets of the adjustments, got a null pointer");
  }
  if (batch.adjustments.entries == nullptr) return;
  for (size_t row = 0; row < batch.logits.rows; ++row) {
    if (batch.adjustments.offsets[row] > batch.adjustments.offsets[row + 1]) {
      refuse("expected rising offsets of the adjustments, got a fall at row " +
             std::to_string(row));
    }
  }
}

std::span<const Adjustment> BlockReader::adjustments_of(size_t block) const noexcept {
  const auto all = input_->adjustments;
  if (all.empty()) return {};
  return {first_at(all, block * kBlock), first_at(all, (block + 1) * kBlock)};
}

Block BlockReader::read(size_t block) noexcept {
  return read(block, nullptr);
}

Block BlockReader::read(size_t block, const uint32_t* row_mask) noexcept {
  if (row_mask == nullptr) row_mask = input_->mask;
  const size_t first = block * kBlock;
  const size_t count = std::min(kBlock, input_->vocab - first);
  const auto changes = adjustments_of(block);
  Block found;
  if (input_->type == LogitsType::kF32) {
    found.a = static_cast<const float*>(input_->data) + first;
    if (count < kBlock || !changes.empty()) {
      std::copy_n(found.a, count, values_);
      found.a = values_;
    }
  } else {
    list_kernels().widen(static_cast<const uint16_t*>(input_->data) + first, input_->type, count,
                         values_);
    found.a = values_;
  }
  for (const Adjustment& entry : changes) {
    float& value = values_[entry.token - first];
    value = adjusted(value, entry, input_->parameters);
  }
  if (count == kBlock) {
    if (row_mask != nullptr) found.mask = row_mask + block * kBlockWords;
    return found;
  }
  std::fill(values_ + count, values_ + kBlock, -kInfinity);
  for (size_t w = 0; w < kBlockWords; ++w) {
    const size_t begin = w * kWord;
    const size_t bits = begin >= count ? 0 : std::min(kWord, count - begin);
    const uint32_t inside = static_cast<uint32_t>((uint64_t{1} << bits) - 1);
    words_[w] = bits == 0             ? 0
                : row_mask == nullptr ? inside
                                      : row_mask[block * kBlockWords + w] & inside;
  }
  found.mask = words_;
  return found;
}

size_t BlockReader::run(size_t block) const noexcept {
  const size_t whole = input_->vocab / kBlock;
  if (input_->type != LogitsType::kF32 || block >= whole) return 0;
  const auto& all = input_->adjustments;
  if (all.empty()) return whole - block;
  const Adjustment* next = first_at(all, block * kBlock);
  if (next == all.data() + all.size()) return whole - block;
  return std::min(whole, next->token / kBlock) - block;
}

}  // namespace tokrail::logit_math
