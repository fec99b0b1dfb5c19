#include "grammar/recogniser/recogniser.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "grammar/recogniser/lexing_traps.h"

namespace tokrail::recogniser {

/// Finds what a stack offers: ends machines whose last position was reached, then calls machines in
/// the order of their ranks, so that all callers of one are known before it is looked into.
class Recogniser::Closure {
 public:
  Closure(Recogniser& owner, StackId stack) : owner_(owner), automaton_(owner.automaton_) {
    for (const StackItem& item : owner.stacks_[stack]) reach(item);
  }

  State find() {
    for (size_t i = 0; i < reached_.size(); ++i) end_machines(reached_[i]);
    for (size_t i = 0; i < reached_.size(); ++i) look_into(reached_[i]);
    while (!calls_.empty()) {
      auto first = calls_.extract(calls_.begin());
      const MachineId machine = first.key().second;
      enter(machine, owner_.make_stack(std::move(first.mapped())));
    }
    add_ignored();
    finish();
    return std::move(state_);
  }

 private:
  using Kind = Position::Kind;

  void reach(const StackItem& item) {
    if (seen_.insert(item).second) reached_.push_back(item);
  }
  void pop(StackId below) {
    if (below == 0) {
      state_.can_end = true;
      return;
    }
    for (const StackItem& item : owner_.stacks_[below]) reach(item);
  }

  void end_machines(const StackItem item) {
    const Position& position = automaton_.positions[item.position];
    const Machine& machine = automaton_.machines[position.machine];
    switch (position.kind) {
      case Kind::kPlain:
        if (position.is_final) pop(item.below);
        if (position.is_final && item.below == 0 && machine.ignore_at_end) {
          note_ignored(machine.ignore, item);
        }
        break;
      case Kind::kLoop:
        if (item.data >= machine.min) pop(item.below);
        break;
      case Kind::kDistinctKey: break;
      case Kind::kDistinctAfter:
        if (owner_.distinct_.can_end(automaton_.distinct[machine.distinct], item.data)) {
          pop(item.below);
        }
        break;
    }
  }

  void look_into(const StackItem item) {
    const Position& position = automaton_.positions[item.position];
    const Machine& machine = automaton_.machines[position.machine];
    switch (position.kind) {
      case Kind::kPlain: offer_edges(item); break;
      case Kind::kLoop: offer_round(item, machine); break;
      case Kind::kDistinctKey: offer_keys(item); break;
      case Kind::kDistinctAfter: {
        const DistinctMachine& distinct = automaton_.distinct[machine.distinct];
        if (distinct.separator == RegexSet::kEmpty) {
          offer_keys(item);
        } else if (!owner_.distinct_.keys(distinct, item.data, regexes()).empty()) {
          offer(plain(distinct.separator), {machine.start, item.data, item.below});
        }
        break;
      }
    }
  }

  void offer_edges(const StackItem& item) {
    const Machine& machine = automaton_.machines[automaton_.positions[item.position].machine];
    bool reads = false;
    for (const Edge& edge : automaton_.edges_of(item.position)) {
      const StackItem to = {edge.to, 0, item.below};
      switch (edge.kind) {
        case Edge::Kind::kTerminal:
          offer(owner_.terminal_origins_[edge.value], to);
          reads = true;
          break;
        case Edge::Kind::kCall: call(edge.value, to); break;
        case Edge::Kind::kTokens: state_.tokens.push_back({edge.value, to}); break;
      }
    }
    if (!reads) return;
    readers_.push_back({machine.ignore, item});
  }
  void offer_round(const StackItem& item, const Machine& machine) {
    if (item.data >= machine.max) return;
    const uint32_t enough = machine.max == RegexSet::kUnbounded ? machine.min : machine.max;
    call(machine.body, {item.position, std::min(item.data + 1, enough), item.below});
  }
  void offer_keys(const StackItem& item) {
    const Machine& machine = automaton_.machines[automaton_.positions[item.position].machine];
    const DistinctMachine& distinct = automaton_.distinct[machine.distinct];
    for (const auto& key : owner_.distinct_.keys(distinct, item.data, regexes())) {
      Offer entry;
      const bool captures = key.is_open && distinct.distinct_open;
      entry.origin = owner_.lexer_.origin(
          {key.regex, static_cast<uint32_t>(Lexing::kEvery), 0, captures ? 1u : 0u});
      entry.kind = key.is_open ? Offer::Kind::kOpenEntry : Offer::Kind::kEntry;
      entry.entry = key.entry;
      entry.to = {distinct.after, item.data, item.below};
      state_.offers.push_back(entry);
    }
  }

