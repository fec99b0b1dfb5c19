#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/formats/derive_merges.h"
#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/json_numbers.h"
#include "tokenizers/formats/json_writer.h"
#include "tokenizers/formats/raw_bytes_form.h"
#include "tokenizers/formats/token_index.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/formats/tokenizer_json_steps.h"

namespace tokrail {
namespace {

using ModelKind = ModelSpec::Kind;

bool holds_raw_bytes(const TokenizerSpec& spec) {
  return spec.model.kind == ModelKind::kRankBpe ||
         (spec.model.kind == ModelKind::kMergeBpe && spec.model.raw_bytes);
}

std::string in_alphabet(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    append_utf8(byte_to_alphabet(static_cast<uint8_t>(byte)), text);
  }
  return text;
}

// A spec as the format would hold it: raw bytes become texts in the byte-level alphabet with
// merges, BOS and EOS become a template.
TokenizerSpec in_file_notation(const TokenizerSpec& spec) {
  TokenizerSpec file = spec;
  if (holds_raw_bytes(spec)) {
    if (spec.model.kind == ModelKind::kRankBpe) {
      file.model.kind = ModelKind::kMergeBpe;
      file.model.merges = derive_merges(spec.vocabulary);
      file.model.ignore_merges = true;
    }
    file.model.raw_bytes = false;
    std::vector<bool> added(spec.vocabulary.size());
    for (const AddedToken& token : spec.added_tokens) added[token.id] = true;
    file.vocabulary.texts = ByteStrings();
    for (size_t id = 0; id < spec.vocabulary.size(); ++id) {
      const std::string_view text = spec.vocabulary.texts[id];
      file.vocabulary.texts.push_back(added[id] ? std::string(text) : in_alphabet(text));
    }
    PreTokenizerStep bytes;
    bytes.kind = PreTokenizerStep::Kind::kByteLevel;
    bytes.add_prefix_space = false;
    bytes.use_regex = false;
    file.pre_tokenizers.push_back(bytes);
    file.decoders.assign(1, DecoderStep{});
  }
  if (spec.format == SourceFormat::kGguf) file.decoders.assign(1, DecoderStep{});
  if (spec.format != SourceFormat::kTokenizerJson && spec.post_processors.empty()) {
    PostProcessorStep step;
    const auto add = [&](TokenId id, std::vector<TemplatePiece>& pieces, uint32_t type_id) {
      const std::string text(file.vocabulary.texts[id]);
      pieces.push_back({TemplatePiece::Kind::kSpecialToken, text, {id}, {text}, type_id});
    };
    for (const uint32_t sequence : {0u, 1u}) {
      for (auto* const pieces : {&step.single, &step.pair}) {
        if (pieces == &step.single && sequence == 1) continue;
        if (spec.add_bos && spec.roles.bos) add(*spec.roles.bos, *pieces, sequence);
        TemplatePiece text;
        text.kind =
            sequence == 0 ? TemplatePiece::Kind::kSequenceA : TemplatePiece::Kind::kSequenceB;
        text.type_id = sequence;
        pieces->push_back(text);
        if (spec.add_eos && !spec.roles.eos.empty()) {
          add(spec.roles.eos.front(), *pieces, sequence);
        }
      }
    }
    if (step.single.size() > 1) file.post_processors.push_back(std::move(step));
  }
  return file;
}

// Tokens the file lists only under added_tokens: those from the first on that the model does not
// know. Reading gives them the ids that follow the model's, so these must be theirs.
size_t model_end(const TokenizerSpec& spec) {
  return spec.vocabulary.first_added.value_or(static_cast<TokenId>(spec.vocabulary.size()));
}

bool in_model(const TokenizerSpec& spec, size_t id) {
  return id < model_end(spec) && !spec.vocabulary.texts[id].empty();
}

class Inspection {
 public:
  // `cleans_spaces` is lost in the notation of the file.
  Inspection(const TokenizerSpec& spec, bool cleans_spaces)
      : spec_(spec), cleans_spaces_(cleans_spaces) {}

  std::vector<std::string> reasons() && {
    inspect_model();
    inspect_steps();
    if (reasons_.empty()) inspect_vocabulary();
    return std::move(reasons_);
  }

 private:
  void add(std::string reason) { reasons_.push_back(std::move(reason)); }

