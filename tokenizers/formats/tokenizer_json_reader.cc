#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/special_roles.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/formats/tokenizer_json_components.h"
#include "tokenizers/formats/tokenizer_json_parts.h"
#include "tokenizers/formats/vocabulary_entries.h"

namespace tokrail {
namespace {

using ModelKind = ModelSpec::Kind;

// The order in which the reference tries the types for a model without "type".
ModelKind infer_model_kind(const JsonNode& model, const TokenizerJsonParts& parts) {
  if (parts.has_merges) return ModelKind::kMergeBpe;
  if (parts.vocabulary == TokenizerJsonParts::Vocabulary::kList) return ModelKind::kUnigram;
  if (model.has("continuing_subword_prefix") && model.has("max_input_chars_per_word")) {
    return ModelKind::kWordPiece;
  }
  if (model.has("unk_token")) return ModelKind::kWordLevel;
  model.fail("expected a model of type BPE, Unigram, WordPiece or WordLevel");
}

ModelKind read_model_kind(const JsonNode& model, const TokenizerJsonParts& parts) {
  const auto type = model.find("type");
  if (!type) return infer_model_kind(model, parts);
  const std::string_view name = type->string();
  if (name == "BPE") return ModelKind::kMergeBpe;
  if (name == "Unigram") return ModelKind::kUnigram;
  if (name == "WordPiece") return ModelKind::kWordPiece;
  if (name == "WordLevel") return ModelKind::kWordLevel;
  type->fail("no model of type " + quoted(name) + " is supported", ErrorCode::kUnsupported);
}

void check_lists(const JsonNode& model, ModelKind kind, const TokenizerJsonParts& parts) {
  using Vocabulary = TokenizerJsonParts::Vocabulary;
  const bool list = kind == ModelKind::kUnigram;
  if (parts.vocabulary != (list ? Vocabulary::kList : Vocabulary::kObject)) {
    model.fail(list ? "expected a member 'vocab' with a list of [token, score]"
                    : "expected a member 'vocab' with an object of tokens and ids");
  }
  if (kind == ModelKind::kMergeBpe && !parts.has_merges) {
    model.fail("expected a member 'merges' with a list");
  }
}

AddedToken read_added_token(const JsonNode& node) {
  AddedToken token;
  if (const auto id = node.find("id")) id->integer(kMaxTokenId);
  token.content = node.at("content").string();
  token.single_word = node.boolean_or("single_word", false);
  token.lstrip = node.boolean_or("lstrip", false);
  token.rstrip = node.boolean_or("rstrip", false);
  token.special = node.boolean_or("special", false);
  token.normalized = node.boolean_or("normalized", !token.special);
  return token;
}

// Ids are given the way the reference gives them while loading: the text's id in the model, else
// the next one after the model's size. Tokens that the model does not know become entries.
std::vector<AddedToken> read_added_tokens(const JsonNode& list, TokenId next_id, TokenIndex& index,
                                          VocabularyEntries& entries) {
  std::vector<AddedToken> tokens;
  std::unordered_map<std::string, size_t> by_text;
  for (size_t i = 0; i < list.size(); ++i) {
    AddedToken token = read_added_token(list.at(i));
    if (token.content.empty()) continue;  // as the reference does
    const auto [at, is_new] = by_text.emplace(token.content, tokens.size());
    if (!is_new) {
      token.id = tokens[at->second].id;
      tokens[at->second] = std::move(token);
      continue;
    }
    TokenId entry = index.find(token.content);
    if (entry == kNoToken) {
      entry = static_cast<TokenId>(entries.texts.size());
      entries.texts.push_back(token.content);
      entries.ids.push_back(next_id++);
      index.add(entry);
    }
    token.id = entries.ids[entry];
    tokens.push_back(std::move(token));
  }
  if (!entries.scores.empty()) entries.scores.resize(entries.texts.size(), 0.0);
  std::sort(tokens.begin(), tokens.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return tokens;
}

class Reader {
 public:
  Reader(TokenizerJsonParts parts, std::string_view name)
      : name_(name),
        parts_(std::move(parts)),
        root_(parts_.rest, name),
        model_(root_.at("model")) {}

  TokenizerSpec read() && {
    if (const auto version = root_.find("version")) {
      if (version->string() != "1.0") {
        version->fail("no version " + quoted(version->string()) + " is supported",
                      ErrorCode::kUnsupported);
      }
    }
    spec_.format = SourceFormat::kTokenizerJson;
    spec_.special_text = SpecialTextDefault::kMatch;
    spec_.model.kind = read_model_kind(model_, parts_);
    check_lists(model_, spec_.model.kind, parts_);
    read_steps();
    read_vocabulary();
    set_kinds();
    infer_roles(spec_);
    return std::move(spec_);
  }

 private:
  void read_vocabulary() {
    VocabularyEntries& entries = parts_.entries;
    const bool unigram = spec_.model.kind == ModelKind::kUnigram;
    const size_t model_entries = entries.texts.size();
    if (unigram) {
      entries.ids.resize(model_entries);
      std::iota(entries.ids.begin(), entries.ids.end(), 0);
    }
    TokenId model_end = 0;
    for (const TokenId id : entries.ids) model_end = std::max(model_end, id + 1);

    TokenIndex index(entries.texts);
    if (const auto added = root_.find("added_tokens")) {
      const size_t different = index.size() + index.empty_texts();
      const size_t next_id = unigram ? model_entries : different;
      spec_.added_tokens = read_added_tokens(*added, static_cast<TokenId>(next_id), index, entries);
    }
    if (entries.texts.size() != model_entries) spec_.vocabulary.first_added = model_end;
    arrange(index);
  }

  void arrange(TokenIndex& index) {
    VocabularyEntries& entries = parts_.entries;
    VocabularySpec& vocabulary = spec_.vocabulary;
    const bool unigram = spec_.model.kind == ModelKind::kUnigram;
    // A unigram list may hold a text twice; its ids are its places and all of them stay.
    if (unigram || entries_are_in_order(entries, index)) {
      vocabulary.kinds.assign(entries.texts.size(), TokenKind::kNormal);
      vocabulary.texts = std::move(entries.texts);
      vocabulary.scores = std::move(entries.scores);
      index.refer_to(vocabulary.texts);
      read_model(index);
      return;
    }
    const std::optional<TokenId> first_added = vocabulary.first_added;
    vocabulary = arrange_vocabulary(entries, index, place_in(name_, "/model/vocab"));
    vocabulary.first_added = first_added;
    read_model(TokenIndex(vocabulary.texts));
  }

  void read_model(const TokenIndex& index) {
    ModelSpec& model = spec_.model;
    switch (model.kind) {
      case ModelKind::kMergeBpe:
        if (const auto dropout = model_.find("dropout")) {
          model.dropout = static_cast<float>(dropout->number());
          if (!(*model.dropout >= 0.0f && *model.dropout <= 1.0f)) {
            dropout->fail("expected a probability from 0 to 1");
          }
        }
        model.continuing_prefix = model_.string_or("continuing_subword_prefix", "");
        model.end_of_word_suffix = model_.string_or("end_of_word_suffix", "");
        model.fuse_unk = model_.boolean_or("fuse_unk", false);
        model.byte_fallback = model_.boolean_or("byte_fallback", false);
        model.ignore_merges = model_.boolean_or("ignore_merges", false);
        model.merges =
            resolve_merges(parts_.merges, spec_.vocabulary.texts, index,
                           model.continuing_prefix.size(), place_in(name_, "/model/merges"));
        break;
      case ModelKind::kUnigram:
        model.fuse_unk = true;
        model.byte_fallback = model_.boolean_or("byte_fallback", false);
        if (const auto unk = model_.find("unk_id")) {
          model.unk_id = unk->integer(kMaxTokenId);
          if (*model.unk_id >= model_size()) unk->fail("expected the id of a token");
        }
        break;
      case ModelKind::kWordPiece:
        model.continuing_prefix = model_.string_or("continuing_subword_prefix", "##");
        model.max_input_chars_per_word = model_.integer_or("max_input_chars_per_word", 100);
        break;
      default: break;
    }
    if (model.kind != ModelKind::kUnigram) read_unknown_token(index);
  }

  size_t model_size() const {
    return spec_.vocabulary.first_added.value_or(static_cast<TokenId>(spec_.vocabulary.size()));
  }

  // The reference finds out that the unknown token is missing when a text needs it.
  void read_unknown_token(const TokenIndex& index) {
    const auto token = model_.find("unk_token");
    if (!token || token->string().empty()) return;
    const TokenId id = index.find(token->string());
    if (id != kNoToken) {
      spec_.model.unk_id = id;
    } else if (spec_.model.kind != ModelKind::kMergeBpe || !spells_every_byte()) {
      token->fail("expected a token of the vocabulary, " + quoted(token->string()) + " is none");
    }
  }

  bool spells_every_byte() const {
    bool spells = spec_.model.byte_fallback;
    for (const NormalizerStep& step : spec_.normalizers) {
      spells |= step.kind == NormalizerStep::Kind::kByteLevel;
    }
    for (const PreTokenizerStep& step : spec_.pre_tokenizers) {
      spells |= step.kind == PreTokenizerStep::Kind::kByteLevel;
    }
    return spells;
  }

  void read_steps() {
    if (const auto node = root_.find("normalizer")) spec_.normalizers = read_normalizers(*node);
    if (const auto node = root_.find("pre_tokenizer")) {
      spec_.pre_tokenizers = read_pre_tokenizers(*node);
    }
    if (const auto node = root_.find("post_processor")) {
      spec_.post_processors = read_post_processors(*node);
    }
    if (const auto node = root_.find("decoder")) spec_.decoders = read_decoders(*node);
    if (const auto node = root_.find("truncation")) spec_.truncation = read_truncation(*node);
    if (const auto node = root_.find("padding")) spec_.padding = read_padding(*node);
  }

  void set_kinds() {
    VocabularySpec& vocabulary = spec_.vocabulary;
    bool byte_tokens = spec_.model.byte_fallback;
    for (const DecoderStep& step : spec_.decoders) {
      byte_tokens |= step.kind == DecoderStep::Kind::kByteFallback;
    }
    for (size_t id = 0; byte_tokens && id < vocabulary.size(); ++id) {
      if (is_byte_token(vocabulary.texts[id])) vocabulary.kinds[id] = TokenKind::kByte;
    }
    for (const AddedToken& token : spec_.added_tokens) {
      vocabulary.kinds[token.id] = token.special ? TokenKind::kControl : TokenKind::kUserDefined;
    }
    if (spec_.model.unk_id) vocabulary.kinds[*spec_.model.unk_id] = TokenKind::kUnknown;
    for (size_t id = 0; id < vocabulary.size(); ++id) {
      if (vocabulary.texts[id].empty()) vocabulary.kinds[id] = TokenKind::kUnused;
    }
  }

  static bool is_byte_token(std::string_view text) {
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
    return text.size() == 6 && text.starts_with("<0x") && text[5] == '>' && is_hex(text[3]) &&
           is_hex(text[4]);
  }

  std::string_view name_;
  TokenizerJsonParts parts_;
  JsonNode root_;
  JsonNode model_;
  TokenizerSpec spec_;
};

}  // namespace

TokenizerSpec read_tokenizer_json(std::string_view bytes, std::string_view name) {
  return Reader(parse_tokenizer_json(bytes, name), name).read();
}

}  // namespace tokrail
