#include "tokenizers/models/score_bpe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_trie.h"
#include "tokenizers/models/merge_engine.h"
#include "tokenizers/models/unknown_pieces.h"

namespace tokrail {
namespace {

using TrieState = ByteTrieView::State;

// A symbol is the trie node of its text, kNowhere if no piece begins with it, or this: a
// user-defined piece, which never merges.
constexpr uint32_t kFrozen = 0xFFFFFFFEu;

// Where an unused piece was last seen to be composable: the byte length of its left part.
using UnusedSplits = std::unordered_map<TokenId, uint32_t>;

struct ScoreRules {
  static constexpr bool kSeesWholePiece = false;
  const ByteTrieView& trie;
  const std::vector<uint32_t>& ranks;  // by id
  std::string_view piece;

  PairMerge find(uint32_t left, uint32_t right, uint32_t begin, uint32_t end) const noexcept {
    if (left == kFrozen || right == kFrozen) return {};
    TrieState state = left;
    for (uint32_t i = begin; i < end; ++i) {
      state = trie.next(state, piece[i]);
      if (state == ByteTrieView::kNowhere) return {};
    }
    const TokenId id = trie.value(state);
    return id == kNoToken ? PairMerge{} : PairMerge{ranks[id], state};
  }
};

// The same, for vocabularies with unused pieces: remembers how they were composed.
struct UnusedScoreRules {
  static constexpr bool kSeesWholePiece = true;
  const ScoreRules& rules;
  const std::vector<TokenKind>& kinds;
  UnusedSplits& splits;
  const std::vector<uint32_t>& depth;  // by trie node: bytes from the root

  PairMerge find(uint32_t left, uint32_t right, uint32_t begin, uint32_t end) const {
    const PairMerge merge = rules.find(left, right, begin, end);
    if (merge.rank != kNoRank) {
      const TokenId id = rules.trie.value(merge.result);
      if (kinds[id] == TokenKind::kUnused) splits[id] = depth[merge.result] - (end - begin);
    }
    return merge;
  }
};

// Ranks by score: equal scores share a rank, the highest score has rank 0.
std::vector<uint32_t> ranks_of_scores(const VocabularySpec& vocabulary) {
  const auto score = [&](TokenId id) {
    const double value = id < vocabulary.scores.size() ? vocabulary.scores[id] : 0;
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  };
  std::vector<double> distinct(vocabulary.model_size());
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) distinct[id] = score(id);
  std::sort(distinct.begin(), distinct.end(), std::greater<>());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<uint32_t> ranks(vocabulary.size());
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    ranks[id] = static_cast<uint32_t>(
        std::lower_bound(distinct.begin(), distinct.end(), score(id), std::greater<>()) -
        distinct.begin());
  }
  return ranks;
}

}  // namespace

struct ScoreBpe::State {
  State(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format);

  void split(std::string_view piece, SymbolList& symbols) const;
  /// Appends the tokens of the merged symbols.
  void append(std::string_view piece, const SymbolList& symbols, const UnusedSplits& splits,
              std::vector<ModelToken>& out) const;
  /// The piece that a text is, counting control and byte pieces, or kNoToken.
  TokenId find_piece(std::string_view text) const {
    if (reserved) {
      const TokenId id = reserved->view().find_value(text);
      if (id != kNoToken) return id;
    }
    return pieces.view().find_value(text);
  }
  template <typename Merge>
  void run(std::string_view piece, std::vector<ModelToken>& out, Merge&& merge) const;

  bool llama;
  std::vector<TokenKind> kinds;
  UnknownPieces unknown;
  ByteTrie pieces;                       // what merging may produce
  std::optional<ByteTrie> user_defined;  // cut out first
  std::optional<ByteTrie> reserved;      // control, unknown and byte pieces
  std::vector<uint32_t> ranks;           // by id
  std::vector<uint32_t> depth;           // by trie node, if there are unused pieces
  bool reserved_texts_are_pieces = false;
};

namespace {

std::vector<uint32_t> depths_of(const ByteTrieView& trie) {
  std::vector<uint32_t> depth(trie.nodes().size());
  std::vector<TrieState> pending{ByteTrieView::kRoot};
  while (!pending.empty()) {
    const TrieState state = pending.back();
    pending.pop_back();
    trie.for_each_child(state, [&](unsigned char, TrieState child) {
      depth[child] = depth[state] + 1;
      pending.push_back(child);
    });
  }
  return depth;
}

}  // namespace

