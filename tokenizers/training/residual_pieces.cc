#include "tokenizers/training/residual_pieces.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "tokenizers/training/bpe_learner.h"

namespace tokrail {
namespace {

constexpr size_t kBytes = 256;
constexpr size_t kMaxPieceBytes = 32;
constexpr size_t kRoomForIndentation = 64;  // with fewer pieces, none is spent on indentation

}  // namespace

void ResidualPieces::add(std::string_view text, uint64_t weight) {
  if (weight == 0) return;
  size_t from = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const bool cut = i == text.size() || (!options_.with_digits && is_ascii_digit(text[i]));
    if (!cut) continue;
    if (i > from + 1) strings_.emplace_back(text.substr(from, i - from), weight);
    from = i + 1;
  }
}

std::vector<std::string> ResidualPieces::learn() {
  std::sort(strings_.begin(), strings_.end());
  std::vector<std::pair<std::string, uint64_t>> distinct;
  for (auto& [text, weight] : strings_) {
    if (!distinct.empty() && distinct.back().first == text) {
      distinct.back().second += weight;
    } else {
      distinct.emplace_back(std::move(text), weight);
    }
  }
  strings_.clear();
  WordCounts words;
  for (const auto& [text, weight] : distinct) {
    words.words.push_back(text);
    words.counts.push_back(weight);
    words.occurrences += weight;
    words.bytes += weight * text.size();
  }
  BpeLearnerOptions learner;
  learner.vocab_size = kBytes + options_.limit;
  learner.min_frequency = 1;
  learner.max_token_bytes = kMaxPieceBytes;
  if (options_.limit >= kRoomForIndentation) {
    learner.forced_tokens = {"  ", "    ", "        ", "                ", "\t\t", "\n\n"};
  }
  learner.threads = options_.threads;
  learner.progress = options_.progress;
  learner.stop = options_.stop;
  const LearnedBpe learned = learn_bpe(words, learner);
  std::vector<std::string> pieces;
  for (size_t id = kBytes; id < learned.tokens.size(); ++id) {
    pieces.emplace_back(learned.tokens[id]);
  }
  return pieces;
}

}  // namespace tokrail
