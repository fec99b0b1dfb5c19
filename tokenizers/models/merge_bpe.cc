#include "tokenizers/models/merge_bpe.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_trie.h"
#include "tokenizers/models/merge_engine.h"
#include "tokenizers/models/pair_table.h"
#include "tokenizers/models/unknown_pieces.h"

namespace tokrail {
namespace {

constexpr size_t kTableSize = 0x800;  // code points of one and two bytes

// The tokens that characters start as. A character is looked up as prefix + character + suffix,
// where the prefix is for all but the first and the suffix for the last character of a piece.
class InitialSymbols {
 public:
  InitialSymbols(const VocabularySpec& vocabulary, const ModelSpec& model)
      : prefix_(model.raw_bytes ? "" : model.continuing_prefix),
        suffix_(model.raw_bytes ? "" : model.end_of_word_suffix),
        trie_(build_trie(vocabulary, prefix_.size() + suffix_.size())),
        plain_(prefix_.empty() && suffix_.empty()) {
    for (size_t form = 0; form < (plain_ ? 1 : 4); ++form) {
      tables_[form].resize(kTableSize);
      for (uint32_t code_point = 0; code_point < kTableSize; ++code_point) {
        char bytes[4] = {};
        const uint32_t length = encode_utf8(code_point, bytes);
        tables_[form][code_point] = look_up({bytes, length}, form);
      }
    }
  }

  /// Token of a character or kNoToken.
  TokenId find(std::string_view character, const Utf8Unit& unit, bool first, bool last) const {
    const size_t form = plain_ ? 0 : (first ? 0 : kContinuing) + (last ? kEnding : 0);
    if (unit.valid && unit.code_point < kTableSize) return tables_[form][unit.code_point];
    return look_up(character, form);
  }

  const std::string& prefix() const { return prefix_; }
  const std::string& suffix() const { return suffix_; }
  bool plain() const { return plain_; }

 private:
  static constexpr size_t kContinuing = 1, kEnding = 2;

  static ByteTrie build_trie(const VocabularySpec& vocabulary, size_t decoration) {
    const size_t longest = 4 + decoration;
    std::vector<ByteTrieEntry> entries;
    for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
      const std::string_view text = vocabulary.texts[id];
      if (!text.empty() && text.size() <= longest) entries.push_back({text, id});
    }
    return ByteTrie::build(entries);
  }

  TokenId look_up(std::string_view character, size_t form) const {
    const ByteTrieView& trie = trie_.view();
    ByteTrieView::State state = ByteTrieView::kRoot;
    if ((form & kContinuing) != 0) state = trie.walk(state, prefix_);
    state = trie.walk(state, character);
    if ((form & kEnding) != 0) state = trie.walk(state, suffix_);
    return trie.value(state);
  }

  std::string prefix_, suffix_;
  ByteTrie trie_;
  bool plain_;
  std::array<std::vector<TokenId>, 4> tables_;  // by form, then by code point
};
static_assert(ByteTrieView::kNoValue == kNoToken);

struct MergeRules {
  static constexpr bool kSeesWholePiece = false;
  const PairTable& pairs;

  PairMerge find(uint32_t left, uint32_t right, uint32_t, uint32_t) const noexcept {
    return pairs.find(left, right);
  }
};

}  // namespace

struct MergeBpe::State {
  State(const VocabularySpec& vocabulary, const ModelSpec& model)
      : initial(vocabulary, model),
        unknown(vocabulary, model.unk_id, model.byte_fallback),
        pairs(model.merges.size()),
        fuse_unknown(model.fuse_unk),
        raw_bytes(model.raw_bytes) {
    for (uint32_t rank = 0; rank < model.merges.size(); ++rank) {
      const Merge& merge = model.merges[rank];
      if (std::max({merge.left, merge.right, merge.result}) >= vocabulary.size()) {
        throw Error(ErrorCode::kInvalidArgument,
                    "a merge names a token outside of the vocabulary of " +
                        std::to_string(vocabulary.size()),
                    "merge " + std::to_string(rank));
      }
      pairs.set(merge.left, merge.right, {rank, merge.result});
    }
    if (raw_bytes) {
      bytes.fill(kNoToken);
      for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
        const std::string_view text = vocabulary.texts[id];
        if (text.size() == 1) bytes[static_cast<unsigned char>(text[0])] = id;
      }
    }
    if (model.ignore_merges) {
      std::vector<ByteTrieEntry> entries;
      entries.reserve(vocabulary.size());
      for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
        if (vocabulary.texts[id].empty() || vocabulary.kinds[id] == TokenKind::kControl) continue;
        entries.push_back({vocabulary.texts[id], id});
      }
      whole_pieces = ByteTrie::build(entries);
    }
  }

  /// The symbols before any merge.
  void split(std::string_view piece, SymbolList& symbols) const;

  InitialSymbols initial;
  UnknownPieces unknown;
  PairTable pairs;
  bool fuse_unknown;
  bool raw_bytes;
  std::array<TokenId, 256> bytes;        // raw mode
  std::optional<ByteTrie> whole_pieces;  // ignore_merges
};

