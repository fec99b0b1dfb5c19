#include "tokenizers/engine/hybrid_segments.h"

#include <algorithm>

#include "base/ascii.h"

namespace tokrail {
namespace detail {
namespace {

// End of the run of characters of one kind, at most `limit`.
const char* run_end(const char* p, const char* limit, const char* end, SegmentKind kind) noexcept {
  while (p < limit) {
    const SegmentCharacter character = segment_character(p, end);
    if (character.kind != kind || character.length > static_cast<size_t>(limit - p)) break;
    p += character.length;
  }
  return p;
}

}  // namespace

uint32_t word_joint(const char* word, const char* p, const char* end) noexcept {
  const SegmentCharacter character = segment_character(p, end);
  if (character.kind == SegmentKind::kWord) return character.length;
  if (p == word) return 0;
  if (*p == '.' || *p == ',') {
    return end - p >= 2 && is_ascii_digit(p[-1]) && is_ascii_digit(p[1]) ? 1 : 0;
  }
  const uint32_t apostrophe = apostrophe_length(p, end);
  if (apostrophe == 0) return 0;
  // Two apostrophes side by side join nothing: the first has none behind it, the second none
  // before it.
  const char* const behind = p + apostrophe;
  if (behind == end || segment_character(behind, end).kind != SegmentKind::kWord) return 0;
  return apostrophe;
}

}  // namespace detail

size_t hybrid_segment_end(std::string_view text, size_t from) noexcept {
  using namespace detail;
  const char* const begin = text.data() + from;
  const char* const end = text.data() + text.size();
  const char* const limit = begin + std::min<size_t>(kMaxHybridSegment, text.size() - from);
  const char* p = begin;
  if (*p == ' ' && p + 1 < limit) ++p;
  const auto place = [&](const char* at) { return static_cast<size_t>(at - text.data()); };
  switch (segment_character(p, end).kind) {
    case SegmentKind::kWord: {
      // A character that does not fit is never the first: limits are longer than that.
      return place(word_end(p, limit, end));
    }
    case SegmentKind::kOther: return place(run_end(p, limit, end, SegmentKind::kOther));
    case SegmentKind::kSpace: break;
  }
  p = run_end(begin, limit, end, SegmentKind::kSpace);
  const bool leaves_last = p < end && p - begin > 1 && p[-1] == ' ' &&
                           segment_character(p, end).kind != SegmentKind::kSpace;
  return place(leaves_last ? p - 1 : p);
}

}  // namespace tokrail
