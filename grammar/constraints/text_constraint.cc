#include "grammar/constraints/text_constraint.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/constraints/text_walk.h"
#include "grammar/marks.h"
#include "tokenizers/canonical_encoder.h"

namespace tokrail {

using State = TextLanguage::State;

namespace {

/// Nodes of the trie that a search for the nearest end may visit.
constexpr size_t kMostSearched = 4096;
/// States whose nearest end is remembered.
constexpr size_t kMostEnds = 1 << 16;
constexpr size_t kMostForcedBytes = 4096;

/// A state and a context as a key; only of states with nothing kept.
struct StateKey {
  uint64_t place, count;
  DecodeContext context;
  friend bool operator==(const StateKey&, const StateKey&) = default;
};

struct StateKeyHash {
  size_t operator()(const StateKey& key) const noexcept {
    uint64_t hash =
        (key.place * 0x9E3779B97F4A7C15u) ^ (key.count * 0xC2B2AE3D27D4EB4Fu) ^ key.context;
    hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9u;
    return hash ^ (hash >> 32);
  }
};

/// A mask as the ids that are set, or as words where these are smaller.
struct StoredMask {
  std::vector<TokenId> ids;
  std::vector<uint32_t> words;

  explicit StoredMask(std::span<const uint32_t> mask) {
    const size_t count = mask_count(mask);
    if (count >= mask.size()) {
      words.assign(mask.begin(), mask.end());
      return;
    }
    ids.reserve(count);
    for (size_t id = mask_find_next(mask, 0); id != kMaskEnd; id = mask_find_next(mask, id + 1)) {
      ids.push_back(static_cast<TokenId>(id));
    }
  }
  void add_to(std::span<uint32_t> mask) const {
    if (!words.empty()) mask_or(mask, words);
    for (const TokenId id : ids) mask_set(mask, id);
  }
  size_t memory() const {
    return sizeof(*this) + sizeof(StateKey) + 64 + 4 * (ids.size() + words.size());
  }
};

/// What was found about states, for all forks. Bounded: when full it is emptied.
class Memo {
 public:
  explicit Memo(size_t most_bytes) : most_bytes_(most_bytes) {}

  std::shared_ptr<const StoredMask> find_mask(const StateKey& key) {
    if (most_bytes_ == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto at = masks_.find(key);
    return at == masks_.end() ? nullptr : at->second;
  }
  void keep_mask(const StateKey& key, std::span<const uint32_t> mask) {
    if (most_bytes_ == 0) return;
    auto stored = std::make_shared<const StoredMask>(mask);
    const size_t size = stored->memory();
    if (size > most_bytes_) return;
    const std::lock_guard lock(mutex_);
    if (bytes_ + size > most_bytes_) {
      masks_.clear();
      bytes_ = 0;
    }
    if (masks_.emplace(key, std::move(stored)).second) bytes_ += size;
  }
  std::optional<Shortest> find_end(const StateKey& key) {
    const std::lock_guard lock(mutex_);
    const auto at = ends_.find(key);
    return at == ends_.end() ? std::nullopt : std::optional(at->second);
  }
  void keep_end(const StateKey& key, Shortest end) {
    const std::lock_guard lock(mutex_);
    if (ends_.size() >= kMostEnds) ends_.clear();
    ends_.emplace(key, end);
  }

 private:
  const size_t most_bytes_;
  std::mutex mutex_;
  size_t bytes_ = 0;
  std::unordered_map<StateKey, std::shared_ptr<const StoredMask>, StateKeyHash> masks_;
  std::unordered_map<StateKey, Shortest, StateKeyHash> ends_;
};

std::optional<StateKey> key_of(const State& state, DecodeContext context) {
  if (state.kept) return std::nullopt;
  return StateKey{state.place, state.count, context};
}

}  // namespace

struct TextConstraint::Shared {
  Shared(std::shared_ptr<const Vocabulary> v, std::shared_ptr<const TextLanguage> l,
         std::shared_ptr<const CanonicalEncoder> e, size_t mask_bytes)
      : vocabulary(std::move(v)), language(std::move(l)), encoder(std::move(e)), memo(mask_bytes) {}

