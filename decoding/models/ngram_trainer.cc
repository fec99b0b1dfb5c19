#include "decoding/models/ngram_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "decoding/models/ngram_counts.h"
#include "decoding/models/ngram_file.h"

namespace tokrail {
namespace {

// What is taken off a count of 1, 2, and 3 or more (Chen and Goodman, equation 26).
struct Discounts {
  std::array<double, 3> by_count{0.5, 1.0, 1.5};
  double operator()(uint64_t count) const noexcept {
    return by_count[std::min<uint64_t>(count, 3) - 1];
  }
};

Discounts discounts_of(const NgramCounts& counts) {
  std::array<double, 5> with_count{};  // how many sequences have count 1, 2, 3, 4
  for (const CountedNgram& gram : counts) {
    if (gram.count <= 4) {
      ++with_count[gram.count];
    }
  }
  Discounts discounts;
  if (with_count[1] == 0 || with_count[2] == 0) {
    return discounts;  // too little text to estimate them from
  }
  const double y = with_count[1] / (with_count[1] + 2 * with_count[2]);
  for (size_t k = 1; k <= 3; ++k) {
    const double count = static_cast<double>(k);
    if (with_count[k] > 0) {
      const double discount = count - (count + 1) * y * with_count[k + 1] / with_count[k];
      discounts.by_count[k - 1] = std::clamp(discount, 0.05 * count, 0.95 * count);
    }
  }
  return discounts;
}

// One length of context, from the trie's point of view.
struct Level {
  std::vector<NgramKey> contexts;  // rising
  std::vector<uint32_t> first_successor;
  std::vector<double> backoff;
  std::vector<uint32_t> successors;
  std::vector<double> probs;
};

}  // namespace

struct NgramTrainer::State {
  NgramTrainingOptions options;
  NgramPacking packing;
  NgramCollector full;                     // sequences of `order` tokens
  std::vector<NgramCounts> at_beginnings;  // [n - 1]: of n < order tokens, from the boundary on
  std::vector<TokenId> document;           // boundary, tokens, boundary
  uint64_t tokens = 0;

  explicit State(NgramTrainingOptions given)
      : options(std::move(given)),
        packing(std::max<size_t>(options.vocab, 2)),
        full(options.threads),
        at_beginnings(options.order) {}

  void report(double done) const {
    if (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed)) {
      throw Error(ErrorCode::kCancelled, "training was cancelled");
    }
    if (options.progress) {
      options.progress(done);
    }
  }
  uint64_t min_count(uint32_t length) const noexcept {
    const auto& counts = options.min_counts;
    return length == 1 || counts.empty() ? 1 : counts[std::min<size_t>(length, counts.size()) - 1];
  }

  std::vector<NgramCounts> adjusted_counts();
  std::vector<double> unigrams(const NgramCounts& counts) const;
  Level level_of(uint32_t length, const NgramCounts& counts, const std::vector<NgramKey>& needed,
                 const std::vector<Level>& shorter, const std::vector<double>& unigrams) const;
  double prob(NgramKey context, uint32_t length, TokenId token, const std::vector<Level>& levels,
              const std::vector<double>& unigrams) const;
  NgramArrays arrays_of(const std::vector<Level>& levels,
                        const std::vector<double>& unigrams) const;
};

NgramTrainer::NgramTrainer(NgramTrainingOptions options) {
  if (options.order < 1 || options.order > kMaxNgramOrder || options.vocab == 0 ||
      options.boundary >= options.vocab) {
    throw Error(ErrorCode::kInvalidArgument,
                "an n-gram model needs an order from 1 to 8 and a boundary token below the size of "
                "its vocabulary");
  }
  if (NgramPacking(std::max<size_t>(options.vocab, 2)).bits() * options.order > 128) {
    throw Error(ErrorCode::kInvalidArgument, "order " + std::to_string(options.order) + " with " +
                                                 std::to_string(options.vocab) +
                                                 " tokens needs more than 128 bits");
  }
  state_ = std::make_unique<State>(std::move(options));
}

NgramTrainer::~NgramTrainer() = default;

uint64_t NgramTrainer::tokens() const noexcept {
  return state_->tokens;
}

