#include "tokenizers/formats/tkz_spec.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tokenizers/formats/tkz_archive.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail::tkz {

// The last value of every enumeration; found by the type of the argument.
static constexpr auto last_value(Type<SourceFormat>) {
  return SourceFormat::kHybrid;
}
static constexpr auto last_value(Type<SplitBehavior>) {
  return SplitBehavior::kContiguous;
}
static constexpr auto last_value(Type<PrependScheme>) {
  return PrependScheme::kAlways;
}
static constexpr auto last_value(Type<NormalizerStep::Kind>) {
  return NormalizerStep::Kind::kLlamaUgm;
}
static constexpr auto last_value(Type<PreTokenizerStep::Kind>) {
  return PreTokenizerStep::Kind::kLlamaWpm;
}
static constexpr auto last_value(Type<ModelSpec::Kind>) {
  return ModelSpec::Kind::kHybrid;
}
static constexpr auto last_value(Type<TemplatePiece::Kind>) {
  return TemplatePiece::Kind::kSequenceB;
}
static constexpr auto last_value(Type<PostProcessorStep::Kind>) {
  return PostProcessorStep::Kind::kRoberta;
}
static constexpr auto last_value(Type<DecoderStep::Kind>) {
  return DecoderStep::Kind::kByteFallback;
}
static constexpr auto last_value(Type<TruncationSpec::Strategy>) {
  return TruncationSpec::Strategy::kOnlySecond;
}
static constexpr auto last_value(Type<TruncationSpec::Direction>) {
  return TruncationSpec::Direction::kRight;
}
static constexpr auto last_value(Type<PaddingSpec::Direction>) {
  return PaddingSpec::Direction::kRight;
}
static constexpr auto last_value(Type<SpecialTextDefault>) {
  return SpecialTextDefault::kAsText;
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, Pattern>& pattern) {
  auto& [text, is_regex] = pattern;
  archive(text, is_regex);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, NormalizerStep>& step) {
  auto& [kind, strip_left, strip_right, pattern, text, charsmap, clean_text, handle_chinese_chars,
         lowercase, strip_accents, add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces,
         treat_whitespace_as_suffix] = step;
  archive(kind, strip_left, strip_right, pattern, text, charsmap, clean_text, handle_chinese_chars,
          lowercase, strip_accents, add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces,
          treat_whitespace_as_suffix);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, PreTokenizerStep>& step) {
  auto& [kind, add_prefix_space, use_regex, trim_offsets, pattern, behavior, invert,
         individual_digits, replacement, prepend_scheme, split, delimiter, length, lowercase,
         strip_accents] = step;
  archive(kind, add_prefix_space, use_regex, trim_offsets, pattern, behavior, invert,
          individual_digits, replacement, prepend_scheme, split, delimiter, length, lowercase,
          strip_accents);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, ModelSpec>& model) {
  // The merges have a section of their own.
  auto& [kind, merges, dropout, unk_id, continuing_prefix, end_of_word_suffix, fuse_unk,
         byte_fallback, ignore_merges, max_input_chars_per_word, raw_bytes, llama_wordpiece] =
      model;
  static_cast<void>(merges);
  archive(kind, dropout, unk_id, continuing_prefix, end_of_word_suffix, fuse_unk, byte_fallback,
          ignore_merges, max_input_chars_per_word, raw_bytes, llama_wordpiece);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, AddedToken>& token) {
  auto& [id, content, single_word, lstrip, rstrip, normalized, special] = token;
  archive(id, content, single_word, lstrip, rstrip, normalized, special);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, TemplatePiece>& piece) {
  auto& [kind, token, ids, texts, type_id] = piece;
  archive(kind, token, ids, texts, type_id);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, PostProcessorStep>& step) {
  auto& [kind, trim_offsets, add_prefix_space, use_regex, single, pair, cls, sep] = step;
  archive(kind, trim_offsets, add_prefix_space, use_regex, single, pair, cls, sep);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, DecoderStep>& step) {
  auto& [kind, prefix, cleanup, replacement, prepend_scheme, split, suffix, pad_token,
         word_delimiter_token, pattern, text, start, stop, add_prefix_space, trim_offsets,
         use_regex] = step;
  archive(kind, prefix, cleanup, replacement, prepend_scheme, split, suffix, pad_token,
          word_delimiter_token, pattern, text, start, stop, add_prefix_space, trim_offsets,
          use_regex);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, TruncationSpec>& truncation) {
  auto& [max_length, stride, strategy, direction] = truncation;
  archive(max_length, stride, strategy, direction);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, PaddingSpec>& padding) {
  auto& [fixed_length, direction, pad_to_multiple_of, pad_id, pad_type_id, pad_token] = padding;
  archive(fixed_length, direction, pad_to_multiple_of, pad_id, pad_type_id, pad_token);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, SpecialRoles>& roles) {
  auto& [bos, pad, unk, mask, cls, sep, eos] = roles;
  archive(bos, pad, unk, mask, cls, sep, eos);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, VocabularySpec>& vocabulary) {
  // The others have sections of their own.
  auto& [texts, kinds, scores, first_added] = vocabulary;
  static_cast<void>(texts);
  static_cast<void>(kinds);
  static_cast<void>(scores);
  archive(first_added);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, TokenizerSpec>& spec) {
  // What a hybrid tokenizer is has sections of its own.
  auto& [format, name, vocabulary, model, hybrid, normalizers, pre_tokenizers, post_processors,
         decoders, added_tokens, roles, truncation, padding, special_text, add_bos, add_eos] = spec;
  static_cast<void>(hybrid);
  archive(format, name, vocabulary, model, normalizers, pre_tokenizers, post_processors, decoders,
          added_tokens, roles, truncation, padding, special_text, add_bos, add_eos);
}