  bool step(State& state, std::string_view bytes) const {
    return std::ranges::all_of(
        bytes, [&](char byte) { return language->step(state, static_cast<uint8_t>(byte)); });
  }
  /// Whether one of the strings still possible for what is held back can come.
  bool can_hold(const State& state, DecodeContext context) const {
    const auto& pending = vocabulary->pending(context);
    return pending.empty() || std::ranges::any_of(pending, [&](const std::string& held) {
             State copy = state;
             return step(copy, held);
           });
  }
  /// A mark says how what follows is spelled: it needs something that may follow, and a context
  /// that it leads away from.
  bool step_mark(State& state, DecodeContext context, TokenId id) const {
    return mark_leads_on(*vocabulary, context, id) &&
           step(state, vocabulary->bytes(context, id).str()) &&
           !language->next_bytes(state).empty();
  }
  bool can_end(const Place& place) const {
    const std::string_view held = vocabulary->final_bytes(place.context);
    if (held.empty()) return language->is_complete(place.state);
    State state = place.state;
    return step(state, held) && language->is_complete(state);
  }
  void fill(const Place& place, std::span<uint32_t> words) const;
  /// Visits what every text token of the place's context leads to, until `visit` answers false.
  template <typename Visit>
  void walk(const Place& place, Visit visit) const;
  /// Whether every byte is a token of the vocabulary's only context, so that a text never takes
  /// more tokens than bytes.
  bool spells_all_bytes() const {
    std::call_once(looked_,
                   [&] { spells_all_ = vocabulary->context_count() == 1 && has_bytes(0); });
    return spells_all_;
  }
  bool has_bytes(DecodeContext context) const;
  size_t longest_token(DecodeContext context) const;
  Shortest nearest_end(const Place& place) const;
  Shortest search_end(const Place& place, Shortest bounds) const;

  const std::shared_ptr<const Vocabulary> vocabulary;
  const std::shared_ptr<const TextLanguage> language;
  const std::shared_ptr<const CanonicalEncoder> encoder;
  mutable Memo memo;