void NgramTrainer::add(std::span<const TokenId> document) {
  State& state = *state_;
  for (const TokenId id : document) {
    if (id >= state.options.vocab) {
      throw Error(ErrorCode::kInvalidArgument, "token " + std::to_string(id) +
                                                   " is not below the size of the vocabulary, " +
                                                   std::to_string(state.options.vocab));
    }
  }
  std::vector<TokenId>& tokens = state.document;
  tokens.assign(1, state.options.boundary);
  tokens.insert(tokens.end(), document.begin(), document.end());
  tokens.push_back(state.options.boundary);
  const uint32_t order = state.options.order;
  for (size_t i = 1; i < tokens.size(); ++i) {
    if (i + 1 >= order) {
      state.full.add(state.packing.pack(std::span(tokens).subspan(i + 1 - order, order)));
    }
    if (i + 1 < order) {
      state.at_beginnings[i].push_back({state.packing.pack(std::span(tokens).first(i + 1)), 1});
    }
  }
  state.tokens += tokens.size() - 1;
}

// The counts of all lengths: as they are for the longest and at the beginnings of documents, for
// the others in how many contexts.
std::vector<NgramCounts> NgramTrainer::State::adjusted_counts() {
  std::vector<NgramCounts> counts(options.order);
  counts.back() = full.finish();
  for (size_t n = options.order - 1; n > 0; --n) {
    NgramCounts& beginnings = at_beginnings[n - 1];
    std::sort(beginnings.begin(), beginnings.end(),
              [](const CountedNgram& a, const CountedNgram& b) { return a.key < b.key; });
    NgramCounts summed;
    for (const CountedNgram& gram : beginnings) {
      if (summed.empty() || summed.back().key != gram.key) {
        summed.push_back({gram.key, 0});
      }
      summed.back().count += gram.count;
    }
    beginnings.clear();
    counts[n - 1] = merge_counts(count_left_contexts(counts[n], packing), summed);
    report(0.4 * static_cast<double>(options.order - n) / options.order);
  }
  return counts;
}

std::vector<double> NgramTrainer::State::unigrams(const NgramCounts& counts) const {
  std::vector<double> probs(options.vocab);
  const Discounts discounts = discounts_of(counts);
  double total = 0;
  for (const CountedNgram& gram : counts) {
    total += static_cast<double>(gram.count);
  }
  double kept = 0;
  for (const CountedNgram& gram : counts) {
    const double p = (static_cast<double>(gram.count) - discounts(gram.count)) / total;
    probs[packing.token(gram.key)] = p;
    kept += p;
  }
  const double uniform = (1 - kept) / static_cast<double>(options.vocab);
  for (double& p : probs) {
    p += uniform;
  }
  return probs;
}

// p(token | context of `length` tokens), backing off where it was not kept.
double NgramTrainer::State::prob(NgramKey context, uint32_t length, TokenId token,
                                 const std::vector<Level>& levels,
                                 const std::vector<double>& unigrams) const {
  double left = 1;
  for (; length > 0; --length, context = packing.context(context)) {
    const Level& level = levels[length];
    const auto at = std::ranges::lower_bound(level.contexts, context);
    if (at == level.contexts.end() || *at != context) {
      continue;
    }
    const auto node = static_cast<size_t>(at - level.contexts.begin());
    const auto begin = level.successors.begin() + level.first_successor[node];
    const auto end = level.successors.begin() + level.first_successor[node + 1];
    const auto found = std::lower_bound(begin, end, token);
    if (found != end && *found == token) {
      return left * level.probs[static_cast<size_t>(found - level.successors.begin())];
    }
    left *= level.backoff[node];
  }
  return left * unigrams[token];
}

// The contexts of `length` tokens: those with sequences that are kept, and those `needed` because a
// longer one is there.
Level NgramTrainer::State::level_of(uint32_t length, const NgramCounts& counts,
                                    const std::vector<NgramKey>& needed,
                                    const std::vector<Level>& shorter,
                                    const std::vector<double>& unigrams) const {
  const Discounts discounts = discounts_of(counts);
  const uint64_t least = min_count(length + 1);
  Level level;
  auto next_needed = needed.begin();
  const auto add_context = [&](NgramKey context) {
    level.contexts.push_back(context);
    level.first_successor.push_back(static_cast<uint32_t>(level.successors.size()));
    level.backoff.push_back(1);
  };
  for (size_t begin = 0; begin < counts.size();) {
    const NgramKey context = packing.context(counts[begin].key);
    size_t end = begin;
    double total = 0;
    bool any = false;
    for (; end < counts.size() && packing.context(counts[end].key) == context; ++end) {
      total += static_cast<double>(counts[end].count);
      any = any || counts[end].count >= least;
    }
    for (; next_needed != needed.end() && *next_needed < context; ++next_needed) {
      add_context(*next_needed);
    }
    const bool is_needed = next_needed != needed.end() && *next_needed == context;
    next_needed += is_needed ? 1 : 0;
    if (any || is_needed) {
      add_context(context);
      double kept = 0;
      for (size_t i = begin; i < end; ++i) {
        if (counts[i].count >= least) {
          const double p =
              (static_cast<double>(counts[i].count) - discounts(counts[i].count)) / total;
          level.successors.push_back(packing.token(counts[i].key));
          level.probs.push_back(p);
          kept += p;
        }
      }
      level.backoff.back() = 1 - kept;
      for (size_t i = level.first_successor.back(); i < level.successors.size(); ++i) {
        level.probs[i] += level.backoff.back() * prob(packing.context(context), length - 1,
                                                      level.successors[i], shorter, unigrams);
      }
    }
    begin = end;
  }
  for (; next_needed != needed.end(); ++next_needed) {
    add_context(*next_needed);
  }
  level.first_successor.push_back(static_cast<uint32_t>(level.successors.size()));
  return level;
}

