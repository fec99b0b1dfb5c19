#include "tokenizers/evaluation/text_scores.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/ascii.h"
#include "base/utf8.h"
#include "tokenizers/evaluation/plain_encoding.h"
#include "tokenizers/evaluation/share.h"
#include "tokenizers/evaluation/white_space.h"

namespace tokrail {

namespace {

class LineScorer {
 public:
  LineScorer(const Tokenizer& tokenizer, TextScores& scores)
      : tokenizer_(tokenizer), scores_(scores) {
    scores_.id_counts.resize(tokenizer.size());
  }

  void add(std::string_view line) {
    line_ = line;
    encoding_ = tokenizer_.encode_with_offsets(line, plain_encoding());
    ++scores_.lines;
    scores_.bytes += line.size();
    scores_.tokens += encoding_.size();
    for (const TokenId id : encoding_.ids) ++scores_.id_counts[id];
    count_returns();
    count_characters();
    count_digits();
  }

 private:
  bool returns(std::string_view text) const {
    return tokenizer_.decode_bytes(tokenizer_.encode(text, plain_encoding())) == text;
  }

  void count_returns() {
    const bool line_returns = tokenizer_.decode_bytes(encoding_.ids) == line_;
    if (line_returns) ++scores_.lines_returned;
    for_each_word(line_, [&](std::string_view word) {
      ++scores_.words;
      if (line_returns || returns(word)) ++scores_.words_returned;
    });
  }

  // Tokens in the order of their spans; several may stand at one place.
  void count_characters() {
    starts_.clear();
    for (const auto [position, unit] : utf8_units(line_)) {
      starts_.push_back(static_cast<uint32_t>(position));
    }
    scores_.characters += starts_.size();
    starts_.push_back(static_cast<uint32_t>(line_.size()));
    held_.assign(starts_.size() - 1, 0);
    holders_.assign(starts_.size() - 1, 0);
    for (const Span span : encoding_.offsets) {
      if (span.end <= span.begin || span.end > line_.size()) continue;
      const size_t first = character_at(span.begin), last = character_at(span.end - 1);
      for (size_t c = first; c <= last; ++c) {
        ++holders_[c];
        if (held_[c] == 0) held_[c] = static_cast<uint32_t>(last - first + 1);
      }
    }
    for (size_t c = 0; c < held_.size(); ++c) {
      if (held_[c] == 0) continue;
      ++scores_.held_characters;
      scores_.held_length_sum += held_[c];
      ++scores_.characters_by_length[std::min<size_t>(held_[c], TextScores::kLengths - 1)];
      if (holders_[c] > 1) ++scores_.parted_characters;
    }
  }

  size_t character_at(uint64_t byte) const {
    const auto behind = std::upper_bound(starts_.begin(), starts_.end(), byte);
    return static_cast<size_t>(behind - starts_.begin()) - 1;
  }

  void count_digits() {
    size_t token = 0;
    for (size_t at = 0; at < line_.size();) {
      if (!is_ascii_digit(line_[at])) {
        ++at;
        continue;
      }
      size_t end = at;
      while (end < line_.size() && is_ascii_digit(line_[end])) ++end;
      while (token < encoding_.size() && encoding_.offsets[token].end <= at) ++token;
      count_run(at, end, token);
      at = end;
    }
  }

  void count_run(uint64_t begin, uint64_t end, size_t token) {
    uint64_t tokens = 0, cuts = 0;
    bool at_threes = true;
    for (; token < encoding_.size() && encoding_.offsets[token].begin < end; ++token) {
      const Span span = encoding_.offsets[token];
      if (span.end <= std::max(span.begin, begin)) continue;
      ++tokens;
      if (span.end < end) {
        ++cuts;
        at_threes &= (end - span.end) % 3 == 0;
      }
    }
    ++scores_.digit_runs;
    scores_.digits += end - begin;
    scores_.digit_tokens += tokens;
    if (end - begin < 4) return;
    ++scores_.long_runs;
    if (at_threes && cuts == (end - begin - 1) / 3) ++scores_.grouped_runs;
  }

  const Tokenizer& tokenizer_;
  TextScores& scores_;
  std::string_view line_;
  Encoding encoding_;
  std::vector<uint32_t> starts_, held_, holders_;  // by character
};

}  // namespace

void TextScores::add(const TextScores& other) {
  lines += other.lines;
  words += other.words;
  bytes += other.bytes;
  characters += other.characters;
  tokens += other.tokens;
  lines_returned += other.lines_returned;
  words_returned += other.words_returned;
  id_counts.resize(std::max(id_counts.size(), other.id_counts.size()));
  for (size_t i = 0; i < other.id_counts.size(); ++i) id_counts[i] += other.id_counts[i];
  for (size_t i = 0; i < kLengths; ++i) characters_by_length[i] += other.characters_by_length[i];
  held_characters += other.held_characters;
  held_length_sum += other.held_length_sum;
  parted_characters += other.parted_characters;
  digit_runs += other.digit_runs;
  digits += other.digits;
  digit_tokens += other.digit_tokens;
  long_runs += other.long_runs;
  grouped_runs += other.grouped_runs;
}

double TextScores::tokens_per_word() const {
  return share_of(tokens, words);
}
double TextScores::bytes_per_token() const {
  return share_of(bytes, tokens);
}
double TextScores::characters_per_token() const {
  return share_of(characters, tokens);
}
double TextScores::lines_returned_share() const {
  return share_of(lines_returned, lines);
}
double TextScores::words_returned_share() const {
  return share_of(words_returned, words);
}
uint64_t TextScores::unique_tokens() const {
  return static_cast<uint64_t>(
      std::count_if(id_counts.begin(), id_counts.end(), [](uint64_t count) { return count > 0; }));
}

double TextScores::renyi_entropy(double alpha) const {
  if (tokens == 0) return 0;
  double sum = 0, shannon = 0;
  for (const uint64_t count : id_counts) {
    if (count == 0) continue;
    const double p = share_of(count, tokens);
    sum += std::pow(p, alpha);
    shannon -= p * std::log2(p);
  }
  return alpha == 1 ? shannon : std::log2(sum) / (1 - alpha);
}

double TextScores::renyi_efficiency(size_t vocabulary_size, double alpha) const {
  if (vocabulary_size < 2) return 0;
  return renyi_entropy(alpha) / std::log2(static_cast<double>(vocabulary_size));
}

double TextScores::mean_held_length() const {
  return share_of(held_length_sum, held_characters);
}
double TextScores::parted_share() const {
  return share_of(parted_characters, held_characters);
}

double TextScores::held_share(size_t first, size_t last) const {
  uint64_t sum = 0;
  for (size_t i = first; i <= std::min(last, kLengths - 1); ++i) sum += characters_by_length[i];
  return share_of(sum, held_characters);
}

double TextScores::tokens_per_run() const {
  return share_of(digit_tokens, digit_runs);
}
double TextScores::digits_per_token() const {
  return share_of(digits, digit_tokens);
}
double TextScores::grouped_share() const {
  return share_of(grouped_runs, long_runs);
}

TextScores score_text(const Tokenizer& tokenizer, std::span<const std::string_view> lines) {
  TextScores scores;
  LineScorer scorer(tokenizer, scores);
  for (const std::string_view line : lines) scorer.add(line);
  return scores;
}

}  // namespace tokrail