  void call(MachineId machine, const StackItem& after) {
    calls_[{automaton_.machines[machine].rank, machine}].push_back(after);
  }
  /// The start of a machine called with `after` below. It reads something before it ends.
  void enter(MachineId id, StackId after) {
    const Machine& machine = automaton_.machines[id];
    switch (machine.kind) {
      case Machine::Kind::kRule: offer_edges({machine.start, 0, after}); break;
      case Machine::Kind::kLoop: offer_round({machine.start, 0, after}, machine); break;
      case Machine::Kind::kDistinct: {
        const auto start = owner_.distinct_.start(automaton_.distinct[machine.distinct]);
        offer_keys({machine.start, start, after});
        break;
      }
    }
  }

  RegexSet& regexes() { return owner_.lexer_.regexes(); }
  OriginId plain(RegexId regex) {
    return owner_.lexer_.origin({regex, static_cast<uint32_t>(Lexing::kEvery), 0, 0});
  }
  void offer(OriginId origin, const StackItem& to) {
    Offer entry;
    entry.origin = origin;
    entry.kind = Offer::Kind::kGoto;
    entry.to = to;
    state_.offers.push_back(entry);
  }

  void note_ignored(TerminalId ignore, const StackItem& item) {
    readers_.push_back({ignore, item});
  }
  /// An ignored terminal leads back to what reads terminals in machines that ignore it: mostly to
  /// the stack itself.
  void add_ignored() {
    if (readers_.empty()) return;
    const TerminalId first = readers_[0].first;
    bool all_same = true;
    bool end_ignores = !state_.can_end;
    for (const auto& [ignore, item] : readers_) {
      all_same &= ignore == first;
      end_ignores |= item.below == 0 && automaton_.positions[item.position].is_final;
    }
    if (all_same && end_ignores) {
      if (first == Grammar::kUndefined) return;
      Offer entry;
      entry.origin = owner_.terminal_origins_[first];
      entry.kind = Offer::Kind::kSame;
      state_.offers.push_back(entry);
      return;
    }
    for (const auto& [ignore, item] : readers_) {
      if (ignore != Grammar::kUndefined) offer(owner_.terminal_origins_[ignore], item);
    }
  }

  void finish() {
    std::vector<OriginId> origins;
    origins.reserve(state_.offers.size());
    for (const Offer& entry : state_.offers) origins.push_back(entry.origin);
    std::ranges::sort(origins);
    origins.erase(std::unique(origins.begin(), origins.end()), origins.end());
    std::ranges::stable_sort(state_.offers, {}, &Offer::origin);
    state_.offers.shrink_to_fit();
    state_.lexer = owner_.lexer_.start(std::move(origins));
  }

