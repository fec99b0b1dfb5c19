#include "tokenizers/evaluation/hybrid_scores.h"

#include <algorithm>
#include <mutex>

#include "base/parallel.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/evaluation/plain_encoding.h"
#include "tokenizers/evaluation/share.h"
#include "tokenizers/evaluation/white_space.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail {

namespace {

bool has_letter(std::string_view text) {
  for (const auto [position, unit] : utf8_units(text)) {
    if (unit.valid && is_letter(unit.code_point)) return true;
  }
  return false;
}

// Marks the bytes of a line that belong to letters.
void mark_letters(std::string_view line, std::vector<bool>& letters) {
  letters.assign(line.size(), false);
  for (const auto [position, unit] : utf8_units(line)) {
    if (!unit.valid || !is_letter(unit.code_point)) continue;
    std::fill_n(letters.begin() + static_cast<std::ptrdiff_t>(position), unit.length, true);
  }
}

class HybridLineScorer {
 public:
  HybridLineScorer(const Tokenizer& tokenizer, HybridTextScores& scores)
      : tokenizer_(tokenizer), hybrid_(*tokenizer.spec().hybrid), scores_(scores) {}

  void add(std::string_view line) {
    encoding_ = tokenizer_.encode_with_offsets(line, plain_encoding());
    for (const TokenId id : encoding_.ids) {
      ++scores_.tokens_by_kind[static_cast<size_t>(hybrid_kind(hybrid_, id))];
    }
    mark_letters(line, letters_);
    size_t token = 0;
    for_each_word(line, [&](std::string_view word) {
      if (!has_letter(word)) return;
      const auto begin = static_cast<uint64_t>(word.data() - line.data());
      const uint64_t end = begin + word.size();
      while (token < encoding_.size() && encoding_.offsets[token].end <= begin) ++token;
      count_word(begin, end, token);
    });
  }

 private:
  void count_word(uint64_t begin, uint64_t end, size_t token) {
    bool fallback = false, literal = false;
    for (; token < encoding_.size() && encoding_.offsets[token].begin < end; ++token) {
      const HybridKind kind = hybrid_kind(hybrid_, encoding_.ids[token]);
      if (kind != HybridKind::kPiece && kind != HybridKind::kByte) continue;
      const uint64_t from = std::max(begin, encoding_.offsets[token].begin);
      const uint64_t to = std::min(end, encoding_.offsets[token].end);
      bool letter = false;
      for (uint64_t i = from; i < to; ++i) letter |= letters_[i];
      fallback |= letter;
      literal |= letter && kind == HybridKind::kByte;
    }
    ++scores_.letter_words;
    if (fallback) ++scores_.fallback_words;
    if (literal) ++scores_.literal_words;
  }

  const Tokenizer& tokenizer_;
  const HybridSpec& hybrid_;
  HybridTextScores& scores_;
  Encoding encoding_;
  std::vector<bool> letters_;
};

// The suffixes that an id stands for; 0: it is neither suffix nor chain.
size_t suffixes_of(const HybridSpec& spec, TokenId id) {
  if (spec.suffixes.has(id)) return 1;
  return spec.chains.has(id) ? spec.chain_suffixes[id - spec.chains.begin].size() : 0;
}

HybridMorphScores score_word(const Tokenizer& tokenizer, const HybridSpec& spec,
                             const GoldWord& gold) {
  HybridMorphScores scores;
  std::vector<uint32_t> borders = gold_cuts(gold);
  if (borders.empty()) return scores;
  borders.push_back(static_cast<uint32_t>(gold.word.size()));
  const size_t morphs = borders.size() - 1;
  std::vector<bool> shared(morphs, false), covered_bytes(gold.word.size(), false);
  const Encoding encoding = tokenizer.encode_with_offsets(" " + gold.word, plain_encoding());
  for (size_t i = 0; i < encoding.size(); ++i) {
    const Span span = encoding.offsets[i];
    const size_t suffixes = suffixes_of(spec, encoding.ids[i]);
    if (suffixes == 0 || span.begin == 0 || span.end <= span.begin) continue;
    const auto first = std::lower_bound(borders.begin(), borders.end(), span.begin - 1);
    const auto last = std::lower_bound(borders.begin(), borders.end(), span.end - 1);
    for (uint64_t b = span.begin - 1; b < span.end - 1; ++b) covered_bytes[b] = true;
    if (first == borders.end() || last == borders.end()) continue;
    if (*first != span.begin - 1 || *last != span.end - 1) continue;
    if (static_cast<size_t>(last - first) != suffixes) continue;
    std::fill_n(shared.begin() + (first - borders.begin()), suffixes, true);
  }
  scores.suffix_morphs = morphs;
  for (size_t i = 0; i < morphs; ++i) {
    scores.shared += shared[i] ? 1 : 0;
    scores.covered += std::all_of(covered_bytes.begin() + borders[i],
                                  covered_bytes.begin() + borders[i + 1], [](bool b) { return b; })
                          ? 1
                          : 0;
  }
  return scores;
}

}  // namespace

