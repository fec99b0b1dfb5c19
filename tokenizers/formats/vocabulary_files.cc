#include "tokenizers/formats/vocabulary_files.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "tokenizers/formats/added_token_edits.h"
#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/special_roles.h"
#include "tokenizers/formats/vocabulary_entries.h"
#include "tokenizers/known_encodings.h"

namespace tokrail {
namespace {

std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

MergeTexts read_merge_lines(std::string_view text, std::string_view name) {
  MergeTexts merges;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = next_line(text);
    if (line.starts_with("#version") || line.empty()) continue;
    if (append_merge_line(line, merges)) continue;
    throw Error(ErrorCode::kInvalidFile, "expected two tokens with a space between",
                place_in(name, "merges.txt: line " + std::to_string(number)));
  }
  return merges;
}

TokenizerSpec json_style_spec() {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTokenizerJson;
  spec.special_text = SpecialTextDefault::kMatch;
  return spec;
}

// Marks tokens of the vocabulary as special.
void add_specials(TokenizerSpec& spec, std::initializer_list<std::string_view> texts,
                  std::string_view name) {
  std::vector<AddedToken> tokens;
  for (const std::string_view text : texts) {
    const TokenId id = find_token(spec, text);
    if (id == kNoToken) continue;
    AddedToken token;
    token.id = id;
    token.content = text;
    token.normalized = false;
    token.special = true;
    token.lstrip = text == "<mask>";
    tokens.push_back(std::move(token));
  }
  put_added_tokens(spec, tokens, name);
}

enum class Family : uint8_t { kGpt2, kRoberta, kQwen };

Family family_of(std::string_view tokenizer_class, std::string_view name) {
  if (tokenizer_class.ends_with("Fast")) tokenizer_class.remove_suffix(4);
  constexpr std::string_view kGpt2[] = {"", "GPT2Tokenizer", "CodeGenTokenizer",
                                        "PreTrainedTokenizer", "GPTNeoXTokenizer"};
  constexpr std::string_view kRoberta[] = {"RobertaTokenizer", "BartTokenizer",
                                           "LongformerTokenizer", "LEDTokenizer", "MvpTokenizer"};
  const auto is = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), tokenizer_class) != std::end(names);
  };
  if (is(kGpt2)) return Family::kGpt2;
  if (is(kRoberta)) return Family::kRoberta;
  if (tokenizer_class == "Qwen2Tokenizer") return Family::kQwen;
  throw Error(ErrorCode::kUnsupported,
              "vocab.json and merges.txt of a " + quoted(tokenizer_class) +
                  " are not supported, its tokenizer.json may be",
              std::string(name));
}

void add_byte_level_steps(TokenizerSpec& spec, Family family, bool add_prefix_space) {
  PreTokenizerStep bytes;
  bytes.kind = PreTokenizerStep::Kind::kByteLevel;
  bytes.add_prefix_space = add_prefix_space;
  if (family == Family::kQwen) {
    spec.normalizers.emplace_back().kind = NormalizerStep::Kind::kNfc;
    PreTokenizerStep split;
    split.kind = PreTokenizerStep::Kind::kSplit;
    split.pattern = {std::string(find_known_encoding("qwen2")->pattern), true};
    split.behavior = SplitBehavior::kIsolated;
    spec.pre_tokenizers.push_back(std::move(split));
    bytes.use_regex = false;
  }
  spec.pre_tokenizers.push_back(bytes);
  spec.decoders.emplace_back().kind = DecoderStep::Kind::kByteLevel;
  PostProcessorStep offsets;
  offsets.kind = PostProcessorStep::Kind::kByteLevel;
  offsets.trim_offsets = false;
  offsets.add_prefix_space = add_prefix_space;
  spec.post_processors.push_back(offsets);
}

void add_roberta_ends(TokenizerSpec& spec, bool add_prefix_space, std::string_view name) {
  const auto token = [&](std::string_view text) {
    const TokenId id = find_token(spec, text);
    if (id == kNoToken) {
      throw Error(ErrorCode::kInvalidFile, "expected a token " + quoted(text), std::string(name));
    }
    return std::make_pair(std::string(text), id);
  };
  PostProcessorStep step;
  step.kind = PostProcessorStep::Kind::kRoberta;
  step.cls = token("<s>");
  step.sep = token("</s>");
  step.add_prefix_space = add_prefix_space;
  spec.post_processors.assign(1, std::move(step));
}

bool has_capital_letter(const ByteStrings& texts) {
  for (size_t id = 0; id < texts.size(); ++id) {
    const std::string_view text = texts[id];
    if (text.starts_with('[') || text.starts_with('<')) continue;
    if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      return true;
    }
  }
  return false;
}

