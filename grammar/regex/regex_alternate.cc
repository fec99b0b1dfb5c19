// Alternation. Byte sets are merged, repetitions of one body are merged where their counts meet,
// and common beginnings are factored out: x·y|x·z is x·(y|z), and many literals are a trie. So the
// derivative by a byte mostly finds its alternation made already.
#include <algorithm>
#include <tuple>

#include "grammar/regex/regex_hash.h"
#include "grammar/regex/regex_store.h"

namespace tokrail {
namespace {

/// Factoring deeper than this is left to the derivatives.
constexpr int kMaxFactoring = 100;
/// Optional parts of a choice that are looked past.
constexpr int kMaxSkipped = 32;

class Alternation {
 public:
  using Impl = RegexSet::Impl;
  using Kind = RegexSet::Kind;

  explicit Alternation(Impl& set) : set_(set) { ++set_.factoring_depth; }
  ~Alternation() { --set_.factoring_depth; }
  Alternation(const Alternation&) = delete;
  Alternation& operator=(const Alternation&) = delete;

  RegexId build(std::span<const RegexId> choices) {
    collect(choices);
    if (!anything_ && !complements_.empty()) merge_complements();
    if (anything_) return RegexSet::kAnything;
    if (ids_.size() > 1 || (!ids_.empty() && !bytes_.empty())) merge();
    if (!bytes_.empty()) ids_.push_back(set_.add_bytes(bytes_));
    const RegexId any = finish();
    if (!empty_) return any;
    return any == RegexSet::kNothing ? RegexSet::kEmpty : set_.repeat(any, 0, 1);
  }

 private:
  void collect(std::span<const RegexId> choices);
  void merge_complements();
  void merge();
  struct Counted;
  std::vector<Counted> counted_choices();
  void merge_counts();
  void drop_covered();
  void factor_concats();
  void factor_literals();
  RegexId trie(std::span<RegexId> literals, uint32_t depth);
  RegexId finish();
  /// Choices may be in `gone` that are no longer there.
  void replace(std::vector<RegexId>& gone, const std::vector<RegexId>& made);
  bool may_factor() const noexcept { return set_.factoring_depth < kMaxFactoring; }
  bool has(RegexId id) const { return std::binary_search(ids_.begin(), ids_.end(), id); }

