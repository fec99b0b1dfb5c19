#include "tokenizers/training/bpe_learner.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/training/symbol_pairs.h"

namespace tokrail {
namespace {

constexpr uint32_t kNoSymbol = 0xFFFFFFFFu;  // between words, and inside long symbols
constexpr uint32_t kBytes = 256;
constexpr size_t kBytePairs = size_t{kBytes} * kBytes;
constexpr uint64_t kNotKept = ~uint64_t{0};

/// Bytes in the order of the characters that stand for them.
constexpr std::array<uint8_t, kBytes> kInitialBytes = [] {
  std::array<uint8_t, kBytes> order{};
  size_t n = 0;
  for (char32_t c = 0; n < kBytes; ++c) {
    if (const auto byte = byte_of_alphabet(c)) order[n++] = *byte;
  }
  return order;
}();

/// One byte of a word: the symbol that begins or ends here, and the word.
struct Slot {
  uint32_t symbol;
  uint32_t word;
};

/// What one merge changes on one side of the merged places, by neighbouring symbol.
class Neighbours {
 public:
  void add_symbols(size_t symbols) {
    weight_.resize(symbols);
    places_.resize(symbols);
    next_place_.resize(symbols);
  }
  void add(uint32_t symbol, uint64_t weight, uint32_t place) {
    if (places_[symbol]++ == 0) touched_.push_back(symbol);
    weight_[symbol] += weight;
    records_.push_back({symbol, place});
  }
  const std::vector<uint32_t>& touched() const noexcept { return touched_; }
  uint64_t& weight(uint32_t symbol) noexcept { return weight_[symbol]; }
  uint32_t places(uint32_t symbol) const noexcept { return places_[symbol]; }
  uint64_t& next_place(uint32_t symbol) noexcept { return next_place_[symbol]; }

  /// Writes each place to where next_place() of its symbol says, and forgets everything.
  void write_places(std::vector<uint32_t>& to) {
    for (const Record& record : records_) {
      uint64_t& next = next_place_[record.symbol];
      if (next != kNotKept) to[next++] = record.place;
    }
    for (const uint32_t symbol : touched_) weight_[symbol] = places_[symbol] = 0;
    touched_.clear();
    records_.clear();
  }

 private:
  struct Record {
    uint32_t symbol;
    uint32_t place;
  };
  std::vector<uint64_t> weight_;
  std::vector<uint32_t> places_;
  std::vector<uint64_t> next_place_;
  std::vector<uint32_t> touched_;
  std::vector<Record> records_;
};

class Learner {
 public:
  Learner(const WordCounts& words, const BpeLearnerOptions& options)
      : words_(words),
        options_(options),
        min_count_(std::max<uint64_t>(options.min_frequency, 1)),
        // A pair below min_count_ can never rise again, but a forced token may need it.
        keep_count_(options.forced_tokens.empty() ? min_count_ : 0) {}

  LearnedBpe run() {
    for (const uint8_t byte : kInitialBytes) {
      const char c = static_cast<char>(byte);
      add_symbol({&c, 1});
    }
    load_words();
    count_byte_pairs();
    merge_all();
    return std::move(learned_);
  }

 private:
  void add_symbol(std::string_view bytes) {
    learned_.tokens.push_back(bytes);
    lengths_.push_back(static_cast<uint32_t>(bytes.size()));
    left_.add_symbols(ids());
    right_.add_symbols(ids());
    if (likelihood()) {
      symbol_counts_.push_back(0);
      pairs_of_.emplace_back();
    }
  }

  // ---------------------------------------------------------------- words into slots

  void load_words();
  void load_forced_tokens();
  void count_byte_pairs();

  // ---------------------------------------------------------------- the loop

  void merge_all();
  uint32_t pop_best();
  uint32_t best_forced_pair();
  void merge(uint32_t pair_index);
  uint64_t replace_places(const SymbolPair& pair, uint32_t symbol);
  void lower_old_pairs(const SymbolPair& pair, uint32_t symbol);
  void add_new_pairs(uint32_t symbol);
  void add_pair(uint32_t left, uint32_t right, Neighbours& side, uint32_t neighbour);
  void update_likelihood(const SymbolPair& pair, uint64_t merged);