std::string_view hybrid_kind_name(HybridKind kind) noexcept {
  constexpr std::string_view kNames[kHybridKinds] = {"special", "byte",    "mark", "suffix",
                                                     "chain",   "numeral", "stem", "piece"};
  return kNames[static_cast<size_t>(kind)];
}

HybridKind hybrid_kind(const HybridSpec& spec, TokenId id) noexcept {
  const IdRange* const ranges[] = {&spec.specials, &spec.bytes,    &spec.marks, &spec.suffixes,
                                   &spec.chains,   &spec.numerals, &spec.stems};
  for (size_t i = 0; i < std::size(ranges); ++i) {
    if (ranges[i]->has(id)) return static_cast<HybridKind>(i);
  }
  return HybridKind::kPiece;
}

uint64_t HybridTextScores::tokens() const {
  uint64_t sum = 0;
  for (const uint64_t count : tokens_by_kind) sum += count;
  return sum;
}
uint64_t HybridTextScores::count(HybridKind kind) const {
  return tokens_by_kind[static_cast<size_t>(kind)];
}
double HybridTextScores::fallback_share() const {
  return share_of(fallback_words, letter_words);
}
double HybridTextScores::literal_share() const {
  return share_of(literal_words, letter_words);
}

void HybridTextScores::add(const HybridTextScores& other) {
  for (size_t i = 0; i < kHybridKinds; ++i) tokens_by_kind[i] += other.tokens_by_kind[i];
  letter_words += other.letter_words;
  fallback_words += other.fallback_words;
  literal_words += other.literal_words;
}

HybridTextScores score_hybrid_text(const Tokenizer& tokenizer,
                                   std::span<const std::string_view> lines) {
  HybridTextScores scores;
  if (tokenizer.spec().hybrid == nullptr) return scores;
  HybridLineScorer scorer(tokenizer, scores);
  for (const std::string_view line : lines) scorer.add(line);
  return scores;
}

double HybridMorphScores::shared_share() const {
  return share_of(shared, suffix_morphs);
}
double HybridMorphScores::covered_share() const {
  return share_of(covered, suffix_morphs);
}

void HybridMorphScores::add(const HybridMorphScores& other) {
  suffix_morphs += other.suffix_morphs;
  shared += other.shared;
  covered += other.covered;
}

HybridMorphScores score_hybrid_morphs(const Tokenizer& tokenizer, std::span<const GoldWord> gold) {
  constexpr size_t kGrain = 256;
  HybridMorphScores total;
  const HybridSpec* const spec = tokenizer.spec().hybrid.get();
  if (spec == nullptr) return total;
  std::mutex mutex;
  parallel_for(0, gold.size(), kGrain, [&](size_t begin, size_t end) {
    HybridMorphScores part;
    for (size_t i = begin; i < end; ++i) part.add(score_word(tokenizer, *spec, gold[i]));
    const std::lock_guard lock(mutex);
    total.add(part);
  });
  return total;
}

}  // namespace tokrail