  void inspect_model() {
    const ModelSpec& model = spec_.model;
    switch (model.kind) {
      case ModelKind::kScoreBpe:
        add("BPE by scores (sentencepiece, GGUF 'llama'): tokenizer.json has BPE by merges only");
        break;
      case ModelKind::kSpmWord: add("the sentencepiece word model"); break;
      case ModelKind::kSpmChar: add("the sentencepiece char model"); break;
      case ModelKind::kWordPiece:
        if (model.llama_wordpiece)
          add("llama.cpp's reading of WordPiece (words begin with a mark)");
        [[fallthrough]];
      case ModelKind::kWordLevel:
        if (!model.unk_id) add("a word model without an unknown token");
        break;
      case ModelKind::kUnigram:
        if (!model.fuse_unk) add("a unigram model that keeps neighbouring unknowns apart");
        break;
      case ModelKind::kHybrid: add(std::string(kHybridReason)); break;
      case ModelKind::kRankBpe:
      case ModelKind::kMergeBpe: break;
    }
  }

  void inspect_steps() {
    if (cleans_spaces_) add("llama.cpp's clean-up of spaces while decoding");
    for (const NormalizerStep& step : spec_.normalizers) {
      switch (step.kind) {
        case NormalizerStep::Kind::kSentencePiece:
          add("sentencepiece's normaliser (dummy prefix and white space around a charsmap)");
          break;
        case NormalizerStep::Kind::kLlamaSpm: add("llama.cpp's 'llama' white-space rules"); break;
        case NormalizerStep::Kind::kLlamaUgm: add("llama.cpp's 't5' normaliser"); break;
        default: break;
      }
    }
    for (const PreTokenizerStep& step : spec_.pre_tokenizers) {
      if (step.kind == PreTokenizerStep::Kind::kLlamaWpm) {
        add("llama.cpp's 'bert' word splitter");
      }
    }
  }

  void inspect_vocabulary() {
    const VocabularySpec& vocabulary = spec_.vocabulary;
    std::vector<bool> added(vocabulary.size());
    for (const AddedToken& token : spec_.added_tokens) {
      added[token.id] = true;
      if (!valid_utf8(token.content))
        add("added token " + std::to_string(token.id) + " is not UTF-8");
    }
    size_t known = 0;
    for (size_t id = 0; id < vocabulary.size(); ++id) {
      if (!valid_utf8(vocabulary.texts[id])) {
        add("token " + std::to_string(id) + " is not UTF-8");
        return;
      }
      if (in_model(spec_, id)) {
        ++known;
      } else if (id >= model_end(spec_) && (!added[id] || id != next_added_id(known, id))) {
        add("token " + std::to_string(id) + ": reading would give it another id");
        return;
      }
    }
    if (vocabulary.size() > 0 && vocabulary.texts[vocabulary.size() - 1].empty()) {
      add("ids at the end of the vocabulary that have no text");
    }
    if (spec_.model.kind == ModelKind::kUnigram) {
      for (size_t id = 0; id < model_end(spec_); ++id) {
        if (!in_model(spec_, id)) {
          add("id " + std::to_string(id) + ": a unigram vocabulary without a text for it");
          return;
        }
      }
    } else {
      inspect_duplicates();
    }
  }

  size_t next_added_id(size_t known, size_t id) const { return known + (id - model_end(spec_)); }

  void inspect_duplicates() {
    const TokenIndex index(spec_.vocabulary.texts);
    for (TokenId id = 0; id < spec_.vocabulary.size(); ++id) {
      const std::string_view text = spec_.vocabulary.texts[id];
      if (text.empty() || index.find(text) == id) continue;
      add("ids " + std::to_string(id) + " and " + std::to_string(index.find(text)) +
          " have the same text " + quoted(text));
      return;
    }
  }

  const TokenizerSpec& spec_;
  bool cleans_spaces_;
  std::vector<std::string> reasons_;
};

class Writer {
 public:
  explicit Writer(const TokenizerSpec& spec) : spec_(spec) {}

  std::string write() && {
    json_.begin_object();
    json_.member("version", "1.0");
    json_.key("truncation");
    write_truncation(json_, spec_.truncation);
    json_.key("padding");
    write_padding(json_, spec_.padding);
    write_added_tokens();
    json_.key("normalizer");
    write_normalizers(json_, spec_.normalizers);
    json_.key("pre_tokenizer");
    write_pre_tokenizers(json_, spec_.pre_tokenizers);
    json_.key("post_processor");
    write_post_processors(json_, spec_.post_processors);
    json_.key("decoder");
    write_decoders(json_, spec_.decoders);
    write_model();
    json_.end_object();
    return std::move(json_).text();
  }

