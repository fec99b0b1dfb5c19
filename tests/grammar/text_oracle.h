// What constraints over texts have to answer, from the texts alone, and random walks that compare.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bitset.h"
#include "grammar/constraint.h"
#include "grammar/marks.h"
#include "tests/support/property.h"
#include "tokenizers/vocabulary.h"

namespace tokrail::test {

/// A language by two questions.
struct TextOracle {
  std::function<bool(const std::string&)> prefix;    ///< some text begins so
  std::function<bool(const std::string&)> complete;  ///< this is a text

  /// A finite language.
  static TextOracle of(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    auto sorted = std::make_shared<const std::vector<std::string>>(std::move(texts));
    return {
        [sorted](const std::string& text) {
          const auto at = std::ranges::lower_bound(*sorted, text);
          return at != sorted->end() && at->starts_with(text);
        },
        [sorted](const std::string& text) { return std::ranges::binary_search(*sorted, text); }};
  }
};

/// A constraint by the oracle: asks it about every id from what was taken.
struct ByOracle {
  const Vocabulary& vocabulary;
  const TextOracle& oracle;
  DecodeContext start;
  std::vector<TokenId> history;

  std::pair<std::string, DecodeContext> now() const {
    std::pair<std::string, DecodeContext> place = {"", start};
    for (const TokenId id : history) {
      vocabulary.bytes(place.second, id).append_to(place.first);
      place.second = vocabulary.next_context(place.second, id);
    }
    return place;
  }
  bool is_ended() const { return !history.empty() && vocabulary.is_eos(history.back()); }
  bool is_complete() const {
    if (is_ended()) return true;
    const auto [text, context] = now();
    return oracle.complete(text + std::string(vocabulary.final_bytes(context)));
  }
  std::vector<uint32_t> mask() const {
    std::vector<uint32_t> mask(mask_words(vocabulary.size()));
    if (is_ended()) return mask;
    const auto [text, context] = now();
    const bool complete = is_complete();
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      if (vocabulary.is_eos(id)) {
        if (complete) mask_set(mask, id);
        continue;
      }
      const std::string spelled = vocabulary.bytes(context, id).str();
      const DecodeContext next = vocabulary.next_context(context, id);
      const auto& pending = vocabulary.pending(next);
      const std::string behind = text + spelled;
      if (vocabulary.is_mark(id)) {
        bool goes_on = false;
        for (int byte = 0; byte < 256; ++byte) {
          goes_on |= oracle.prefix(behind + static_cast<char>(byte));
        }
        if (goes_on && mark_leads_on(vocabulary, context, id)) mask_set(mask, id);
        continue;
      }
      if (!vocabulary.is_text(id) || spelled.empty()) continue;
      if (pending.empty() ? oracle.prefix(behind)
                          : std::ranges::any_of(pending, [&](const std::string& held) {
                              return oracle.prefix(behind + held);
                            })) {
        mask_set(mask, id);
      }
    }
    return mask;
  }
};

inline std::vector<uint32_t> mask_of(const Constraint& constraint) {
  std::vector<uint32_t> mask(mask_words(constraint.vocab_size()), 0xFFFFFFFF);
  const MaskStatus status = constraint.fill_mask(mask);
  EXPECT_EQ(status, mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead);
  return mask;
}

inline TokenId random_member(Random& random, const std::vector<uint32_t>& mask) {
  size_t skip = below(random, mask_count(mask));
  size_t id = mask_find_next(mask, 0);
  for (; skip > 0; --skip) id = mask_find_next(mask, id + 1);
  return static_cast<TokenId>(id);
}

/// allows() and accept() of all ids, or of `most` random ones, are the bits of the mask.
inline void expect_mask_is_law(const Constraint& constraint, const std::vector<uint32_t>& mask,
                               Random& random, size_t most) {
  const size_t size = constraint.vocab_size();
  const auto expect_one = [&](TokenId id) {
    ASSERT_EQ(constraint.allows(id), mask_test(mask, id)) << "id " << id;
    const auto fork = constraint.fork();
    ASSERT_EQ(fork->accept(id), mask_test(mask, id)) << "id " << id;
    ASSERT_EQ(fork->steps(), constraint.steps() + (mask_test(mask, id) ? 1 : 0));
  };
  if (size <= most) {
    for (TokenId id = 0; id < size; ++id) expect_one(id);
  } else {
    for (size_t i = 0; i < most; ++i) {
      expect_one(static_cast<TokenId>(below(random, size)));
      if (mask_any(mask)) expect_one(random_member(random, mask));
    }
  }
  ASSERT_FALSE(constraint.allows(static_cast<TokenId>(size)));
  ASSERT_FALSE(constraint.allows(0xFFFFFFFF));
}

/// A random walk with forks and rollbacks; masks are compared at every step. Answers how many
/// tokens were taken.
inline size_t expect_walk(std::unique_ptr<Constraint> constraint, const Vocabulary& vocabulary,
                          DecodeContext start, const TextOracle& oracle, Random& random,
                          int steps) {
  ByOracle hand{vocabulary, oracle, start, {}};
  std::vector<std::pair<std::unique_ptr<Constraint>, std::vector<TokenId>>> kept;
  size_t taken = 0;
  const auto walk = [&] {
    for (int step = 0; step < steps; ++step) {
      const std::vector<uint32_t> mask = mask_of(*constraint);
      const std::vector<uint32_t> right = hand.mask();
      if (mask != right) {
        for (TokenId id = 0; id < vocabulary.size(); ++id) {
          ASSERT_EQ(mask_test(mask, id), mask_test(right, id))
              << "id " << id << " " << escaped(vocabulary.bytes(hand.now().second, id).str())
              << " behind " << escaped(hand.now().first);
        }
      }
      ASSERT_NO_FATAL_FAILURE(expect_mask_is_law(*constraint, mask, random, 300));
      ASSERT_EQ(constraint->is_complete(), hand.is_complete());
      ASSERT_EQ(constraint->is_ended(), hand.is_ended());
      ASSERT_EQ(constraint->steps(), hand.history.size());
      if (constraint->is_finished() && !hand.is_ended()) {
        ASSERT_TRUE(hand.is_complete());
        ASSERT_LE(mask_count(mask), vocabulary.roles().eos.size());
      }
      const size_t what = below(random, 8);
      if (what == 0) {
        kept.emplace_back(constraint->fork(), hand.history);
      } else if (what == 1 && !kept.empty()) {
        std::swap(kept.back().first, constraint);
        std::swap(kept.back().second, hand.history);
      } else if (what == 2 || !mask_any(mask)) {
        const size_t back = below(random, hand.history.size() + 1);
        ASSERT_FALSE(constraint->rollback(hand.history.size() + 1));
        ASSERT_TRUE(constraint->rollback(back));
        hand.history.resize(hand.history.size() - back);
      } else {
        const TokenId id = random_member(random, mask);
        ASSERT_TRUE(constraint->accept(id));
        hand.history.push_back(id);
        ++taken;
      }
    }
    ASSERT_TRUE(constraint->failure().empty()) << constraint->failure();
  };
  walk();
  return taken;
}

}  // namespace tokrail::test
