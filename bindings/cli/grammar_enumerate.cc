#include "bindings/cli/grammar_enumerate.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "base/random.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "grammar/matcher.h"

namespace tokrail::cli {

namespace {

constexpr size_t kBytes = 256;  // ids of the byte vocabulary below its end id

// Prefixes in the order of the length that their strings have at least: bytes so far, and bytes
// that must follow. Of equal length, complete texts come first, then by bytes.
class Enumeration {
 public:
  Enumeration(std::shared_ptr<const CompiledGrammar> grammar, const GrammarEnumerateVerb& verb)
      : verb_(verb), mask_(mask_words(grammar->vocabulary().size())) {
    add(Matcher(std::move(grammar)), "");
  }

  /// False where there are no more within the limits.
  bool next(std::string& text) {
    while (!queue_.empty()) {
      Prefix prefix = std::move(const_cast<Prefix&>(queue_.top()));
      queue_.pop();
      if (prefix.is_text) {
        text = std::move(prefix.text);
        return true;
      }
      if (++expanded_ > verb_.max_prefixes) {
        gave_up_ = true;
        return false;
      }
      expand(prefix);
    }
    return false;
  }
  bool gave_up() const { return gave_up_; }

 private:
  struct Prefix {
    size_t length;  // at least, of the whole string
    bool is_text;   // an answer, not to be continued
    std::string text;
    Matcher matcher;
    friend bool operator<(const Prefix& a, const Prefix& b) {  // the greatest is taken first
      if (a.length != b.length) return a.length > b.length;
      if (a.is_text != b.is_text) return b.is_text;
      return a.text > b.text;
    }
  };

  void add(Matcher matcher, std::string text) {
    const std::string forced = matcher.forced_bytes();
    if (!forced.empty()) matcher.accept_bytes(forced);
    text += forced;
    if (verb_.max_bytes != 0 && text.size() > verb_.max_bytes) return;
    if (matcher.is_complete()) queue_.push({text.size(), true, text, matcher});
    if (!matcher.is_finished()) {
      const size_t length = text.size() + 1;
      queue_.push({length, false, std::move(text), std::move(matcher)});
    }
  }

  void expand(const Prefix& prefix) {
    const MaskStatus status = prefix.matcher.fill_mask(mask_);
    if (status == MaskStatus::kFuel) {
      throw Error(ErrorCode::kBudgetExhausted, "the mask takes more steps than are allowed");
    }
    for (size_t byte = mask_find_next(mask_, 0); byte < kBytes;
         byte = mask_find_next(mask_, byte + 1)) {
      Matcher matcher = prefix.matcher.fork();
      const char letter = static_cast<char>(byte);
      if (!matcher.accept_bytes({&letter, 1})) continue;
      add(std::move(matcher), prefix.text + letter);
    }
  }

  const GrammarEnumerateVerb& verb_;
  std::vector<uint32_t> mask_;
  std::priority_queue<Prefix> queue_;
  size_t expanded_ = 0;
  bool gave_up_ = false;
};

constexpr size_t kLongestSample = 64;            // unless --max-bytes is given
constexpr size_t kMostCounts = size_t{1} << 26;  // states * lengths

// How many strings of each length follow each state, and strings drawn by that.
class Sampling {
 public:
  explicit Sampling(const GrammarEnumerateVerb& verb)
      : most_bytes_(verb.max_bytes != 0 ? verb.max_bytes : kLongestSample),
        max_states_(std::min(verb.max_prefixes, kMostCounts / (most_bytes_ + 1))) {}

  /// False if there are too many states.
  bool count(std::shared_ptr<const CompiledGrammar> grammar) {
    std::vector<Matcher> matchers;
    const auto state_of = [&](Matcher matcher) {
      const auto next = static_cast<uint32_t>(states_.size());
      const auto [known, is_new] = index_.try_emplace(matcher.state_key(), next);
      if (is_new) {
        states_.push_back({matcher.is_complete(), {}});
        matchers.push_back(std::move(matcher));
      }
      return known->second;
    };
    std::vector<uint32_t> mask(mask_words(grammar->vocabulary().size()));
    state_of(Matcher(std::move(grammar)));
    size_t depth = 0, end_of_depth = 1;
    for (uint32_t s = 0; s < states_.size(); ++s) {
      if (s == end_of_depth) {
        ++depth;
        end_of_depth = states_.size();
      }
      if (depth == most_bytes_) break;
      if (states_.size() > max_states_) return false;
      const Matcher from = std::move(matchers[s]);
      if (from.fill_mask(mask) == MaskStatus::kFuel) return false;
      std::map<uint32_t, ByteSet> edges;
      for (size_t byte = mask_find_next(mask, 0); byte < kBytes;
           byte = mask_find_next(mask, byte + 1)) {
        Matcher matcher = from.fork();
        const char letter = static_cast<char>(byte);
        if (!matcher.accept_bytes({&letter, 1})) continue;
        edges[state_of(std::move(matcher))].add(static_cast<uint8_t>(byte));
      }
      states_[s].edges.assign(edges.begin(), edges.end());
    }
    count_lengths();
    return true;
  }

