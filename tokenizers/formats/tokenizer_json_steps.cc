#include "tokenizers/formats/tokenizer_json_steps.h"

#include <map>
#include <string>

#include "base/utf8.h"
#include "tokenizers/formats/base64.h"

namespace tokrail {
namespace {

// One step as it is, several as {"type": "Sequence", list: [...]}, none as null.
template <typename Step, typename Write>
void write_steps(JsonWriter& json, const std::vector<Step>& steps, std::string_view list,
                 const Write& write) {
  if (steps.empty()) {
    json.null();
    return;
  }
  if (steps.size() > 1) {
    json.begin_object();
    json.member("type", "Sequence");
    json.key(list);
    json.begin_array();
  }
  for (const Step& step : steps) {
    json.begin_object();
    write(json, step);
    json.end_object();
  }
  if (steps.size() > 1) {
    json.end_array();
    json.end_object();
  }
}

void write_pattern(JsonWriter& json, const Pattern& pattern) {
  json.key("pattern");
  json.begin_object();
  json.member(pattern.is_regex ? "Regex" : "String", pattern.text);
  json.end_object();
}

std::string_view behavior_name(SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::kRemoved: return "Removed";
    case SplitBehavior::kIsolated: return "Isolated";
    case SplitBehavior::kMergedWithPrevious: return "MergedWithPrevious";
    case SplitBehavior::kMergedWithNext: return "MergedWithNext";
    case SplitBehavior::kContiguous: return "Contiguous";
  }
  return "Removed";
}

std::string_view scheme_name(PrependScheme scheme) {
  switch (scheme) {
    case PrependScheme::kFirst: return "first";
    case PrependScheme::kNever: return "never";
    case PrependScheme::kAlways: return "always";
  }
  return "always";
}

template <typename Step>
void write_byte_level(JsonWriter& json, const Step& step) {
  json.member("type", "ByteLevel");
  json.member("add_prefix_space", step.add_prefix_space);
  json.member("trim_offsets", step.trim_offsets);
  json.member("use_regex", step.use_regex);
}

template <typename Step>
void write_metaspace(JsonWriter& json, const Step& step) {
  json.member("type", "Metaspace");
  json.member("replacement", step.replacement);
  json.member("prepend_scheme", scheme_name(step.prepend_scheme));
  json.member("split", step.split);
}

void write_normalizer(JsonWriter& json, const NormalizerStep& step) {
  using Kind = NormalizerStep::Kind;
  switch (step.kind) {
    case Kind::kNfc: json.member("type", "NFC"); break;
    case Kind::kNfd: json.member("type", "NFD"); break;
    case Kind::kNfkc: json.member("type", "NFKC"); break;
    case Kind::kNfkd: json.member("type", "NFKD"); break;
    case Kind::kLowercase: json.member("type", "Lowercase"); break;
    case Kind::kStripAccents: json.member("type", "StripAccents"); break;
    case Kind::kNmt: json.member("type", "Nmt"); break;
    case Kind::kByteLevel: json.member("type", "ByteLevel"); break;
    case Kind::kStrip:
      json.member("type", "Strip");
      json.member("strip_left", step.strip_left);
      json.member("strip_right", step.strip_right);
      break;
    case Kind::kReplace:
      json.member("type", "Replace");
      write_pattern(json, step.pattern);
      json.member("content", step.text);
      break;
    case Kind::kPrepend:
      json.member("type", "Prepend");
      json.member("prepend", step.text);
      break;
    case Kind::kPrecompiled: {
      std::string charsmap;
      append_as_base64(step.charsmap, charsmap);
      json.member("type", "Precompiled");
      json.member("precompiled_charsmap", charsmap);
      break;
    }
    case Kind::kBert:
      json.member("type", "BertNormalizer");
      json.member("clean_text", step.clean_text);
      json.member("handle_chinese_chars", step.handle_chinese_chars);
      json.key("strip_accents");
      if (step.strip_accents) {
        json.value(*step.strip_accents);
      } else {
        json.null();
      }
      json.member("lowercase", step.lowercase);
      break;
    case Kind::kSentencePiece:
    case Kind::kLlamaSpm:
    case Kind::kLlamaUgm: break;  // refused before
  }
}

void write_pre_tokenizer(JsonWriter& json, const PreTokenizerStep& step) {
  using Kind = PreTokenizerStep::Kind;
  switch (step.kind) {
    case Kind::kByteLevel: write_byte_level(json, step); break;
    case Kind::kMetaspace: write_metaspace(json, step); break;
    case Kind::kWhitespace: json.member("type", "Whitespace"); break;
    case Kind::kWhitespaceSplit: json.member("type", "WhitespaceSplit"); break;
    case Kind::kBert: json.member("type", "BertPreTokenizer"); break;
    case Kind::kUnicodeScripts: json.member("type", "UnicodeScripts"); break;
    case Kind::kSplit:
      json.member("type", "Split");
      write_pattern(json, step.pattern);
      json.member("behavior", behavior_name(step.behavior));
      json.member("invert", step.invert);
      break;
    case Kind::kPunctuation:
      json.member("type", "Punctuation");
      json.member("behavior", behavior_name(step.behavior));
      break;
    case Kind::kDigits:
      json.member("type", "Digits");
      json.member("individual_digits", step.individual_digits);
      break;
    case Kind::kCharDelimiter: {
      std::string delimiter;
      append_utf8(step.delimiter, delimiter);
      json.member("type", "CharDelimiterSplit");
      json.member("delimiter", delimiter);
      break;
    }
    case Kind::kFixedLength:
      json.member("type", "FixedLength");
      json.member("length", step.length);
      break;
    case Kind::kLlamaWpm: break;  // refused before
  }
}

void write_template(JsonWriter& json, std::string_view name,
                    const std::vector<TemplatePiece>& pieces) {
  json.key(name);
  json.begin_array();
  for (const TemplatePiece& piece : pieces) {
    const bool special = piece.kind == TemplatePiece::Kind::kSpecialToken;
    json.begin_object();
    json.key(special ? "SpecialToken" : "Sequence");
    json.begin_object();
    if (special) {
      json.member("id", piece.token);
    } else {
      json.member("id", piece.kind == TemplatePiece::Kind::kSequenceA ? "A" : "B");
    }
    json.member("type_id", piece.type_id);
    json.end_object();
    json.end_object();
  }
  json.end_array();
}

void write_template_tokens(JsonWriter& json, const PostProcessorStep& step) {
  std::map<std::string, const TemplatePiece*> tokens;
  for (const auto* pieces : {&step.single, &step.pair}) {
    for (const TemplatePiece& piece : *pieces) {
      if (piece.kind == TemplatePiece::Kind::kSpecialToken) tokens.emplace(piece.token, &piece);
    }
  }
  json.key("special_tokens");
  json.begin_object();
  for (const auto& [name, piece] : tokens) {
    json.key(name);
    json.begin_object();
    json.member("id", name);
    json.key("ids");
    json.begin_array();
    for (const TokenId id : piece->ids) json.value(id);
    json.end_array();
    json.key("tokens");
    json.begin_array();
    for (const std::string& text : piece->texts) json.value(text);
    json.end_array();
    json.end_object();
  }
  json.end_object();
}

void write_text_and_id(JsonWriter& json, std::string_view name,
                       const std::pair<std::string, TokenId>& token) {
  json.key(name);
  json.begin_array();
  json.value(token.first);
  json.value(token.second);
  json.end_array();
}

void write_post_processor(JsonWriter& json, const PostProcessorStep& step) {
  using Kind = PostProcessorStep::Kind;
  switch (step.kind) {
    case Kind::kByteLevel: write_byte_level(json, step); break;
    case Kind::kTemplate:
      json.member("type", "TemplateProcessing");
      write_template(json, "single", step.single);
      write_template(json, "pair", step.pair);
      write_template_tokens(json, step);
      break;
    case Kind::kBert:
    case Kind::kRoberta:
      json.member("type", step.kind == Kind::kBert ? "BertProcessing" : "RobertaProcessing");
      write_text_and_id(json, "sep", step.sep);
      write_text_and_id(json, "cls", step.cls);
      if (step.kind == Kind::kBert) break;
      json.member("trim_offsets", step.trim_offsets);
      json.member("add_prefix_space", step.add_prefix_space);
      break;
  }
}

void write_decoder(JsonWriter& json, const DecoderStep& step) {
  using Kind = DecoderStep::Kind;
  switch (step.kind) {
    case Kind::kByteLevel: write_byte_level(json, step); break;
    case Kind::kMetaspace: write_metaspace(json, step); break;
    case Kind::kFuse: json.member("type", "Fuse"); break;
    case Kind::kByteFallback: json.member("type", "ByteFallback"); break;
    case Kind::kWordPiece:
      json.member("type", "WordPiece");
      json.member("prefix", step.prefix);
      json.member("cleanup", step.cleanup);
      break;
    case Kind::kBpe:
      json.member("type", "BPEDecoder");
      json.member("suffix", step.suffix);
      break;
    case Kind::kCtc:
      json.member("type", "CTC");
      json.member("pad_token", step.pad_token);
      json.member("word_delimiter_token", step.word_delimiter_token);
      json.member("cleanup", step.cleanup);
      break;
    case Kind::kReplace:
      json.member("type", "Replace");
      write_pattern(json, step.pattern);
      json.member("content", step.text);
      break;
    case Kind::kStrip:
      json.member("type", "Strip");
      json.member("content", step.text);
      json.member("start", step.start);
      json.member("stop", step.stop);
      break;
  }
}

}  // namespace

