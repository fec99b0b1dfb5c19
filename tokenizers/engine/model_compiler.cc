#include "tokenizers/engine/model_compiler.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/models/merge_bpe.h"
#include "tokenizers/models/score_bpe.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/models/word_level.h"
#include "tokenizers/models/wordpiece.h"

namespace tokrail {
namespace {

/// Texts of the vocabulary with the byte-level alphabet undone; texts that are not in the alphabet
/// (added tokens) become empty.
ByteStrings undo_alphabet(const ByteStrings& texts) {
  ByteStrings bytes;
  bytes.reserve(texts.size(), texts.bytes().size());
  std::string decoded;
  for (size_t id = 0; id < texts.size(); ++id) {
    decoded.clear();
    append_alphabet_bytes(texts[id], decoded);
    bytes.push_back(decoded);
  }
  return bytes;
}

/// Ids a sentencepiece BPE may merge, best score first; empty when equal scores or piece types that
/// the rank order cannot express occur.
std::vector<TokenId> score_order(const TokenizerSpec& spec) {
  const VocabularySpec& vocabulary = spec.vocabulary;
  if (vocabulary.scores.size() != vocabulary.size()) return {};
  std::vector<TokenId> order;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    const TokenKind kind = vocabulary.kinds[id];
    if (kind == TokenKind::kNormal) {
      order.push_back(id);
    } else if (kind == TokenKind::kUserDefined) {
      return {};
    } else if (kind == TokenKind::kUnused && !vocabulary.texts[id].empty()) {
      return {};
    }
  }
  const auto& scores = vocabulary.scores;
  std::stable_sort(order.begin(), order.end(),
                   [&](TokenId a, TokenId b) { return scores[a] > scores[b]; });
  for (size_t i = 1; i < order.size(); ++i) {
    if (scores[order[i - 1]] == scores[order[i]]) {
      // Characters are never made by a merge, so that their order does not matter.
      const auto is_character = [&](TokenId id) {
        const std::string_view text = vocabulary.texts[id];
        return decode_utf8(text.data(), text.data() + text.size()).length == text.size();
      };
      if (!is_character(order[i - 1]) && !is_character(order[i])) return {};
    }
  }
  return order;
}

/// Whether the model is of a kind that may be run as RankBpe.
bool may_be_rank_bpe(const ModelSpec& model) {
  using Kind = ModelSpec::Kind;
  return (model.kind == Kind::kRankBpe || model.kind == Kind::kMergeBpe ||
          model.kind == Kind::kScoreBpe) &&
         model.continuing_prefix.empty() && model.end_of_word_suffix.empty() && !model.dropout;
}

/// Whether pieces are bytes rather than characters.
bool has_byte_units(const ModelSpec& model, ByteForm form) {
  return form == ByteForm::kRawBytes || model.raw_bytes || model.kind == ModelSpec::Kind::kRankBpe;
}

std::optional<RankBpe> compile_rank_bpe(const TokenizerSpec& spec, const ByteStrings& texts,
                                        bool bytes) {
  const ModelSpec& model = spec.model;
  if (!may_be_rank_bpe(model)) return std::nullopt;
  const auto units = bytes ? RankBpe::Units::kBytes : RankBpe::Units::kCharacters;
  switch (model.kind) {
    case ModelSpec::Kind::kRankBpe: {
      std::vector<TokenId> order;
      order.reserve(texts.size());
      for (TokenId id = 0; id < texts.size(); ++id) {
        if (spec.vocabulary.kinds[id] != TokenKind::kControl) order.push_back(id);
      }
      return RankBpe::from_priorities(texts, order, units);
    }
    case ModelSpec::Kind::kMergeBpe: {
      // Without an unknown token, unknown characters vanish, and what stood beside them may merge.
      if (!bytes && !model.unk_id && !model.byte_fallback) return std::nullopt;
      // Unknown characters become tokens before anything merges; those must stay out of merges.
      const auto stands_for_unknown = [&](TokenId id) {
        return id == model.unk_id || spec.vocabulary.kinds[id] == TokenKind::kByte;
      };
      for (const Merge& merge : model.merges) {
        if (stands_for_unknown(merge.left) || stands_for_unknown(merge.right)) return std::nullopt;
      }
      return RankBpe::from_merges(texts, model.merges, units);
    }
    case ModelSpec::Kind::kScoreBpe: {
      const std::vector<TokenId> order = score_order(spec);
      if (order.empty()) return std::nullopt;
      return RankBpe::from_priorities(texts, order, units);
    }
    default: return std::nullopt;
  }
}

/// Every way to make a token of two others, in order of rank: what tiktoken merges.
std::vector<Merge> all_merges(const ByteStrings& texts) {
  std::vector<ByteTrieEntry> entries;
  for (TokenId id = 0; id < texts.size(); ++id) {
    if (!texts[id].empty()) entries.push_back({texts[id], id});
  }
  const ByteTrie trie = ByteTrie::build(entries);
  std::vector<Merge> merges;
  for (TokenId id = 0; id < texts.size(); ++id) {
    const std::string_view text = texts[id];
    for (size_t cut = 1; cut < text.size(); ++cut) {
      const uint32_t left = trie.view().find_value(text.substr(0, cut));
      const uint32_t right = trie.view().find_value(text.substr(cut));
      if (left != ByteTrieView::kNoValue && right != ByteTrieView::kNoValue) {
        merges.push_back({left, right, id});
      }
    }
  }
  return merges;
}

/// What stands behind RankBpe in a byte-level model: bytes without a token have no spelling.
class NoSpelling final : public Model {
 public:
  void tokenize(std::string_view piece, std::vector<ModelToken>&) const override {
    throw Error(ErrorCode::kTextRefused,
                "expected bytes that are tokens; the vocabulary cannot spell a piece of " +
                    std::to_string(piece.size()) + " bytes");
  }
};

std::unique_ptr<const Model> general_model(const TokenizerSpec& spec, ByteForm form) {
  const VocabularySpec& vocabulary = spec.vocabulary;
  switch (spec.model.kind) {
    case ModelSpec::Kind::kRankBpe:
    case ModelSpec::Kind::kMergeBpe: {
      if (spec.model.kind == ModelSpec::Kind::kMergeBpe && form == ByteForm::kAsFile) {
        return std::make_unique<MergeBpe>(vocabulary, spec.model);
      }
      VocabularySpec bytes = vocabulary;
      ModelSpec model = spec.model;
      if (!model.raw_bytes) bytes.texts = undo_alphabet(vocabulary.texts);
      model.raw_bytes = true;
      if (model.kind == ModelSpec::Kind::kRankBpe) {
        model.merges = all_merges(bytes.texts);
        model.ignore_merges = true;
      }
      return std::make_unique<MergeBpe>(bytes, model);
    }
    case ModelSpec::Kind::kScoreBpe:
      return std::make_unique<ScoreBpe>(vocabulary, spec.model, spec.format);
    case ModelSpec::Kind::kUnigram:
      return std::make_unique<Unigram>(vocabulary, spec.model, spec.format);
    case ModelSpec::Kind::kWordPiece: return std::make_unique<WordPiece>(vocabulary, spec.model);
    case ModelSpec::Kind::kWordLevel: return std::make_unique<WordLevel>(vocabulary, spec.model);
    case ModelSpec::Kind::kSpmWord: return std::make_unique<SpmWord>(vocabulary, spec.model);
    case ModelSpec::Kind::kSpmChar: return std::make_unique<SpmChar>(vocabulary, spec.model);
    case ModelSpec::Kind::kHybrid: break;  // made by the engine, as it needs the decode table
  }
  throw Error(ErrorCode::kInternal, "expected a model kind");
}

}  // namespace

