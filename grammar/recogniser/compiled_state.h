// CompiledGrammar::Impl: the recogniser and masks of one grammar over one vocabulary, behind a
// lock.
//
// Internal to the module. Matchers take the lock for each call; what they find is kept for all.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bitset.h"
#include "grammar/compiled_grammar.h"
#include "grammar/recogniser/mask_builder.h"
#include "grammar/recogniser/recogniser.h"

namespace tokrail {

struct CompiledGrammar::Impl {
  Impl(const Grammar& grammar, const MaskTables& tables, const CompileLimits& limits);

  /// Threads after a token's bytes in a context; empty if it cannot come. Under the lock.
  void step_token(std::span<const recogniser::Thread> threads, DecodeContext context, TokenId id,
                  std::vector<recogniser::Thread>& out);
  bool step_bytes(std::span<const recogniser::Thread> threads, std::string_view bytes,
                  std::vector<recogniser::Thread>& out);
  /// Whether the text may end here, with what the context has held back.
  bool can_end(std::span<const recogniser::Thread> threads, DecodeContext context);
  /// Whether one of the strings still possible for what is held back can come, or the text may end
  /// here.
  bool can_hold(std::span<const recogniser::Thread> threads, DecodeContext context);
  /// Takes tokens out of a mask whose held-back bytes cannot go on. Remembered: in a free text
  /// thousands of stems hold something back.
  void drop_unholdable(std::span<const recogniser::Thread> threads, DecodeContext context,
                       std::span<uint32_t> mask);
  bool add_masks(std::span<const recogniser::Thread> threads, DecodeContext context,
                 recogniser::WalkBudget& budget, std::span<uint32_t> mask);

  // The same where `left` of a required prefix is still to come: bytes cover it first. What they
  // cover is taken off `left`. (required_prefix.cc)
  bool step_bytes(std::span<const recogniser::Thread> threads, std::string_view& left,
                  std::string_view bytes, std::vector<recogniser::Thread>& out);
  void step_token(std::span<const recogniser::Thread> threads, std::string_view& left,
                  DecodeContext context, TokenId id, std::vector<recogniser::Thread>& out);
  bool can_end(std::span<const recogniser::Thread> threads, std::string_view left,
               DecodeContext context);
  bool can_hold(std::span<const recogniser::Thread> threads, std::string_view left,
                DecodeContext context);
  bool add_masks(std::span<const recogniser::Thread> threads, std::string_view left,
                 DecodeContext context, recogniser::WalkBudget& budget, std::span<uint32_t> mask);

  /// Whether some byte can come.
  bool can_go_on(std::span<const recogniser::Thread> threads);
  /// Whether a mark (Vocabulary::marks) may come, and in `out` what it leads to.
  bool step_mark(std::span<const recogniser::Thread> threads, std::string_view& left,
                 DecodeContext context, TokenId id, std::vector<recogniser::Thread>& out);
  /// Puts the marks that may come into a mask, and takes out the others.
  void add_marks(std::span<const recogniser::Thread> threads, std::string_view left,
                 DecodeContext context, std::span<uint32_t> mask);

  /// Drops all states and masks; matchers find their places again from what they took.
  void restart();
  /// Looks at the memory now and then, and starts afresh beyond the limit.
  void keep_within_memory();

  const Vocabulary& vocabulary;
  const Grammar grammar;
  const CompileLimits limits;
  std::mutex mutex;
  recogniser::Recogniser recogniser;
  recogniser::MaskBuilder masks;
  std::vector<std::vector<uint32_t>> token_sets;  ///< mask words
  bool holds_back = false;                        ///< some context has pending bytes
  uint64_t epoch = 0;                             ///< how often all states were dropped
  std::vector<std::string> rule_names, rule_places;

  /// Bytes of what masks remember, here and in `masks`.
  size_t mask_memory() const noexcept { return masks.memory() + unholdable_bytes_; }

 private:
  struct Place {
    DecodeContext context;
    std::vector<recogniser::Thread> threads;
    friend bool operator==(const Place&, const Place&) = default;
  };
  struct PlaceHash {
    size_t operator()(const Place& place) const noexcept;
  };

  std::unordered_map<Place, std::vector<TokenId>, PlaceHash> unholdable_;
  size_t unholdable_bytes_ = 0;
  std::vector<recogniser::Thread> scratch_, scratch_next_;
  uint32_t calls_ = 0;
};

}  // namespace tokrail