  bool likelihood() const noexcept { return options_.objective == BpeObjective::kLikelihood; }
  size_t ids() const noexcept { return learned_.tokens.size(); }

  uint64_t priority(const SymbolPair& pair) const noexcept {
    if (!likelihood()) return pair.count;
    // Positive doubles are ordered like their bit patterns.
    return std::bit_cast<uint64_t>(static_cast<double>(pair.count) /
                                   (static_cast<double>(symbol_counts_[pair.left]) *
                                    static_cast<double>(symbol_counts_[pair.right])));
  }
  void enqueue(uint32_t index) {
    const SymbolPair& pair = pairs_[index];
    if (pair.count < min_count_) return;
    queue_.push({priority(pair), pair_key(pair.left, pair.right), index});
  }
  void register_pair(uint32_t index) {
    if (likelihood()) {
      const SymbolPair& pair = pairs_[index];
      pairs_of_[pair.left].push_back(index);
      if (pair.right != pair.left) pairs_of_[pair.right].push_back(index);
    }
    enqueue(index);
  }

  const WordCounts& words_;
  const BpeLearnerOptions& options_;
  const uint64_t min_count_;
  const uint64_t keep_count_;

  std::vector<Slot> slots_;
  std::vector<uint32_t> lengths_;  // by symbol, in bytes
  SymbolPairTable pairs_;
  SymbolPairQueue queue_;
  std::vector<uint32_t> places_;  // of all pairs
  Neighbours left_, right_;

  std::vector<uint32_t> forced_places_;  // first slots of forced tokens
  std::vector<uint32_t> forced_ends_;
  uint32_t first_forced_slot_ = 0;
  size_t forced_needed_ = 0;  // merges until every forced token is one symbol

  std::vector<uint64_t> symbol_counts_;          // kLikelihood only
  std::vector<std::vector<uint32_t>> pairs_of_;  // kLikelihood only, by symbol

