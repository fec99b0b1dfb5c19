// Derivatives as transitions: all bytes at once, by classes of bytes that lead to the same place.
#include <algorithm>
#include <array>

#include "grammar/regex/regex_store.h"

namespace tokrail {

/// The transitions of one node from those of its parts.
struct TransitionBuilder {
  using Impl = RegexSet::Impl;
  using Kind = RegexSet::Kind;
  using Entries = std::vector<RegexTransition>;

  /// Two short lists are joined pair by pair, without looking at bytes.
  static constexpr size_t kFewPairs = 256;

  Impl& set;
  Entries entries = {};  // of all parts, one after the other

  void take(RegexId part);
  /// What must be known before the node's transitions can be built.
  template <typename Visit>
  void for_each_part(const Impl::Node& node, Visit visit) const;
  void build(RegexId id);

 private:
  void follow(RegexId rest);
  void take_repeated(const Impl::Node& repeat, RegexId rest);
  void complement(size_t from);
  /// combine() for the entries of two parts, the second from `middle` on.
  template <typename Join>
  void combine_two(size_t middle, bool both, Join join);
  /// The classes of bytes that `entries` do not tell apart, each with the next nodes joined.
  template <typename Join>
  void combine(size_t at_least, Join join);
  bool disjoint() const noexcept;
  bool pairs_are_few(size_t middle) const noexcept {
    return middle > 0 && middle * (entries.size() - middle) <= kFewPairs;
  }
  void intersect(size_t middle, size_t parts);
  void unite(size_t middle);
  void merge_same_next();
};

namespace {

using Kind = RegexSet::Kind;

/// Splits the bytes into classes, set by set; at most 256 classes live at a time.
class ByteClasses {
 public:
  ByteClasses() { sizes_[0] = 256; }

  void split(const ByteSet& set) {
    ++round_;
    set.for_each([this](uint8_t byte) {
      const uint16_t old = class_of_[byte];
      if (seen_[old] != round_) {
        seen_[old] = round_;
        fresh_[old] = free_.empty() ? next_++ : free_.back();
        if (!free_.empty()) free_.pop_back();
      }
      const uint16_t now = fresh_[old];
      class_of_[byte] = now;
      ++sizes_[now];
      // The number of an emptied class is not met again in this round.
      if (--sizes_[old] == 0) free_.push_back(old);
    });
  }
  /// The first byte of each class, and all bytes of a first byte's class.
  void finish() {
    std::array<int16_t, kClasses> first;
    first.fill(-1);
    for (int byte = 0; byte < 256; ++byte) {
      int16_t& one = first[class_of_[byte]];
      if (one < 0) {
        one = static_cast<int16_t>(byte);
        firsts_.add(static_cast<uint8_t>(byte));
      }
      members_[one].add(static_cast<uint8_t>(byte));
    }
  }
  const ByteSet& firsts() const noexcept { return firsts_; }
  const ByteSet& members(uint8_t first) const noexcept { return members_[first]; }

