#include "grammar/recogniser/lexer.h"

#include <algorithm>

namespace tokrail::recogniser {
namespace {

constexpr uint32_t kUnknown = 0, kRefused = 1;
constexpr uint32_t kLookupsBeforeRow = 24;

uint64_t hash_items(const std::vector<LexItem>& items) noexcept {
  uint64_t hash = items.size();
  for (const LexItem& item : items) hash = mix_hash(mix_hash(hash, item.origin), item.rest);
  return hash;
}

}  // namespace

OriginId Lexer::origin(const Origin& origin) {
  const auto hash_of = [&](const Origin& o) {
    return mix_hash(mix_hash(mix_hash(o.regex, o.lexing), static_cast<uint32_t>(o.priority)),
                    o.captures);
  };
  const auto next = static_cast<OriginId>(origins_.size());
  const OriginId id = origin_index_.find_or_add(
      hash_of(origin), next, [&](uint32_t other) { return origins_[other] == origin; },
      [&](uint32_t other) { return hash_of(origins_[other]); });
  if (id == next) origins_.push_back(origin);
  return id;
}

LexId Lexer::intern(std::vector<LexItem> items) {
  if (items.empty()) return 0;
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
  const uint64_t hash = hash_items(items);
  const auto next = static_cast<LexId>(states_.size());
  const LexId id = state_index_.find_or_add(
      hash, next, [&](uint32_t other) { return states_[other]->items == items; },
      [&](uint32_t other) { return state_hashes_[other]; });
  if (id == next) {
    auto state = std::make_unique<State>();
    for (const LexItem& item : items) state->captures |= origins_[item.origin].captures != 0;
    state->items = std::move(items);
    state->items.shrink_to_fit();
    states_.push_back(std::move(state));
    state_hashes_.push_back(hash);
  }
  return id;
}

LexId Lexer::start(std::vector<OriginId> origins) {
  std::vector<LexItem> items;
  items.reserve(origins.size());
  for (const OriginId origin : origins) items.push_back({origin, origins_[origin].regex});
  return intern(std::move(items));
}

std::span<const LexItem> Lexer::items(LexId state) const noexcept {
  if (state == 0) return {};
  return states_[state]->items;
}

const ByteSet& Lexer::first_bytes(LexId id) {
  static constexpr ByteSet kNoBytes;
  if (id == 0) return kNoBytes;
  State& state = *states_[id];
  if (!state.has_first) {
    for (const LexItem& item : state.items) state.first |= regexes_.first_bytes(item.rest);
    state.has_first = true;
  }
  return state.first;
}

void Lexer::use_row(State& state) {
  state.row = std::make_unique<std::array<uint32_t, 256>>();
  state.row->fill(kUnknown);
  for (const Class& c : state.classes) {
    c.bytes.for_each([&](uint8_t byte) { (*state.row)[byte] = c.step; });
  }
}

const LexStep& Lexer::find_step(LexId id, uint8_t byte) {
  if (id == 0) return steps_[kRefused];
  State& state = *states_[id];
  if (!state.row) {
    for (const Class& c : state.classes) {
      if (!c.bytes.contains(byte)) continue;
      if (++state.lookups > kLookupsBeforeRow) use_row(state);
      return steps_[c.step];
    }
  }
  // All bytes that every item treats as it treats this one get the same step.
  ByteSet alike = ByteSet::all();
  std::vector<LexItem> next;
  for (const LexItem& item : state.items) {
    bool found = false;
    for (const RegexTransition& t : regexes_.transitions(item.rest)) {
      if (!t.bytes.contains(byte)) continue;
      alike &= t.bytes;
      next.push_back({item.origin, t.next});
      found = true;
      break;
    }
    if (!found) alike = alike - regexes_.first_bytes(item.rest);
  }
  const uint32_t step = next.empty() ? kRefused : make_step(next);
  State& owner = *states_[id];
  owner.classes.push_back({alike, step});
  if (owner.row) {
    alike.for_each([&](uint8_t b) { (*owner.row)[b] = step; });
  }
  return steps_[step];
}

AcceptId Lexer::intern_accepts(std::vector<OriginId> ended) {
  std::ranges::sort(ended);
  ended.erase(std::unique(ended.begin(), ended.end()), ended.end());
  return accepts_.intern(ended);
}

uint32_t Lexer::make_step(const std::vector<LexItem>& next) {
  constexpr auto kLongest = static_cast<uint32_t>(Lexing::kLongest);
  constexpr auto kShortest = static_cast<uint32_t>(Lexing::kShortest);
  int32_t best = INT32_MIN;
  bool longest_ended = false;
  for (const LexItem& item : next) {
    const Origin& origin = origins_[item.origin];
    if (origin.lexing == kLongest && regexes_.is_nullable(item.rest)) {
      best = std::max(best, origin.priority);
      longest_ended = true;
    }
  }
  std::vector<OriginId> ended, unguarded;
  std::vector<LexItem> going_on;
  std::vector<RegexId> longer;
  for (const LexItem& item : next) {
    const Origin origin = origins_[item.origin];
    const bool ends = regexes_.is_nullable(item.rest);
    if (ends && (origin.lexing != kLongest || origin.priority == best)) {
      (origin.lexing == kLongest ? ended : unguarded).push_back(item.origin);
    }
    if (ends && origin.lexing == kShortest) continue;
    if (item.rest == RegexSet::kEmpty) continue;
    if (ends && regexes_.transitions(item.rest).empty()) continue;
    going_on.push_back(item);
    if (origin.lexing == kLongest && longest_ended) longer.push_back(item.rest);
  }
  LexStep step;
  if (longer.empty()) {
    ended.insert(ended.end(), unguarded.begin(), unguarded.end());
  } else {
    step.unguarded = intern_accepts(std::move(unguarded));
  }
  step.accepts = intern_accepts(std::move(ended));
  step.next = intern(std::move(going_on));
  step.guard = longer.empty() ? RegexSet::kNothing : regexes_.alternate(longer);
  steps_.push_back(step);
  return static_cast<uint32_t>(steps_.size() - 1);
}

RegexHash Lexer::hash(LexId id) {
  RegexHash hash{0x746F6B7261696CULL, items(id).size()};
  std::vector<RegexHash> parts;
  for (const LexItem& item : items(id)) {
    const Origin& origin = origins_[item.origin];
    RegexHash part = regexes_.hash(item.rest);
    const uint64_t kind = mix_hash(origin.lexing, static_cast<uint32_t>(origin.priority));
    part.low = mix_hash(part.low, kind);
    part.high = mix_hash(part.high, kind + 1);
    parts.push_back(part);
  }
  std::ranges::sort(parts);
  for (const RegexHash& part : parts) {
    hash.low = mix_hash(hash.low, part.low);
    hash.high = mix_hash(hash.high, part.high ^ part.low);
  }
  return hash;
}

size_t Lexer::memory() const noexcept {
  size_t bytes = regexes_.memory() + accepts_.memory() + steps_.capacity() * sizeof(LexStep) +
                 states_.capacity() * sizeof(void*) + origins_.capacity() * sizeof(Origin);
  for (const auto& state : states_) {
    if (!state) continue;
    bytes += sizeof(State) + state->items.capacity() * sizeof(LexItem) +
             state->classes.capacity() * sizeof(Class) + (state->row ? sizeof(*state->row) : 0);
  }
  return bytes;
}

}  // namespace tokrail::recogniser
