#include "tests/oracle/slow_bpe.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/oracle/slow_lookup.h"

namespace tokrail::test {
namespace {

struct Symbol {
  TokenId id;
  uint32_t length;
};

std::vector<Symbol> initial_symbols(const VocabularySpec& vocabulary, const ModelSpec& model,
                                    std::string_view piece) {
  const TextMap ids = ids_by_text(vocabulary, [](TokenKind) { return true; });
  std::vector<Symbol> symbols;
  uint32_t unknown_length = 0;
  const auto flush = [&] {
    if (unknown_length > 0) symbols.push_back({*model.unk_id, unknown_length});
    unknown_length = 0;
  };
  for (size_t at = 0; at < piece.size();) {
    const uint32_t length =
        model.raw_bytes ? 1 : decode_utf8(piece.data() + at, piece.data() + piece.size()).length;
    std::string text(piece.substr(at, length));
    if (!model.raw_bytes && at > 0) text = model.continuing_prefix + text;
    if (!model.raw_bytes && at + length == piece.size()) text += model.end_of_word_suffix;
    at += length;
    if (const auto id = find_text(ids, text)) {
      flush();
      symbols.push_back({*id, length});
      continue;
    }
    if (model.byte_fallback) {
      if (const auto bytes = byte_tokens(vocabulary, text)) {
        for (const TokenId id : *bytes) symbols.push_back({id, 1});
        continue;
      }
    }
    if (!model.unk_id) continue;
    if (!model.fuse_unk) flush();
    unknown_length += length;
  }
  flush();
  return symbols;
}

}  // namespace

std::vector<ModelToken> slow_merge_bpe(const VocabularySpec& vocabulary, const ModelSpec& model,
                                       std::string_view piece) {
  if (model.ignore_merges) {
    const TextMap ids =
        ids_by_text(vocabulary, [](TokenKind kind) { return kind != TokenKind::kControl; });
    if (const auto id = find_text(ids, piece)) {
      return {{*id, 0, static_cast<uint32_t>(piece.size())}};
    }
  }
  std::map<std::pair<TokenId, TokenId>, size_t> ranks;
  for (size_t rank = 0; rank < model.merges.size(); ++rank) {
    ranks[{model.merges[rank].left, model.merges[rank].right}] = rank;
  }
  std::vector<Symbol> symbols = initial_symbols(vocabulary, model, piece);
  while (true) {
    size_t best_rank = model.merges.size(), best_at = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = ranks.find({symbols[i].id, symbols[i + 1].id});
      if (found != ranks.end() && found->second < best_rank) {
        best_rank = found->second;
        best_at = i;
      }
    }
    if (best_rank == model.merges.size()) break;
    symbols[best_at] = {model.merges[best_rank].result,
                        symbols[best_at].length + symbols[best_at + 1].length};
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
  }
  std::vector<ModelToken> tokens;
  uint32_t position = 0;
  for (const Symbol& symbol : symbols) {
    tokens.push_back({symbol.id, position, position + symbol.length});
    position += symbol.length;
  }
  return tokens;
}

// ---------------------------------------------------------------- by scores

namespace {

struct Part {
  uint32_t begin, end;
  bool frozen;
};

class SlowScoreBpe {
 public:
  SlowScoreBpe(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format,
               std::string_view piece)
      : vocabulary_(vocabulary),
        model_(model),
        llama_(format == SourceFormat::kGguf),
        piece_(piece),
        pieces_(ids_by_text(vocabulary, [this](TokenKind kind) { return llama_ || normal(kind); })),
        reserved_(
            ids_by_text(vocabulary, [this](TokenKind kind) { return !llama_ && !normal(kind); })) {}

  std::vector<ModelToken> run() {
    split();
    while (merge_best()) {
    }
    for (const Part& part : parts_) resegment(part.begin, part.end);
    return std::move(tokens_);
  }

 private:
  static bool normal(TokenKind kind) {
    return kind == TokenKind::kNormal || kind == TokenKind::kUserDefined ||
           kind == TokenKind::kUnused;
  }
  std::string text(uint32_t begin, uint32_t end) const {
    return std::string(piece_.substr(begin, end - begin));
  }

  void split() {
    for (uint32_t at = 0; at < piece_.size();) {
      uint32_t length = 0;
      if (!llama_) {
        for (const auto& [piece, id] : pieces_) {
          if (vocabulary_.kinds[id] == TokenKind::kUserDefined &&
              piece_.substr(at).starts_with(piece)) {
            length = std::max(length, static_cast<uint32_t>(piece.size()));
          }
        }
      }
      const bool frozen = length > 0;
      if (!frozen) length = decode_utf8(piece_.data() + at, piece_.data() + piece_.size()).length;
      parts_.push_back({at, at + length, frozen});
      at += length;
    }
    for (size_t i = 0; i + 1 < parts_.size(); ++i) note(i);
  }

  // Remembers how an unused piece can be put together; the last way seen counts.
  void note(size_t i) {
    if (parts_[i].frozen || parts_[i + 1].frozen) return;
    const auto id = find_text(pieces_, text(parts_[i].begin, parts_[i + 1].end));
    if (id && vocabulary_.kinds[*id] == TokenKind::kUnused && !llama_) {
      ways_[*id] = parts_[i].end - parts_[i].begin;
    }
  }

  bool merge_best() {
    size_t best = parts_.size();
    double best_score = 0;
    for (size_t i = 0; i + 1 < parts_.size(); ++i) {
      if (parts_[i].frozen || parts_[i + 1].frozen) continue;
      const auto id = find_text(pieces_, text(parts_[i].begin, parts_[i + 1].end));
      if (id && (best == parts_.size() || vocabulary_.scores[*id] > best_score)) {
        best = i;
        best_score = vocabulary_.scores[*id];
      }
    }
    if (best == parts_.size()) return false;
    parts_[best].end = parts_[best + 1].end;
    parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    if (best > 0) note(best - 1);
    if (best + 1 < parts_.size()) note(best);
    return true;
  }

  void resegment(uint32_t begin, uint32_t end) {
    auto id = find_text(reserved_, text(begin, end));
    if (!id) id = find_text(pieces_, text(begin, end));
    if (!id || id == model_.unk_id) {
      spell_unknown_part(vocabulary_, model_.unk_id.value_or(kNoToken),
                         model_.byte_fallback || llama_, piece_, begin, end, !llama_, tokens_);
    } else if (!llama_ && vocabulary_.kinds[*id] == TokenKind::kUnused && ways_.contains(*id)) {
      const uint32_t middle = begin + ways_[*id];
      resegment(begin, middle);
      resegment(middle, end);
    } else {
      tokens_.push_back({*id, begin, end});
    }
  }

  const VocabularySpec& vocabulary_;
  const ModelSpec& model_;
  bool llama_;
  std::string_view piece_;
  TextMap pieces_, reserved_;
  std::vector<Part> parts_;
  std::map<TokenId, uint32_t> ways_;  // length of the left part
  std::vector<ModelToken> tokens_;
};

}  // namespace

std::vector<ModelToken> slow_score_bpe(const VocabularySpec& vocabulary, const ModelSpec& model,
                                       SourceFormat format, std::string_view piece) {
  return SlowScoreBpe(vocabulary, model, format, piece).run();
}

}  // namespace tokrail::test
