#include "tokenizers/morphology/morphotactics.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "tokenizers/morphology/pack_alphabet.h"

namespace tokrail {
namespace {

constexpr size_t kMaxStates = 0xFFFE, kMaxPos = 255, kMaxTags = 0xFFFF;
/// Arcs of all states, after those of empty arcs have been copied.
constexpr size_t kMaxCompiledArcs = size_t{1} << 21;

/// An arc before empty ones are gone.
struct RawArc {
  uint32_t suffix = 0;  ///< + 1; 0: empty
  uint32_t to = 0;
  uint32_t tag = 0;
  auto operator<=>(const RawArc&) const = default;
};

struct RawState {
  std::string name;
  SourcePlace place;  ///< of its first mention
  std::set<RawArc> arcs;
  std::set<PosId> joins;
  bool is_final = false;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(const LanguageSource& source) : source_(source) {}

  Morphotactics build() {
    read();
    check_reachable();
    check_ends();
    remove_empty_arcs();
    return number();
  }

 private:
  uint32_t state(const std::string& name, const SourcePlace& place) {
    const auto [found, is_new] = numbers_.emplace(name, static_cast<uint32_t>(states_.size()));
    if (is_new) {
      if (states_.size() >= kMaxStates) fail_in_pack(place, "no more than 65534 states");
      states_.push_back({name, place, {}, {}, false});
    }
    return found->second;
  }
  uint32_t tag(const std::string& name, const SourcePlace& place) {
    const auto [found, is_new] = tags_.emplace(name, static_cast<uint32_t>(tags_.size()));
    if (is_new) graph_.tags.push_back(name);
    if (tags_.size() > kMaxTags) fail_in_pack(place, "no more than 65535 tags");
    return found->second;
  }

  void read() {
    for (const LanguageSource::Pos& pos : source_.pos) {
      const auto number = static_cast<PosId>(graph_.pos_names.size());
      if (graph_.pos_names.size() >= kMaxPos) {
        fail_in_pack(pos.place, "no more than 255 parts of speech");
      }
      if (!pos_numbers_.emplace(pos.name, number).second) {
        fail_in_pack(pos.place, "one part of speech of the name \"" + pos.name + "\"");
      }
      graph_.pos_names.push_back(pos.name);
      pos_starts_.push_back(state(pos.state, pos.place));
    }
    read_arcs();
    for (const auto& [name, place] : source_.finals) states_[state(name, place)].is_final = true;
    for (const SourcePair& join : source_.joins) {
      const auto pos = pos_numbers_.find(join.second);
      if (pos == pos_numbers_.end()) {
        fail_in_pack(join.place, "the name of a part of speech, found \"" + join.second + "\"");
      }
      states_[state(join.first, join.place)].joins.insert(pos->second);
    }
    starts_ = pos_starts_;
    for (const auto& [name, place] : source_.unknown) {
      unknown_.push_back(state(name, place));
      starts_.push_back(unknown_.back());
    }
    if (!source_.numeral.empty()) {
      starts_.push_back(state(source_.numeral, source_.numeral_place));
    }
  }

  void read_arcs() {
    std::map<std::string, uint32_t, std::less<>> suffixes;
    for (const SourceSuffix& suffix : source_.suffixes) {
      suffixes.emplace(suffix.name, static_cast<uint32_t>(suffixes.size() + 1));
    }
    for (const SourceArc& arc : source_.arcs) {
      RawArc raw;
      if (!arc.suffix.empty()) {
        const auto suffix = suffixes.find(arc.suffix);
        if (suffix == suffixes.end()) {
          fail_in_pack(arc.place, "the name of a suffix, found \"" + arc.suffix + "\"");
        }
        raw.suffix = suffix->second;
        raw.tag = tag(arc.tag.empty() ? arc.suffix : arc.tag, arc.place);
      }
      const uint32_t from = state(arc.from, arc.place);
      raw.to = state(arc.to, arc.place);
      if (!states_[from].arcs.insert(raw).second) {
        fail_in_pack(arc.place, "one arc " + arc.from + " " +
                                    (arc.suffix.empty() ? "-" : arc.suffix) + " " + arc.to);
      }
    }
  }

  /// The states that are reached; for_each_next(state, visit) calls visit for the next ones.
  template <typename ForEachNext>
  std::vector<bool> reached(const std::vector<uint32_t>& from, ForEachNext&& for_each_next) const {
    std::vector<bool> seen(states_.size());
    std::vector<uint32_t> open;
    const auto visit = [&](uint32_t at) {
      if (!seen[at]) open.push_back(at);
      seen[at] = true;
    };
    for (const uint32_t start : from) visit(start);
    while (!open.empty()) {
      const uint32_t at = open.back();
      open.pop_back();
      for_each_next(at, visit);
    }
    return seen;
  }
  std::vector<bool> reached_through_arcs() const {
    return reached(starts_, [this](uint32_t at, const auto& visit) {
      for (const RawArc& arc : states_[at].arcs) visit(arc.to);
    });
  }

  void check_reachable() const {
    const std::vector<bool> seen = reached_through_arcs();
    for (size_t i = 0; i < states_.size(); ++i) {
      if (seen[i]) continue;
      fail_in_pack(states_[i].place,
                   "an arc or part of speech that leads to state \"" + states_[i].name + "\"");
    }
  }