namespace {

void require(bool holds, const char* expected) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, std::string("expected ") + expected);
}

}  // namespace

std::string write_fields(const TokenizerSpec& spec) {
  TkzWriter writer;
  writer(spec);
  return writer.take();
}

void read_fields(std::string_view bytes, TokenizerSpec& spec) {
  TkzReader reader(bytes);
  reader(spec);
  reader.finish();
}

void check_spec(const TokenizerSpec& spec) {
  const VocabularySpec& vocabulary = spec.vocabulary;
  const ModelSpec& model = spec.model;
  const size_t size = vocabulary.size();
  const bool is_hybrid = model.kind == ModelSpec::Kind::kHybrid;
  require(
      (spec.format == SourceFormat::kHybrid) == is_hybrid && (spec.hybrid != nullptr) == is_hybrid,
      "a hybrid tokenizer's format, model and sections, or none of them");
  if (is_hybrid) check_hybrid_spec(*spec.hybrid, size);
  const auto known = [size](const std::optional<TokenId>& id) { return !id || *id < size; };
  const auto all_known = [size](const auto& ids) {
    return std::all_of(ids.begin(), ids.end(), [size](TokenId id) { return id < size; });
  };
  require(vocabulary.kinds.size() == size, "a kind for each id");
  require(vocabulary.scores.size() == size || vocabulary.scores.empty(),
          "a score for each id, or none");
  require(std::none_of(vocabulary.scores.begin(), vocabulary.scores.end(),
                       [](double score) { return std::isnan(score); }),
          "scores that are numbers");
  uint32_t highest = 0;
  for (const Merge& merge : model.merges) {
    highest = std::max({highest, merge.left, merge.right, merge.result});
  }
  require(model.merges.empty() || highest < size, "merges of ids of the vocabulary");
  for (size_t i = 0; i < spec.added_tokens.size(); ++i) {
    const AddedToken& token = spec.added_tokens[i];
    require(token.id < size && (i == 0 || spec.added_tokens[i - 1].id < token.id),
            "added tokens with ids of the vocabulary, in order");
  }
  const SpecialRoles& roles = spec.roles;
  require(known(roles.bos) && known(roles.pad) && known(roles.unk) && known(roles.mask) &&
              known(roles.cls) && known(roles.sep) && known(model.unk_id) && all_known(roles.eos),
          "roles of ids of the vocabulary");
}

}  // namespace tokrail::tkz