 private:
  mutable std::once_flag looked_;
  mutable bool spells_all_ = false;
};

void TextConstraint::Shared::fill(const Place& place, std::span<uint32_t> words) const {
  const auto key = key_of(place.state, place.context);
  if (key) {
    if (const auto known = memo.find_mask(*key)) {
      known->add_to(words);
      return;
    }
  }
  const ContextTries& tries = vocabulary->tries(place.context);
  language->mark(place.state, *tries.own, words);
  if (!tries.shared->empty()) {
    State state = place.state;
    if (step(state, tries.released)) language->mark(state, *tries.shared, words);
  }
  if (vocabulary->context_count() > 1) {
    for (size_t id = mask_find_next(words, 0); id != kMaskEnd; id = mask_find_next(words, id + 1)) {
      const auto token = static_cast<TokenId>(id);
      const DecodeContext next = vocabulary->next_context(place.context, token);
      if (vocabulary->pending(next).empty()) continue;
      State state = place.state;
      const SpelledBytes spelled = vocabulary->bytes(place.context, token);
      if (!step(state, spelled.released) || !step(state, spelled.own) || !can_hold(state, next)) {
        mask_clear(words, id);
      }
    }
  }
  for (const TokenId id : vocabulary->marks()) {
    State state = place.state;
    if (step_mark(state, place.context, id)) {
      mask_set(words, id);
    } else {
      mask_clear(words, id);
    }
  }
  const bool ends = can_end(place);
  for (const TokenId id : vocabulary->roles().eos) {
    mask_clear(words, id);
    if (ends) mask_set(words, id);
  }
  if (key) memo.keep_mask(*key, words);
}

template <typename Visit>
void TextConstraint::Shared::walk(const Place& place, Visit visit) const {
  const ContextTries& tries = vocabulary->tries(place.context);
  bool going = true;
  const auto visit_nodes = [&](const TokenTrie& trie, const State& from) {
    walk_text(*language, from, trie, [&](size_t node, const State& behind) {
      return going = visit(behind, trie.tokens(node));
    });
  };
  visit_nodes(*tries.own, place.state);
  State state = place.state;
  if (going && !tries.shared->empty() && step(state, tries.released)) {
    visit_nodes(*tries.shared, state);
  }
  for (const TokenId id : vocabulary->marks()) {
    if (!going) return;
    State behind = place.state;
    if (vocabulary->bytes(place.context, id).size() > 0) continue;  // in a trie
    if (step_mark(behind, place.context, id)) going = visit(behind, std::span(&id, 1));
  }
}

bool TextConstraint::Shared::has_bytes(DecodeContext context) const {
  const ContextTries& tries = vocabulary->tries(context);
  if (!tries.shared->empty() && !tries.released.empty()) return false;
  if (!vocabulary->pending(context).empty() || !vocabulary->final_bytes(context).empty()) {
    return false;
  }
  const auto stays = [&](const TokenTrie& trie, const char& byte) {
    const auto node = trie.find({&byte, 1});
    return node && std::ranges::any_of(trie.tokens(*node), [&](const TokenId id) {
             return vocabulary->next_context(context, id) == context && !vocabulary->is_eos(id);
           });
  };
  for (int b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(b);
    if (!stays(*tries.own, byte) && !stays(*tries.shared, byte)) return false;
  }
  return true;
}

size_t TextConstraint::Shared::longest_token(DecodeContext context) const {
  const ContextTries& tries = vocabulary->tries(context);
  return std::max<size_t>(
      {1, tries.own->max_depth(), tries.shared->max_depth() + tries.released.size()});
}

// Bounds by bytes; what lies between them is searched, as far as that is cheap.
Shortest TextConstraint::Shared::nearest_end(const Place& place) const {
  if (can_end(place)) return {0, 0};
  if (place.context == vocabulary->inside_context()) {
    if (const auto tokens = language->tokens_to_end(place.state)) return {*tokens, *tokens};
  }
  const Shortest bytes = language->shortest(place.state);
  Shortest bounds{1, Shortest::kUnknown};
  if (vocabulary->context_count() == 1) {
    const size_t longest = longest_token(place.context);
    bounds.at_least =
        std::max<size_t>(1, bytes.at_least / longest + (bytes.at_least % longest > 0));
    if (bytes.at_most != Shortest::kUnknown && spells_all_bytes()) {
      bounds.at_most = bytes.at_most;
    }
  }
  if (bounds.at_least == bounds.at_most) return bounds;
  const auto key = key_of(place.state, place.context);
  if (key) {
    if (const auto known = memo.find_end(*key)) return *known;
  }
  bounds = search_end(place, bounds);
  if (key) memo.keep_end(*key, bounds);
  return bounds;
}

// Breadth first, one token after the other; each level that was looked at whole is a lower bound.
Shortest TextConstraint::Shared::search_end(const Place& place, Shortest bounds) const {
  std::vector<Place> level = {place}, next;
  size_t searched = 0;
  std::unordered_set<StateKey, StateKeyHash> seen;
  for (size_t taken = 1; !level.empty() && taken < bounds.at_most; ++taken, level.swap(next)) {
    next.clear();
    bool found = false;
    for (const Place& from : level) {
      walk(from, [&](const State& behind, std::span<const TokenId> ids) {
        if (++searched > kMostSearched) return false;
        for (const TokenId id : ids) {
          if (vocabulary->is_eos(id)) continue;
          Place reached{behind, vocabulary->next_context(from.context, id), false};
          if (!can_hold(behind, reached.context)) continue;
          found = can_end(reached);
          if (found) return false;
          const auto key = key_of(behind, reached.context);
          if (!key || seen.insert(*key).second) next.push_back(std::move(reached));
        }
        return true;
      });
      if (found) return {taken, taken};
      if (searched > kMostSearched) return bounds;
    }
    bounds.at_least = std::max(bounds.at_least, taken + 1);
  }
  // What is left: the upper bound, or no tokens at all lead to an end.
  return {bounds.at_most, bounds.at_most};
}

TextConstraint::TextConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                               std::shared_ptr<const TextLanguage> language,
                               TextConstraintOptions options)
    : trail_([&] {
        if (!vocabulary || !language) {
          throw Error(ErrorCode::kInvalidArgument,
                      "a constraint needs a vocabulary and a language");
        }
        const DecodeContext context = options.context.value_or(vocabulary->inside_context());
        if (context >= vocabulary->context_count()) {
          throw Error(ErrorCode::kInvalidArgument, "the vocabulary has no such decode context");
        }
        return Place{language->start(), context, false};
      }()) {
  shared_ = std::make_shared<const Shared>(std::move(vocabulary), std::move(language),
                                           std::move(options.encoder), options.mask_bytes);
}

TextConstraint::~TextConstraint() = default;
TextConstraint::TextConstraint(const TextConstraint&) = default;
TextConstraint& TextConstraint::operator=(const TextConstraint&) = default;

std::unique_ptr<Constraint> TextConstraint::fork() const {
  return std::make_unique<TextConstraint>(*this);
}

size_t TextConstraint::vocab_size() const noexcept {
  return shared_->vocabulary->size();
}

std::span<const TokenId> TextConstraint::end_ids() const noexcept {
  return shared_->vocabulary->roles().eos;
}

bool TextConstraint::take(TokenId id, Place& place) const {
  const Vocabulary& vocabulary = *shared_->vocabulary;
  if (place.ended || id >= vocabulary.size()) return false;
  if (vocabulary.is_eos(id)) {
    place.ended = shared_->can_end(place);
    return place.ended;
  }
  if (!vocabulary.is_text(id)) return false;
  const SpelledBytes spelled = vocabulary.bytes(place.context, id);
  if (vocabulary.is_mark(id)) {
    const DecodeContext before =
        std::exchange(place.context, vocabulary.next_context(place.context, id));
    return shared_->step_mark(place.state, before, id);
  }
  if (spelled.size() == 0 || !shared_->step(place.state, spelled.released) ||
      !shared_->step(place.state, spelled.own)) {
    return false;
  }
  place.context = vocabulary.next_context(place.context, id);
  return shared_->can_hold(place.state, place.context);
}

bool TextConstraint::accept(TokenId id) noexcept {
  return failure_.guarded(false, [&] {
    Place place = trail_.top();
    if (!take(id, place)) return false;
    trail_.push(std::move(place));
    return true;
  });
}

bool TextConstraint::allows(TokenId id) const noexcept {
  return failure_.guarded(false, [&] {
    Place place = trail_.top();
    return take(id, place);
  });
}

bool TextConstraint::rollback(size_t count) noexcept {
  if (count > trail_.size()) return false;
  trail_.pop(count);
  return true;
}

MaskStatus TextConstraint::fill_mask(std::span<uint32_t> mask, size_t width,
                                     const std::atomic<bool>* cancel) const noexcept {
  std::ranges::fill(mask, 0u);
  if (failure_.failed()) return MaskStatus::kFailed;
  if (is_ended()) return MaskStatus::kDead;
  if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) return MaskStatus::kCancelled;
  const MaskStatus status = failure_.guarded(MaskStatus::kFailed, [&] {
    const size_t size = vocab_size();
    const size_t bits = width == 0 ? size : std::min(width, size);
    if (bits == size && mask.size() >= mask_words(size)) {
      shared_->fill(trail_.top(), mask.first(mask_words(size)));
    } else {
      std::vector<uint32_t> own(mask_words(size));
      shared_->fill(trail_.top(), own);
      mask_clear_range(own, bits, size);
      std::copy_n(own.begin(), std::min(own.size(), mask.size()), mask.begin());
    }
    return mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead;
  });
  if (status != MaskStatus::kOk) std::ranges::fill(mask, 0u);
  return status;
}