  void check_ends() const {
    std::vector<std::vector<uint32_t>> before(states_.size());
    std::vector<uint32_t> finals;
    for (uint32_t i = 0; i < states_.size(); ++i) {
      for (const RawArc& arc : states_[i].arcs) before[arc.to].push_back(i);
      for (const PosId pos : states_[i].joins) before[pos_starts_[pos]].push_back(i);
      if (states_[i].is_final) finals.push_back(i);
    }
    const std::vector<bool> seen = reached(finals, [&](uint32_t at, const auto& visit) {
      for (const uint32_t state : before[at]) visit(state);
    });
    for (size_t i = 0; i < states_.size(); ++i) {
      if (seen[i]) continue;
      fail_in_pack(states_[i].place,
                   "a final state that state \"" + states_[i].name + "\" leads to");
    }
  }

  /// The states in an order in which empty arcs point forwards.
  std::vector<uint32_t> empty_order() const {
    std::vector<uint32_t> incoming(states_.size()), order;
    for (const RawState& from : states_) {
      for (const RawArc& arc : from.arcs) incoming[arc.to] += arc.suffix == 0;
    }
    for (uint32_t i = 0; i < states_.size(); ++i) {
      if (incoming[i] == 0) order.push_back(i);
    }
    for (size_t i = 0; i < order.size(); ++i) {
      for (const RawArc& arc : states_[order[i]].arcs) {
        if (arc.suffix == 0 && --incoming[arc.to] == 0) order.push_back(arc.to);
      }
    }
    if (order.size() < states_.size()) fail_for_cycle(incoming);
    return order;
  }

  /// Every state left over has one left over before it: going back long enough ends in a cycle.
  [[noreturn]] void fail_for_cycle(const std::vector<uint32_t>& incoming) const {
    std::vector<uint32_t> before(states_.size());
    uint32_t at = 0;
    for (uint32_t i = 0; i < states_.size(); ++i) {
      if (incoming[i] == 0) continue;
      at = i;
      for (const RawArc& arc : states_[i].arcs) {
        if (arc.suffix == 0 && incoming[arc.to] > 0) before[arc.to] = i;
      }
    }
    for (size_t steps = 0; steps < states_.size(); ++steps) at = before[at];
    const std::string& from = states_[before[at]].name;
    for (const SourceArc& arc : source_.arcs) {
      if (!arc.suffix.empty() || arc.from != from || arc.to != states_[at].name) continue;
      fail_in_pack(arc.place, "empty arcs without a cycle, found one through \"" + from + "\"");
    }
    fail_in_pack(states_[at].place, "empty arcs without a cycle");
  }

  void remove_empty_arcs() {
    std::vector<uint32_t> order = empty_order();
    std::reverse(order.begin(), order.end());
    size_t total = 0;
    for (const uint32_t at : order) {
      RawState& from = states_[at];
      std::set<RawArc> arcs;
      for (const RawArc& arc : from.arcs) {
        if (arc.suffix != 0) {
          arcs.insert(arc);
          continue;
        }
        const RawState& to = states_[arc.to];
        arcs.insert(to.arcs.begin(), to.arcs.end());
        from.joins.insert(to.joins.begin(), to.joins.end());
        from.is_final = from.is_final || to.is_final;
      }
      from.arcs = std::move(arcs);
      total += from.arcs.size();
      if (total > kMaxCompiledArcs) {
        fail_in_pack(from.place, "no more than " + std::to_string(kMaxCompiledArcs) + " arcs");
      }
    }
  }

  /// Numbers what is still reachable in order of first mention.
  Morphotactics number() {
    const std::vector<bool> seen = reached_through_arcs();
    std::vector<MorphState> numbers(states_.size());
    uint32_t count = 0;
    for (size_t i = 0; i < states_.size(); ++i) {
      if (seen[i]) numbers[i] = static_cast<MorphState>(count++);
    }
    for (size_t i = 0; i < states_.size(); ++i) {
      if (!seen[i]) continue;
      const RawState& raw = states_[i];
      Morphotactics::State compiled;
      compiled.name = raw.name;
      for (const RawArc& arc : raw.arcs) {
        compiled.arcs.push_back({static_cast<SuffixId>(arc.suffix - 1), numbers[arc.to],
                                 static_cast<uint16_t>(arc.tag), 0});
      }
      std::sort(compiled.arcs.begin(), compiled.arcs.end(),
                [](const MorphArc& a, const MorphArc& b) {
                  return std::tie(a.suffix, a.to, a.tag) < std::tie(b.suffix, b.to, b.tag);
                });
      compiled.joins.assign(raw.joins.begin(), raw.joins.end());
      compiled.is_final = raw.is_final;
      graph_.states.push_back(std::move(compiled));
    }
    for (const uint32_t start : pos_starts_) graph_.pos_states.push_back(numbers[start]);
    for (const uint32_t start : unknown_) {
      const MorphState number = numbers[start];
      if (std::find(graph_.unknown.begin(), graph_.unknown.end(), number) == graph_.unknown.end()) {
        graph_.unknown.push_back(number);
      }
    }
    if (!source_.numeral.empty()) graph_.numeral = numbers[numbers_.at(source_.numeral)];
    return std::move(graph_);
  }

  const LanguageSource& source_;
  Morphotactics graph_;
  std::map<std::string, uint32_t, std::less<>> numbers_, tags_;
  std::map<std::string, PosId, std::less<>> pos_numbers_;
  std::vector<RawState> states_;
  std::vector<uint32_t> pos_starts_, starts_, unknown_;
};

}  // namespace

Morphotactics compile_morphotactics(const LanguageSource& source) {
  return GraphBuilder(source).build();
}

}  // namespace tokrail
