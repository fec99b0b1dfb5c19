#include "tests/oracle/slow_bpe_trainer.h"

#include <map>
#include <optional>

namespace tokrail::test {
namespace {

using Symbols = std::vector<std::string>;
using Pair = std::pair<std::string, std::string>;

Symbols bytes_of(const std::string& word) {
  Symbols symbols;
  for (const char c : word) symbols.push_back(std::string(1, c));
  return symbols;
}

Symbols merged(const Symbols& symbols, const Pair& pair) {
  Symbols result;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second) {
      result.push_back(pair.first + pair.second);
      ++i;
    } else {
      result.push_back(symbols[i]);
    }
  }
  return result;
}

// Ids as the header of bpe_learner says: printable bytes of Latin-1 first, then merges in order.
std::map<std::string, size_t> initial_ids() {
  std::map<std::string, size_t> ids;
  for (const bool printable : {true, false}) {
    for (int byte = 0; byte < 256; ++byte) {
      const bool is_printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) ||
                                (byte >= 174 && byte <= 255);
      if (is_printable == printable)
        ids.emplace(std::string(1, static_cast<char>(byte)), ids.size());
    }
  }
  return ids;
}

struct State {
  std::vector<std::pair<Symbols, uint64_t>> words;
  std::vector<Symbols> forced;
  std::map<std::string, size_t> ids = initial_ids();

  std::map<Pair, uint64_t> pair_counts() const {
    std::map<Pair, uint64_t> counts;
    for (const auto& [symbols, count] : words) {
      for (size_t i = 0; i + 1 < symbols.size(); ++i) {
        counts[{symbols[i], symbols[i + 1]}] += count;
      }
    }
    return counts;
  }
  std::map<std::string, uint64_t> symbol_counts() const {
    std::map<std::string, uint64_t> counts;
    for (const auto& [symbols, count] : words) {
      for (const std::string& symbol : symbols) counts[symbol] += count;
    }
    return counts;
  }
  std::pair<size_t, size_t> ids_of(const Pair& pair) const {
    return {ids.at(pair.first), ids.at(pair.second)};
  }
  size_t forced_needed() const {
    size_t needed = 0;
    for (const Symbols& symbols : forced) needed += symbols.size() - 1;
    return needed;
  }
};

std::optional<Pair> best_pair(const State& state, const SlowBpeOptions& options) {
  const auto pairs = state.pair_counts();
  const auto symbols = state.symbol_counts();
  std::optional<Pair> best;
  double best_score = 0;
  for (const auto& [pair, count] : pairs) {
    if (count < options.min_frequency || count == 0) continue;
    if (pair.first.size() + pair.second.size() > options.max_token_bytes) continue;
    double score = static_cast<double>(count);
    if (options.likelihood) {
      score /= static_cast<double>(symbols.at(pair.first)) *
               static_cast<double>(symbols.at(pair.second));
    }
    const bool better = !best || score > best_score ||
                        (score == best_score && state.ids_of(pair) < state.ids_of(*best));
    if (better) {
      best = pair;
      best_score = score;
    }
  }
  return best;
}

Pair best_forced_pair(const State& state) {
  auto pairs = state.pair_counts();
  for (const Symbols& symbols : state.forced) {
    if (symbols.size() == 1) continue;
    Pair best{symbols[0], symbols[1]};
    for (size_t i = 1; i + 1 < symbols.size(); ++i) {
      const Pair pair{symbols[i], symbols[i + 1]};
      const bool better = pairs[pair] != pairs[best] ? pairs[pair] > pairs[best]
                                                     : state.ids_of(pair) < state.ids_of(best);
      if (better) best = pair;
    }
    return best;
  }
  return {};
}

}  // namespace

SlowBpe slow_bpe(const std::vector<std::pair<std::string, uint64_t>>& words,
                 const SlowBpeOptions& options) {
  State state;
  for (const auto& [word, count] : words) state.words.emplace_back(bytes_of(word), count);
  for (const std::string& token : options.forced_tokens) state.forced.push_back(bytes_of(token));
  SlowBpe result;
  while (state.ids.size() < options.vocab_size) {
    std::optional<Pair> best;
    if (state.ids.size() + state.forced_needed() < options.vocab_size) {
      best = best_pair(state, options);
    }
    if (!best && state.forced_needed() > 0) best = best_forced_pair(state);
    if (!best) break;
    result.merges.push_back({best->first, best->second, state.pair_counts()[*best]});
    state.ids.emplace(best->first + best->second, state.ids.size());
    for (auto& [symbols, count] : state.words) symbols = merged(symbols, *best);
    for (Symbols& symbols : state.forced) symbols = merged(symbols, *best);
  }
  result.forced_tokens_fit = state.forced_needed() == 0;
  return result;
}

}  // namespace tokrail::test
