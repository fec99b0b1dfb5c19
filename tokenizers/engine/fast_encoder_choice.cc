// Which FastEncoder gives the same ids and spans as the pipeline of a tokenizer, if any does.
#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/models/certain_cuts.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/pretokenization/splitter.h"

namespace tokrail {
namespace {

using NormalizerKind = NormalizerStep::Kind;
using PreTokenizerKind = PreTokenizerStep::Kind;
using ModelKind = ModelSpec::Kind;

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // "▁"

/// The splitter that does all the cutting of these steps, if there is one.
std::unique_ptr<const Splitter> only_splitter(const std::vector<PreTokenizerStep>& steps,
                                              RegexDialect dialect) {
  if (steps.size() != 1 || steps[0].kind != PreTokenizerKind::kSplit) return nullptr;
  const PreTokenizerStep& step = steps[0];
  if (dialect != RegexDialect::kRust && !Splitter::reads_like_oniguruma(step.pattern.text)) {
    return nullptr;
  }
  // The known patterns match every character, so that what is between matches does not occur.
  const bool keeps_matches = step.behavior == SplitBehavior::kRemoved && step.invert;
  const bool isolates = step.behavior == SplitBehavior::kIsolated;
  if (!step.pattern.is_regex || !(keeps_matches || isolates)) return nullptr;
  return Splitter::for_pattern(step.pattern.text);
}

/// Whether a text may be normalised in two parts that meet before a line feed, whatever printable
/// ASCII character is in front of it. Normalizers with seams before spaces look at neighbours only,
/// so that trying every neighbour is enough.
bool newlines_are_seams(const Normalizer& normalizer) {
  std::string whole, left, right;
  for (char c = '!'; c <= '~'; ++c) {
    const std::string front = std::string("a") + c;
    for (const std::string_view behind : {"\nb", "\n b", "\n\nb", "\n\tb", "\n\xC3\xA9"}) {
      normalizer.apply(front + std::string(behind), whole);
      normalizer.apply(front, left, {true, false});
      normalizer.apply(behind, right, {false, true});
      if (whole != left + right) return false;
    }
  }
  return true;
}

/// Cuts before line feeds behind printable characters, where they are seams.
AsciiPairs newline_cuts(const Normalizer& normalizer) {
  AsciiPairs cuts;
  if (!newlines_are_seams(normalizer)) return cuts;
  for (unsigned char c = '!'; c <= '~'; ++c) cuts.set(c, '\n');
  return cuts;
}

/// Pairs of ASCII characters that stand side by side in no token. Without byte fallback both must
/// be tokens themselves, as neighbouring unknown characters become one token.
AsciiPairs pairs_in_no_token(const TokenizerSpec& spec) {
  AsciiPairs in_tokens;
  bool known[128] = {};
  const ByteStrings& texts = spec.vocabulary.texts;
  for (size_t id = 0; id < texts.size(); ++id) {
    const std::string_view text = texts[id];
    if (text.size() == 1 && text[0] >= 0) known[static_cast<int>(text[0])] = true;
    for (size_t i = 1; i < text.size(); ++i) {
      const auto first = static_cast<unsigned char>(text[i - 1]);
      const auto second = static_cast<unsigned char>(text[i]);
      if (first < 128 && second < 128) in_tokens.set(first, second);
    }
  }
  AsciiPairs cuts;
  for (unsigned char first = 0; first < 128; ++first) {
    for (unsigned char second = 0; second < 128; ++second) {
      // Spaces are marks in the vocabulary, and begin segments.
      if (first == ' ' || second == ' ' || in_tokens.has(first, second)) continue;
      if (!spec.model.byte_fallback && !(known[first] && known[second])) continue;
      cuts.set(first, second);
    }
  }
  return cuts;
}

/// Borders that are inside of no token, for models over characters. An unknown character must
/// become tokens of its own.
class BordersInNoToken final : public CharacterBorders {
 public:
  explicit BordersInNoToken(const ByteStrings& tokens) : cuts_(tokens) {}
  bool may_cut(std::string_view left, std::string_view right) const noexcept override {
    // Spaces are marks in the vocabulary, and cut elsewhere.
    return left[0] != ' ' && right[0] != ' ' && cuts_.between(left, right);
  }

