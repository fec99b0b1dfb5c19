#include "tokenizers/formats/gguf.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/error.h"
#include "tokenizers/formats/gguf_metadata.h"
#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/special_roles.h"
#include "tokenizers/formats/token_index.h"
#include "tokenizers/formats/vocabulary_entries.h"
#include "tokenizers/pretokenization/gguf_pre_patterns.h"

namespace tokrail {
namespace {

using ModelKind = ModelSpec::Kind;

constexpr std::string_view kPrefix = "tokenizer.ggml.";

// Texts that end a generation in every model that has them; they are control tokens whatever the
// file says. "<|end|>" and "</s>" are taken back where others of the list replace them.
constexpr std::string_view kEndTexts[] = {"<|eot_id|>",
                                          "<|im_end|>",
                                          "<|end|>",
                                          "<|return|>",
                                          "<|call|>",
                                          "<|flush|>",
                                          "<|calls|>",
                                          "<end_of_turn>",
                                          "<|endoftext|>",
                                          "</s>",
                                          "<|eom_id|>",
                                          "<EOT>",
                                          "_<EOT>",
                                          "[EOT]",
                                          "[EOS]",
                                          "<|end_of_text|>",
                                          "<end_of_utterance>",
                                          "<eos>",
                                          "<turn|>",
                                          "<|tool_response>",
                                          "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
                                          "[e~["};

// Texts of fill-in-the-middle tokens, by the key that a file may name them with instead.
struct InfillTexts {
  std::string_view key;
  bool ends_generation;
  std::span<const std::string_view> texts;
};
constexpr std::string_view kFimPrefix[] = {
    "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>",    "<\uFF5Cfim\u2581begin\uFF5C>",
    "<PRE>",          "\u2581<PRE>",  "<|code_prefix|>", "<|prefix|>"};
constexpr std::string_view kFimSuffix[] = {
    "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>",    "<\uFF5Cfim\u2581hole\uFF5C>",
    "<SUF>",          "\u2581<SUF>",  "<|code_suffix|>", "<|suffix|>"};
constexpr std::string_view kFimMiddle[] = {
    "<|fim_middle|>", "<fim-middle>", "<fim_middle>",    "<\uFF5Cfim\u2581end\uFF5C>",
    "<MID>",          "\u2581<MID>",  "<|code_middle|>", "<|middle|>"};
constexpr std::string_view kFimPad[] = {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"};
constexpr std::string_view kFimRepository[] = {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>",
                                               "<REPO>", "<reponame>"};
constexpr std::string_view kFimSeparator[] = {"<|file_sep|>"};
constexpr InfillTexts kInfillTexts[] = {
    {"fim_pre_token_id", false, kFimPrefix},    {"fim_suf_token_id", false, kFimSuffix},
    {"fim_mid_token_id", false, kFimMiddle},    {"fim_pad_token_id", true, kFimPad},
    {"fim_rep_token_id", true, kFimRepository}, {"fim_sep_token_id", true, kFimSeparator}};

// Always printed, always matched.
constexpr std::string_view kHarmonyTexts[] = {"<|channel|>", "<|message|>", "<|start|>",
                                              "<|constrain|>"};

class Reader {
 public:
  Reader(std::string_view bytes, std::string_view name) : name_(name), file_(bytes, name) {}

  TokenizerSpec read() && {
    spec_.format = SourceFormat::kGguf;
    spec_.special_text = SpecialTextDefault::kAsText;
    spec_.name = file_.text("general.name").value_or("");
    const auto model = file_.text(key("model"));
    if (!model) fail("model", "expected the type of the vocabulary");
    read_tokens();
    const TokenIndex index(spec_.vocabulary.texts);
    check_different(index);
    if (*model == "gpt2") {
      read_gpt2(index);
    } else if (*model == "llama") {
      read_llama();
    } else if (*model == "bert") {
      read_bert();
    } else if (*model == "t5") {
      read_t5();
    } else {
      unsupported("model", "no vocabulary of type " + quoted(*model) + " is supported");
    }
    find_special_texts(index);
    list_added_tokens();
    return std::move(spec_);
  }

 private:
  static std::string key(std::string_view name) { return std::string(kPrefix).append(name); }

  [[noreturn]] void fail(std::string_view name, const std::string& message) const {
    throw Error(ErrorCode::kInvalidFile, message, place_in(name_, key(name)));
  }
  [[noreturn]] void unsupported(std::string_view name, const std::string& message) const {
    throw Error(ErrorCode::kUnsupported, message, place_in(name_, key(name)));
  }

  bool flag(std::string_view name, bool otherwise) const {
    return file_.boolean(key(name)).value_or(otherwise);
  }

  /// The id the file names, or the default; neither if it is no token.
  std::optional<TokenId> token(std::string_view name, std::optional<TokenId> otherwise) const {
    const auto id = file_.number(key(name));
    if (id && *id < spec_.vocabulary.size()) return static_cast<TokenId>(*id);
    return otherwise && *otherwise < spec_.vocabulary.size() ? otherwise : std::nullopt;
  }

  // ---------------------------------------------------------------- tokens

  void read_tokens() {
    const auto tokens = file_.texts(key("tokens"));
    if (!tokens) fail("tokens", "expected a list of tokens");
    const size_t size = tokens->size();
    if (size > kMaxTokenId) fail("tokens", "expected at most " + std::to_string(kMaxTokenId));
    VocabularySpec& vocabulary = spec_.vocabulary;
    for (size_t id = 0; id < size; ++id) {
      const std::string_view text = (*tokens)[id];
      vocabulary.texts.push_back(text.empty() ? "[EMPTY_" + std::to_string(id) + "]"
                                              : std::string(text));
    }
    vocabulary.kinds.assign(size, TokenKind::kNormal);
    if (const auto types = file_.integers(key("token_type"))) {
      if (types->size() < size) fail("token_type", "expected a type for every token");
      for (size_t id = 0; id < size; ++id) vocabulary.kinds[id] = kind_of((*types)[id]);
    }
  }

  static TokenKind kind_of(int32_t type) {
    switch (type) {
      case 1: return TokenKind::kNormal;
      case 2: return TokenKind::kUnknown;
      case 3: return TokenKind::kControl;
      case 4: return TokenKind::kUserDefined;
      case 6: return TokenKind::kByte;
      default: return TokenKind::kUnused;
    }
  }

  void read_scores() {
    const auto scores = file_.floats(key("scores"));
    if (!scores) {
      spec_.vocabulary.scores.assign(spec_.vocabulary.size(), 0.0);
      return;
    }
    if (scores->size() < spec_.vocabulary.size()) {
      fail("scores", "expected a score for every token");
    }
    spec_.vocabulary.scores.assign(
        scores->begin(), scores->begin() + static_cast<std::ptrdiff_t>(spec_.vocabulary.size()));
  }

  void check_different(const TokenIndex& index) const {
    for (TokenId id = 0; id < spec_.vocabulary.size(); ++id) {
      const std::string_view text = spec_.vocabulary.texts[id];
      if (index.find(text) == id) continue;
      fail("tokens", "expected different tokens, " + quoted(text) + " has ids " +
                         std::to_string(id) + " and " + std::to_string(index.find(text)));
    }
  }

  // ---------------------------------------------------------------- the four kinds

  void read_gpt2(const TokenIndex& index) {
    const std::string_view name = file_.text(key("pre")).value_or("default");
    const auto pre = find_gguf_pre(name.empty() ? "default" : name);
    if (!pre) unsupported("pre", "no pre-tokenizer " + quoted(name) + " is supported");
    if (!pre->byte_encode || pre->escape_spaces || pre->newline_tokens) {
      unsupported("pre", "pre-tokenizer " + quoted(name) +
                             " does not work on bytes, which is not "
                             "supported");
    }
    spec_.model.kind = ModelKind::kMergeBpe;
    spec_.model.ignore_merges = pre->ignore_merges;
    read_merges(index);
    for (const std::string_view pattern : pre->patterns) {
      PreTokenizerStep split;
      split.kind = PreTokenizerStep::Kind::kSplit;
      split.pattern = {std::string(pattern), true};
      split.behavior = SplitBehavior::kIsolated;
      spec_.pre_tokenizers.push_back(std::move(split));
    }
    PreTokenizerStep bytes;
    bytes.kind = PreTokenizerStep::Kind::kByteLevel;
    bytes.add_prefix_space = false;
    bytes.use_regex = false;
    spec_.pre_tokenizers.push_back(std::move(bytes));
    if (pre->clean_spaces) add_space_clean_up();
    const auto bos = pre->no_bos ? std::nullopt : std::optional<TokenId>(11);
    read_roles({.bos = bos, .eos = 11});
    read_added_ends(pre->add_bos, false);
    if (flag("add_sep_token", pre->add_sep) && spec_.add_bos) add_template();
  }

  void read_merges(const TokenIndex& index) {
    const auto lines = file_.texts(key("merges"));
    if (!lines) fail("merges", "expected a list of merges");
    MergeTexts merges;
    for (size_t i = 0; i < lines->size(); ++i) {
      // The space between is the first after the first byte.
      const std::string_view line = (*lines)[i];
      const size_t space = line.find(' ', 1);
      if (line.empty() || space == std::string_view::npos) {
        fail("merges", "merge " + std::to_string(i) + ": expected two texts and a space between");
      }
      merges.texts.push_back(line.substr(0, space), line.substr(space + 1));
      merges.splits.push_back(static_cast<uint32_t>(space));
    }
    spec_.model.merges = resolve_merges(merges, spec_.vocabulary.texts, index, 0,
                                        place_in(name_, key("merges")), RepeatedMerge::kFirst);
  }

  void read_llama() {
    spec_.model.kind = ModelKind::kScoreBpe;
    spec_.model.byte_fallback = true;
    read_scores();
    read_roles({.bos = 1, .eos = 2, .unk = 0});
    NormalizerStep step;
    step.kind = NormalizerStep::Kind::kLlamaSpm;
    step.add_dummy_prefix = flag("add_space_prefix", true);
    spec_.normalizers.push_back(std::move(step));
    read_added_ends(true, false);
  }

  void read_bert() {
    spec_.model.kind = ModelKind::kWordPiece;
    spec_.model.llama_wordpiece = true;
    read_roles({.bos = 101, .unk = 100, .sep = 102, .pad = 0, .mask = 103});
    PreTokenizerStep step;
    step.kind = PreTokenizerStep::Kind::kLlamaWpm;
    step.lowercase = flag("normalizer.lowercase", true);
    step.strip_accents = flag("normalizer.strip_accents", step.lowercase);
    spec_.pre_tokenizers.push_back(std::move(step));
    add_space_clean_up();
    add_template();
  }

  void read_t5() {
    spec_.model.kind = ModelKind::kUnigram;
    spec_.model.byte_fallback = false;
    read_scores();
    read_roles({.eos = 1, .unk = 2, .pad = 0});
    NormalizerStep step;
    step.kind = NormalizerStep::Kind::kLlamaUgm;
    step.charsmap = file_.raw_bytes(key("precompiled_charsmap")).value_or("");
    step.add_dummy_prefix = flag("add_space_prefix", false);
    step.remove_extra_whitespaces = flag("remove_extra_whitespaces", false);
    spec_.normalizers.push_back(std::move(step));
    read_added_ends(false, true);
  }

  // Decoding takes out spaces before punctuation.
  void add_space_clean_up() {
    DecoderStep step;
    step.kind = DecoderStep::Kind::kWordPiece;
    step.cleanup = true;
    spec_.decoders.push_back(std::move(step));
  }

  // First token and separator around a text.
  void add_template() {
    if (!spec_.roles.bos || !spec_.roles.sep) return;
    PostProcessorStep step;
    step.kind = PostProcessorStep::Kind::kBert;
    const auto text_and_id = [&](TokenId id) {
      return std::make_pair(std::string(spec_.vocabulary.texts[id]), id);
    };
    step.cls = text_and_id(*spec_.roles.bos);
    step.sep = text_and_id(*spec_.roles.sep);
    spec_.post_processors.push_back(std::move(step));
    spec_.add_bos = spec_.add_eos = false;
  }

  // ---------------------------------------------------------------- special tokens

  struct DefaultRoles {
    std::optional<TokenId> bos = {}, eos = {}, unk = {}, sep = {}, pad = {}, mask = {};
  };

  void read_roles(const DefaultRoles& defaults) {
    SpecialRoles& roles = spec_.roles;
    roles.bos = token("bos_token_id", defaults.bos);
    if (const auto eos = token("eos_token_id", defaults.eos)) roles.eos.push_back(*eos);
    roles.unk = token("unknown_token_id", defaults.unk);
    // The format's own spelling of the key, and the right one.
    roles.sep = token("seperator_token_id", token("separator_token_id", defaults.sep));
    roles.pad = token("padding_token_id", defaults.pad);
    roles.mask = token("mask_token_id", defaults.mask);
    if (spec_.model.kind == ModelKind::kWordPiece) roles.cls = roles.bos;
    spec_.model.unk_id = roles.unk;
  }

  void read_added_ends(bool add_bos, bool add_eos) {
    spec_.add_bos = flag("add_bos_token", add_bos) && spec_.roles.bos;
    spec_.add_eos = flag("add_eos_token", add_eos) && !spec_.roles.eos.empty();
  }

  void find_special_texts(const TokenIndex& index) {
    std::vector<TokenKind>& kinds = spec_.vocabulary.kinds;
    SpecialRoles& roles = spec_.roles;
    for (const std::string_view named : {"eot_token_id", "eom_token_id"}) {
      if (const auto id = token(named, std::nullopt)) add_eos_role(roles, *id);
    }
    for (const InfillTexts& infill : kInfillTexts) {
      const auto named = token(infill.key, std::nullopt);
      if (named && infill.ends_generation) add_eos_role(roles, *named);
      if (named) continue;
      for (const std::string_view text : infill.texts) {
        const TokenId id = index.find(text);
        if (id == kNoToken) continue;
        kinds[id] = TokenKind::kControl;
        if (infill.ends_generation) add_eos_role(roles, id);
      }
    }
    for (const std::string_view text : kEndTexts) {
      const TokenId id = index.find(text);
      if (id == kNoToken) continue;
      kinds[id] = TokenKind::kControl;
      add_eos_role(roles, id);
    }
    for (const std::string_view text : kHarmonyTexts) {
      const TokenId id = index.find(text);
      if (id != kNoToken) kinds[id] = TokenKind::kUserDefined;
    }
    const auto has = [&](std::string_view text) { return index.find(text) != kNoToken; };
    const bool calls = has("<|return|>")
                           ? has("<|call|>") || has("<|calls|>")
                           : has("<|flush|>") && (has("<|call|>") || has("<|calls|>"));
    if (calls) take_back(index.find("<|end|>"), TokenKind::kUserDefined);
    if (has("<|tool_response>")) take_back(index.find("</s>"), TokenKind::kNormal);
  }

  // Not an end of generation after all.
  void take_back(TokenId id, TokenKind kind) {
    if (id == kNoToken) return;
    spec_.vocabulary.kinds[id] = kind;
    std::erase(spec_.roles.eos, id);
  }

  // Tokens that are looked for in a text: user-defined ones always, the others where special
  // tokens are allowed.
  void list_added_tokens() {
    for (TokenId id = 0; id < spec_.vocabulary.size(); ++id) {
      const TokenKind kind = spec_.vocabulary.kinds[id];
      const bool special = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
      if (!special && kind != TokenKind::kUserDefined) continue;
      AddedToken token;
      token.id = id;
      token.content = spec_.vocabulary.texts[id];
      token.normalized = false;
      token.special = special;
      set_stripping(token);
      spec_.added_tokens.push_back(std::move(token));
    }
  }

  // White space that a special token swallows, by the names of models.
  void set_stripping(AddedToken& token) const {
    const std::string_view pre = file_.text(key("pre")).value_or("");
    const std::string_view architecture = file_.text("general.architecture").value_or("");
    std::string name(file_.text("general.name").value_or(""));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto has = [](std::string_view text, std::string_view part) {
      return text.find(part) != std::string_view::npos;
    };
    if (has(pre, "jina-v2-de") || has(pre, "jina-v2-es") || has(pre, "jina-v2-code") ||
        has(architecture, "nomic-bert-moe") || has(architecture, "jina-bert-v3")) {
      token.lstrip = token.content == "<mask>";
    } else if (has(name, "phi-3") || has(name, "phi3")) {
      token.rstrip =
          token.content != "<unk>" && token.content != "<s>" && token.content != "<|endoftext|>";
    } else if (has(name, "modern-bert")) {
      token.lstrip = token.content == "[MASK]";
    }
  }

  std::string_view name_;
  GgufMetadata file_;
  TokenizerSpec spec_;
};

}  // namespace

bool looks_like_gguf(std::string_view bytes) {
  return bytes.starts_with("GGUF");
}

TokenizerSpec read_gguf(std::string_view bytes, std::string_view name) {
  return Reader(bytes, name).read();
}

}  // namespace tokrail