 private:
  // A class that is split in one round lives on beside its part; so there are never more than 256,
  // and one more while the last byte moves.
  static constexpr size_t kClasses = 260;
  std::array<uint16_t, 256> class_of_{};
  std::array<uint16_t, kClasses> sizes_{}, fresh_{};
  std::array<uint32_t, kClasses> seen_{};
  std::vector<uint16_t> free_;
  uint16_t next_ = 1;
  uint32_t round_ = 0;
  ByteSet firsts_;
  std::array<ByteSet, 256> members_;
};

}  // namespace

void TransitionBuilder::take(RegexId part) {
  const Impl::Node& node = set.node(part);
  switch (node.kind) {
    case Kind::kNothing:
    case Kind::kEmpty: return;
    case Kind::kBytes: entries.push_back({set.byte_sets[node.value[0]], RegexSet::kEmpty}); return;
    case Kind::kLiteral: {
      const ByteSet first = ByteSet::of(set.byte_at(set.piece(node), 0));
      entries.push_back({first, set.after_bytes(part, 1)});
      return;
    }
    case Kind::kComplement: {
      const size_t from = entries.size();
      take(node.value[0]);  // no complement again: double ones cancel
      complement(from);
      return;
    }
    default: {
      const auto begin = set.arena.begin() + node.transitions;
      entries.insert(entries.end(), begin, begin + node.transition_count);
    }
  }
}

/// The derivatives of a repetition and then `rest`.
void TransitionBuilder::take_repeated(const Impl::Node& repeat, RegexId rest) {
  const auto [body, min, max] = std::to_array(repeat.value);
  take(body);
  const RegexId left =
      set.repeat(body, min == 0 ? 0 : min - 1, max == RegexSet::kUnbounded ? max : max - 1);
  follow(set.concat(left, rest));
}

template <typename Visit>
void TransitionBuilder::for_each_part(const Impl::Node& node, Visit visit) const {
  const auto needed = [&](RegexId part) {
    const Impl::Node* of = &set.node(part);
    if (of->kind == Kind::kComplement) of = &set.node(part = of->value[0]);
    if (!Impl::needs_no_list(*of)) visit(part);
  };
  if (node.kind != Kind::kConcat) {
    for (const RegexId part : set.operands_of(node)) needed(part);
    return;
  }
  const Impl::Node& head = set.node(node.value[0]);
  needed(head.kind == Kind::kRepeat ? head.value[0] : node.value[0]);
  if (set.nullable(node.value[0])) needed(node.value[1]);
}

void TransitionBuilder::follow(RegexId rest) {
  for (RegexTransition& entry : entries) entry.next = set.concat(entry.next, rest);
}

void TransitionBuilder::complement(size_t from) {
  ByteSet rest = ByteSet::all();
  for (size_t i = from; i < entries.size(); ++i) {
    rest = rest - entries[i].bytes;
    entries[i].next = set.complement(entries[i].next);
  }
  if (!rest.empty()) entries.push_back({rest, RegexSet::kAnything});
}

bool TransitionBuilder::disjoint() const noexcept {
  ByteSet seen;
  for (const RegexTransition& entry : entries) {
    if (!(seen & entry.bytes).empty()) return false;
    seen |= entry.bytes;
  }
  return true;
}

template <typename Join>
void TransitionBuilder::combine(size_t at_least, Join join) {
  ByteClasses classes;
  for (const RegexTransition& entry : entries) classes.split(entry.bytes);
  classes.finish();
  std::vector<std::pair<uint8_t, RegexId>> nexts;
  for (const RegexTransition& entry : entries) {
    (entry.bytes & classes.firsts()).for_each([&](uint8_t first) {
      nexts.push_back({first, entry.next});
    });
  }
  std::sort(nexts.begin(), nexts.end());
  Entries combined;
  std::vector<RegexId> joined;
  for (size_t begin = 0, end = 0; begin < nexts.size(); begin = end) {
    joined.clear();
    for (; end < nexts.size() && nexts[end].first == nexts[begin].first; ++end) {
      joined.push_back(nexts[end].second);
    }
    if (joined.size() < at_least) continue;
    const RegexId next = joined.size() == 1 ? joined[0] : join(joined);
    if (next != RegexSet::kNothing) combined.push_back({classes.members(nexts[begin].first), next});
  }
  entries = std::move(combined);
}

template <typename Join>
void TransitionBuilder::combine_two(size_t middle, bool both, Join join) {
  Entries combined;
  combined.reserve(entries.size() * 2);
  for (size_t i = 0; i < middle; ++i) {
    ByteSet left = entries[i].bytes;
    for (size_t k = middle; k < entries.size() && !left.empty(); ++k) {
      const ByteSet common = left & entries[k].bytes;
      if (common.empty()) continue;
      left = left - common;
      const RegexId nexts[] = {entries[i].next, entries[k].next};
      combined.push_back({common, nexts[0] == nexts[1] ? nexts[0] : join(nexts)});
      entries[k].bytes = entries[k].bytes - common;
    }
    if (!both && !left.empty()) combined.push_back({left, entries[i].next});
  }
  for (size_t k = middle; !both && k < entries.size(); ++k) {
    if (!entries[k].bytes.empty()) combined.push_back(entries[k]);
  }
  entries.swap(combined);
}

/// `middle`: where the second of two parts begins, or 0.
void TransitionBuilder::unite(size_t middle) {
  if (disjoint()) return;
  const auto join = [this](std::span<const RegexId> nexts) { return set.alternate(nexts); };
  if (pairs_are_few(middle)) {
    combine_two(middle, false, join);
  } else {
    combine(1, join);
  }
}

void TransitionBuilder::intersect(size_t middle, size_t parts) {
  const auto join = [this](std::span<const RegexId> nexts) { return set.intersect(nexts); };
  if (parts == 2 && pairs_are_few(middle)) {
    combine_two(middle, true, join);
  } else {
    combine(parts, join);
  }
}

void TransitionBuilder::merge_same_next() {
  std::erase_if(entries,
                [](const RegexTransition& entry) { return entry.next == RegexSet::kNothing; });
  std::sort(entries.begin(), entries.end(),
            [](const RegexTransition& a, const RegexTransition& b) { return a.next < b.next; });
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (kept > 0 && entries[kept - 1].next == entries[i].next) {
      entries[kept - 1].bytes |= entries[i].bytes;
    } else {
      entries[kept++] = entries[i];
    }
  }
  entries.resize(kept, {});
  std::sort(entries.begin(), entries.end(), [](const RegexTransition& a, const RegexTransition& b) {
    return a.bytes.first() < b.bytes.first();
  });
}