  struct ItemHash {
    size_t operator()(const StackItem& item) const noexcept {
      return mix_hash(mix_hash(item.position, item.data), item.below);
    }
  };
  Recogniser& owner_;
  const RuleAutomaton& automaton_;
  State state_;
  std::vector<StackItem> reached_;
  std::unordered_set<StackItem, ItemHash> seen_;
  std::map<std::pair<uint32_t, MachineId>, std::vector<StackItem>> calls_;
  std::vector<std::pair<TerminalId, StackItem>> readers_;
};

Recogniser::Recogniser(RuleAutomaton automaton, RegexSet regexes)
    : automaton_(std::move(automaton)), lexer_(std::move(regexes)) {
  for (const Terminal& terminal : automaton_.terminals) {
    terminal_origins_.push_back(lexer_.origin(
        {terminal.regex, static_cast<uint32_t>(terminal.lexing), terminal.priority, 0}));
  }
  states_.emplace_back(std::make_unique<State>());  // below the start: nothing
  may_trap_ = recogniser::may_trap(automaton_, lexer_.regexes());
  const PositionId position = automaton_.machines[automaton_.start].start;
  start_stack_ = make_stack({{position, 0, 0}});
  // The start position may have lost its mark of being final; the automaton knows.
  State state = Closure(*this, start_stack_).find();
  state.can_end = automaton_.matches_empty;
  states_.resize(stacks_.size());
  states_[start_stack_] = std::make_unique<State>(std::move(state));
}

std::vector<Thread> Recogniser::start() {
  std::vector<Thread> threads;
  add_start(start_stack_, RegexSet::kNothing, threads);
  return threads;
}

StackId Recogniser::make_stack(std::vector<StackItem> items) {
  // A place where nothing is left but to return is the place returned to.
  for (size_t i = 0; i < items.size();) {
    const StackItem item = items[i];
    const Position& position = automaton_.positions[item.position];
    const bool only_returns = position.kind == Position::Kind::kPlain && position.is_final &&
                              position.edge_count == 0 && item.below != 0;
    if (!only_returns) {
      ++i;
      continue;
    }
    const auto below = stacks_[item.below];
    items[i] = below[0];
    items.insert(items.end(), below.begin() + 1, below.end());
  }
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return stacks_.intern(items);
}

StackId Recogniser::unite(StackId a, StackId b) {
  if (a == b) return a;
  std::vector<StackItem> items(stacks_[a].begin(), stacks_[a].end());
  items.insert(items.end(), stacks_[b].begin(), stacks_[b].end());
  return make_stack(std::move(items));
}

const Recogniser::State& Recogniser::state(StackId stack) {
  if (stack >= states_.size()) states_.resize(stacks_.size());
  if (!states_[stack]) {
    auto state = std::make_unique<State>(Closure(*this, stack).find());
    if (stack >= states_.size()) states_.resize(stacks_.size());
    state_bytes_ += sizeof(State) + state->offers.capacity() * sizeof(Offer) +
                    state->tokens.capacity() * sizeof(TokenOffer);
    states_[stack] = std::move(state);
  }
  return *states_[stack];
}

StackId Recogniser::advance(StackId stack, AcceptId accepts, TextId text) {
  const uint64_t key = uint64_t{stack} << 32 | accepts;
  if (text == 0) {
    if (const auto known = advances_.find(key); known != advances_.end()) return known->second;
  }
  const std::vector<Offer> offers = state(stack).offers;
  std::vector<StackItem> items;
  bool same = false;
  bool used_text = false;
  for (const OriginId origin :
       std::vector<OriginId>(lexer_.accepted(accepts).begin(), lexer_.accepted(accepts).end())) {
    auto at = std::ranges::lower_bound(offers, origin, {}, &Offer::origin);
    for (; at != offers.end() && at->origin == origin; ++at) {
      switch (at->kind) {
        case Offer::Kind::kSame: same = true; break;
        case Offer::Kind::kGoto: items.push_back(at->to); break;
        case Offer::Kind::kOpenEntry: used_text = true; [[fallthrough]];
        case Offer::Kind::kEntry: append_entry(*at, text, items); break;
      }
    }
  }
  StackId result = items.empty() ? 0 : make_stack(std::move(items));
  if (same) result = result == 0 ? stack : unite(result, stack);
  if (!used_text || text == 0) advances_.emplace(key, result);
  return result;
}

void Recogniser::append_entry(const Offer& offer, TextId key, std::vector<StackItem>& items) {
  const Position& position = automaton_.positions[offer.to.position];
  const DistinctMachine& machine =
      automaton_.distinct[automaton_.machines[position.machine].distinct];
  StackItem after = offer.to;
  MachineId rest = kNone;
  if (offer.kind == Offer::Kind::kEntry) {
    after.data = distinct_.after_listed(machine, offer.to.data, offer.entry);
    rest = machine.listed[offer.entry].rest;
  } else {
    after.data =
        distinct_.after_open(machine, offer.to.data, offer.entry, text(key), lexer_.regexes());
    rest = machine.open[offer.entry].rest;
  }
  if (automaton_.machines[rest].nullable) items.push_back(after);
  const StackId below = make_stack({after});
  items.push_back({automaton_.machines[rest].start, 0, below});
}

RegexId Recogniser::step_guard(RegexId guard, uint8_t byte, bool& is_void) {
  if (guard == RegexSet::kNothing) return guard;
  const RegexId next = lexer_.regexes().step(guard, byte);
  is_void = lexer_.regexes().is_nullable(next);
  return next;
}

void Recogniser::step(std::span<const Thread> in, uint8_t byte, std::vector<Thread>& out) {
  const size_t from = out.size();
  for (const Thread& thread : in) {
    const LexStep step = lexer_.step(thread.lexer, byte);
    if (step.next == 0 && step.accepts == 0) continue;
    bool is_void = false;
    const RegexId guard = step_guard(thread.guard, byte, is_void);
    if (is_void) continue;
    const TextId text = lexer_.captures(thread.lexer) ? add_byte(thread.text, byte) : 0;
    if (step.next != 0) {
      const TextId kept = lexer_.captures(step.next) ? text : 0;
      add({step.next, thread.stack, guard, kept, false}, out, from);
    }
    if (step.accepts != 0) {
      RegexId behind = guard;
      if (step.guard != RegexSet::kNothing) {
        behind = guard == RegexSet::kNothing ? step.guard
                                             : lexer_.regexes().alternate({guard, step.guard});
      }
      add_start(advance(thread.stack, step.accepts, text), behind, out, from);
      if (step.unguarded != 0) {
        add_start(advance(thread.stack, step.unguarded, text), guard, out, from);
      }
    }
  }
}

void Recogniser::add_start(StackId stack, RegexId guard, std::vector<Thread>& out, size_t from) {
  if (stack == 0) return;
  const LexId lexer = state(stack).lexer;
  add({lexer, stack, guard, 0, true}, out, from);
}

void Recogniser::add(const Thread& thread, std::vector<Thread>& out, size_t from) {
  if ((may_trap_ || thread.guard != RegexSet::kNothing) && !is_alive(thread)) return;
  for (size_t i = from; i < out.size(); ++i) {
    Thread& other = out[i];
    if (other.guard != thread.guard || other.text != thread.text ||
        other.at_start != thread.at_start) {
      continue;
    }
    if (other.stack == thread.stack && other.lexer == thread.lexer) return;
    if (thread.at_start) {
      // Beginnings are one: what may come is the union.
      const StackId both = unite(other.stack, thread.stack);
      other.stack = both;
      other.lexer = state(both).lexer;
      return;
    }
    if (other.lexer == thread.lexer) {
      other.stack = unite(other.stack, thread.stack);
      return;
    }
  }
  out.push_back(thread);
}

struct Recogniser::Way {
  LexId lexer;
  StackId stack;
  RegexId guard;
  bool at_start;
  uint32_t before;  // the way that it goes on from
  uint32_t bytes;   // read so far

