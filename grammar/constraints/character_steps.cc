#include "grammar/constraints/character_steps.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace tokrail {

namespace {

constexpr char32_t kLast = 0x10FFFF, kFirstSurrogate = 0xD800, kLastSurrogate = 0xDFFF;

void normalise(CodePointRanges& ranges) {
  std::ranges::sort(ranges, {}, &CodePointRange::first);
  CodePointRanges merged;
  for (const CodePointRange& range : ranges) {
    // Nothing lies between the characters on both sides of the surrogates.
    const bool joins =
        !merged.empty() &&
        (range.first <= merged.back().last + 1 ||
         (merged.back().last == kFirstSurrogate - 1 && range.first == kLastSurrogate + 1));
    if (joins) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

}  // namespace

bool CharacterSteps::add_continuation(RegexId from, int left, uint8_t low, uint8_t high,
                                      char32_t base, Targets& out) {
  if (set_.is_nullable(from)) return false;
  const auto span = set_.transitions(from);
  const std::vector<RegexTransition> transitions(span.begin(), span.end());
  const ByteSet allowed = ByteSet::range(low, high);
  for (const RegexTransition& transition : transitions) {
    if (!(transition.bytes - allowed).empty()) return false;
    const Targets* rest = left > 1 ? continuation(transition.next, left - 1) : nullptr;
    if (left > 1 && rest == nullptr) return false;
    const int shift = 6 * (left - 1);
    transition.bytes.for_each([&](uint8_t byte) {
      const char32_t start = base + (static_cast<char32_t>(byte & 0x3F) << shift);
      if (left == 1) {
        out[transition.next].push_back({start, start});
        return;
      }
      for (const auto& [next, ranges] : *rest) {
        for (const CodePointRange& range : ranges) {
          out[next].push_back({start + range.first, start + range.last});
        }
      }
    });
  }
  for (auto& [next, ranges] : out) normalise(ranges);
  return true;
}

const CharacterSteps::Targets* CharacterSteps::continuation(RegexId from, int left) {
  const auto [at, is_new] = continuations_[left - 1].try_emplace(from);
  if (is_new) {
    Targets targets;
    if (add_continuation(from, left, 0x80, 0xBF, 0, targets)) {
      continuations_[left - 1][from] = std::move(targets);
    }
  }
  const auto& found = continuations_[left - 1].at(from);
  return found ? &*found : nullptr;
}

// Well-formed sequences: the Unicode Standard, table 3-7.
bool CharacterSteps::add_lead(uint8_t lead, RegexId next, Targets& out) {
  if (lead < 0x80) {
    out[next].push_back({lead, lead});
    return true;
  }
  if (lead < 0xC2 || lead > 0xF4) return false;
  const int left = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  const auto base = static_cast<char32_t>(lead & (0x3F >> left)) << (6 * left);
  if (low != 0x80 || high != 0xBF) return add_continuation(next, left, low, high, base, out);
  const Targets* rest = continuation(next, left);
  if (rest == nullptr) return false;
  for (const auto& [target, ranges] : *rest) {
    for (const CodePointRange& range : ranges) {
      out[target].push_back({base + range.first, base + range.last});
    }
  }
  return true;
}

std::optional<std::vector<CharacterStep>> CharacterSteps::steps(RegexId from) {
  const auto span = set_.transitions(from);
  const std::vector<RegexTransition> transitions(span.begin(), span.end());
  Targets targets;
  for (const RegexTransition& transition : transitions) {
    bool well_formed = true;
    transition.bytes.for_each([&](uint8_t lead) {
      well_formed = well_formed && add_lead(lead, transition.next, targets);
    });
    if (!well_formed) return std::nullopt;
  }
  std::vector<CharacterStep> steps;
  for (auto& [next, ranges] : targets) {
    normalise(ranges);
    steps.push_back({std::move(ranges), next});
  }
  // In the order of characters, which does not depend on how expressions are numbered.
  std::ranges::sort(steps, {}, [](const CharacterStep& step) { return step.ranges[0].first; });
  return steps;
}

std::optional<CodePointRanges> CharacterSteps::as_class(RegexId id) {
  if (set_.is_nullable(id)) return std::nullopt;
  auto all = steps(id);
  if (!all || all->size() != 1 || (*all)[0].next != RegexSet::kEmpty) return std::nullopt;
  return std::move((*all)[0].ranges);
}

std::optional<std::vector<RegexId>> CharacterSteps::states(RegexId from, size_t limit) {
  std::vector<RegexId> order = {from};
  std::unordered_set<RegexId> seen = {from};
  for (size_t i = 0; i < order.size(); ++i) {
    if (order.size() > limit) return std::nullopt;
    const auto all = steps(order[i]);
    if (!all) return std::nullopt;
    for (const CharacterStep& step : *all) {
      if (seen.insert(step.next).second) order.push_back(step.next);
    }
  }
  return order;
}

CodePointRanges all_other_characters(const CodePointRanges& ranges) {
  CodePointRanges others;
  const auto add = [&](char32_t first, char32_t last) {
    if (first <= last) others.push_back({first, last});
  };
  char32_t next = 0;
  for (const CodePointRange& range : ranges) {
    if (range.first > 0) add(next, range.first - 1);
    next = range.last + 1;
  }
  add(next, kLast);
  CodePointRanges kept;
  for (const CodePointRange& range : others) {
    const bool is_surrogates = range.first >= kFirstSurrogate && range.last <= kLastSurrogate;
    if (!is_surrogates) kept.push_back(range);
  }
  return kept;
}

}  // namespace tokrail
