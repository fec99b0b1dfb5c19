#include "tokenizers/truncation.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

/// Lengths of the two sequences after taking from the longer one until `total` is reached.
std::pair<size_t, size_t> longest_first(size_t a, size_t b, size_t total) {
  const bool swapped = a > b;
  size_t shorter = std::min(a, b);
  size_t longer = shorter > total ? shorter : std::max(shorter, total - shorter);
  if (shorter + longer > total) {
    shorter = total / 2;
    longer = shorter + total % 2;
  }
  return swapped ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

}  // namespace

void truncate_encodings(Encoding& a, Encoding* b, const TruncationSpec& spec,
                        size_t special_tokens) {
  if (special_tokens > spec.max_length) {
    throw Error(ErrorCode::kInvalidArgument,
                "the maximum length " + std::to_string(spec.max_length) +
                    " leaves no room beside " + std::to_string(special_tokens) + " special tokens");
  }
  const size_t room = spec.max_length - special_tokens;
  if (room == 0) {
    a.truncate(0, spec.stride, spec.direction);
    if (b != nullptr) b->truncate(0, spec.stride, spec.direction);
    return;
  }
  const size_t total = a.size() + (b != nullptr ? b->size() : 0);
  if (total <= room) return;

  if (spec.strategy == TruncationSpec::Strategy::kLongestFirst) {
    if (b == nullptr) {
      a.truncate(room, spec.stride, spec.direction);
      return;
    }
    const auto [length_a, length_b] = longest_first(a.size(), b->size(), room);
    a.truncate(length_a, spec.stride, spec.direction);
    b->truncate(length_b, spec.stride, spec.direction);
    return;
  }
  const bool first = spec.strategy == TruncationSpec::Strategy::kOnlyFirst;
  if (!first && b == nullptr) {
    throw Error(ErrorCode::kInvalidArgument,
                "truncation of the second sequence only, but there is no second sequence");
  }
  Encoding& target = first ? a : *b;
  const size_t surplus = total - room;
  if (target.size() <= surplus) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string("the ") + (first ? "first" : "second") + " sequence has " +
                    std::to_string(target.size()) + " tokens, but " + std::to_string(surplus) +
                    " would have to be cut from it to keep the maximum length");
  }
  target.truncate(target.size() - surplus, spec.stride, spec.direction);
}

void pad_encodings(std::span<Encoding> encodings, const PaddingSpec& spec) {
  size_t length = 0;
  if (spec.fixed_length) {
    length = *spec.fixed_length;
  } else {
    for (const Encoding& encoding : encodings) length = std::max(length, encoding.size());
  }
  const size_t multiple = spec.pad_to_multiple_of.value_or(0);
  if (multiple > 0 && length % multiple != 0) length += multiple - length % multiple;
  for (Encoding& encoding : encodings) {
    encoding.pad(length, spec.pad_id, spec.pad_type_id, spec.direction);
  }
}

}  // namespace tokrail
