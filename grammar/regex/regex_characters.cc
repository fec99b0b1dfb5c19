// Sets of characters as expressions over UTF-8: a lead byte, then sets of continuation bytes. Leads
// whose continuations are alike are one choice, so the expression is the minimal automaton.
#include <algorithm>

#include "base/utf8.h"
#include "grammar/regex/regex_store.h"

namespace tokrail {
namespace {

using Ranges = std::span<const CodePointRange>;

/// The characters of one encoded length: a block of 64^k code points under each lead.
class Encoder {
 public:
  Encoder(RegexSet::Impl& set, Ranges ranges) : set_(set), ranges_(ranges) {}

  /// The children of `first` for `n` bytes from `byte` on, each of which covers 64^`tail` code
  /// points; no code point after `last`.
  RegexId choices(char32_t first, char32_t last, uint8_t byte, int n, int tail) {
    const char32_t span = char32_t{1} << (6 * tail);
    std::vector<std::pair<RegexId, uint8_t>> children;
    auto range = std::partition_point(ranges_.begin(), ranges_.end(),
                                      [first](const CodePointRange& r) { return r.last < first; });
    for (int i = 0; i < n && first <= last; ++i, first += span) {
      while (range != ranges_.end() && range->last < first) ++range;
      if (range == ranges_.end()) break;
      const char32_t end = std::min<char32_t>(first + span - 1, last);
      const RegexId rest = block(*range, first, end, tail);
      if (rest != RegexSet::kNothing) children.push_back({rest, static_cast<uint8_t>(byte + i)});
    }
    if (children.empty()) return RegexSet::kNothing;
    // Bytes before the same rest are one set.
    std::sort(children.begin(), children.end());
    std::vector<RegexId> parts;
    for (size_t begin = 0, end = 0; begin < children.size(); begin = end) {
      ByteSet bytes;
      for (; end < children.size() && children[end].first == children[begin].first; ++end) {
        bytes.add(children[end].second);
      }
      parts.push_back(set_.concat(set_.bytes(bytes), children[begin].first));
    }
    return set_.alternate(parts);
  }

 private:
  /// The continuations of one lead; `range` is the first that does not end before `first`.
  RegexId block(const CodePointRange& range, char32_t first, char32_t last, int tail) {
    if (range.first > last) return RegexSet::kNothing;
    const bool full =
        range.first <= first && last <= range.last && last - first + 1 == char32_t{1} << (6 * tail);
    if (full) return any_continuation(tail);
    if (tail > 1) return choices(first, last, 0x80, 64, tail - 1);
    ByteSet bytes;
    for (const CodePointRange* r = &range; r != ranges_.data() + ranges_.size() && r->first <= last;
         ++r) {
      const char32_t from = std::max(r->first, first) - first;
      const char32_t to = std::min(r->last, last) - first;
      bytes |= ByteSet::range(static_cast<uint8_t>(0x80 + from), static_cast<uint8_t>(0x80 + to));
    }
    return set_.bytes(bytes);
  }

  RegexId any_continuation(int n) {
    RegexId any = RegexSet::kEmpty;
    for (int i = 0; i < n; ++i) any = set_.concat(set_.bytes(ByteSet::range(0x80, 0xBF)), any);
    return any;
  }

  RegexSet::Impl& set_;
  Ranges ranges_;
};

std::vector<CodePointRange> scalar_values(Ranges ranges) {
  std::vector<CodePointRange> out;
  const auto add = [&out](char32_t first, char32_t last) {
    if (first <= last) out.push_back({first, last});
  };
  for (const CodePointRange& range : ranges) {
    const char32_t last = std::min(range.last, kMaxCodePoint);
    add(range.first, std::min<char32_t>(last, 0xD7FF));
    add(std::max<char32_t>(range.first, 0xE000), last);
  }
  std::sort(out.begin(), out.end(),
            [](const CodePointRange& a, const CodePointRange& b) { return a.first < b.first; });
  size_t kept = 0;
  for (const CodePointRange& range : out) {
    if (kept > 0 && range.first <= out[kept - 1].last + 1) {
      out[kept - 1].last = std::max(out[kept - 1].last, range.last);
    } else {
      out[kept++] = range;
    }
  }
  out.resize(kept);
  return out;
}

}  // namespace

RegexId RegexSet::Impl::characters(std::span<const CodePointRange> ranges) {
  const std::vector<CodePointRange> sorted = scalar_values(ranges);
  ByteSet ascii;
  for (const CodePointRange& range : sorted) {
    if (range.first >= 0x80) break;
    ascii |= ByteSet::range(static_cast<uint8_t>(range.first),
                            static_cast<uint8_t>(std::min<char32_t>(range.last, 0x7F)));
  }
  // Code points that have a shorter spelling are left out of the longer lengths.
  const auto above = [&sorted](char32_t least) {
    std::vector<CodePointRange> out;
    for (const CodePointRange& range : sorted) {
      if (range.last >= least) out.push_back({std::max(range.first, least), range.last});
    }
    return out;
  };
  const std::vector<CodePointRange> two = above(0x80), three = above(0x800), four = above(0x10000);
  const RegexId parts[] = {bytes(ascii), Encoder(*this, two).choices(0x80, 0x7FF, 0xC2, 30, 1),
                           Encoder(*this, three).choices(0, 0xFFFF, 0xE0, 16, 2),
                           Encoder(*this, four).choices(0, kMaxCodePoint, 0xF0, 5, 3)};
  return alternate(parts);
}

RegexId RegexSet::Impl::any_character() {
  if (any_character_id == kNone) {
    const CodePointRange all[] = {{0, kMaxCodePoint}};
    any_character_id = characters(all);
  }
  return any_character_id;
}

}  // namespace tokrail