bool spells_bytes_in_alphabet(const TokenizerSpec& spec) {
  const ModelSpec& model = spec.model;
  if (model.kind != ModelSpec::Kind::kMergeBpe || model.raw_bytes || model.byte_fallback ||
      !model.continuing_prefix.empty() || !model.end_of_word_suffix.empty()) {
    return false;
  }
  bool known[256] = {};
  std::string decoded;
  for (size_t id = 0; id < spec.vocabulary.size(); ++id) {
    if (spec.vocabulary.texts[id].size() > 2) continue;  // a letter has one or two bytes
    decoded.clear();
    if (append_alphabet_bytes(spec.vocabulary.texts[id], decoded) && decoded.size() == 1) {
      known[static_cast<unsigned char>(decoded[0])] = true;
    }
  }
  for (const Merge& merge : model.merges) {
    decoded.clear();
    if (!append_alphabet_bytes(spec.vocabulary.texts[merge.result], decoded)) return false;
  }
  // Bytes that no well-formed text has may be missing (C0, C1 and what is above F4).
  for (int byte = 0; byte < 0xF5; ++byte) {
    if (!known[byte] && byte != 0xC0 && byte != 0xC1) return false;
  }
  return true;
}

namespace {

/// Texts as the model of this form reads them: as the file writes them, or its bytes. `undone` is
/// room for the latter.
const ByteStrings& texts_of_form(const TokenizerSpec& spec, ByteForm form, ByteStrings& undone) {
  const ModelSpec& model = spec.model;
  const bool raw = model.raw_bytes || model.kind == ModelSpec::Kind::kRankBpe;
  if (form == ByteForm::kAsFile || raw) return spec.vocabulary.texts;
  undone = undo_alphabet(spec.vocabulary.texts);
  return undone;
}

/// `texts` are those of the form, if they are at hand; they are needed where there are no cuts.
CompiledModel wrap_rank_bpe(std::shared_ptr<const TokenizerSpec> spec, ByteForm form, RankBpe bpe,
                            const ByteStrings* texts, std::shared_ptr<const CertainCuts> cuts) {
  const ModelSpec& model = spec->model;
  const bool bytes = has_byte_units(model, form);
  const bool whole = model.kind == ModelSpec::Kind::kRankBpe || model.ignore_merges;
  auto general = [spec, form, bytes]() -> std::unique_ptr<const Model> {
    if (bytes) return std::make_unique<NoSpelling>();
    return general_model(*spec, form);
  };
  auto rank_model = std::make_shared<RankBpeModel>(std::move(bpe), whole, std::move(general));
  // Where a whole piece may be a token that no merges lead to, a part of it is not a piece.
  const bool may_cut = bytes && !(whole && rank_model->bpe().has_unreachable());
  if (may_cut && !cuts) {
    ByteStrings undone;
    if (!texts) texts = &texts_of_form(*spec, form, undone);
    cuts = std::make_shared<const CertainCuts>(*texts);
  }
  const RankBpeModel* const same = rank_model.get();
  return {std::move(rank_model), same, may_cut ? std::move(cuts) : nullptr};
}

}  // namespace

