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
    std::vector<std::pair<RegexId, ByteSet>> groups;
    for (int i = 0; i < n; ++i, first += span) {
      const char32_t end = std::min<char32_t>(first + span - 1, last);
      if (first > last) break;
      const RegexId rest = block(first, end, tail);
      if (rest == RegexSet::kNothing) continue;
      const auto same = std::find_if(groups.begin(), groups.end(),
                                     [rest](const auto& group) { return group.first == rest; });
      ByteSet& bytes =
          same != groups.end() ? same->second : groups.emplace_back(rest, ByteSet()).second;
      bytes.add(static_cast<uint8_t>(byte + i));
    }
    std::vector<RegexId> parts;
    for (const auto& [rest, bytes] : groups) {
      parts.push_back(set_.concat(set_.bytes(bytes), rest));
    }
    return parts.empty() ? RegexSet::kNothing : set_.alternate(parts);
  }

 private:
  RegexId block(char32_t first, char32_t last, int tail) {
    const auto range =
        std::partition_point(ranges_.begin(), ranges_.end(),
                             [first](const CodePointRange& r) { return r.last < first; });
    if (range == ranges_.end() || range->first > last) return RegexSet::kNothing;
    if (tail == 0) return RegexSet::kEmpty;
    const char32_t size = char32_t{1} << (6 * tail);
    const bool is_whole = range->first <= first && range->last >= last && last - first + 1 == size;
    if (!is_whole) return choices(first, last, 0x80, 64, tail - 1);
    // All of a block is any continuation bytes, without a look at each.
    const RegexId any = set_.bytes(ByteSet::range(0x80, 0xBF));
    RegexId rest = any;
    for (int i = 1; i < tail; ++i) rest = set_.concat(any, rest);
    return rest;
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
