// Spans of a text as constraints, against all substrings of the text.
#include "grammar/constraints/span_constraint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "grammar/constraints/suffix_automaton.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/text_oracle.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/decode_specs.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

std::shared_ptr<const Vocabulary> small_vocabulary() {
  static const auto vocabulary = [] {
    std::vector<std::string> tokens = test::all_strings("ab ", 3);
    for (const char* token : {"\xC3\xA9", "\xC3", "\xA9", "\x97", "a\xC3", "", "a"}) {
      tokens.push_back(token);
    }
    return test::vocabulary_of(tokens);
  }();
  return vocabulary;
}

/// Offsets of the edges, in these texts of a, b, é (letters) and space, ×, lone bytes (none).
std::vector<size_t> slow_edges(const std::string& text, const SpanOptions& span) {
  std::vector<size_t> starts, edges;
  std::vector<bool> words;
  for (size_t at = 0; at < text.size();) {
    const bool two = text.compare(at, 2, "\xC3\xA9") == 0 || text.compare(at, 2, "\xC3\x97") == 0;
    starts.push_back(at);
    words.push_back(text[at] == 'a' || text[at] == 'b' || text.compare(at, 2, "\xC3\xA9") == 0);
    at += two ? 2 : 1;
  }
  for (size_t i = 0; i <= text.size(); ++i) {
    const auto at = std::ranges::find(starts, i);
    const auto index = static_cast<size_t>(at - starts.begin());
    const bool outer = i == 0 || i == text.size();
    bool is_edge = outer;
    switch (span.edges) {
      case SpanEdges::kBytes: is_edge = true; break;
      case SpanEdges::kCharacters: is_edge |= at != starts.end(); break;
      case SpanEdges::kWords:
        is_edge |= at != starts.end() && index > 0 && !(words[index] && words[index - 1]);
        break;
      case SpanEdges::kGiven:
        is_edge |= std::ranges::count(span.offsets, static_cast<uint32_t>(i)) > 0;
        break;
    }
    if (is_edge) edges.push_back(i);
  }
  return edges;
}

std::vector<std::string> all_spans(const std::string& text, const SpanOptions& span) {
  std::set<std::string> spans;
  const auto edges = slow_edges(text, span);
  for (const size_t begin : edges) {
    for (const size_t end : edges) {
      if (begin < end && end - begin >= span.min_bytes)
        spans.insert(text.substr(begin, end - begin));
    }
  }
  if (span.may_be_empty) spans.insert("");
  return {spans.begin(), spans.end()};
}

std::string random_text(test::Random& random, size_t most) {
  std::string text;
  const size_t size = 1 + test::below(random, most);
  while (text.size() < size) {
    static const std::vector<std::string> kParts = {"a",        "b",        " ",   "a",
                                                    "\xC3\xA9", "\xC3\x97", "\xA9"};
    text += kParts[test::below(random, kParts.size())];
  }
  return text;
}

SpanOptions random_options(test::Random& random, const std::string& text) {
  SpanOptions span;
  span.edges = static_cast<SpanEdges>(test::below(random, 4));
  span.min_bytes = test::below(random, std::min<size_t>(text.size(), 8) + 1);
  span.may_be_empty = test::below(random, 2) == 0;
  if (span.edges == SpanEdges::kGiven) {
    for (uint32_t i = 0; i <= text.size(); ++i) {
      if (test::below(random, 3) == 0) span.offsets.push_back(i);
    }
  }
  return span;
}

TEST(SpanConstraint, WalksAreTheSubstrings) {
  test::Random random(test::property_seed());
  size_t taken = 0;
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    const std::string text = random_text(random, 40);
    const SpanOptions span = random_options(random, text);
    const auto oracle = test::TextOracle::of(all_spans(text, span));
    taken += test::expect_walk(std::make_unique<SpanConstraint>(small_vocabulary(), text, span),
                               *small_vocabulary(), 0, oracle, random, 40);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(taken, 2000u);
}