void write_truncation(JsonWriter& json, const std::optional<TruncationSpec>& truncation) {
  if (!truncation) {
    json.null();
    return;
  }
  using Strategy = TruncationSpec::Strategy;
  json.begin_object();
  json.member("direction",
              truncation->direction == TruncationSpec::Direction::kLeft ? "Left" : "Right");
  json.member("max_length", truncation->max_length);
  json.member("strategy", truncation->strategy == Strategy::kLongestFirst ? "LongestFirst"
                          : truncation->strategy == Strategy::kOnlyFirst  ? "OnlyFirst"
                                                                          : "OnlySecond");
  json.member("stride", truncation->stride);
  json.end_object();
}

void write_padding(JsonWriter& json, const std::optional<PaddingSpec>& padding) {
  if (!padding) {
    json.null();
    return;
  }
  json.begin_object();
  json.key("strategy");
  if (padding->fixed_length) {
    json.begin_object();
    json.member("Fixed", *padding->fixed_length);
    json.end_object();
  } else {
    json.value("BatchLongest");
  }
  json.member("direction", padding->direction == PaddingSpec::Direction::kLeft ? "Left" : "Right");
  json.key("pad_to_multiple_of");
  if (padding->pad_to_multiple_of) {
    json.value(*padding->pad_to_multiple_of);
  } else {
    json.null();
  }
  json.member("pad_id", padding->pad_id);
  json.member("pad_type_id", padding->pad_type_id);
  json.member("pad_token", padding->pad_token);
  json.end_object();
}

void write_normalizers(JsonWriter& json, const std::vector<NormalizerStep>& steps) {
  write_steps(json, steps, "normalizers", write_normalizer);
}

void write_pre_tokenizers(JsonWriter& json, const std::vector<PreTokenizerStep>& steps) {
  write_steps(json, steps, "pretokenizers", write_pre_tokenizer);
}

void write_post_processors(JsonWriter& json, const std::vector<PostProcessorStep>& steps) {
  write_steps(json, steps, "processors", write_post_processor);
}

void write_decoders(JsonWriter& json, const std::vector<DecoderStep>& steps) {
  write_steps(json, steps, "decoders", write_decoder);
}

}  // namespace tokrail