bool TextConstraint::is_complete() const noexcept {
  if (is_ended()) return true;
  return failure_.guarded(false, [&] { return shared_->can_end(trail_.top()); });
}

bool TextConstraint::is_finished() const noexcept {
  if (is_ended()) return true;
  return failure_.guarded(false, [&] {
    const Place& place = trail_.top();
    return shared_->can_end(place) && shared_->language->next_bytes(place.state).empty();
  });
}

size_t TextConstraint::forced(std::span<TokenId> out) const noexcept {
  if (!shared_->encoder || is_ended()) return 0;
  return failure_.guarded(size_t{0}, [&] {
    const TextLanguage& language = *shared_->language;
    State state = trail_.top().state;
    std::string bytes;
    while (bytes.size() < kMostForcedBytes && !language.is_complete(state)) {
      const auto byte = language.next_bytes(state).single();
      if (!byte || !language.step(state, *byte)) break;
      bytes.push_back(static_cast<char>(*byte));
    }
    const CertainIds certain = shared_->encoder->encode_certain(bytes);
    const size_t count = std::min(out.size(), certain.ids.size());
    std::copy_n(certain.ids.begin(), count, out.begin());
    return validate(out.first(count));
  });
}

Shortest TextConstraint::shortest_completion() const noexcept {
  if (is_ended()) return {0, 0};
  return failure_.guarded(Shortest{}, [&] { return shared_->nearest_end(trail_.top()); });
}

size_t TextConstraint::shortest_completion_limit() const noexcept {
  return failure_.guarded(Shortest::kUnknown, [&] {
    return shared_->spells_all_bytes() ? shared_->language->shortest_limit() : Shortest::kUnknown;
  });
}

}  // namespace tokrail
