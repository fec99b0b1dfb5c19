// Searches over derivatives, breadth first: is a language empty, what is its shortest string.
#include <algorithm>

#include "base/error.h"
#include "grammar/regex/regex_store.h"

namespace tokrail {
namespace {

[[noreturn]] void give_up(size_t max_states) {
  throw Error(ErrorCode::kBudgetExhausted, "a search of a regular language did not end within " +
                                               std::to_string(max_states) + " states");
}

/// Where a state was reached from.
struct Step {
  RegexId from;
  uint8_t byte;
};

}  // namespace

bool RegexSet::Impl::is_empty(RegexId id, size_t max_states) {
  const auto has_string = [this](RegexId state) {
    return (nodes[state].flags & (kNullable | kPlain | kNonEmpty)) != 0 && state != kNothing;
  };
  const auto has_none = [this](RegexId state) {
    return state == kNothing || (nodes[state].flags & kIsEmpty) != 0;
  };
  if (has_string(id)) return false;
  if (has_none(id)) return true;
  std::unordered_map<RegexId, RegexId> from = {{id, id}};
  std::vector<RegexId> queue = {id};
  for (size_t at = 0; at < queue.size(); ++at) {
    const RegexId state = queue[at];
    for (const RegexTransition& entry : raw_transitions(state)) {
      if (has_none(entry.next)) continue;
      if (has_string(entry.next)) {
        // So has every state on the way here.
        for (RegexId s = state;; s = from[s]) {
          nodes[s].flags |= kNonEmpty;
          if (s == id) return false;
        }
      }
      if (!from.emplace(entry.next, state).second) continue;
      if (queue.size() >= max_states) give_up(max_states);
      queue.push_back(entry.next);
    }
  }
  for (const RegexId state : queue) nodes[state].flags |= kIsEmpty;
  return true;
}

std::optional<std::string> RegexSet::shortest(RegexId id, size_t max_states) {
  // Classes come in the order of their first bytes, so states are first reached by the first of
  // their shortest strings.
  std::unordered_map<RegexId, Step> from = {{id, {id, 0}}};
  std::vector<RegexId> queue = {id};
  for (size_t at = 0; at < queue.size(); ++at) {
    const RegexId state = queue[at];
    if (is_nullable(state)) {
      std::string found;
      for (RegexId s = state; s != id; s = from[s].from) {
        found.push_back(static_cast<char>(from[s].byte));
      }
      return std::string(found.rbegin(), found.rend());
    }
    for (const RegexTransition& entry : impl_->raw_transitions(state)) {
      if (entry.next == kNothing ||
          !from.emplace(entry.next, Step{state, entry.bytes.first()}).second) {
        continue;
      }
      if (queue.size() >= max_states) give_up(max_states);
      queue.push_back(entry.next);
    }
  }
  return std::nullopt;
}

bool RegexSet::matches(RegexId id, std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && id != kNothing) {
    const Impl::Node& node = impl_->node(id);
    if (node.kind != Kind::kLiteral) {
      id = impl_->raw_step(id, static_cast<uint8_t>(bytes[at++]));
      continue;
    }
    // A literal is compared as it stands; only where the text ends inside it there is no match.
    const Impl::Piece piece = impl_->piece(node);
    if (bytes.size() - at < piece.length) return false;
    for (uint32_t i = 0; i < piece.length; ++i) {
      if (impl_->byte_at(piece, i) != static_cast<uint8_t>(bytes[at + i])) return false;
    }
    at += piece.length;
    id = node.value[0];
  }
  return is_nullable(id);
}

bool RegexSet::is_empty(RegexId id, size_t max_states) {
  return impl_->is_empty(id, max_states);
}

}  // namespace tokrail