VocabularyEntries read_token_lines(std::string_view bytes, std::string_view name) {
  VocabularyEntries entries;
  while (!bytes.empty()) {
    std::string_view line = next_line(bytes);
    line = line.substr(0, line.find_last_not_of(" \t\v\f") + 1);
    if (entries.ids.size() > kMaxTokenId) {
      throw Error(ErrorCode::kInvalidFile, "expected fewer tokens", std::string(name));
    }
    entries.ids.push_back(static_cast<TokenId>(entries.ids.size()));
    entries.texts.push_back(line);
  }
  return entries;
}

void add_bert_template(TokenizerSpec& spec) {
  const TokenId cls = find_token(spec, "[CLS]"), sep = find_token(spec, "[SEP]");
  if (cls == kNoToken || sep == kNoToken) return;
  const auto special = [](std::string_view text, TokenId id, uint32_t type) {
    return TemplatePiece{
        TemplatePiece::Kind::kSpecialToken, std::string(text), {id}, {std::string(text)}, type};
  };
  TemplatePiece a, b;
  b.kind = TemplatePiece::Kind::kSequenceB;
  b.type_id = 1;
  PostProcessorStep step;
  step.kind = PostProcessorStep::Kind::kTemplate;
  step.single = {special("[CLS]", cls, 0), a, special("[SEP]", sep, 0)};
  step.pair = step.single;
  step.pair.push_back(b);
  step.pair.push_back(special("[SEP]", sep, 1));
  spec.post_processors.push_back(std::move(step));
}

}  // namespace

TokenizerSpec read_vocab_and_merges(std::string_view vocab_json, std::string_view merges_text,
                                    std::string_view name, const BytePairOptions& options) {
  const Family family = family_of(options.tokenizer_class, name);
  TokenizerSpec spec = json_style_spec();
  spec.model.kind = ModelSpec::Kind::kMergeBpe;
  const std::string where = place_in(name, "vocab.json");
  {
    const VocabularyEntries entries = parse_vocabulary_json(vocab_json, where);
    spec.vocabulary = arrange_vocabulary(entries, TokenIndex(entries.texts), where);
  }
  const TokenIndex index(spec.vocabulary.texts);
  const MergeTexts merges = read_merge_lines(merges_text, name);
  for (size_t i = 0; i < merges.texts.size(); ++i) {
    if (!merges.texts[i].ends_with("</w>")) continue;
    throw Error(ErrorCode::kUnsupported, "merges with '</w>' are not of a byte-level model",
                place_in(name, "merges.txt"));
  }
  spec.model.merges =
      resolve_merges(merges, spec.vocabulary.texts, index, 0, place_in(name, "merges.txt"));
  const bool add_prefix_space = options.add_prefix_space;
  add_byte_level_steps(spec, family, add_prefix_space);
  if (family == Family::kRoberta) {
    add_specials(spec, {"<s>", "<pad>", "</s>", "<unk>", "<mask>"}, name);
    add_roberta_ends(spec, add_prefix_space, name);
  } else {
    add_specials(spec, {"<|endoftext|>"}, name);
  }
  infer_roles(spec);
  return spec;
}

TokenizerSpec read_vocab_text(std::string_view bytes, std::string_view name,
                              const WordPieceOptions& options) {
  TokenizerSpec spec = json_style_spec();
  ModelSpec& model = spec.model;
  model.kind = ModelSpec::Kind::kWordPiece;
  model.continuing_prefix = "##";
  {
    const VocabularyEntries entries = read_token_lines(bytes, name);
    spec.vocabulary = arrange_vocabulary(entries, TokenIndex(entries.texts), name);
  }
  const TokenId unknown = find_token(spec, "[UNK]");
  if (unknown == kNoToken) {
    throw Error(ErrorCode::kInvalidFile, "expected a line [UNK]", std::string(name));
  }
  model.unk_id = unknown;
  NormalizerStep bert;
  bert.kind = NormalizerStep::Kind::kBert;
  bert.lowercase = options.lowercase.value_or(!has_capital_letter(spec.vocabulary.texts));
  bert.strip_accents = options.strip_accents;
  bert.handle_chinese_chars = options.split_chinese_characters;
  spec.normalizers.push_back(std::move(bert));
  spec.pre_tokenizers.emplace_back().kind = PreTokenizerStep::Kind::kBert;
  spec.decoders.emplace_back().kind = DecoderStep::Kind::kWordPiece;
  add_specials(spec, {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, name);
  spec.vocabulary.kinds[unknown] = TokenKind::kUnknown;
  for (size_t id = 0; id < spec.vocabulary.size(); ++id) {
    if (spec.vocabulary.texts[id].empty()) spec.vocabulary.kinds[id] = TokenKind::kUnused;
  }
  add_bert_template(spec);
  infer_roles(spec);
  return spec;
}

}  // namespace tokrail
