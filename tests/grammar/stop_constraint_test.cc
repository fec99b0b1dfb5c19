// Texts that end with a stop string or hold no banned one, against a search of texts.
#include "grammar/constraints/stop_constraint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/text_oracle.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/decode_specs.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

bool ends_with_any(const std::string& text, const std::vector<std::string>& strings) {
  return std::ranges::any_of(strings, [&](const std::string& s) { return text.ends_with(s); });
}
bool holds_any(const std::string& text, const std::vector<std::string>& strings) {
  return std::ranges::any_of(
      strings, [&](const std::string& s) { return text.find(s) != std::string::npos; });
}

/// The rules, read off a whole text.
bool is_text(const std::string& text, const StopStrings& rules) {
  if (holds_any(text, rules.banned)) return false;
  if (rules.stops.empty()) return true;
  if (!ends_with_any(text, rules.stops)) return false;
  return !rules.ends_at_first || !holds_any(text.substr(0, text.size() - 1), rules.stops);
}

/// Whether some text begins so, by trying what can follow. What matters of a text is its end, as
/// long as the longest string, and so only ends are searched.
class SlowPrefix {
 public:
  SlowPrefix(StopStrings rules, std::string letters)
      : rules_(std::move(rules)), letters_(std::move(letters)) {
    for (const auto* list : {&rules_.stops, &rules_.banned}) {
      for (const std::string& string : *list) longest_ = std::max(longest_, string.size());
    }
  }

  bool is_prefix(const std::string& text) {
    if (holds_any(text, rules_.banned)) return false;
    if (rules_.stops.empty()) return true;
    if (rules_.ends_at_first &&
        holds_any(text.substr(0, text.size() - (text.empty() ? 0 : 1)), rules_.stops)) {
      return false;
    }
    std::vector<std::string> ends = {end_of(text)};
    std::map<std::string, bool> seen = {{ends[0], true}};
    for (size_t i = 0; i < ends.size(); ++i) {
      const std::string end = ends[i];
      if (ends_with_any(end, rules_.stops)) return true;
      for (const char letter : letters_) {
        const std::string next = end_of(end + letter);
        if (!ends_with_any(next, rules_.banned) && seen.emplace(next, true).second) {
          ends.push_back(next);
        }
      }
    }
    return false;
  }

 private:
  std::string end_of(const std::string& text) const {
    return text.substr(text.size() - std::min(text.size(), longest_));
  }
  StopStrings rules_;
  std::string letters_;
  size_t longest_ = 0;
};

test::TextOracle oracle_of(const StopStrings& rules, const std::string& letters) {
  auto slow = std::make_shared<SlowPrefix>(rules, letters);
  auto known = std::make_shared<std::map<std::string, bool>>();
  return {[=](const std::string& text) {
            const auto [at, is_new] = known->emplace(text, false);
            if (is_new) at->second = slow->is_prefix(text);
            return at->second;
          },
          [=](const std::string& text) { return is_text(text, rules); }};
}

std::vector<std::string> random_strings(test::Random& random, size_t most, size_t longest,
                                        std::string_view letters) {
  std::vector<std::string> strings(test::below(random, most + 1));
  for (std::string& string : strings) {
    string.resize(1 + test::below(random, longest));
    for (char& c : string) c = letters[test::below(random, letters.size())];
  }
  return strings;
}

std::shared_ptr<const Vocabulary> small_vocabulary() {
  static const auto vocabulary = [] {
    std::vector<std::string> tokens = test::all_strings("ab,", 3);
    for (const char* token : {"abab,a", "a", "", ",,,,", "bbbb"}) tokens.push_back(token);
    return test::vocabulary_of(tokens);
  }();
  return vocabulary;
}

TEST(StopConstraint, WalksAreTheRules) {
  test::Random random(test::property_seed());
  size_t taken = 0, made = 0, impossible = 0;
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    StopStrings rules;
    rules.stops = random_strings(random, 2, 4, "ab");
    rules.banned = random_strings(random, 3, 3, "ab,");
    rules.ends_at_first = test::below(random, 2) == 0;
    if (rules.stops.empty() && rules.banned.empty()) continue;
    std::string letters = "ab,x";
    const bool all = test::below(random, 4) == 0;
    if (all) {
      // Every other byte is banned: ways out there are few.
      letters = "ab,";
      for (int byte = 0; byte < 256; ++byte) {
        const auto c = static_cast<char>(byte);
        if (letters.find(c) == std::string::npos) rules.banned.push_back(std::string(1, c));
      }
    }
    const auto oracle = oracle_of(rules, letters);
    std::unique_ptr<Constraint> constraint;
    try {
      constraint = std::make_unique<StopConstraint>(small_vocabulary(), rules);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalidArgument);
      ASSERT_FALSE(oracle.prefix(""));
      ++impossible;
      continue;
    }
    ASSERT_TRUE(oracle.prefix(""));
    ++made;
    taken += test::expect_walk(std::move(constraint), *small_vocabulary(), 0, oracle, random, 40);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(made, 70u);
  EXPECT_GT(impossible, 1u);
  EXPECT_GT(taken, 1000u);
}