NgramArrays NgramTrainer::State::arrays_of(const std::vector<Level>& levels,
                                           const std::vector<double>& unigrams) const {
  const auto log_of = [](double p) { return static_cast<float>(std::log(p)); };
  NgramArrays arrays;
  std::ranges::transform(unigrams, std::back_inserter(arrays.unigrams), log_of);
  size_t successors = 0;
  for (const Level& level : levels) {
    successors += level.successors.size();
  }
  if (successors > 0xFFFFFFFF) {
    throw Error(ErrorCode::kBudgetExhausted,
                "the model has more than 2^32 sequences: ask for larger min_counts");
  }
  // The empty context first, then one length after the other. Contexts of one length are in order
  // of their newest tokens, so the children of a context stand together and in order.
  arrays.tokens.push_back(0);
  arrays.log_backoff.push_back(0);
  arrays.first_successor.push_back(0);
  for (size_t length = 1; length < levels.size(); ++length) {
    const Level& level = levels[length];
    const auto offset = static_cast<uint32_t>(arrays.successors.size());
    for (size_t node = 0; node < level.contexts.size(); ++node) {
      arrays.tokens.push_back(packing.token(level.contexts[node]));
      arrays.log_backoff.push_back(log_of(std::max(level.backoff[node], 1e-30)));
      arrays.first_successor.push_back(offset + level.first_successor[node]);
    }
    arrays.successors.insert(arrays.successors.end(), level.successors.begin(),
                             level.successors.end());
    std::ranges::transform(level.probs, std::back_inserter(arrays.log_probs), log_of);
  }
  arrays.first_successor.push_back(static_cast<uint32_t>(arrays.successors.size()));
  // Children of the contexts of each length, in one walk along both lists.
  uint32_t next = 1;
  arrays.first_child.push_back(next);
  next += levels.size() > 1 ? static_cast<uint32_t>(levels[1].contexts.size()) : 0;
  for (size_t length = 1; length < levels.size(); ++length) {
    size_t child = 0;
    for (const NgramKey context : levels[length].contexts) {
      arrays.first_child.push_back(next);
      if (length + 1 < levels.size()) {
        const auto& longer = levels[length + 1].contexts;
        for (; child < longer.size() && packing.context(longer[child]) == context; ++child) {
          ++next;
        }
      }
    }
  }
  arrays.first_child.push_back(next);
  return arrays;
}

std::string NgramTrainer::finish() {
  State& state = *state_;
  const uint32_t order = state.options.order;
  std::vector<NgramCounts> counts = state.adjusted_counts();
  const std::vector<double> unigrams = state.unigrams(counts[0]);
  // Which contexts are in the trie is known from the longest down, probabilities from the
  // shortest up.
  std::vector<std::vector<NgramKey>> needed(order + 1);
  for (uint32_t length = order - 1; length > 1; --length) {
    std::vector<NgramKey>& shorter = needed[length - 1];
    const auto need = [&](NgramKey context) {
      const NgramKey parent = state.packing.context(context);
      if (shorter.empty() || shorter.back() != parent) {
        shorter.push_back(parent);
      }
    };
    std::vector<NgramKey> kept = needed[length];
    for (const CountedNgram& gram : counts[length]) {
      if (gram.count >= state.min_count(length + 1)) {
        kept.push_back(state.packing.context(gram.key));
      }
    }
    std::sort(kept.begin(), kept.end());
    std::ranges::for_each(kept, need);
  }
  std::vector<Level> levels(1);
  for (uint32_t length = 1; length < order; ++length) {
    levels.push_back(state.level_of(length, counts[length], needed[length], levels, unigrams));
    counts[length] = {};
    state.report(0.4 + 0.5 * length / order);
  }
  const std::string file =
      write_ngram_file(state.arrays_of(levels, unigrams), order, state.options.boundary,
                       state.options.vocabulary_hash, state.options.tokenizer);
  state.report(1);
  state_ = std::make_unique<State>(std::move(state.options));
  return file;
}

}  // namespace tokrail
