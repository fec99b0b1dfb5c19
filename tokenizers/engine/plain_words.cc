#include "tokenizers/engine/plain_words.h"

#include <utility>
#include <vector>

#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr TextEnds kInside = {false, false};

}  // namespace

std::unique_ptr<const PlainWords> PlainWords::make(std::shared_ptr<const TextPipeline> pipeline,
                                                   std::span<const PreTokenizerStep> steps) {
  using Kind = PreTokenizerStep::Kind;
  const auto is = [&](size_t i, Kind kind) { return i < steps.size() && steps[i].kind == kind; };
  const bool by_character =
      (steps.size() == 1 &&
       (is(0, Kind::kBert) || is(0, Kind::kLlamaWpm) || is(0, Kind::kWhitespaceSplit))) ||
      (steps.size() == 2 && is(0, Kind::kWhitespaceSplit) && is(1, Kind::kMetaspace));
  if (!by_character || pipeline->stages().prefix_space) return nullptr;
  auto words = std::unique_ptr<PlainWords>(new PlainWords(std::move(pipeline)));
  const auto letter = words->only_piece("a");
  if (!letter || !letter->ends_with('a')) return nullptr;
  words->mark_ = letter->substr(0, letter->size() - 1);
  for (int c = 0; c < 128; ++c) {
    words->classify(static_cast<char>(c));
  }
  return words;
}

/// What normalizer and pre-tokenizer make of a text inside a part: one piece, or nothing.
std::optional<std::string> PlainWords::only_piece(std::string_view text) const {
  const TextPipeline::Stages& stages = pipeline_->stages();
  AlignedText normalized(text, 1);
  stages.normalizer.apply(normalized, kInside);
  if (normalized.empty()) return std::nullopt;
  std::vector<AlignedText> pieces = {std::move(normalized)};
  stages.pre_tokenizer.split(pieces);
  if (pieces.size() != 1) return std::nullopt;
  return std::string(pieces[0].text());
}

void PlainWords::classify(char character) {
  const Normalizer& normalizer = pipeline_->stages().normalizer;
  const auto index = static_cast<unsigned char>(character);
  uint8_t& kind = kinds_[index];
  const std::string text(1, character);
  const std::string word = mark_ + "a";
  if (normalizer.leaves_alone(index)) kind |= kAlone;
  if (normalizer.ascii_image(character) != 0) kind |= kLocal;
  if (!only_piece(text) && only_piece(text + "a") == word &&
      only_piece(text + text + "a") == word) {
    kind |= kLeading;
  }
  if (mark_.empty() && only_piece(text) == text) kind |= kSign;
  const auto inner = only_piece("a" + text + "a");
  if (!inner || inner->size() != word.size() + 2 || !inner->starts_with(word)) return;
  images_[index] = (*inner)[word.size()];
  kind |= kRespelled;
  if (images_[index] == character) kind |= kLetter;
}

bool PlainWords::ask(char32_t code_point) const {
  if (!pipeline_->stages().normalizer.leaves_alone(code_point)) return false;
  std::string text = "a";
  append_utf8(code_point, text);
  text += 'a';
  return only_piece(text) == mark_ + text;
}

bool PlainWords::is_plain_letter(char32_t code_point) const {
  if (code_point > 0xFFFF) return false;
  // Threads that ask for the same one at once store the same answer.
  std::atomic<uint8_t>& known = known_[code_point];
  uint8_t answer = known.load(std::memory_order_relaxed);
  if (answer == kUnknown) {
    answer = ask(code_point) ? kPlain : kOther;
    known.store(answer, std::memory_order_relaxed);
  }
  return answer == kPlain;
}

std::optional<PlainWords::Word> PlainWords::match(std::string_view segment,
                                                  std::string& room) const {
  const char* const end = segment.data() + segment.size();
  const char* p = segment.data();
  uint8_t all = 0xFF;  // kinds that every ASCII character so far has
  for (; p < end && static_cast<unsigned char>(*p) < 0x80; ++p) {
    const uint8_t kind = kinds_[static_cast<unsigned char>(*p)];
    if ((kind & kLeading) == 0) break;
    all &= kind | kLetter | kRespelled | kSign;
  }
  const auto leading = static_cast<size_t>(p - segment.data());
  const std::string_view word = segment.substr(leading);
  bool is_ascii = true;
  while (p < end) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      all &= kinds_[static_cast<unsigned char>(*p++)];
      continue;
    }
    const Utf8Unit unit = decode_utf8(p, end);
    if (!unit.valid || !is_plain_letter(unit.code_point)) return std::nullopt;
    is_ascii = false;
    p += unit.length;
  }
  const bool is_sign = word.size() == 1 && is_ascii && (all & kSign) != 0;
  const Normalizer& normalizer = pipeline_->stages().normalizer;
  room = mark_;
  if ((all & kLetter) != 0 &&
      ((all & kAlone) != 0 || normalizer.is_identity_on(segment, kInside))) {
    if (mark_.empty() || word.empty()) return Word{leading, 0, word};
    room += word;
  } else if ((all & kRespelled) != 0 && (all & kLocal) != 0 && is_ascii) {
    for (const char c : word) room += images_[static_cast<unsigned char>(c)];
  } else if (is_sign && (all & (kAlone | kLocal)) != 0) {
    return Word{leading, 0, word};
  } else {
    return std::nullopt;
  }
  return Word{leading, mark_.size(), word.empty() ? std::string_view() : std::string_view(room)};
}

}  // namespace tokrail