CompiledModel compile_model(std::shared_ptr<const TokenizerSpec> spec, ByteForm form,
                            bool allow_rank_bpe) {
  if (allow_rank_bpe) {
    ByteStrings undone;
    const ByteStrings& texts = texts_of_form(*spec, form, undone);
    if (auto bpe = compile_rank_bpe(*spec, texts, has_byte_units(spec->model, form))) {
      return wrap_rank_bpe(spec, form, std::move(*bpe), &texts, nullptr);
    }
  }
  return {general_model(*spec, form), nullptr, nullptr};
}

CompiledModel compile_model(std::shared_ptr<const TokenizerSpec> spec, ByteForm form,
                            RankBpe rank_bpe, std::shared_ptr<const CertainCuts> cuts) {
  const bool bytes = rank_bpe.units() == RankBpe::Units::kBytes;
  if (!may_be_rank_bpe(spec->model) || bytes != has_byte_units(spec->model, form) ||
      rank_bpe.tables().ranks.size() != spec->vocabulary.size()) {
    throw Error(ErrorCode::kInvalidFile,
                "expected compiled merges of this vocabulary, found those of another");
  }
  return wrap_rank_bpe(std::move(spec), form, std::move(rank_bpe), nullptr, std::move(cuts));
}

}  // namespace tokrail