TEST(StopConstraint, EveryDecodeContext) {
  test::Random random(test::property_seed());
  size_t taken = 0;
  for (const test::NamedSpec& named : test::decode_specs()) {
    TokenizerSpec spec = named.spec;
    if (!spec.added_tokens.empty()) spec.roles.eos = {spec.added_tokens.back().id};
    const auto vocabulary = Vocabulary::build(spec);
    for (DecodeContext context = 0; context < vocabulary->context_count(); ++context) {
      SCOPED_TRACE(named.name + ", context " + std::to_string(context));
      StopStrings rules;
      rules.stops = {" a", "s", "b c"};
      rules.banned = {"  ", "a ", "o"};
      const auto oracle = oracle_of(rules, " abcso.x");
      taken += test::expect_walk(std::make_unique<StopConstraint>(
                                     vocabulary, rules, TextConstraintOptions{.context = context}),
                                 *vocabulary, context, oracle, random, 40);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(taken, 300u);
}

TEST(StopConstraint, ShippedTokenizers) {
  test::Random random(test::property_seed());
  for (const char* file : {"english-code-8k.json", "multilingual-32k.json"}) {
    const auto tokenizer =
        Tokenizer::load(test::source_path(std::string("data/tokenizers/") + file).string());
    const auto vocabulary = tokenizer.shared_vocabulary();
    StopStrings rules;
    rules.stops = {"\n\n", "the end"};
    rules.banned = {"th", "he t", "ing ", "\xE3\x81", "er"};
    const auto oracle = test::TextOracle{
        [&](const std::string& text) {
          // "\n\n" can always follow.
          return !holds_any(text, rules.banned) &&
                 (text.empty() || !holds_any(text.substr(0, text.size() - 1), rules.stops));
        },
        [&](const std::string& text) { return is_text(text, rules); }};
    EXPECT_GT(test::expect_walk(std::make_unique<StopConstraint>(vocabulary, rules), *vocabulary,
                                vocabulary->inside_context(), oracle, random, 25),
              10u);
    if (HasFatalFailure()) return;
  }
}

TEST(StopConstraint, ShortestCompletion) {
  const auto vocabulary = test::vocabulary_of(test::all_bytes());
  StopStrings rules;
  rules.stops = {"abc", "xyzzy"};
  rules.banned = {"bb"};
  StopConstraint constraint(vocabulary, rules);
  EXPECT_EQ(constraint.shortest_completion(), (Shortest{3, 3}));
  for (const char byte : std::string("xyzz")) EXPECT_TRUE(constraint.accept(byte));
  EXPECT_EQ(constraint.shortest_completion(), (Shortest{1, 1}));
  EXPECT_TRUE(constraint.accept('y'));
  EXPECT_EQ(constraint.shortest_completion(), (Shortest{0, 0}));
  EXPECT_TRUE(constraint.is_finished());
  EXPECT_EQ(constraint.shortest_completion_limit(), 3u);
}

TEST(StopConstraint, ManyAndLongStrings) {
  test::Random random(test::property_seed());
  StopStrings rules;
  rules.stops = {"."};
  rules.banned = {std::string(1 << 20, 'a')};
  for (int i = 0; i < 20000; ++i) rules.banned.push_back(test::random_bytes(random, 8) + "!#");
  StopConstraint constraint(small_vocabulary(), rules);
  const TokenId bbbb = small_vocabulary()->ids("bbbb")[0];
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(constraint.accept(bbbb));
  EXPECT_TRUE(mask_any(test::mask_of(constraint)));
}

TEST(StopConstraint, BadArguments) {
  const auto vocabulary = small_vocabulary();
  EXPECT_THROW(StopConstraint(vocabulary, {}), Error);
  EXPECT_THROW(StopConstraint(vocabulary, {.stops = {""}}), Error);
  EXPECT_THROW(StopConstraint(vocabulary, {.banned = {"a", ""}}), Error);
  EXPECT_THROW(StopConstraint(vocabulary, {.stops = {"xay"}, .banned = {"a"}}), Error);
  EXPECT_THROW(StopConstraint(nullptr, {.stops = {"a"}}), Error);
}

}  // namespace
}  // namespace tokrail