 private:
  void write_added_tokens() {
    json_.key("added_tokens");
    json_.begin_array();
    for (const AddedToken& token : spec_.added_tokens) {
      json_.begin_object();
      json_.member("id", token.id);
      json_.member("content", token.content);
      json_.member("single_word", token.single_word);
      json_.member("lstrip", token.lstrip);
      json_.member("rstrip", token.rstrip);
      json_.member("normalized", token.normalized);
      json_.member("special", token.special);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_model() {
    json_.key("model");
    json_.begin_object();
    switch (spec_.model.kind) {
      case ModelKind::kUnigram: write_unigram(); break;
      case ModelKind::kWordPiece:
        json_.member("type", "WordPiece");
        write_unknown_token();
        json_.member("continuing_subword_prefix", spec_.model.continuing_prefix);
        json_.member("max_input_chars_per_word", spec_.model.max_input_chars_per_word);
        write_vocabulary();
        break;
      case ModelKind::kWordLevel:
        json_.member("type", "WordLevel");
        write_vocabulary();
        write_unknown_token();
        break;
      default: write_bpe(); break;
    }
    json_.end_object();
  }

  void write_bpe() {
    const ModelSpec& model = spec_.model;
    json_.member("type", "BPE");
    json_.key("dropout");
    if (model.dropout) {
      json_.value(*model.dropout);
    } else {
      json_.null();
    }
    write_unknown_token();
    write_text_or_null("continuing_subword_prefix", model.continuing_prefix);
    write_text_or_null("end_of_word_suffix", model.end_of_word_suffix);
    json_.member("fuse_unk", model.fuse_unk);
    json_.member("byte_fallback", model.byte_fallback);
    json_.member("ignore_merges", model.ignore_merges);
    write_vocabulary();
    json_.key("merges");
    json_.begin_array();
    for (const Merge& merge : model.merges) {
      json_.begin_array();
      json_.value(spec_.vocabulary.texts[merge.left]);
      json_.value(spec_.vocabulary.texts[merge.right]);
      json_.end_array();
    }
    json_.end_array();
  }

  void write_unigram() {
    json_.member("type", "Unigram");
    json_.key("unk_id");
    if (spec_.model.unk_id) {
      json_.value(*spec_.model.unk_id);
    } else {
      json_.null();
    }
    json_.key("vocab");
    json_.begin_array();
    for (size_t id = 0; id < model_end(spec_); ++id) {
      json_.begin_array();
      json_.value(spec_.vocabulary.texts[id]);
      json_.number(text_of_reference_double(spec_.vocabulary.scores[id]));
      json_.end_array();
    }
    json_.end_array();
    json_.member("byte_fallback", spec_.model.byte_fallback);
  }

  void write_vocabulary() {
    json_.key("vocab");
    json_.begin_object();
    for (size_t id = 0; id < spec_.vocabulary.size(); ++id) {
      if (in_model(spec_, id)) json_.member(spec_.vocabulary.texts[id], static_cast<uint32_t>(id));
    }
    json_.end_object();
  }

  void write_unknown_token() {
    json_.key("unk_token");
    if (spec_.model.unk_id) {
      json_.value(spec_.vocabulary.texts[*spec_.model.unk_id]);
    } else {
      json_.null();
    }
  }

  void write_text_or_null(std::string_view name, const std::string& text) {
    json_.key(name);
    if (text.empty()) {
      json_.null();
    } else {
      json_.value(text);
    }
  }

  const TokenizerSpec& spec_;
  JsonWriter json_;
};

}  // namespace

std::vector<std::string> tokenizer_json_cannot_express(const TokenizerSpec& spec) {
  const bool cleans_spaces = spec.format == SourceFormat::kGguf && !spec.decoders.empty();
  if (!holds_raw_bytes(spec)) return Inspection(spec, cleans_spaces).reasons();
  // Merges take long to derive and never change the answer.
  TokenizerSpec file = spec;
  if (file.model.kind == ModelKind::kRankBpe) {
    file.model.kind = ModelKind::kMergeBpe;
    file.model.raw_bytes = true;
  }
  file.model.merges.clear();
  const TokenizerSpec notated = in_file_notation(file);
  return Inspection(notated, cleans_spaces).reasons();
}

std::string write_tokenizer_json(const TokenizerSpec& spec) {
  const std::vector<std::string> reasons = tokenizer_json_cannot_express(spec);
  if (!reasons.empty()) {
    std::string message = "tokenizer.json cannot express";
    for (const std::string& reason : reasons)
      message += (&reason == &reasons[0] ? ": " : "; ") + reason;
    throw Error(ErrorCode::kUnsupported, message);
  }
  return Writer(in_file_notation(spec)).write();
}

}  // namespace tokrail
