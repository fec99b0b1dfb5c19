#include "tokenizers/vocabulary.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "tokenizers/engine/piece_encoder.h"

namespace tokrail {
namespace {

/// Ids by byte string: open addressing, equal strings in one probe sequence.
class StringIndex {
 public:
  template <typename View>
  void build(size_t size, View view) {
    size_t slots = 16;
    while (slots < size * 2) slots *= 2;
    slots_.assign(slots, kNoToken);
    for (TokenId id = 0; id < size; ++id) {
      if (!view(id)) continue;
      size_t at = hash(*view(id)) & (slots - 1);
      while (slots_[at] != kNoToken) at = (at + 1) & (slots - 1);
      slots_[at] = id;
    }
  }

  template <typename View, typename Visit>
  void for_each(std::string_view bytes, View view, Visit visit) const {
    for (size_t at = hash(bytes) & (slots_.size() - 1); slots_[at] != kNoToken;
         at = (at + 1) & (slots_.size() - 1)) {
      if (*view(slots_[at]) == bytes) visit(slots_[at]);
    }
  }

 private:
  static size_t hash(std::string_view bytes) noexcept {
    return std::hash<std::string_view>{}(bytes);
  }
  std::vector<TokenId> slots_;
};

}  // namespace

struct Vocabulary::Lazy {
  struct ContextTrie {
    std::once_flag once;
    TokenTrie own;
    ContextTries tries;
  };
  explicit Lazy(size_t contexts) : by_context(contexts) {}

