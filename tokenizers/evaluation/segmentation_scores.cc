#include "tokenizers/evaluation/segmentation_scores.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/parallel.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/evaluation/plain_encoding.h"
#include "tokenizers/evaluation/share.h"

namespace tokrail {

namespace {

// Equal but for case. Gold files are in lower case by the rules of their language, which they do
// not name, so both ways to lower an I count.
bool same_letter(char32_t written, char32_t morph) {
  if (written == morph || simple_lowercase(written) == simple_lowercase(morph)) return true;
  return written == U'I' && morph == U'ı';
}

// Reads the word and its morphs side by side. False where they differ in more than case.
bool align(const GoldWord& gold, std::vector<uint32_t>* cuts) {
  const char* at = gold.word.data();
  const char* const end = at + gold.word.size();
  for (size_t i = 0; i < gold.morphs.size(); ++i) {
    const std::string& morph = gold.morphs[i];
    if (morph.empty()) return false;
    for (const auto [position, unit] : utf8_units(morph)) {
      if (at == end) return false;
      const Utf8Unit written = decode_utf8(at, end);
      if (!written.valid || !unit.valid || !same_letter(written.code_point, unit.code_point)) {
        return false;
      }
      at += written.length;
    }
    if (cuts != nullptr && i + 1 < gold.morphs.size()) {
      cuts->push_back(static_cast<uint32_t>(at - gold.word.data()));
    }
  }
  return at == end;
}

// Cuts of a word, which `text` is with a space before it, by the bytes that tokens spell; nothing
// where these are neither the text nor the word.
std::optional<std::vector<uint32_t>> spelled_cuts(const Tokenizer& tokenizer,
                                                  const std::string& text) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  DecodeContext context = vocabulary.start_context();
  std::string spelled;
  std::vector<size_t> ends;
  for (const TokenId id : tokenizer.encode(text, plain_encoding())) {
    vocabulary.bytes(context, id).append_to(spelled);
    context = vocabulary.next_context(context, id);
    ends.push_back(spelled.size());
  }
  const size_t before = spelled.size() == text.size() ? 1 : 0;
  if (spelled != std::string_view(text).substr(1 - before)) return std::nullopt;
  std::vector<uint32_t> cuts;
  for (const size_t end : ends) {
    if (end <= before || end >= spelled.size()) continue;
    const auto cut = static_cast<uint32_t>(end - before);
    if (cuts.empty() || cuts.back() != cut) cuts.push_back(cut);
  }
  return cuts;
}

}  // namespace

std::vector<uint32_t> gold_cuts(const GoldWord& gold) {
  std::vector<uint32_t> cuts;
  if (!align(gold, &cuts)) cuts.clear();
  return cuts;
}

bool concatenates(const GoldWord& gold) {
  return align(gold, nullptr);
}

GoldHalf half_of(const GoldWord& gold) noexcept {
  uint64_t hash = 0xCBF29CE484222325ull;
  for (const std::string& morph : gold.morphs) {
    for (const char c : morph) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
    }
  }
  return (hash & 1) == 0 ? GoldHalf::kA : GoldHalf::kB;
}

std::vector<GoldWord> half_of(std::span<const GoldWord> gold, GoldHalf half) {
  std::vector<GoldWord> words;
  std::copy_if(gold.begin(), gold.end(), std::back_inserter(words),
               [half](const GoldWord& word) { return half_of(word) == half; });
  return words;
}

std::vector<uint32_t> predicted_cuts(const Tokenizer& tokenizer, std::string_view word) {
  const std::string text = " " + std::string(word);
  // What tokens spell tells cuts inside characters too, which spans do not; but it tells nothing
  // where it is not the text (normalised, say), or where a stem holds its end back.
  if (tokenizer.spec().hybrid == nullptr && tokenizer.vocabulary().exact()) {
    if (auto cuts = spelled_cuts(tokenizer, text)) return *std::move(cuts);
  }
  const Encoding encoding = tokenizer.encode_with_offsets(text, plain_encoding());
  std::vector<uint32_t> cuts;
  for (const Span span : encoding.offsets) {
    if (span.end <= span.begin || span.end <= 1 || span.end >= text.size()) continue;
    cuts.push_back(static_cast<uint32_t>(span.end - 1));
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

double SegmentationScores::precision() const {
  return share_of(right_cuts, predicted_cuts);
}
double SegmentationScores::recall() const {
  return share_of(right_cuts, gold_cuts);
}
double SegmentationScores::f1() const {
  return share_of(2 * right_cuts, gold_cuts + predicted_cuts);
}
double SegmentationScores::exact_share() const {
  return share_of(exact, words);
}
double SegmentationScores::pure_share() const {
  return share_of(pure_pieces, pieces);
}
double SegmentationScores::morphscore() const {
  return share_of(morphscore_right, morphscore_words);
}

void SegmentationScores::add_word(std::span<const uint32_t> gold,
                                  std::span<const uint32_t> predicted, uint32_t length,
                                  uint64_t times) {
  const auto is_in = [](std::span<const uint32_t> cuts, uint32_t cut) {
    return std::binary_search(cuts.begin(), cuts.end(), cut);
  };
  words += times;
  gold_cuts += times * gold.size();
  predicted_cuts += times * predicted.size();
  for (const uint32_t cut : predicted) right_cuts += is_in(gold, cut) ? times : 0;
  if (std::equal(gold.begin(), gold.end(), predicted.begin(), predicted.end())) exact += times;
  // A piece is pure if both its ends are borders of morphs and none lies between them.
  for (size_t i = 0; i <= predicted.size(); ++i) {
    const uint32_t begin = i == 0 ? 0 : predicted[i - 1];
    const uint32_t end = i == predicted.size() ? length : predicted[i];
    const auto next = std::upper_bound(gold.begin(), gold.end(), begin);
    const bool begins = begin == 0 || is_in(gold, begin);
    const bool ends = (next == gold.end() ? length : *next) == end;
    pieces += times;
    if (begins && ends) pure_pieces += times;
  }
  if (!gold.empty() && !predicted.empty()) {
    morphscore_words += times;
    if (is_in(predicted, gold.front())) morphscore_right += times;
  }
}

void SegmentationScores::add(const SegmentationScores& other) {
  words += other.words;
  exact += other.exact;
  gold_cuts += other.gold_cuts;
  predicted_cuts += other.predicted_cuts;
  right_cuts += other.right_cuts;
  pieces += other.pieces;
  pure_pieces += other.pure_pieces;
  morphscore_words += other.morphscore_words;
  morphscore_right += other.morphscore_right;
}

SegmentationScores score_segmentation(const Tokenizer& tokenizer, std::span<const GoldWord> gold,
                                      bool weigh_by_count) {
  constexpr size_t kGrain = 256;
  SegmentationScores total;
  std::mutex mutex;
  parallel_for(0, gold.size(), kGrain, [&](size_t begin, size_t end) {
    SegmentationScores part;
    for (size_t i = begin; i < end; ++i) {
      const GoldWord& word = gold[i];
      part.add_word(gold_cuts(word), predicted_cuts(tokenizer, word.word),
                    static_cast<uint32_t>(word.word.size()), weigh_by_count ? word.count : 1);
    }
    const std::lock_guard lock(mutex);
    total.add(part);
  });
  return total;
}

}  // namespace tokrail