 private:
  CertainCuts cuts_;
};

/// Whether every byte has a token to fall back on.
bool spells_all_bytes(const TokenizerSpec& spec) {
  const auto& kinds = spec.vocabulary.kinds;
  return spec.model.byte_fallback &&
         std::count(kinds.begin(), kinds.end(), TokenKind::kByte) == 256;
}

/// Whether normalising leaves every character but spaces alone.
bool leaves_characters_alone(const TokenizerSpec& spec) {
  return std::all_of(spec.normalizers.begin(), spec.normalizers.end(), [](const auto& step) {
    const bool spaces_only =
        step.kind == NormalizerKind::kLlamaSpm || step.kind == NormalizerKind::kSentencePiece;
    return spaces_only && step.charsmap.empty() && !step.remove_extra_whitespaces;
  });
}

}  // namespace

void TokenizerEngine::compile_fast_encoder() {
  const TextPipeline::Stages& stages = pipeline_->stages();
  if (hybrid_) {
    fast_encoder_ = make_hybrid_encoder(hybrid_);
    return;
  }
  if (raw_bytes_) {
    auto splitter = only_splitter(raw_byte_steps(spec_->pre_tokenizers), dialect_of(*spec_));
    if (!splitter) return;
    splitter_ = splitter.get();
    fast_encoder_ = FastEncoder::byte_level(std::move(splitter), model_.model, model_.rank_bpe,
                                            model_.cuts, [this] { return token_lengths(); });
    return;
  }
  bool ends_matter = true;
  auto segmenter = choose_segmenter(ends_matter);
  if (!segmenter) return;
  const auto& steps = spec_->pre_tokenizers;
  const bool marks_only = steps.size() == 1 && steps[0].kind == PreTokenizerKind::kMetaspace &&
                          steps[0].replacement == kSpaceMark && !steps[0].split;
  const bool whole_text = (steps.empty() || marks_only) && !stages.replace_invalid_utf8;
  if (whole_text) {
    const bool sums =
        spec_->model.kind == ModelKind::kUnigram && spec_->format == SourceFormat::kSentencePiece;
    const auto* unigram = sums ? static_cast<const Unigram*>(model_.model.get()) : nullptr;
    fast_encoder_ = FastEncoder::sentencepiece(
        std::move(segmenter), pipeline_, unigram,
        marks_only ? std::optional(steps[0].prepend_scheme) : std::nullopt);
  } else {
    const bool one_word = steps.empty() || marks_only;
    auto plain = one_word ? nullptr : PlainWords::make(pipeline_, steps);
    fast_encoder_ = FastEncoder::pipeline(std::move(segmenter), pipeline_, std::move(plain),
                                          ends_matter, one_word);
  }
}

/// Bytes that each token of a byte-level model stands for; nothing when one is too long.
std::vector<uint16_t> TokenizerEngine::token_lengths() const {
  const ModelSpec& model = spec_->model;
  const bool in_alphabet = !model.raw_bytes && model.kind != ModelKind::kRankBpe;
  const ByteStrings& texts = spec_->vocabulary.texts;
  std::vector<uint16_t> lengths(texts.size());
  for (size_t id = 0; id < texts.size(); ++id) {
    // In the alphabet every character is a byte.
    const size_t length = in_alphabet ? count_code_points(texts[id]) : texts[id].size();
    if (length > 0xFFFF) return {};
    lengths[id] = static_cast<uint16_t>(length);
  }
  return lengths;
}

/// No piece has a space mark behind another character, so that no token crosses a cut before one.
bool TokenizerEngine::pieces_start_at_spaces() const {
  const ByteStrings& texts = spec_->vocabulary.texts;
  for (size_t id = 0; id < texts.size(); ++id) {
    std::string_view text = texts[id];
    while (text.starts_with(kSpaceMark)) text.remove_prefix(kSpaceMark.size());
    if (text.find(kSpaceMark) != text.npos) return false;
  }
  return true;
}

// Which cuts leave every stage local; nullptr where none is known to.
std::unique_ptr<const Segmenter> TokenizerEngine::choose_segmenter(bool& ends_matter) const {
  const TextPipeline::Stages& stages = pipeline_->stages();
  if (!stages.normalized_matcher.empty()) return nullptr;
  const auto& steps = spec_->pre_tokenizers;
  const auto kind = [&](size_t i) { return steps[i].kind; };
  const bool json = spec_->format == SourceFormat::kTokenizerJson;
  if (!steps.empty() && kind(0) == PreTokenizerKind::kBert && steps.size() == 1) {
    const auto& normalizers = spec_->normalizers;
    const bool local = std::all_of(normalizers.begin(), normalizers.end(), [](const auto& step) {
      return step.kind == NormalizerKind::kBert || step.kind == NormalizerKind::kLowercase;
    });
    const bool spaces_out =
        std::any_of(normalizers.begin(), normalizers.end(), [](const auto& step) {
          return step.kind == NormalizerKind::kBert && step.handle_chinese_chars;
        });
    ends_matter = false;
    return local ? make_word_segmenter(spaces_out) : nullptr;
  }
  if (steps.size() == 1 && kind(0) == PreTokenizerKind::kLlamaWpm && spec_->normalizers.empty()) {
    ends_matter = false;
    return make_word_segmenter(true);
  }
  if (!stages.normalizer.local_at_spaces()) return nullptr;
  const bool metaspace_last = !steps.empty() &&
                              kind(steps.size() - 1) == PreTokenizerKind::kMetaspace &&
                              steps.back().replacement == kSpaceMark;
  const bool whitespace_metaspace =
      metaspace_last && steps.size() == 2 && kind(0) == PreTokenizerKind::kWhitespaceSplit;
  const bool only_metaspace = metaspace_last && steps.size() == 1;
  const bool words_only = steps.size() == 1 && (kind(0) == PreTokenizerKind::kWhitespaceSplit ||
                                                kind(0) == PreTokenizerKind::kWhitespace);
  if (whitespace_metaspace || words_only) {
    return make_space_segmenter(stages.normalizer, newline_cuts(stages.normalizer));
  }
  const bool no_steps = steps.empty();
  if (!(only_metaspace || no_steps)) return nullptr;
  // From here on a piece may be the whole text: the model itself must not look across a space.
  const bool splits = only_metaspace && steps[0].split;
  const ModelKind model = spec_->model.kind;
  const bool unigram_json = json && model == ModelKind::kUnigram && !splits;
  if (unigram_json || !pieces_start_at_spaces()) return nullptr;
  if (model != ModelKind::kMergeBpe && model != ModelKind::kScoreBpe &&
      model != ModelKind::kUnigram) {
    return nullptr;
  }
  if (!spec_->model.end_of_word_suffix.empty() || !spec_->model.continuing_prefix.empty() ||
      spec_->model.ignore_merges) {
    return nullptr;
  }
  for (const NormalizerStep& step : spec_->normalizers) {
    if (step.treat_whitespace_as_suffix || !step.escape_whitespaces) return nullptr;
  }
  // Spaces must become marks somewhere, or cuts before them would cut words apart.
  const bool marks_spaces =
      only_metaspace ||
      std::any_of(spec_->normalizers.begin(), spec_->normalizers.end(), [](const auto& step) {
        return step.kind == NormalizerKind::kSentencePiece ||
               step.kind == NormalizerKind::kLlamaSpm || step.kind == NormalizerKind::kLlamaUgm ||
               (step.kind == NormalizerKind::kReplace && step.pattern == Pattern{" ", false} &&
                step.text == kSpaceMark);
      });
  if (!marks_spaces) return nullptr;
  // sentencepiece takes merged unused pieces apart by what it merged anywhere in the text.
  if (model == ModelKind::kScoreBpe) {
    const VocabularySpec& vocabulary = spec_->vocabulary;
    for (size_t id = 0; id < vocabulary.size(); ++id) {
      if (vocabulary.kinds[id] == TokenKind::kUnused && !vocabulary.texts[id].empty()) {
        return nullptr;
      }
    }
  }
  if (!vocabulary_has_space_mark()) return nullptr;
  // A Metaspace that splits or marks every part would do so at cuts that are no spaces.
  const bool marks_parts =
      only_metaspace && (steps[0].split || steps[0].prepend_scheme == PrependScheme::kAlways);
  if (marks_parts || !leaves_characters_alone(*spec_) || user_defined_symbols().size() > 0) {
    return make_space_segmenter(stages.normalizer, AsciiPairs());
  }
  auto borders = model_.rank_bpe && spells_all_bytes(*spec_)
                     ? std::make_unique<BordersInNoToken>(spec_->vocabulary.texts)
                     : nullptr;
  return make_space_segmenter(stages.normalizer, pairs_in_no_token(*spec_), std::move(borders));
}

bool TokenizerEngine::vocabulary_has_space_mark() const {
  const ByteStrings& texts = spec_->vocabulary.texts;
  for (size_t id = 0; id < texts.size(); ++id) {
    if (texts[id] == kSpaceMark) return true;
  }
  return false;
}

}  // namespace tokrail