  std::once_flag overlaid_once;
  /// By id: spelled differently in some context of small overlay; empty: not split.
  std::vector<bool> overlaid;
  std::vector<bool> is_split;  ///< by context: uses the shared trie
  TokenTrie none;
  std::once_flag shared_once;
  TokenTrie shared;
  std::vector<ContextTrie> by_context;
  std::once_flag bytes_once;
  StringIndex bytes;
  std::once_flag pieces_once;
  StringIndex pieces;
  std::once_flag fingerprint_once;
  Hash128 fingerprint;
};

Vocabulary::Vocabulary(const TokenizerSpec& spec, std::shared_ptr<const DecodeTable> table,
                       std::shared_ptr<const PieceEncoder> pieces)
    : table_(std::move(table)),
      pieces_(spec.vocabulary.texts),
      kinds_(spec.vocabulary.kinds),
      roles_(spec.roles),
      pieces_of_text_(std::move(pieces)),
      lazy_(std::make_unique<Lazy>(table_->context_count())) {
  if (pieces_.size() != table_->size()) {
    throw Error(ErrorCode::kInvalidArgument, "the detokenizer belongs to another vocabulary");
  }
  if (pieces_of_text_ && !spells_as(pieces_of_text_->bpe())) pieces_of_text_.reset();
  for (const AddedToken& token : spec.added_tokens) {
    if (token.special && token.id < kinds_.size()) kinds_[token.id] = TokenKind::kControl;
  }
  for (TokenId id = 0; id < size(); ++id) {
    if (is_mark(id)) marks_.push_back(id);
  }
  std::sort(roles_.eos.begin(), roles_.eos.end());
  std::erase_if(roles_.eos, [this](TokenId id) { return id >= size(); });
}

Vocabulary::~Vocabulary() = default;

std::shared_ptr<const Vocabulary> Vocabulary::build(const TokenizerSpec& spec) {
  return build(spec, Detokenizer::compile(spec));
}

std::shared_ptr<const Vocabulary> Vocabulary::build(const TokenizerSpec& spec,
                                                    const Detokenizer& detokenizer,
                                                    std::shared_ptr<const PieceEncoder> pieces) {
  return std::shared_ptr<const Vocabulary>(
      new Vocabulary(spec, detokenizer.shared_table(), std::move(pieces)));
}

// The decoder of a file may print tokens in another way than the model reads them.
bool Vocabulary::spells_as(const RankBpe& bpe) const noexcept {
  if (context_count() != 1 || !exact()) return false;
  bool all = true;
  for (RankBpe::Rank rank = 0; rank < bpe.rank_count(); ++rank) {
    all &= bytes(bpe.id(rank)).size() == bpe.length(rank);
  }
  return all;
}

bool Vocabulary::is_canonical_pair(TokenId left, TokenId right) const {
  if (!pieces_of_text_ || left >= size() || right >= size()) return true;
  if (!is_text(left) || !is_text(right)) return true;
  return pieces_of_text_->is_canonical_pair({left, bytes(left)}, {right, bytes(right)});
}

/// What ids spell and lead to in every context, for tables of rows.
void Vocabulary::add_rows(StableHash& hash) const {
  if (table_->rows().empty()) return;
  for (const DecodeContext next : table_->shared_next()) hash.add(uint64_t{next});
  for (DecodeContext context = 0; context < context_count(); ++context) {
    hash.add(uint64_t{table_->overlay_size(context)});
    table_->for_each_overlay(context, [&](TokenId id) {
      hash.add(uint64_t{id});
      hash.add(bytes(context, id).own);
      hash.add(uint64_t{next_context(context, id)});
    });
  }
}

Hash128 Vocabulary::fingerprint() const {
  std::call_once(lazy_->fingerprint_once, [this] {
    StableHash hash;
    hash.add(uint64_t{size()});
    for (TokenId id = 0; id < size(); ++id) {
      hash.add(static_cast<uint64_t>(kinds_[id]));
      hash.add(pieces_[id]);
      for (const DecodeContext context : {inside_context(), start_context()}) {
        const SpelledBytes spelled = bytes(context, id);
        hash.add(spelled.released);
        hash.add(spelled.own);
      }
    }
    for (const auto& role :
         {roles_.bos, roles_.pad, roles_.unk, roles_.mask, roles_.cls, roles_.sep}) {
      hash.add(role ? uint64_t{*role} : ~uint64_t{0});
    }
    hash.add(uint64_t{roles_.eos.size()});
    for (const TokenId id : roles_.eos) hash.add(uint64_t{id});
    hash.add(uint64_t{context_count()});
    for (size_t i = 0; i < context_count(); ++i) {
      const auto context = static_cast<DecodeContext>(i);
      hash.add(final_bytes(context));
      hash.add(uint64_t{pending(context).size()});
      for (const std::string& held : pending(context)) hash.add(held);
    }
    add_rows(hash);
    lazy_->fingerprint = hash.value();
  });
  return lazy_->fingerprint;
}

bool Vocabulary::is_eos(TokenId id) const noexcept {
  return std::binary_search(roles_.eos.begin(), roles_.eos.end(), id);
}

std::vector<TokenId> Vocabulary::ids(std::string_view bytes) const {
  const auto view = [this](TokenId id) -> std::optional<std::string_view> {
    if (!is_text(id)) return std::nullopt;
    return table_->shared_bytes(id);
  };
  std::call_once(lazy_->bytes_once, [&] { lazy_->bytes.build(size(), view); });
  std::vector<TokenId> result;
  lazy_->bytes.for_each(bytes, view, [&](TokenId id) { result.push_back(id); });
  std::sort(result.begin(), result.end());
  return result;
}

std::optional<TokenId> Vocabulary::id_of_piece(std::string_view piece) const {
  const auto view = [this](TokenId id) -> std::optional<std::string_view> {
    if (pieces_[id].empty()) return std::nullopt;
    return pieces_[id];
  };
  std::call_once(lazy_->pieces_once, [&] { lazy_->pieces.build(size(), view); });
  std::optional<TokenId> lowest;
  lazy_->pieces.for_each(piece, view, [&](TokenId id) {
    if (!lowest || id < *lowest) lowest = id;
  });
  return lowest;
}

// Ids that contexts spell alike go to one shared trie. Where contexts are few and differ in much of
// the vocabulary, splitting would only slow the walk down; and contexts that spell much of it in
// their own way have tries of their own.
void Vocabulary::split_tries() const {
  Lazy& lazy = *lazy_;
  if (context_count() <= 4) return;
  std::vector<bool> overlaid(size()), is_split(context_count());
  // An id without bytes of its own may still release some.
  for (TokenId id = 0; id < size(); ++id) overlaid[id] = table_->shared_bytes(id).empty();
  const size_t most = size() / 8;
  for (DecodeContext c = 0; c < context_count(); ++c) {
    is_split[c] = table_->overlay_size(c) <= most;
    if (!is_split[c]) continue;
    table_->for_each_overlay(c, [&](TokenId id) { overlaid[id] = true; });
  }
  const auto count = [](const std::vector<bool>& bits) {
    return static_cast<size_t>(std::count(bits.begin(), bits.end(), true));
  };
  if (count(is_split) * 2 < context_count() || count(overlaid) * 2 > size()) return;
  lazy.overlaid = std::move(overlaid);
  lazy.is_split = std::move(is_split);
}

const ContextTries& Vocabulary::tries(DecodeContext context) const {
  Lazy& lazy = *lazy_;
  std::call_once(lazy.overlaid_once, [&] { split_tries(); });
  const bool split = !lazy.is_split.empty() && lazy.is_split[context];
  if (split) {
    std::call_once(lazy.shared_once, [&] {
      std::vector<TokenTrie::Item> items;
      for (TokenId id = 0; id < size(); ++id) {
        if (is_text(id) && !lazy.overlaid[id]) items.push_back({table_->shared_bytes(id), id});
      }
      lazy.shared = TokenTrie(items);
    });
  }
  Lazy::ContextTrie& mine = lazy.by_context[context];
  std::call_once(mine.once, [&] {
    mine.tries.shared = split ? &lazy.shared : &lazy.none;
    mine.tries.own = &mine.own;
    mine.tries.released = table_->released(context);
    std::vector<TokenTrie::Item> items;
    std::vector<std::string> joined;  // spellings that are not in one piece in the table
    joined.reserve(size());
    for (TokenId id = 0; id < size(); ++id) {
      if (!is_text(id) || (split && !lazy.overlaid[id])) continue;
      const SpelledBytes bytes = table_->bytes(context, id);
      if (bytes.released.empty()) {
        items.push_back({bytes.own, id});
      } else {
        joined.push_back(bytes.str());
        items.push_back({joined.back(), id});
      }
    }
    mine.own = TokenTrie(items);
  });
  return mine.tries;
}

}  // namespace tokrail