  LearnedBpe learned_;
};

// Word i lies from slot offsets[i] + i + 1; slot 0 and the one behind each word separate words.
void Learner::load_words() {
  const std::span<const uint32_t> offsets = words_.words.offsets();
  uint64_t slots = words_.words.bytes().size() + words_.words.size() + 1;
  first_forced_slot_ = static_cast<uint32_t>(slots);
  for (const std::string& token : options_.forced_tokens) slots += token.size() + 1;
  if (slots >= kNoSymbol) {
    throw Error(ErrorCode::kUnsupported, "expected less than 4 GiB of distinct words");
  }
  slots_.assign(slots, Slot{kNoSymbol, 0});

  std::array<uint32_t, kBytes> id_of_byte;
  for (uint32_t id = 0; id < kBytes; ++id) id_of_byte[kInitialBytes[id]] = id;
  const size_t words = words_.words.size();
  const auto load = [&](size_t word, std::string_view text, size_t first_slot) {
    for (size_t i = 0; i < text.size(); ++i) {
      slots_[first_slot + i] = {id_of_byte[static_cast<uint8_t>(text[i])],
                                static_cast<uint32_t>(word)};
    }
  };
  constexpr size_t kWordsPerTask = 4096;
  const auto load_range = [&](size_t begin, size_t end) {
    for (size_t w = begin; w < end; ++w) load(w, words_.words[w], offsets[w] + w + 1);
  };
  parallel_for(0, words, kWordsPerTask, load_range, options_.threads);
  size_t slot = first_forced_slot_;
  for (const std::string& token : options_.forced_tokens) {
    load(words, token, slot);  // a word that counts nothing
    forced_places_.push_back(static_cast<uint32_t>(slot));
    forced_ends_.push_back(static_cast<uint32_t>(slot + token.size()));
    forced_needed_ += token.size() - 1;
    slot += token.size() + 1;
  }
}

// A counting sort of all places by their pair of bytes, in ranges of slots side by side.
void Learner::count_byte_pairs() {
  struct Range {
    std::vector<uint64_t> weights;
    std::vector<uint32_t> places;
  };
  const size_t slots = slots_.size();
  const size_t ranges = std::clamp<size_t>(slots >> 18, 1, 16);
  std::vector<Range> counted(ranges);
  std::vector<std::array<uint64_t, kBytes>> bytes(ranges);
  const auto weight = [&](const Slot& slot) {
    return slot.word < words_.counts.size() ? words_.counts[slot.word] : 0;
  };
  // f(range, byte pair, slot) for every pair whose left symbol lies in the range.
  const auto for_pairs = [&](size_t range, const auto& f) {
    const size_t end = std::min(slots * (range + 1) / ranges, slots - 1);
    for (size_t i = slots * range / ranges; i < end; ++i) {
      const uint32_t left = slots_[i].symbol, right = slots_[i + 1].symbol;
      if (left != kNoSymbol && right != kNoSymbol) f(left * kBytes + right, i);
    }
  };
  const auto count_range = [&](size_t range, size_t) {
    Range& counts = counted[range];
    counts.weights.assign(kBytePairs, 0);
    counts.places.assign(kBytePairs, 0);
    bytes[range].fill(0);
    for_pairs(range, [&](size_t pair, size_t i) {
      counts.weights[pair] += weight(slots_[i]);
      ++counts.places[pair];
    });
    if (!likelihood()) return;
    for (size_t i = slots * range / ranges; i < slots * (range + 1) / ranges; ++i) {
      if (slots_[i].symbol != kNoSymbol) bytes[range][slots_[i].symbol] += weight(slots_[i]);
    }
  };
  parallel_for(0, ranges, 1, count_range, options_.threads);
  if (likelihood()) {
    for (const auto& of_range : bytes) {
      for (uint32_t id = 0; id < kBytes; ++id) symbol_counts_[id] += of_range[id];
    }
  }

  // Where each range writes the places of each pair; pairs that are not kept go nowhere.
  uint64_t next = 0;
  std::vector<std::vector<uint64_t>> write(ranges, std::vector<uint64_t>(kBytePairs, kNotKept));
  for (size_t pair = 0; pair < kBytePairs; ++pair) {
    SymbolPair total{static_cast<uint32_t>(pair / kBytes), static_cast<uint32_t>(pair % kBytes), 0,
                     next, 0};
    for (const Range& counts : counted) {
      total.count += counts.weights[pair];
      total.places += counts.places[pair];
    }
    if (total.places == 0 || total.count < keep_count_ || options_.max_token_bytes < 2) continue;
    for (size_t range = 0; range < ranges; ++range) {
      write[range][pair] = next;
      next += counted[range].places[pair];
    }
    register_pair(pairs_.insert(total));
  }
  places_.reserve(next + next / 2);
  places_.resize(next);
  const auto write_range = [&](size_t range, size_t) {
    for_pairs(range, [&](size_t pair, size_t i) {
      uint64_t& to = write[range][pair];
      if (to != kNotKept) places_[to++] = static_cast<uint32_t>(i);
    });
  };
  parallel_for(0, ranges, 1, write_range, options_.threads);
}

void Learner::merge_all() {
  constexpr size_t kMergesPerReport = 128;
  const size_t total = options_.vocab_size - kBytes;
  const auto report = [&](size_t done) {
    if (options_.progress) options_.progress({TrainingStage::kMerging, done, total});
  };
  learned_.stop_reason = BpeStopReason::kVocabularyFull;
  while (ids() < options_.vocab_size) {
    throw_if_stopped(options_.stop);
    if (learned_.merges.size() % kMergesPerReport == 0) report(learned_.merges.size());
    uint32_t best = SymbolPairTable::kNone;
    if (ids() + forced_needed_ < options_.vocab_size) best = pop_best();
    if (best == SymbolPairTable::kNone) {
      if (forced_needed_ == 0) {
        learned_.stop_reason = BpeStopReason::kNoPairLeft;
        break;
      }
      best = best_forced_pair();
    }
    merge(best);
  }
  if (forced_needed_ != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "the forced tokens need " + std::to_string(forced_needed_) +
                    " ids more than a vocabulary of " + std::to_string(options_.vocab_size) +
                    " (without special tokens) has");
  }
  report(learned_.merges.size());
}

uint32_t Learner::pop_best() {
  while (!queue_.empty()) {
    const SymbolPairQueue::Entry entry = queue_.pop();
    const SymbolPair& pair = pairs_[entry.index];
    if (pair.count < min_count_) continue;
    const uint64_t now = priority(pair);
    if (now == entry.priority) return entry.index;
    // Fallen since: back in its place. Risen: an entry that says so is in the queue.
    if (now < entry.priority) queue_.push({now, entry.key, entry.index});
  }
  return SymbolPairTable::kNone;
}

uint32_t Learner::best_forced_pair() {
  size_t token = 0;
  while (forced_places_[token] + lengths_[slots_[forced_places_[token]].symbol] ==
         forced_ends_[token]) {
    ++token;
  }
  uint32_t best = SymbolPairTable::kNone;
  uint32_t left = slots_[forced_places_[token]].symbol;
  for (uint32_t at = forced_places_[token] + lengths_[left]; at < forced_ends_[token];) {
    const uint32_t right = slots_[at].symbol;
    const uint32_t found = pairs_.find(left, right);
    const auto rank = [&](uint32_t index) {
      const SymbolPair& pair = pairs_[index];
      return std::pair(~pair.count, pair_key(pair.left, pair.right));
    };
    if (best == SymbolPairTable::kNone || rank(found) < rank(best)) best = found;
    left = right;
    at += lengths_[right];
  }
  return best;
}

void Learner::merge(uint32_t pair_index) {
  const SymbolPair pair = pairs_[pair_index];
  const uint32_t symbol = static_cast<uint32_t>(ids());
  std::string bytes(learned_.tokens[pair.left]);
  bytes += learned_.tokens[pair.right];
  add_symbol(bytes);
  learned_.merges.push_back({pair.left, pair.right, symbol});
  learned_.merge_counts.push_back(pair.count);

  const uint64_t merged = replace_places(pair, symbol);
  lower_old_pairs(pair, symbol);
  pairs_[pair_index].count = 0;
  if (likelihood()) update_likelihood(pair, merged);
  add_new_pairs(symbol);
}

/// Writes the new symbol at every place of the pair and notes its neighbours; returns the weight
/// of the places.
uint64_t Learner::replace_places(const SymbolPair& pair, uint32_t symbol) {
  constexpr uint64_t kAhead = 12;  // places lie far apart: ask for their memory early
  constexpr uint64_t kPlacesPerCheck = 1 << 16;
  const uint32_t left_length = lengths_[pair.left], right_length = lengths_[pair.right];
  uint64_t merged = 0;
  const uint32_t* const places = places_.data() + pair.first_place;
  for (uint64_t i = 0; i < pair.places; ++i) {
    if (i + kAhead < pair.places) __builtin_prefetch(&slots_[places[i + kAhead]], 1);
    if (i % kPlacesPerCheck == kPlacesPerCheck - 1) throw_if_stopped(options_.stop);
    const uint32_t place = places[i];
    Slot& first = slots_[place];
    const uint32_t middle = place + left_length;
    if (first.symbol != pair.left || slots_[middle].symbol != pair.right) continue;
    const uint32_t end = middle + right_length;
    const uint64_t weight = first.word < words_.counts.size() ? words_.counts[first.word] : 0;
    const uint32_t before = slots_[place - 1].symbol, after = slots_[end].symbol;
    slots_[middle - 1].symbol = kNoSymbol;
    slots_[middle].symbol = kNoSymbol;
    first.symbol = symbol;
    slots_[end - 1].symbol = symbol;
    merged += weight;
    if (before != kNoSymbol) left_.add(before, weight, place - lengths_[before]);
    if (after != kNoSymbol) right_.add(after, weight, place);
    if (place >= first_forced_slot_) --forced_needed_;
  }
  return merged;
}

/// (before, left) and (right, after) are no longer neighbours at the merged places.
void Learner::lower_old_pairs(const SymbolPair& pair, uint32_t symbol) {
  const auto lower = [&](uint32_t left, uint32_t right, uint64_t weight) {
    const uint32_t found = pairs_.find(left, right);
    if (found != SymbolPairTable::kNone) pairs_[found].count -= weight;
  };
  for (const uint32_t after : right_.touched()) lower(pair.right, after, right_.weight(after));
  for (const uint32_t before : left_.touched()) {
    if (before != symbol) {
      lower(before, pair.left, left_.weight(before));
    } else {
      // Two merged places side by side: the first saw `left` behind it, which is merged by now.
      right_.weight(pair.left) -= left_.weight(symbol);
    }
  }
}

void Learner::add_new_pairs(uint32_t symbol) {
  for (const uint32_t before : left_.touched()) add_pair(before, symbol, left_, before);
  for (const uint32_t after : right_.touched()) add_pair(symbol, after, right_, after);
  left_.write_places(places_);
  right_.write_places(places_);
}

void Learner::add_pair(uint32_t left, uint32_t right, Neighbours& side, uint32_t neighbour) {
  const uint64_t count = side.weight(neighbour);
  const uint64_t length = uint64_t{lengths_[left]} + lengths_[right];
  if (count < keep_count_ || length > options_.max_token_bytes) {
    side.next_place(neighbour) = kNotKept;
    return;
  }
  const uint64_t first_place = places_.size();
  side.next_place(neighbour) = first_place;
  places_.resize(first_place + side.places(neighbour));
  register_pair(pairs_.insert({left, right, count, first_place, side.places(neighbour)}));
}

/// Fewer left and right symbols than before: all their other pairs gain.
void Learner::update_likelihood(const SymbolPair& pair, uint64_t merged) {
  symbol_counts_[pair.left] -= merged;
  symbol_counts_[pair.right] -= merged;
  symbol_counts_[ids() - 1] = merged;
  const auto raise = [&](uint32_t symbol) {
    std::vector<uint32_t>& indices = pairs_of_[symbol];
    std::erase_if(indices, [&](uint32_t index) { return pairs_[index].count == 0; });
    for (const uint32_t index : indices) enqueue(index);
  };
  raise(pair.left);
  if (pair.right != pair.left) raise(pair.right);
  // Outdated entries are dropped where they are the most.
  if (queue_.size() <= 4 * size_t{pairs_.size()} + (1u << 16)) return;
  std::vector<SymbolPairQueue::Entry> entries;
  for (uint32_t index = 0; index < pairs_.size(); ++index) {
    const SymbolPair& live = pairs_[index];
    if (live.count < min_count_) continue;
    entries.push_back({priority(live), pair_key(live.left, live.right), index});
  }
  queue_.replace(std::move(entries));
}

}  // namespace

void check_bpe_options(const BpeLearnerOptions& options) {
  const auto refuse = [](const std::string& message) {
    throw Error(ErrorCode::kInvalidArgument, message);
  };
  if (options.vocab_size < kBytes) {
    refuse("expected a vocabulary of at least 256 ids (one per byte), found " +
           std::to_string(options.vocab_size));
  }
  if (options.vocab_size >= (1u << 30)) refuse("expected a vocabulary below 2^30 ids");
  if (options.max_token_bytes == 0) refuse("expected max_token_bytes of at least 1");
  for (const std::string& token : options.forced_tokens) {
    if (token.empty()) refuse("expected forced tokens that are not empty");
    if (token.size() > options.max_token_bytes) {
      refuse("a forced token of " + std::to_string(token.size()) +
             " bytes is longer than max_token_bytes = " + std::to_string(options.max_token_bytes));
    }
  }
}

LearnedBpe learn_bpe(const WordCounts& words, const BpeLearnerOptions& options) {
  check_bpe_options(options);
  return Learner(words, options).run();
}

uint8_t byte_of_initial_id(TokenId id) noexcept {
  return kInitialBytes[id];
}

}  // namespace tokrail
