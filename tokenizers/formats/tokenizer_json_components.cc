#include "tokenizers/formats/tokenizer_json_components.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "tokenizers/formats/base64.h"

namespace tokrail {
namespace {

template <typename Kind>
struct NamedKind {
  std::string_view name;
  Kind kind;
};

// Files of the first versions leave "type" out; then a member that no other type has names it.
struct TellTaleMember {
  std::string_view member, type;
};

template <size_t N>
std::string_view type_of(const JsonNode& node, const std::array<TellTaleMember, N>& tell_tales) {
  if (const auto type = node.find("type")) return type->string();
  for (const TellTaleMember& tell_tale : tell_tales) {
    if (node.has(tell_tale.member)) return tell_tale.type;
  }
  node.fail("expected a member 'type'");
}

template <typename Kind, size_t N>
Kind kind_of(const JsonNode& node, std::string_view type,
             const std::array<NamedKind<Kind>, N>& kinds, std::string_view what) {
  for (const NamedKind<Kind>& kind : kinds) {
    if (kind.name == type) return kind.kind;
  }
  node.fail("no " + std::string(what) + " of type " + quoted(type) + " is supported",
            ErrorCode::kUnsupported);
}

// Calls read(step) for a component or, in order, for each of a sequence of them.
template <size_t N, typename Read>
void for_each_step(const JsonNode& node, std::string_view list,
                   const std::array<TellTaleMember, N>& tell_tales, const Read& read) {
  const std::string_view type = type_of(node, tell_tales);
  if (type != "Sequence") {
    read(node, type);
    return;
  }
  const JsonNode steps = node.at(list);
  for (size_t i = 0; i < steps.size(); ++i) for_each_step(steps.at(i), list, tell_tales, read);
}

Pattern read_pattern(const JsonNode& node) {
  if (node.is_string()) return {std::string(node.string()), false};
  if (const auto text = node.find("String")) return {std::string(text->string()), false};
  if (const auto regex = node.find("Regex")) return {std::string(regex->string()), true};
  node.fail("expected {\"String\": text} or {\"Regex\": expression}");
}

SplitBehavior read_behavior(const JsonNode& node) {
  constexpr std::array<NamedKind<SplitBehavior>, 5> kBehaviors = {{
      {"Removed", SplitBehavior::kRemoved},
      {"Isolated", SplitBehavior::kIsolated},
      {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious},
      {"MergedWithNext", SplitBehavior::kMergedWithNext},
      {"Contiguous", SplitBehavior::kContiguous},
  }};
  return kind_of(node, node.string(), kBehaviors, "split behavior");
}

PrependScheme read_prepend_scheme(const JsonNode& node) {
  // The old spelling is add_prefix_space; both together must agree.
  const auto scheme = node.find("prepend_scheme");
  const bool add = node.boolean_or("add_prefix_space", true);
  if (!scheme) return add ? PrependScheme::kAlways : PrependScheme::kNever;
  constexpr std::array<NamedKind<PrependScheme>, 3> kSchemes = {{
      {"first", PrependScheme::kFirst},
      {"never", PrependScheme::kNever},
      {"always", PrependScheme::kAlways},
  }};
  const PrependScheme value = kind_of(*scheme, scheme->string(), kSchemes, "prepend scheme");
  if (!add && value != PrependScheme::kNever) {
    scheme->fail("expected 'never' beside \"add_prefix_space\": false");
  }
  return value;
}

std::string read_replacement(const JsonNode& node) {
  const auto replacement = node.find("replacement");
  if (!replacement) return "\xE2\x96\x81";
  replacement->character();
  return std::string(replacement->string());
}

// ---------------------------------------------------------------- normalizers

using NormalizerKind = NormalizerStep::Kind;

constexpr std::array<TellTaleMember, 6> kNormalizerTellTales = {{
    {"normalizers", "Sequence"},
    {"clean_text", "BertNormalizer"},
    {"strip_left", "Strip"},
    {"precompiled_charsmap", "Precompiled"},
    {"prepend", "Prepend"},
    {"pattern", "Replace"},
}};

constexpr std::array<NamedKind<NormalizerKind>, 14> kNormalizers = {{
    {"BertNormalizer", NormalizerKind::kBert},
    {"Bert", NormalizerKind::kBert},
    {"Strip", NormalizerKind::kStrip},
    {"StripAccents", NormalizerKind::kStripAccents},
    {"NFC", NormalizerKind::kNfc},
    {"NFD", NormalizerKind::kNfd},
    {"NFKC", NormalizerKind::kNfkc},
    {"NFKD", NormalizerKind::kNfkd},
    {"Lowercase", NormalizerKind::kLowercase},
    {"Nmt", NormalizerKind::kNmt},
    {"Precompiled", NormalizerKind::kPrecompiled},
    {"Replace", NormalizerKind::kReplace},
    {"Prepend", NormalizerKind::kPrepend},
    {"ByteLevel", NormalizerKind::kByteLevel},
}};

NormalizerStep read_normalizer(const JsonNode& node, std::string_view type) {
  NormalizerStep step;
  step.kind = kind_of(node, type, kNormalizers, "normalizer");
  switch (step.kind) {
    case NormalizerKind::kBert:
      step.clean_text = node.boolean_or("clean_text", true);
      step.handle_chinese_chars = node.boolean_or("handle_chinese_chars", true);
      step.lowercase = node.boolean_or("lowercase", true);
      if (const auto strip = node.find("strip_accents")) step.strip_accents = strip->boolean();
      break;
    case NormalizerKind::kStrip:
      step.strip_left = node.at("strip_left").boolean();
      step.strip_right = node.at("strip_right").boolean();
      break;
    case NormalizerKind::kReplace:
      step.pattern = read_pattern(node.at("pattern"));
      step.text = node.at("content").string();
      break;
    case NormalizerKind::kPrepend: step.text = node.at("prepend").string(); break;
    case NormalizerKind::kPrecompiled: {
      const JsonNode charsmap = node.at("precompiled_charsmap");
      if (!append_base64(charsmap.string(), step.charsmap)) charsmap.fail("expected base64");
      break;
    }
    default: break;
  }
  return step;
}

// ---------------------------------------------------------------- pre-tokenizers

using PreTokenizerKind = PreTokenizerStep::Kind;

constexpr std::array<TellTaleMember, 6> kPreTokenizerTellTales = {{
    {"pretokenizers", "Sequence"},
    {"trim_offsets", "ByteLevel"},
    {"replacement", "Metaspace"},
    {"invert", "Split"},
    {"individual_digits", "Digits"},
    {"delimiter", "CharDelimiterSplit"},
}};

constexpr std::array<NamedKind<PreTokenizerKind>, 12> kPreTokenizers = {{
    {"ByteLevel", PreTokenizerKind::kByteLevel},
    {"Split", PreTokenizerKind::kSplit},
    {"Whitespace", PreTokenizerKind::kWhitespace},
    {"WhitespaceSplit", PreTokenizerKind::kWhitespaceSplit},
    {"Punctuation", PreTokenizerKind::kPunctuation},
    {"Digits", PreTokenizerKind::kDigits},
    {"Metaspace", PreTokenizerKind::kMetaspace},
    {"BertPreTokenizer", PreTokenizerKind::kBert},
    {"CharDelimiterSplit", PreTokenizerKind::kCharDelimiter},
    {"Delimiter", PreTokenizerKind::kCharDelimiter},
    {"UnicodeScripts", PreTokenizerKind::kUnicodeScripts},
    {"FixedLength", PreTokenizerKind::kFixedLength},
}};

PreTokenizerStep read_pre_tokenizer(const JsonNode& node, std::string_view type) {
  PreTokenizerStep step;
  step.kind = kind_of(node, type, kPreTokenizers, "pre-tokenizer");
  switch (step.kind) {
    case PreTokenizerKind::kByteLevel:
      step.add_prefix_space = node.boolean_or("add_prefix_space", true);
      step.trim_offsets = node.boolean_or("trim_offsets", true);
      step.use_regex = node.boolean_or("use_regex", true);
      break;
    case PreTokenizerKind::kSplit:
      step.pattern = read_pattern(node.at("pattern"));
      step.behavior = read_behavior(node.at("behavior"));
      step.invert = node.boolean_or("invert", false);
      break;
    case PreTokenizerKind::kPunctuation: {
      const auto behavior = node.find("behavior");
      step.behavior = behavior ? read_behavior(*behavior) : SplitBehavior::kIsolated;
      break;
    }
    case PreTokenizerKind::kDigits:
      step.individual_digits = node.boolean_or("individual_digits", false);
      break;
    case PreTokenizerKind::kMetaspace:
      step.replacement = read_replacement(node);
      step.prepend_scheme = read_prepend_scheme(node);
      step.split = node.boolean_or("split", true);
      break;
    case PreTokenizerKind::kCharDelimiter: step.delimiter = node.at("delimiter").character(); break;
    case PreTokenizerKind::kFixedLength:
      step.length = node.integer_or("length", 5);
      if (step.length == 0) node.at("length").fail("expected a length of at least 1");
      break;
    default: break;
  }
  return step;
}

// ---------------------------------------------------------------- post-processors

using PostProcessorKind = PostProcessorStep::Kind;

constexpr std::array<TellTaleMember, 5> kPostProcessorTellTales = {{
    {"processors", "Sequence"},
    {"single", "TemplateProcessing"},
    {"trim_offsets", "RobertaProcessing"},
    {"cls", "BertProcessing"},
    {"use_regex", "ByteLevel"},
}};

constexpr std::array<NamedKind<PostProcessorKind>, 4> kPostProcessors = {{
    {"ByteLevel", PostProcessorKind::kByteLevel},
    {"TemplateProcessing", PostProcessorKind::kTemplate},
    {"BertProcessing", PostProcessorKind::kBert},
    {"RobertaProcessing", PostProcessorKind::kRoberta},
}};

TemplatePiece read_template_piece(const JsonNode& node, const JsonNode& processor) {
  TemplatePiece piece;
  if (const auto sequence = node.find("Sequence")) {
    const JsonNode id = sequence->at("id");
    if (id.string() != "A" && id.string() != "B") id.fail("expected 'A' or 'B'");
    piece.kind =
        id.string() == "A" ? TemplatePiece::Kind::kSequenceA : TemplatePiece::Kind::kSequenceB;
    piece.type_id = sequence->integer_or("type_id", 0);
    return piece;
  }
  const auto token = node.find("SpecialToken");
  if (!token) node.fail("expected {\"Sequence\": ...} or {\"SpecialToken\": ...}");
  piece.kind = TemplatePiece::Kind::kSpecialToken;
  piece.token = token->at("id").string();
  piece.type_id = token->integer_or("type_id", 0);
  const JsonNode meaning = processor.at("special_tokens").at(piece.token);
  const JsonNode ids = meaning.at("ids");
  const JsonNode texts = meaning.at("tokens");
  if (ids.size() != texts.size()) meaning.fail("expected as many ids as tokens");
  for (size_t i = 0; i < ids.size(); ++i) {
    piece.ids.push_back(ids.at(i).integer(kMaxTokenId));
    piece.texts.emplace_back(texts.at(i).string());
  }
  return piece;
}

std::vector<TemplatePiece> read_template(const JsonNode& node, const JsonNode& processor) {
  std::vector<TemplatePiece> pieces;
  for (size_t i = 0; i < node.size(); ++i) {
    pieces.push_back(read_template_piece(node.at(i), processor));
  }
  return pieces;
}

std::pair<std::string, TokenId> read_text_and_id(const JsonNode& node) {
  if (node.size() != 2) node.fail("expected a pair [token, id]");
  return {std::string(node.at(0).string()), node.at(1).integer(kMaxTokenId)};
}

PostProcessorStep read_post_processor(const JsonNode& node, std::string_view type) {
  PostProcessorStep step;
  step.kind = kind_of(node, type, kPostProcessors, "post-processor");
  switch (step.kind) {
    case PostProcessorKind::kTemplate:
      step.single = read_template(node.at("single"), node);
      step.pair = read_template(node.at("pair"), node);
      break;
    case PostProcessorKind::kByteLevel:
      step.use_regex = node.boolean_or("use_regex", true);
      step.trim_offsets = node.boolean_or("trim_offsets", true);
      step.add_prefix_space = node.boolean_or("add_prefix_space", true);
      break;
    case PostProcessorKind::kRoberta:
      step.trim_offsets = node.boolean_or("trim_offsets", true);
      step.add_prefix_space = node.boolean_or("add_prefix_space", true);
      [[fallthrough]];
    case PostProcessorKind::kBert:
      step.cls = read_text_and_id(node.at("cls"));
      step.sep = read_text_and_id(node.at("sep"));
      break;
  }
  return step;
}

// ---------------------------------------------------------------- decoders

using DecoderKind = DecoderStep::Kind;

constexpr std::array<TellTaleMember, 7> kDecoderTellTales = {{
    {"decoders", "Sequence"},
    {"replacement", "Metaspace"},
    {"word_delimiter_token", "CTC"},
    {"prefix", "WordPiece"},
    {"suffix", "BPEDecoder"},
    {"start", "Strip"},
    {"pattern", "Replace"},
}};

constexpr std::array<NamedKind<DecoderKind>, 9> kDecoders = {{
    {"ByteLevel", DecoderKind::kByteLevel},
    {"WordPiece", DecoderKind::kWordPiece},
    {"Metaspace", DecoderKind::kMetaspace},
    {"BPEDecoder", DecoderKind::kBpe},
    {"CTC", DecoderKind::kCtc},
    {"Replace", DecoderKind::kReplace},
    {"Strip", DecoderKind::kStrip},
    {"Fuse", DecoderKind::kFuse},
    {"ByteFallback", DecoderKind::kByteFallback},
}};

DecoderStep read_decoder(const JsonNode& node, std::string_view type) {
  DecoderStep step;
  step.kind = kind_of(node, type, kDecoders, "decoder");
  switch (step.kind) {
    case DecoderKind::kByteLevel:
      step.add_prefix_space = node.boolean_or("add_prefix_space", true);
      step.trim_offsets = node.boolean_or("trim_offsets", true);
      step.use_regex = node.boolean_or("use_regex", true);
      break;
    case DecoderKind::kWordPiece:
      step.prefix = node.string_or("prefix", "##");
      step.cleanup = node.boolean_or("cleanup", true);
      break;
    case DecoderKind::kMetaspace:
      step.replacement = read_replacement(node);
      step.prepend_scheme = read_prepend_scheme(node);
      step.split = node.boolean_or("split", true);
      break;
    case DecoderKind::kBpe: step.suffix = node.string_or("suffix", "</w>"); break;
    case DecoderKind::kCtc:
      step.pad_token = node.string_or("pad_token", "<pad>");
      step.word_delimiter_token = node.string_or("word_delimiter_token", "|");
      step.cleanup = node.boolean_or("cleanup", true);
      break;
    case DecoderKind::kReplace:
      step.pattern = read_pattern(node.at("pattern"));
      step.text = node.at("content").string();
      break;
    case DecoderKind::kStrip:
      node.at("content").character();
      step.text = node.at("content").string();
      step.start = node.at("start").integer();
      step.stop = node.at("stop").integer();
      break;
    case DecoderKind::kFuse:
    case DecoderKind::kByteFallback: break;
  }
  return step;
}

}  // namespace

std::vector<NormalizerStep> read_normalizers(const JsonNode& node) {
  std::vector<NormalizerStep> steps;
  for_each_step(node, "normalizers", kNormalizerTellTales,
                [&](const JsonNode& step, std::string_view type) {
                  steps.push_back(read_normalizer(step, type));
                });
  return steps;
}

std::vector<PreTokenizerStep> read_pre_tokenizers(const JsonNode& node) {
  std::vector<PreTokenizerStep> steps;
  for_each_step(node, "pretokenizers", kPreTokenizerTellTales,
                [&](const JsonNode& step, std::string_view type) {
                  steps.push_back(read_pre_tokenizer(step, type));
                });
  return steps;
}

std::vector<PostProcessorStep> read_post_processors(const JsonNode& node) {
  std::vector<PostProcessorStep> steps;
  for_each_step(node, "processors", kPostProcessorTellTales,
                [&](const JsonNode& step, std::string_view type) {
                  steps.push_back(read_post_processor(step, type));
                });
  return steps;
}

std::vector<DecoderStep> read_decoders(const JsonNode& node) {
  std::vector<DecoderStep> steps;
  for_each_step(node, "decoders", kDecoderTellTales,
                [&](const JsonNode& step, std::string_view type) {
                  steps.push_back(read_decoder(step, type));
                });
  return steps;
}

TruncationSpec read_truncation(const JsonNode& node) {
  constexpr std::array<NamedKind<TruncationSpec::Strategy>, 6> kStrategies = {{
      {"LongestFirst", TruncationSpec::Strategy::kLongestFirst},
      {"OnlyFirst", TruncationSpec::Strategy::kOnlyFirst},
      {"OnlySecond", TruncationSpec::Strategy::kOnlySecond},
      {"longest_first", TruncationSpec::Strategy::kLongestFirst},
      {"only_first", TruncationSpec::Strategy::kOnlyFirst},
      {"only_second", TruncationSpec::Strategy::kOnlySecond},
  }};
  TruncationSpec truncation;
  truncation.max_length = node.at("max_length").integer();
  truncation.stride = node.integer_or("stride", 0);
  if (const auto strategy = node.find("strategy")) {
    truncation.strategy =
        kind_of(*strategy, strategy->string(), kStrategies, "truncation strategy");
  }
  const std::string direction = node.string_or("direction", "Right");
  if (direction != "Left" && direction != "Right") {
    node.at("direction").fail("expected 'Left' or 'Right'");
  }
  truncation.direction =
      direction == "Left" ? TruncationSpec::Direction::kLeft : TruncationSpec::Direction::kRight;
  return truncation;
}

PaddingSpec read_padding(const JsonNode& node) {
  PaddingSpec padding;
  if (const auto strategy = node.find("strategy")) {
    if (strategy->is_object()) {
      padding.fixed_length = strategy->at("Fixed").integer();
    } else if (strategy->string() != "BatchLongest") {
      strategy->fail("expected 'BatchLongest' or {\"Fixed\": length}");
    }
  }
  const std::string direction = node.string_or("direction", "Right");
  if (direction != "Left" && direction != "Right") {
    node.at("direction").fail("expected 'Left' or 'Right'");
  }
  padding.direction =
      direction == "Left" ? PaddingSpec::Direction::kLeft : PaddingSpec::Direction::kRight;
  if (const auto multiple = node.find("pad_to_multiple_of")) {
    padding.pad_to_multiple_of = multiple->integer();
  }
  padding.pad_id = node.integer_or("pad_id", 0);
  padding.pad_type_id = node.integer_or("pad_type_id", 0);
  padding.pad_token = node.string_or("pad_token", "[PAD]");
  return padding;
}

}  // namespace tokrail