  Impl& set_;
  std::vector<RegexId> ids_, complements_;
  ByteSet bytes_;
  bool empty_ = false, anything_ = false;
};

void Alternation::collect(std::span<const RegexId> choices) {
  std::vector<RegexId> work(choices.begin(), choices.end());
  while (!work.empty()) {
    const RegexId id = work.back();
    work.pop_back();
    const Impl::Node& of = set_.node(id);
    if (id == RegexSet::kAnything) {
      anything_ = true;
      return;
    }
    switch (of.kind) {
      case Kind::kNothing: break;
      case Kind::kEmpty: empty_ = true; break;
      case Kind::kBytes: bytes_ |= set_.byte_sets[of.value[0]]; break;
      case Kind::kComplement: complements_.push_back(of.value[0]); break;
      case Kind::kAlternate: {
        const auto inner = set_.operands_of(of);
        work.insert(work.end(), inner.begin(), inner.end());
        break;
      }
      case Kind::kRepeat:
        if (of.value[1] == 0 && of.value[2] == 1) {
          empty_ = true;
          work.push_back(of.value[0]);
          break;
        }
        [[fallthrough]];
      default: ids_.push_back(id);
    }
  }
  std::sort(ids_.begin(), ids_.end());
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
}

void Alternation::merge_complements() {
  // All but what all of them refuse.
  const RegexId refused = set_.intersect(complements_);
  if (refused == RegexSet::kNothing || has(refused) || (empty_ && refused == RegexSet::kEmpty)) {
    anything_ = true;
    return;
  }
  ids_.push_back(set_.complement(refused));
  std::sort(ids_.begin(), ids_.end());
}

void Alternation::merge() {
  merge_counts();
  drop_covered();
  if (!may_factor()) return;
  factor_concats();
  factor_literals();
}

/// body{min,max}·rest, and the choice it was read from.
struct Alternation::Counted {
  RegexId body, rest;
  uint32_t min, max;
  RegexId from;
};

std::vector<Alternation::Counted> Alternation::counted_choices() {
  std::vector<Counted> out;
  for (const RegexId id : ids_) {
    const bool chain = set_.is(id, Kind::kConcat);
    const RegexId head = chain ? set_.node(id).value[0] : id;
    if (!set_.is(head, Kind::kRepeat)) continue;
    const Impl::Count count = set_.count_of(head);
    const RegexId rest = chain ? set_.node(id).value[1] : RegexId{RegexSet::kEmpty};
    out.push_back({count.body, rest, count.min, count.max, id});
    if (!chain && count.min <= 1 && set_.is(count.body, Kind::kBytes)) {
      bytes_ = bytes_ - set_.byte_sets[set_.node(count.body).value[0]];
    }
  }
  if (out.empty()) return out;
  // body·rest is one time, rest alone none.
  const size_t repeats = out.size();
  for (size_t i = 0; i < repeats; ++i) {
    const auto [body, rest, min, max, from] = out[i];
    if (rest != RegexSet::kEmpty && has(rest)) out.push_back({body, rest, 0, 0, rest});
  }
  for (const RegexId id : ids_) {
    const bool chain = set_.is(id, Kind::kConcat);
    const RegexId head = chain ? set_.node(id).value[0] : id;
    if (set_.is(head, Kind::kRepeat)) continue;
    out.push_back({head, chain ? set_.node(id).value[1] : RegexId{RegexSet::kEmpty}, 1, 1, id});
  }
  return out;
}

void Alternation::merge_counts() {
  std::vector<Counted> counts = counted_choices();
  if (counts.size() < 2) return;
  std::sort(counts.begin(), counts.end(), [](const Counted& a, const Counted& b) {
    return std::tie(a.body, a.rest, a.min, a.max) < std::tie(b.body, b.rest, b.min, b.max);
  });
  std::vector<RegexId> gone, made;
  for (size_t begin = 0, end = 0; begin < counts.size(); begin = end) {
    Counted all = counts[begin];
    for (++end; end < counts.size(); ++end) {
      const Counted& next = counts[end];
      if (next.body != all.body || next.rest != all.rest) break;
      if (uint64_t{next.min} > uint64_t{all.max} + 1) break;
      all.max = std::max(all.max, next.max);
    }
    if (end - begin == 1) continue;
    for (size_t i = begin; i < end; ++i) gone.push_back(counts[i].from);
    made.push_back(set_.concat(set_.repeat(all.body, all.min, all.max), all.rest));
  }
  replace(gone, made);
}

void Alternation::replace(std::vector<RegexId>& gone, const std::vector<RegexId>& made) {
  if (gone.empty()) return;
  std::sort(gone.begin(), gone.end());
  std::erase_if(ids_, [&](RegexId id) { return std::binary_search(gone.begin(), gone.end(), id); });
  ids_.insert(ids_.end(), made.begin(), made.end());
  std::sort(ids_.begin(), ids_.end());
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
}

void Alternation::drop_covered() {
  // Where x may be empty, x·y has all of y: chains of optional parts stay one choice.
  std::vector<RegexId> gone;
  for (const RegexId id : ids_) {
    RegexId at = id;
    for (int i = 0; i < kMaxSkipped && set_.is(at, Kind::kConcat); ++i) {
      if (!set_.nullable(set_.node(at).value[0])) break;
      at = set_.node(at).value[1];
      if (has(at)) gone.push_back(at);
    }
  }
  replace(gone, {});
}

void Alternation::factor_concats() {
  std::vector<RegexId> concats;
  for (const RegexId id : ids_) {
    if (set_.is(id, Kind::kConcat)) concats.push_back(id);
  }
  if (concats.empty()) return;
  const auto first = [this](RegexId id) { return set_.node(id).value[0]; };
  std::sort(concats.begin(), concats.end(), [&](RegexId a, RegexId b) {
    return first(a) != first(b) ? first(a) < first(b) : a < b;
  });
  std::vector<RegexId> gone, made, rests;
  for (size_t begin = 0, end = 0; begin < concats.size(); begin = end) {
    const RegexId head = first(concats[begin]);
    while (end < concats.size() && first(concats[end]) == head) ++end;
    const bool alone = has(head);
    if (end - begin == 1 && !alone) continue;
    rests.clear();
    for (size_t i = begin; i < end; ++i) {
      rests.push_back(set_.node(concats[i]).value[1]);
      gone.push_back(concats[i]);
    }
    if (alone) {
      rests.push_back(RegexSet::kEmpty);
      gone.push_back(head);
    }
    made.push_back(set_.concat(head, set_.alternate(rests)));
  }
  replace(gone, made);
}

void Alternation::factor_literals() {
  std::vector<RegexId> literals;
  ByteSet firsts;
  bool shared = false;
  for (const RegexId id : ids_) {
    if (!set_.is(id, Kind::kLiteral)) continue;
    const uint8_t byte = set_.byte_at(set_.piece(set_.node(id)), 0);
    shared = shared || firsts.contains(byte);
    firsts.add(byte);
    literals.push_back(id);
  }
  if (!shared) return;
  std::erase_if(ids_, [this](RegexId id) { return set_.is(id, Kind::kLiteral); });
  std::sort(literals.begin(), literals.end(), [this](RegexId a, RegexId b) {
    const Impl::Piece x = set_.piece(set_.node(a)), y = set_.piece(set_.node(b));
    const uint32_t shorter = std::min(x.length, y.length);
    for (uint32_t i = 0; i < shorter; ++i) {
      if (set_.byte_at(x, i) != set_.byte_at(y, i)) return set_.byte_at(x, i) < set_.byte_at(y, i);
    }
    return x.length != y.length ? x.length < y.length : a < b;
  });
  for (size_t begin = 0, end = 0; begin < literals.size(); begin = end) {
    const auto byte = [&](size_t i) { return set_.byte_at(set_.piece(set_.node(literals[i])), 0); };
    while (end < literals.size() && byte(end) == byte(begin)) ++end;
    ids_.push_back(trie(std::span(literals).subspan(begin, end - begin), 0));
  }
}

/// The alternation of sorted literals without their first `depth` bytes; all of them have a next
/// byte, the same one.
RegexId Alternation::trie(std::span<RegexId> literals, uint32_t depth) {
  const auto piece = [&](size_t i) { return set_.piece(set_.node(literals[i])); };
  const Impl::Piece front = piece(0), back = piece(literals.size() - 1);
  if (literals.size() == 1) return set_.after_bytes(literals[0], depth);
  uint32_t same = depth + 1;
  const uint32_t shorter = std::min(front.length, back.length);
  while (same < shorter && set_.byte_at(front, same) == set_.byte_at(back, same)) ++same;
  // What ends here comes first; the others by their next byte.
  std::vector<RegexId> choices;
  size_t begin = 0;
  for (; begin < literals.size() && piece(begin).length == same; ++begin) {
    choices.push_back(set_.node(literals[begin]).value[0]);
  }
  const Alternation level(set_);  // counts the depth
  while (begin < literals.size()) {
    size_t end = begin;
    const uint8_t byte = set_.byte_at(piece(begin), same);
    while (end < literals.size() && set_.byte_at(piece(end), same) == byte) ++end;
    const auto group = literals.subspan(begin, end - begin);
    if (may_factor()) {
      choices.push_back(trie(group, same));
    } else {
      for (const RegexId id : group) choices.push_back(set_.after_bytes(id, same));
    }
    begin = end;
  }
  const RegexId rest = set_.alternate(choices);
  return set_.literal({front.end - depth, same - depth}, rest);
}

RegexId Alternation::finish() {
  if (ids_.empty()) return RegexSet::kNothing;
  if (ids_.size() == 1) return ids_[0];
  std::erase(ids_, RegexSet::kNothing);
  set_.sort_by_hash(ids_);
  if (std::find(ids_.begin(), ids_.end(), RegexSet::kAnything) != ids_.end()) {
    return RegexSet::kAnything;
  }
  return ids_.size() == 1 ? ids_[0] : set_.add_list(Kind::kAlternate, ids_);
}

}  // namespace

RegexId RegexSet::Impl::alternate(std::span<const RegexId> choices) {
  if (choices.size() == 1) return choices[0];
  return Alternation(*this).build(choices);
}

}  // namespace tokrail
