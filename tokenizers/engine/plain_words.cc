#include "tokenizers/engine/plain_words.h"

#include <new>
#include <utility>

namespace tokrail {
namespace {

constexpr TextEnds kInside = {false, false};

}  // namespace

PlainWords::PlainWords(std::shared_ptr<const TextPipeline> pipeline)
    : pipeline_(std::move(pipeline)),
      known_(
          static_cast<std::atomic<uint64_t>*>(std::calloc(kKnown, sizeof(std::atomic<uint64_t>)))) {
  static_assert(std::atomic<uint64_t>::is_always_lock_free && kUnknown == 0);
  if (!known_) throw std::bad_alloc();
}

std::unique_ptr<const PlainWords> PlainWords::make(std::shared_ptr<const TextPipeline> pipeline,
                                                   std::span<const PreTokenizerStep> steps) {
  using Step = PreTokenizerStep::Kind;
  const auto is = [&](size_t i, Step kind) { return i < steps.size() && steps[i].kind == kind; };
  const bool by_character =
      (steps.size() == 1 &&
       (is(0, Step::kBert) || is(0, Step::kLlamaWpm) || is(0, Step::kWhitespaceSplit))) ||
      (steps.size() == 2 && is(0, Step::kWhitespaceSplit) && is(1, Step::kMetaspace));
  if (!by_character || pipeline->stages().prefix_space) return nullptr;
  auto words = std::unique_ptr<PlainWords>(new PlainWords(std::move(pipeline)));
  words->knows_beginnings_ =
      !is(1, Step::kMetaspace) || steps[1].prepend_scheme != PrependScheme::kFirst;
  const std::vector<AlignedText> letter = words->pieces_of("a");
  if (letter.size() != 1 || !letter[0].text().ends_with('a')) return nullptr;
  words->mark_ = letter[0].text().substr(0, letter[0].text().size() - 1);
  return words;
}

/// What normalizer and pre-tokenizer make of a text inside a part. It outlives the pieces.
std::vector<AlignedText> PlainWords::pieces_of(std::string_view text) const {
  const TextPipeline::Stages& stages = pipeline_->stages();
  AlignedText normalized(text, 1);
  stages.normalizer.apply(normalized, kInside);
  if (normalized.empty()) return {};
  std::vector<AlignedText> pieces = {std::move(normalized)};
  stages.pre_tokenizer.split(pieces);
  return pieces;
}

bool PlainWords::is_identity_on(std::string_view segment) const {
  return pipeline_->stages().normalizer.is_identity_on(segment, kInside);
}

// Looks at the character between two letters.
PlainWords::Character PlainWords::ask(char32_t code_point) const {
  std::string own;
  append_utf8(code_point, own);
  const std::string text = "a" + own + "a";
  const std::vector<AlignedText> pieces = pieces_of(text);
  const bool is_local = pipeline_->stages().normalizer.is_local(code_point);
  const std::string letter = mark_ + "a";
  if (pieces.empty() || pieces.size() > 3 || !pieces.front().text().starts_with(letter) ||
      !pieces.back().text().ends_with('a')) {
    return kNotPlain;
  }
  if (pieces.size() == 2) {
    // A mark in the text, too, begins a piece.
    const bool is_white = pieces[0].text() == letter && pieces[1].text() == letter &&
                          pieces[1].original_range(0, letter.size()).begin == 2 + own.size();
    return is_white && is_local ? Character{kWhite, 0, {}} : kNotPlain;
  }
  const bool is_sign = pieces.size() == 3;
  if (is_sign && (!mark_.empty() || pieces[0].text() != "a" || pieces[2].text() != "a")) {
    return kNotPlain;
  }
  const AlignedText& piece = is_sign ? pieces[1] : pieces[0];
  const size_t before = is_sign ? 0 : letter.size(), behind = is_sign ? 0 : 1;
  if (piece.text().size() <= before + behind) return kNotPlain;
  const std::string_view image = piece.text().substr(before, piece.text().size() - before - behind);
  const OriginalRange here = {2, 2 + own.size()};  // the text begins at 1
  for (size_t i = before; i < before + image.size(); ++i) {
    if (piece.original_range(i, i + 1) != here) return kNotPlain;
  }
  if (image.size() > Character::kMostBytes) return kNotPlain;
  if (!mark_.empty() && image.find(mark_) != image.npos) return kNotPlain;
  if (!is_local && (image != own || is_sign)) return kNotPlain;
  Character answer = {is_sign    ? kSign
                      : is_local ? kLetter
                                 : kFragile,
                      static_cast<uint8_t>(image.size()),
                      {}};
  image.copy(answer.bytes, image.size());
  return answer;
}

}  // namespace tokrail