void TransitionBuilder::build(RegexId id) {
  entries.clear();
  const Impl::Node node = set.node(id);
  switch (node.kind) {
    case Kind::kNothing:
    case Kind::kEmpty:
    case Kind::kBytes:
    case Kind::kLiteral: take(id); break;
    case Kind::kConcat:
      if (set.is(node.value[0], Kind::kRepeat)) {
        take_repeated(Impl::Node(set.node(node.value[0])), node.value[1]);
      } else {
        take(node.value[0]);
        follow(node.value[1]);
      }
      if (set.nullable(node.value[0])) {
        const size_t middle = entries.size();
        take(node.value[1]);
        unite(middle);
      }
      break;
    case Kind::kAlternate:
    case Kind::kIntersect: {
      size_t middle = 0;
      for (uint32_t i = 0; i < node.value[1]; ++i) {
        if (i == 1 && node.value[1] == 2) middle = entries.size();
        take(set.operands_of(node)[i]);
      }
      if (node.kind == Kind::kAlternate) unite(middle);
      if (node.kind == Kind::kIntersect) intersect(middle, node.value[1]);
      break;
    }
    case Kind::kComplement: take(id); break;
    case Kind::kRepeat: take_repeated(node, RegexSet::kEmpty); break;
  }
  merge_same_next();
  Impl::Node& built = set.nodes[id];
  set.check_room(set.arena.size() + entries.size(), Impl::kTransitionsPerNode);
  built.transitions = static_cast<uint32_t>(set.arena.size());
  built.transition_count = static_cast<uint16_t>(entries.size());
  set.arena.insert(set.arena.end(), entries.begin(), entries.end());
}

std::span<const RegexTransition> RegexSet::Impl::raw_transitions(RegexId id) {
  if (needs_no_list(nodes[id])) {
    TransitionBuilder builder{*this, std::move(scratch)};
    builder.entries.clear();
    builder.take(id);
    scratch = std::move(builder.entries);
    if (scratch.empty()) return {};
    only_transition = scratch[0];
    return {&only_transition, 1};
  }
  if (nodes[id].transitions == kNone) {
    TransitionBuilder builder{*this, std::move(scratch)};
    std::vector<RegexId> work = {id};
    while (!work.empty()) {
      const RegexId top = work.back();
      const size_t before = work.size();
      if (nodes[top].transitions == kNone) {
        builder.for_each_part(nodes[top], [&](RegexId part) {
          if (nodes[part].transitions == kNone) work.push_back(part);
        });
        if (work.size() > before) continue;
        builder.build(top);
      }
      work.pop_back();
    }
    scratch = std::move(builder.entries);
  }
  return {arena.data() + nodes[id].transitions, nodes[id].transition_count};
}

std::span<const RegexTransition> RegexSet::Impl::pruned_transitions(RegexId id) {
  const auto all = raw_transitions(id);
  if ((nodes[id].flags & (kPlain | kPruned)) != 0) return all;
  if (needs_no_list(nodes[id])) {
    const RegexTransition only = all[0];
    if (is_empty(only.next, kPruningStates)) return {};
    only_transition = only;
    return {&only_transition, 1};
  }
  // What leads to an empty language goes; the search may move the arena and add nodes.
  const uint32_t begin = nodes[id].transitions;
  uint16_t kept = 0;
  for (uint16_t i = 0; i < nodes[id].transition_count; ++i) {
    const RegexTransition entry = arena[begin + i];
    if (!is_empty(entry.next, kPruningStates)) arena[begin + kept++] = entry;
  }
  nodes[id].transition_count = kept;
  nodes[id].flags |= kPruned;
  return {arena.data() + begin, kept};
}

RegexId RegexSet::Impl::raw_step(RegexId id, uint8_t byte) {
  if (is(id, Kind::kLiteral)) {
    return byte_at(piece(nodes[id]), 0) == byte ? after_bytes(id, 1) : kNothing;
  }
  for (const RegexTransition& entry : raw_transitions(id)) {
    if (entry.bytes.contains(byte)) return entry.next;
  }
  return kNothing;
}

}  // namespace tokrail