ScoreBpe::State::State(const VocabularySpec& vocabulary, const ModelSpec& model,
                       SourceFormat format)
    : llama(format == SourceFormat::kGguf),
      kinds(vocabulary.kinds),
      unknown(vocabulary, model.unk_id, model.byte_fallback || llama) {
  std::vector<ByteTrieEntry> piece_entries, user_entries, reserved_entries;
  bool has_unused = false;
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    const std::string_view text = vocabulary.texts[id];
    if (text.empty()) continue;
    const TokenKind kind = kinds[id];
    const bool is_piece = llama || kind == TokenKind::kNormal || kind == TokenKind::kUserDefined ||
                          kind == TokenKind::kUnused;
    (is_piece ? piece_entries : reserved_entries).push_back({text, id});
    if (llama) continue;
    if (kind == TokenKind::kUserDefined) user_entries.push_back({text, id});
    has_unused |= kind == TokenKind::kUnused;
  }
  pieces = ByteTrie::build(piece_entries);
  if (!user_entries.empty()) user_defined = ByteTrie::build(user_entries);
  if (!reserved_entries.empty()) reserved = ByteTrie::build(reserved_entries);
  for (const ByteTrieEntry& entry : reserved_entries) {
    reserved_texts_are_pieces |= pieces.view().find_value(entry.key) != kNoToken;
  }
  ranks = ranks_of_scores(vocabulary);
  if (has_unused) depth = depths_of(pieces.view());
}

void ScoreBpe::State::split(std::string_view piece, SymbolList& symbols) const {
  const char* const end = piece.data() + piece.size();
  for (const char* p = piece.data(); p < end;) {
    const auto begin = static_cast<uint32_t>(p - piece.data());
    if (user_defined) {
      size_t length = 0;
      if (user_defined->view().longest_prefix(piece.substr(begin), length) != kNoToken) {
        symbols.push(kFrozen, begin);
        p += length;
        continue;
      }
    }
    const Utf8Unit unit = decode_utf8(p, end);
    symbols.push(pieces.view().walk(ByteTrieView::kRoot, {p, unit.length}), begin);
    p += unit.length;
  }
  symbols.set_end(static_cast<uint32_t>(piece.size()));
}

void ScoreBpe::State::append(std::string_view piece, const SymbolList& symbols,
                             const UnusedSplits& splits, std::vector<ModelToken>& out) const {
  const size_t first = out.size();
  std::vector<std::pair<uint32_t, uint32_t>> parts;  // of unused pieces, the leftmost last
  for (size_t i = 0; i < symbols.size(); ++i) {
    const uint32_t symbol = symbols.id(i), begin = symbols.begin(i), end = symbols.end(i);
    TokenId id = symbol == kFrozen ? kNoToken : pieces.view().value(symbol);
    if (id == kNoToken || reserved_texts_are_pieces) {
      id = find_piece(piece.substr(begin, end - begin));
    }
    if (id != kNoToken && !depth.empty() && kinds[id] == TokenKind::kUnused) {
      parts.emplace_back(begin, end);
    } else if (id == kNoToken || id == unknown.unknown()) {
      unknown.spell(piece, begin, end, llama ? out.size() : first, out);
    } else {
      out.push_back({id, begin, end});
    }
    while (!parts.empty()) {
      const auto [part_begin, part_end] = parts.back();
      parts.pop_back();
      const TokenId part = find_piece(piece.substr(part_begin, part_end - part_begin));
      const auto split = part == kNoToken ? splits.end() : splits.find(part);
      if (part == kNoToken || part == unknown.unknown()) {
        unknown.spell(piece, part_begin, part_end, first, out);
      } else if (kinds[part] == TokenKind::kUnused && split != splits.end()) {
        parts.emplace_back(part_begin + split->second, part_end);
        parts.emplace_back(part_begin, part_begin + split->second);
      } else {
        out.push_back({part, part_begin, part_end});
      }
    }
  }
}

template <typename Merge>
void ScoreBpe::State::run(std::string_view piece, std::vector<ModelToken>& out,
                          Merge&& merge) const {
  SymbolList symbols;
  split(piece, symbols);
  ScoreRules rules{pieces.view(), ranks, piece};
  UnusedSplits splits;
  if (symbols.size() > 1) {
    if (depth.empty()) {
      merge(symbols, rules);
    } else {
      UnusedScoreRules unused_rules{rules, kinds, splits, depth};
      merge(symbols, unused_rules);
    }
  }
  append(piece, symbols, splits, out);
}

ScoreBpe::ScoreBpe(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format)
    : state_(std::make_unique<const State>(vocabulary, model, format)) {}

ScoreBpe::~ScoreBpe() = default;

void ScoreBpe::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  state_->run(piece, out, [](SymbolList& symbols, auto& rules) { merge_symbols(symbols, rules); });
}

void ScoreBpe::tokenize_with_dropout(std::string_view piece, double probability,
                                     const UniformSource& uniform,
                                     std::vector<ModelToken>& out) const {
  if (!(probability > 0)) return tokenize(piece, out);
  state_->run(piece, out, [&](SymbolList& symbols, auto& rules) {
    MergeHeap heap;
    merge_by_queue(symbols, rules, heap,
                   [&] { return probability >= 1 || uniform() < probability; });
  });
}

}  // namespace tokrail