  /// False if the language has no string of these lengths.
  bool draw(const CounterRandom& random, uint64_t number, std::string& text) const {
    std::vector<size_t> lengths;
    for (size_t n = 0; n <= most_bytes_; ++n) {
      if (counts_[n][0] > 0) lengths.push_back(n);
    }
    if (lengths.empty()) return false;
    text.clear();
    uint32_t state = 0;
    size_t left = lengths[random.below({.stream = number}, lengths.size())];
    for (uint32_t position = 1; left > 0; --left, ++position) {
      const double u = random.uniform({.stream = number, .position = position});
      state = step(state, left, u * total(state, left), text);
    }
    return true;
  }

 private:
  struct State {
    bool complete;
    std::vector<std::pair<uint32_t, ByteSet>> edges;
  };

  // Counts of one length share a factor, so that they stay within the range of numbers.
  void count_lengths() {
    counts_.assign(most_bytes_ + 1, std::vector<double>(states_.size(), 0));
    for (size_t s = 0; s < states_.size(); ++s) counts_[0][s] = states_[s].complete ? 1 : 0;
    for (uint32_t n = 1; n <= most_bytes_; ++n) {
      for (uint32_t s = 0; s < states_.size(); ++s) counts_[n][s] = total(s, n);
      const double most = *std::ranges::max_element(counts_[n]);
      if (most == 0) continue;
      for (double& value : counts_[n]) value /= most;
    }
  }
  double total(uint32_t state, size_t left) const {
    double sum = 0;
    for (const auto& [next, bytes] : states_[state].edges) {
      sum += bytes.count() * counts_[left - 1][next];
    }
    return sum;
  }
  uint32_t step(uint32_t state, size_t left, double at, std::string& text) const {
    uint32_t last = state;
    uint8_t byte = 0;
    for (const auto& [next, bytes] : states_[state].edges) {
      const double each = counts_[left - 1][next];
      if (each == 0) continue;
      const double here = bytes.count() * each;
      const auto number = static_cast<int>(std::min(at / each, bytes.count() - 1.0));
      int seen = 0;
      bytes.for_each([&](uint8_t b) {
        if (seen++ == number) byte = b;
      });
      last = next;
      if (at < here) break;
      at -= here;
    }
    text.push_back(static_cast<char>(byte));
    return last;
  }

  const size_t most_bytes_, max_states_;
  std::unordered_map<uint64_t, uint32_t> index_;
  std::vector<State> states_;
  std::vector<std::vector<double>> counts_;  // by length, by state
};

void write(StandardOutput& out, std::string_view text, bool json, std::string& line) {
  line.clear();
  if (json) {
    append_json_string(text, line);
  } else {
    append_escaped(text, line);
  }
  out.write(line + '\n');
}

int run_sample(const GrammarEnumerateVerb& verb) {
  Sampling sampling(verb);
  if (!sampling.count(load_compiled(verb.grammar, std::nullopt))) {
    std::cerr << "tokrail: given up counting strings: too many states (--max-prefixes, "
                 "--max-bytes)\n";
    return kNo;
  }
  const CounterRandom random(verb.seed);
  StandardOutput out;
  std::string text, line;
  for (size_t i = 0; i < verb.count; ++i) {
    if (!sampling.draw(random, i, text)) {
      std::cerr << "tokrail: the language has no string so short (--max-bytes)\n";
      return kNo;
    }
    write(out, text, verb.json, line);
  }
  out.flush();
  return kOk;
}

}  // namespace

int run_grammar_enumerate(const GrammarEnumerateVerb& verb) {
  if (verb.sample) return run_sample(verb);
  Enumeration enumeration(load_compiled(verb.grammar, std::nullopt), verb);
  StandardOutput out;
  std::string text, line;
  size_t found = 0;
  while (found < verb.count && enumeration.next(text)) {
    ++found;
    write(out, text, verb.json, line);
  }
  out.flush();
  if (!enumeration.gave_up()) return kOk;
  std::cerr << "tokrail: given up after " << verb.max_prefixes << " prefixes, with " << found
            << " strings found (--max-prefixes)\n";
  return kNo;
}

}  // namespace tokrail::cli