namespace {

// Appends symbols by their lengths and keeps an unknown one back until it is known how far it
// reaches. Positions are sums of lengths, as in the reference system: what is kept back or left
// out does not move them.
class SymbolWriter {
 public:
  SymbolWriter(SymbolList& symbols, TokenId unknown, bool fuse)
      : symbols_(symbols), unknown_(unknown), fuse_(fuse) {}

  void add(TokenId id, uint32_t length) {
    symbols_.push(id, position_);
    position_ += length;
  }
  void add_known(TokenId id, uint32_t length) {
    flush_unknown();
    add(id, length);
  }
  void add_unknown(uint32_t length) {
    if (unknown_ == kNoToken) return;
    if (!fuse_) flush_unknown();
    pending_ += length;
  }
  void finish() {
    flush_unknown();
    symbols_.set_end(position_);
  }

 private:
  void flush_unknown() {
    if (pending_ == 0) return;
    add(unknown_, pending_);
    pending_ = 0;
  }

  SymbolList& symbols_;
  TokenId unknown_;
  bool fuse_;
  uint32_t position_ = 0;
  uint32_t pending_ = 0;  // bytes of the unknown symbol that is kept back
};

}  // namespace

void MergeBpe::State::split(std::string_view piece, SymbolList& symbols) const {
  SymbolWriter writer(symbols, unknown.unknown(), fuse_unknown);
  const char* const end = piece.data() + piece.size();
  for (const char* p = piece.data(); p < end;) {
    const Utf8Unit unit = raw_bytes ? Utf8Unit{0, 1, false} : decode_utf8(p, end);
    const std::string_view character(p, unit.length);
    const bool first = p == piece.data(), last = p + unit.length == end;
    p += unit.length;
    const TokenId id = raw_bytes ? bytes[static_cast<unsigned char>(character[0])]
                                 : initial.find(character, unit, first, last);
    if (id != kNoToken) {
      writer.add_known(id, unit.length);
      continue;
    }
    std::string decorated;  // what was looked up is also what byte fallback spells
    if (!initial.plain()) {
      if (!first) decorated += initial.prefix();
      decorated += character;
      if (last) decorated += initial.suffix();
    }
    const std::string_view spelled = initial.plain() ? character : std::string_view(decorated);
    const auto has_token = [this](char byte) { return unknown.byte_token(byte) != kNoToken; };
    if (std::all_of(spelled.begin(), spelled.end(), has_token)) {
      for (const char byte : spelled) writer.add(unknown.byte_token(byte), 1);
    } else {
      writer.add_unknown(unit.length);
    }
  }
  writer.finish();
}

MergeBpe::MergeBpe(const VocabularySpec& vocabulary, const ModelSpec& model)
    : state_(std::make_unique<const State>(vocabulary, model)) {}

MergeBpe::~MergeBpe() = default;

namespace {

void append_tokens(const SymbolList& symbols, std::vector<ModelToken>& out) {
  for (size_t i = 0; i < symbols.size(); ++i) {
    out.push_back({symbols.id(i), symbols.begin(i), symbols.end(i)});
  }
}

}  // namespace

void MergeBpe::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  if (state_->whole_pieces) {
    const TokenId whole = state_->whole_pieces->view().find_value(piece);
    if (whole != kNoToken) {
      out.push_back({whole, 0, static_cast<uint32_t>(piece.size())});
      return;
    }
  }
  SymbolList symbols;
  state_->split(piece, symbols);
  MergeRules rules{state_->pairs};
  merge_symbols(symbols, rules);
  append_tokens(symbols, out);
}

void MergeBpe::tokenize_with_dropout(std::string_view piece, double probability,
                                     const UniformSource& uniform,
                                     std::vector<ModelToken>& out) const {
  if (!(probability > 0)) return tokenize(piece, out);
  SymbolList symbols;
  state_->split(piece, symbols);
  if (symbols.size() > 1 && probability < 1) {
    MergeRules rules{state_->pairs};
    DropoutHeap heap(probability, uniform);
    merge_by_queue(symbols, rules, heap, [] { return false; });
  }
  append_tokens(symbols, out);
}

}  // namespace tokrail