TEST(SpanConstraint, EveryDecodeContext) {
  test::Random random(test::property_seed());
  size_t taken = 0;
  for (const test::NamedSpec& named : test::decode_specs()) {
    TokenizerSpec spec = named.spec;
    if (!spec.added_tokens.empty()) spec.roles.eos = {spec.added_tokens.back().id};
    const auto vocabulary = Vocabulary::build(spec);
    for (DecodeContext context = 0; context < vocabulary->context_count(); ++context) {
      SCOPED_TRACE(named.name + ", context " + std::to_string(context));
      std::string text = "a";
      DecodeContext now = context;
      for (const TokenId id : test::random_ids(random, spec, 20)) {
        if (!vocabulary->is_text(id)) continue;
        vocabulary->bytes(now, id).append_to(text);
        now = vocabulary->next_context(now, id);
      }
      SpanOptions span;
      span.edges = SpanEdges::kBytes;
      taken += test::expect_walk(
          std::make_unique<SpanConstraint>(vocabulary, text, span,
                                           TextConstraintOptions{.context = context}),
          *vocabulary, context, test::TextOracle::of(all_spans(text, span)), random, 40);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(taken, 300u);
}

TEST(SpanConstraint, ShippedTokenizers) {
  test::Random random(test::property_seed());
  const std::string text =
      "It was the best of times, it was the worst of times, it was the age of wisdom; it was 1775. "
      "Caf\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC snake_case.";
  for (const char* file : {"english-code-8k.json", "multilingual-32k.json"}) {
    const auto tokenizer =
        Tokenizer::load(test::source_path(std::string("data/tokenizers/") + file).string());
    const auto vocabulary = tokenizer.shared_vocabulary();
    SpanOptions span;
    span.edges = SpanEdges::kBytes;
    span.min_bytes = 10;
    EXPECT_GT(test::expect_walk(std::make_unique<SpanConstraint>(vocabulary, text, span),
                                *vocabulary, vocabulary->inside_context(),
                                test::TextOracle::of(all_spans(text, span)), random, 40),
              10u);
    if (HasFatalFailure()) return;
    span.edges = SpanEdges::kWords;
    span.min_bytes = 1;
    SpanConstraint words(vocabulary, text, span);
    const auto takes = [&](std::string_view piece) {
      words.reset();
      for (const TokenId id : tokenizer.encode(piece)) {
        if (!words.accept(id)) return false;
      }
      return words.is_complete();
    };
    EXPECT_TRUE(takes("best of times, it"));
    EXPECT_TRUE(takes(" age"));
    EXPECT_TRUE(takes("Caf\xC3\xA9"));
    EXPECT_TRUE(takes("snake_case"));
    EXPECT_TRUE(takes("\xE6\x97\xA5\xE6\x9C\xAC"));
    EXPECT_FALSE(takes("best of time"));
    EXPECT_FALSE(takes("est of times"));
    EXPECT_FALSE(takes("case"));
  }
}

TEST(SpanConstraint, ShortestCompletion) {
  std::vector<std::string> tokens = test::all_bytes();
  tokens.push_back("aaaa");
  const auto vocabulary = test::vocabulary_of(tokens);
  SpanOptions span;
  span.edges = SpanEdges::kWords;
  SpanConstraint words(vocabulary, "aaaaaaa b", span);
  EXPECT_EQ(words.shortest_completion(), (Shortest{1, 1}));
  EXPECT_TRUE(words.accept('a'));
  EXPECT_EQ(words.shortest_completion(), (Shortest{3, 3}));  // aaaa a a
  EXPECT_GE(words.shortest_completion_limit(), 3u);
  span.edges = SpanEdges::kBytes;
  span.min_bytes = 6;
  SpanConstraint bytes(vocabulary, "aaaaaaa b", span);
  EXPECT_EQ(bytes.shortest_completion(), (Shortest{3, 3}));
}

/// Texts on which naive constructions are slow or deep.
TEST(SpanConstraint, LongTexts) {
  test::Random random(test::property_seed());
  const auto vocabulary = small_vocabulary();
  std::string abab;
  while (abab.size() < 300000) abab += "ab";
  for (const std::string& text :
       {std::string(300000, 'a'), abab, test::random_bytes(random, 300000)}) {
    SpanOptions span;
    span.min_bytes = 299000;
    SpanConstraint constraint(vocabulary, text, span);
    EXPECT_FALSE(constraint.is_complete());
    size_t steps = 0;
    while (!constraint.is_complete() && steps < 200000) {
      const auto mask = test::mask_of(constraint);
      if (!mask_any(mask)) break;  // bytes that this vocabulary does not have
      ASSERT_TRUE(constraint.accept(test::random_member(random, mask)));
      ++steps;
    }
  }
}

TEST(SpanConstraint, BadArguments) {
  const auto make = [](std::string_view text, SpanOptions span) {
    return SpanConstraint(small_vocabulary(), text, span);
  };
  EXPECT_THROW(make("", {}), Error);
  EXPECT_THROW(make("abc", {.min_bytes = 4}), Error);
  EXPECT_THROW(make("abc", {.min_bytes = 4, .may_be_empty = true}), Error);
  EXPECT_THROW(make("abc", {.edges = SpanEdges::kGiven, .offsets = {2, 1}}), Error);
  EXPECT_THROW(make("abc", {.edges = SpanEdges::kGiven, .offsets = {4}}), Error);
  const SpanConstraint empty = make("", {.may_be_empty = true});
  EXPECT_TRUE(empty.is_complete());
  EXPECT_TRUE(empty.is_finished());
}

}  // namespace
}  // namespace tokrail