  uint64_t key() const noexcept {
    return mix_hash(mix_hash(mix_hash(lexer, stack), guard), at_start);
  }
};

bool Recogniser::is_alive(const Thread& thread) {
  const Way way{thread.lexer, thread.stack, thread.guard, thread.at_start, kNone, 0};
  if (const auto known = alive_.find(way.key()); known != alive_.end()) return known->second;
  return search_way_out(way);
}

bool Recogniser::search_way_out(const Way& first) {
  // Byte by byte to where no guard is left, or with traps to the end of a text or to what is known
  // to go on. A guard that takes everything, like the rest of a comment, has no way out but the end
  // of the text: ways that need the fewest terminals for that are followed first.
  constexpr size_t kMost = 4096;
  std::vector<Way> ways;
  std::unordered_set<uint64_t> seen;
  using Next = std::tuple<uint32_t, uint32_t, uint32_t>;  // terminals to the end, bytes, way
  std::priority_queue<Next, std::vector<Next>, std::greater<>> next;
  const auto visit = [&](const Way& way) {
    if (!seen.insert(way.key()).second) return;
    if (const auto known = alive_.find(way.key()); known != alive_.end() && !known->second) return;
    next.emplace(distances_.to_end(way.stack, stacks_, automaton_), way.bytes,
                 static_cast<uint32_t>(ways.size()));
    ways.push_back(way);
  };
  visit(first);
  for (size_t looked_at = 0; !next.empty(); ++looked_at) {
    const uint32_t i = std::get<2>(next.top());
    next.pop();
    const Way way = ways[i];
    if (looked_at > kMost || leads_out(way)) {
      for (uint32_t at = i; at != kNone; at = ways[at].before) {
        alive_.insert_or_assign(ways[at].key(), true);
      }
      return true;
    }
    const ByteSet goes_on = lexer_.first_bytes(way.lexer);
    goes_on.for_each([&](uint8_t byte) {
      const RegexId guard = lexer_.regexes().step(way.guard, byte);
      if (lexer_.regexes().is_nullable(guard)) return;
      const LexStep step = lexer_.step(way.lexer, byte);
      if (step.next != 0) visit({step.next, way.stack, guard, false, i, way.bytes + 1});
      const auto end = [&](AcceptId accepts, RegexId behind) {
        const StackId stack = advance(way.stack, accepts, 0);
        if (stack != 0) visit({state(stack).lexer, stack, behind, true, i, way.bytes + 1});
      };
      if (step.accepts != 0) end(step.accepts, lexer_.regexes().alternate({guard, step.guard}));
      if (step.unguarded != 0) end(step.unguarded, guard);
    });
  }
  for (const Way& way : ways) alive_.insert_or_assign(way.key(), false);
  return false;
}

bool Recogniser::leads_out(const Way& way) {
  if (way.at_start) {
    const State& here = state(way.stack);
    if (here.can_end || !here.tokens.empty()) return true;
  }
  if (const auto known = alive_.find(way.key()); known != alive_.end()) return known->second;
  if (may_trap_) return false;
  if (way.guard == RegexSet::kNothing) return true;
  // A byte that goes on and that the guard cannot take.
  return !(lexer_.first_bytes(way.lexer) - lexer_.regexes().first_bytes(way.guard)).empty();
}

bool Recogniser::can_end(std::span<const Thread> threads) {
  return std::ranges::any_of(threads, [&](const Thread& thread) {
    return thread.at_start && state(thread.stack).can_end;
  });
}

TextId Recogniser::add_byte(TextId text, uint8_t byte) {
  const auto hash_of = [](const TextByte& t) { return mix_hash(mix_hash(7, t.before), t.byte); };
  const TextByte value = {text, byte};
  const auto next = static_cast<TextId>(texts_.size());
  const TextId id = text_index_.find_or_add(
      hash_of(value), next,
      [&](uint32_t other) { return texts_[other].before == text && texts_[other].byte == byte; },
      [&](uint32_t other) { return hash_of(texts_[other]); });
  if (id == next) texts_.push_back(value);
  return id;
}

std::string Recogniser::text(TextId text) const {
  std::string bytes;
  for (; text != 0; text = texts_[text].before) {
    bytes.push_back(static_cast<char>(texts_[text].byte));
  }
  std::ranges::reverse(bytes);
  return bytes;
}

size_t Recogniser::memory() const noexcept {
  return automaton_.memory() + lexer_.memory() + distinct_.memory() + stacks_.memory() +
         states_.capacity() * sizeof(void*) + state_bytes_ +
         (advances_.size() + alive_.size()) * 40 + texts_.capacity() * sizeof(TextByte) +
         distances_.memory() + text_index_.memory();
}

}  // namespace tokrail::recogniser
