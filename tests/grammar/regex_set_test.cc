// RegexSet against a matcher that tries everything, over small alphabets; and what must hold of
// hashes, imports, long literals and deep chains.
#include "grammar/regex/regex_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

/// An expression as a plain tree, for the oracle.
struct Tree {
  enum Kind { kNothing, kEmpty, kBytes, kLiteral, kConcat, kAlternate, kIntersect, kNot, kRepeat };
  Kind kind;
  std::string bytes = {};  // of kBytes: members; of kLiteral: the text
  std::vector<Tree> parts = {};
  uint32_t min = 0, max = 0;
};

/// Tries every cut; remembers (tree, begin, end).
class Oracle {
 public:
  explicit Oracle(std::string_view text) : text_(text) {}

  bool matches(const Tree& tree) { return matches(tree, 0, text_.size()); }

 private:
  using Key = std::tuple<const Tree*, size_t, size_t, size_t>;

  bool matches(const Tree& tree, size_t begin, size_t end) { return sequence(tree, 0, begin, end); }

  /// `from` counts what is done already: parts of kConcat, times of kRepeat.
  bool sequence(const Tree& tree, size_t from, size_t begin, size_t end) {
    const Key key = {&tree, from, begin, end};
    if (const auto known = memo_.find(key); known != memo_.end()) return known->second;
    memo_[key] = false;  // a repetition of the empty string leads nowhere new
    return memo_[key] = decide(tree, from, begin, end);
  }

  bool decide(const Tree& tree, size_t from, size_t begin, size_t end) {
    const std::string_view text = text_.substr(begin, end - begin);
    switch (tree.kind) {
      case Tree::kNothing: return false;
      case Tree::kEmpty: return text.empty();
      case Tree::kBytes: return text.size() == 1 && tree.bytes.find(text[0]) != std::string::npos;
      case Tree::kLiteral: return text == tree.bytes;
      case Tree::kAlternate:
        for (const Tree& part : tree.parts) {
          if (matches(part, begin, end)) return true;
        }
        return false;
      case Tree::kIntersect:
        for (const Tree& part : tree.parts) {
          if (!matches(part, begin, end)) return false;
        }
        return true;
      case Tree::kNot: return !matches(tree.parts[0], begin, end);
      case Tree::kConcat:
        if (from == tree.parts.size()) return text.empty();
        for (size_t cut = begin; cut <= end; ++cut) {
          if (matches(tree.parts[from], begin, cut) && sequence(tree, from + 1, cut, end)) {
            return true;
          }
        }
        return false;
      case Tree::kRepeat:
        if (text.empty() && from >= tree.min) return true;
        if (from >= tree.max) return false;
        for (size_t cut = begin; cut <= end; ++cut) {
          // Empty rounds count towards the least number only.
          if (cut == begin && from >= tree.min) continue;
          const size_t next = tree.max == RegexSet::kUnbounded && from > tree.min ? from : from + 1;
          if (matches(tree.parts[0], begin, cut) && sequence(tree, next, cut, end)) return true;
        }
        return false;
    }
    return false;
  }

  std::string_view text_;
  std::map<Key, bool> memo_;
};

class Generator {
 public:
  Generator(Random& random, std::string alphabet)
      : random_(random), alphabet_(std::move(alphabet)) {}

  Tree tree(int depth) {
    const size_t choice = below(random_, depth <= 0 ? 5 : 16);
    if (choice == 0 && below(random_, 6) == 0) return {Tree::kNothing};
    if (choice <= 1 && below(random_, 3) == 0) return {Tree::kEmpty};
    if (choice <= 2) return {Tree::kBytes, some_bytes()};
    if (choice <= 4) return {Tree::kLiteral, string(1 + below(random_, 4))};
    if (choice <= 7) return {Tree::kConcat, {}, parts(depth)};
    if (choice <= 10) return {Tree::kAlternate, {}, parts(depth)};
    if (choice == 11) return {Tree::kIntersect, {}, parts(depth)};
    if (choice == 12) return {Tree::kNot, {}, {tree(depth - 1)}};
    Tree repeat = {Tree::kRepeat, {}, {tree(depth - 1)}};
    repeat.min = static_cast<uint32_t>(below(random_, 4));
    repeat.max = below(random_, 3) == 0 ? RegexSet::kUnbounded
                                        : repeat.min + static_cast<uint32_t>(below(random_, 3));
    return repeat;
  }

  std::string string(size_t n) {
    std::string out;
    while (out.size() < n) out += alphabet_[below(random_, alphabet_.size())];
    return out;
  }

 private:
  std::vector<Tree> parts(int depth) {
    std::vector<Tree> out;
    for (size_t n = 1 + below(random_, 4); n > 0; --n) {
      out.push_back(!out.empty() && below(random_, 5) == 0 ? out.front() : tree(depth - 1));
    }
    return out;
  }
  std::string some_bytes() {
    std::string out;
    for (const char c : alphabet_) {
      if (below(random_, 2) == 0) out += c;
    }
    return out;
  }

  Random& random_;
  std::string alphabet_;
};

RegexId build(RegexSet& set, const Tree& tree) {
  std::vector<RegexId> parts;
  for (const Tree& part : tree.parts) parts.push_back(build(set, part));
  switch (tree.kind) {
    case Tree::kNothing: return RegexSet::kNothing;
    case Tree::kEmpty: return RegexSet::kEmpty;
    case Tree::kBytes: {
      ByteSet bytes;
      for (const char c : tree.bytes) bytes.add(static_cast<uint8_t>(c));
      return set.bytes(bytes);
    }
    case Tree::kLiteral: return set.literal(tree.bytes);
    case Tree::kConcat: return set.concat(parts);
    case Tree::kAlternate: return set.alternate(parts);
    case Tree::kIntersect: return set.intersect(parts);
    case Tree::kNot: return set.complement(parts[0]);
    case Tree::kRepeat: return set.repeat(parts[0], tree.min, tree.max);
  }
  return RegexSet::kNothing;
}

std::vector<std::string> all_strings(std::string_view alphabet, size_t longest) {
  std::vector<std::string> out = {""};
  for (size_t begin = 0, length = 0; length < longest; ++length) {
    const size_t end = out.size();
    for (; begin < end; ++begin) {
      for (const char c : alphabet) out.push_back(out[begin] + c);
    }
  }
  return out;
}

/// By public transitions alone, which must be disjoint and lead to no empty language.
bool matches_by_transitions(RegexSet& set, RegexId id, std::string_view text) {
  for (const char c : text) {
    RegexId next = RegexSet::kNothing;
    ByteSet seen;
    for (const RegexTransition& transition : set.transitions(id)) {
      EXPECT_TRUE((seen & transition.bytes).empty());
      seen |= transition.bytes;
      if (transition.bytes.contains(static_cast<uint8_t>(c))) next = transition.next;
    }
    if (next == RegexSet::kNothing) return false;
    id = next;
  }
  return set.is_nullable(id);
}

void shuffle_tree(Tree& tree, Random& random) {
  for (Tree& part : tree.parts) shuffle_tree(part, random);
  if (tree.kind == Tree::kAlternate || tree.kind == Tree::kIntersect) {
    std::shuffle(tree.parts.begin(), tree.parts.end(), random);
  }
}

TEST(RegexSet, MatchesLikeTheOracle) {
  Random random(test::property_seed());
  const std::vector<std::string> texts = all_strings("ab", 6);
  for (int round = 0; round < 3000; ++round) {
    Generator generator(random, "ab");
    const Tree tree = generator.tree(1 + static_cast<int>(below(random, 4)));
    RegexSet set;
    const RegexId id = build(set, tree);
    std::optional<std::string> first;
    for (const std::string& text : texts) {
      const bool expected = Oracle(text).matches(tree);
      if (expected && !first) first = text;
      ASSERT_EQ(set.matches(id, text), expected)
          << "seed " << test::property_seed() << " round " << round << ": " << set.to_string(id)
          << " on '" << text << "'";
      if (text.size() < 4) {
        ASSERT_EQ(matches_by_transitions(set, id, text), expected) << set.to_string(id);
      }
    }
    // Texts come by length and then by bytes. A complement has bytes that no text here has.
    const auto shortest = set.shortest(id);
    ASSERT_EQ(set.is_empty(id), !shortest) << set.to_string(id);
    if (shortest) {
      ASSERT_TRUE(Oracle(*shortest).matches(tree)) << set.to_string(id);
    }
    if (first) {
      ASSERT_TRUE(shortest);
      ASSERT_LE(shortest->size(), first->size());
      if (shortest->find_first_not_of("ab") == std::string::npos) {
        ASSERT_EQ(shortest, first);
      }
    }
  }
}

TEST(RegexSet, TransitionsLeadToLanguagesThatAreNotEmpty) {
  Random random(test::property_seed() + 1);
  for (int round = 0; round < 500; ++round) {
    Generator generator(random, "abc");
    RegexSet set;
    RegexId id = build(set, generator.tree(4));
    for (int steps = 0; steps < 8; ++steps) {
      const auto transitions = set.transitions(id);
      const std::vector<RegexTransition> all(transitions.begin(), transitions.end());
      ByteSet seen;
      for (const RegexTransition& transition : all) {
        seen |= transition.bytes;
        ASSERT_FALSE(transition.bytes.empty());
        ASSERT_TRUE(set.shortest(transition.next)) << set.to_string(id);
      }
      ASSERT_EQ(seen, set.first_bytes(id));
      if (all.empty()) break;
      id = all[below(random, all.size())].next;
    }
  }
}

TEST(RegexSet, HashesDependOnTheExpressionAlone) {
  Random random(test::property_seed() + 2);
  for (int round = 0; round < 1000; ++round) {
    Generator generator(random, "abc");
    Tree tree = generator.tree(4);
    RegexSet one, two, three;
    for (size_t i = below(random, 20); i > 0; --i) build(two, generator.tree(2));
    const RegexId a = build(one, tree);
    shuffle_tree(tree, random);
    const RegexId b = build(two, tree);
    ASSERT_EQ(one.hash(a), two.hash(b)) << one.to_string(a) << "  " << two.to_string(b);
    const RegexId c = three.import(two, b);
    ASSERT_EQ(one.hash(a), three.hash(c));
    ASSERT_EQ(build(two, tree), b);
    ASSERT_EQ(two.import(three, c), b);
    ASSERT_EQ(one.to_string(a), three.to_string(c));
    // Derivatives have the hashes that they would have had if built anew.
    const std::string text = generator.string(3);
    const RegexId after = one.derivative(a, text);
    ASSERT_EQ(one.hash(after), three.hash(three.derivative(c, text)));
    RegexSet four;
    ASSERT_EQ(four.hash(four.import(one, after)), one.hash(after));
    ASSERT_EQ(one.import(four, four.import(one, after)), after);
  }
}

TEST(RegexSet, CopiesAreIndependentAndKeepIds) {
  RegexSet set;
  const RegexId word = set.literal("abc");
  RegexSet copy = set;
  const RegexId more = copy.concat(word, copy.literal("d"));
  EXPECT_EQ(copy.as_literal(more), "abcd");
  EXPECT_EQ(set.as_literal(word), "abc");
  const RegexId other = set.concat(word, set.literal("e"));
  EXPECT_EQ(set.as_literal(other), "abce");
  EXPECT_EQ(copy.as_literal(more), "abcd");
}

TEST(RegexSet, FormsThatAreOne) {
  RegexSet set;
  const RegexId a = set.literal("a"), b = set.literal("b"), ab = set.literal("ab");
  EXPECT_EQ(set.concat(a, b), ab);
  EXPECT_EQ(set.concat({a, set.concat(b, a)}), set.concat({ab, a}));
  EXPECT_EQ(set.concat(a, set.star(a)), set.repeat(a, 1, RegexSet::kUnbounded));
  EXPECT_EQ(set.concat(set.star(a), a), set.repeat(a, 1, RegexSet::kUnbounded));
  EXPECT_EQ(set.concat(set.literal("baa"), set.star(a)),
            set.concat(b, set.repeat(a, 2, RegexSet::kUnbounded)));
  EXPECT_EQ(set.concat(set.star(a), set.literal("aab")),
            set.concat(set.repeat(a, 2, RegexSet::kUnbounded), b));
  EXPECT_EQ(set.star(set.star(ab)), set.star(ab));
  EXPECT_EQ(set.star(set.optional(ab)), set.star(ab));
  EXPECT_EQ(set.repeat(set.repeat(a, 3, 3), 2, 4), set.repeat(set.repeat(a, 3, 3), 2, 4));
  EXPECT_EQ(set.repeat(set.repeat(a, 1, 2), 3, 4), set.repeat(a, 3, 8));
  EXPECT_EQ(set.repeat(a, 0, 0), RegexSet::kEmpty);
  EXPECT_EQ(set.repeat(a, 1, 1), a);
  EXPECT_EQ(set.optional(set.star(a)), set.star(a));
  EXPECT_EQ(set.alternate({RegexSet::kEmpty, a}), set.optional(a));
  EXPECT_EQ(set.alternate({set.repeat(ab, 1, 2), set.repeat(ab, 3, 5)}), set.repeat(ab, 1, 5));
  EXPECT_EQ(set.alternate({ab, set.literal("ac")}),
            set.concat(a, set.bytes(ByteSet::range('b', 'c'))));
  EXPECT_EQ(set.complement(RegexSet::kNothing), RegexSet::kAnything);
  EXPECT_EQ(set.complement(RegexSet::kAnything), RegexSet::kNothing);
  EXPECT_EQ(set.complement(set.complement(ab)), ab);
  EXPECT_EQ(set.star(set.bytes(ByteSet::all())), RegexSet::kAnything);
  EXPECT_EQ(set.intersect({ab, RegexSet::kAnything}), ab);
  EXPECT_EQ(set.intersect({ab, set.complement(ab)}), RegexSet::kNothing);
  EXPECT_EQ(set.alternate({ab, set.complement(ab)}), RegexSet::kAnything);
  EXPECT_EQ(set.intersect({set.complement(a), set.complement(ab)}),
            set.complement(set.alternate({ab, a})));
  EXPECT_EQ(set.concat(RegexSet::kNothing, ab), RegexSet::kNothing);
  EXPECT_EQ(set.bytes({}), RegexSet::kNothing);
  EXPECT_EQ(set.literal(""), RegexSet::kEmpty);
  EXPECT_EQ(set.intersect(std::span<const RegexId>()), RegexSet::kAnything);
  EXPECT_EQ(set.alternate(std::span<const RegexId>()), RegexSet::kNothing);
}

TEST(RegexSet, AnyTextIsWellFormedUtf8) {
  RegexSet set;
  const RegexId text = set.any_text(), one = set.any_character();
  Random random(test::property_seed() + 3);
  for (int round = 0; round < 5000; ++round) {
    const std::string sample = below(random, 2) == 0 ? test::random_broken_utf8(random, 12)
                                                     : test::random_bytes(random, below(random, 6));
    ASSERT_EQ(set.matches(text, sample), valid_utf8(sample)) << test::escaped(sample);
    ASSERT_EQ(set.matches(one, sample), valid_utf8(sample) && count_code_points(sample) == 1);
  }
  EXPECT_FALSE(set.matches(text, "\xED\xA0\x80"));
  EXPECT_FALSE(set.matches(text, "\xC0\x80"));
  EXPECT_FALSE(set.matches(text, "\xF4\x90\x80\x80"));
  EXPECT_TRUE(set.matches(text, "\xF4\x8F\xBF\xBF\xEE\x80\x80"));
}

TEST(RegexSet, CharactersAreTheCodePointsOfTheRanges) {
  Random random(test::property_seed() + 4);
  for (int round = 0; round < 300; ++round) {
    RegexSet set;
    std::vector<CodePointRange> ranges;
    for (size_t n = 1 + below(random, 6); n > 0; --n) {
      const size_t bound = size_t{1} << (7 + below(random, 15));
      const auto first = static_cast<char32_t>(below(random, std::min<size_t>(bound, 0x110000)));
      const size_t length = below(random, size_t{1} << below(random, 18));
      ranges.push_back({first, static_cast<char32_t>(std::min<size_t>(first + length, 0x10FFFF))});
    }
    const RegexId id = set.characters(ranges);
    const auto check = [&](char32_t c) {
      if (c > kMaxCodePoint || !is_scalar_value(c)) return;
      bool in = false;
      for (const CodePointRange& range : ranges) in = in || (range.first <= c && c <= range.last);
      std::string text;
      append_utf8(c, text);
      ASSERT_EQ(set.matches(id, text), in) << std::hex << static_cast<uint32_t>(c);
    };
    for (const CodePointRange& range : ranges) {
      for (int delta = -2; delta <= 2; ++delta) {
        check(range.first + static_cast<char32_t>(delta));
        check(range.last + static_cast<char32_t>(delta));
      }
    }
    for (int i = 0; i < 200; ++i) check(static_cast<char32_t>(below(random, 0x110000)));
  }
  RegexSet set;
  const CodePointRange surrogates[] = {{0xD800, 0xDFFF}};
  EXPECT_EQ(set.characters(surrogates), RegexSet::kNothing);
  EXPECT_EQ(set.characters({}), RegexSet::kNothing);
}

TEST(RegexSet, LongLiteralsAndChainsAreCheap) {
  RegexSet set;
  const std::string text = [] {
    std::string out;
    for (int i = 0; i < 100000; ++i) out += static_cast<char>('a' + i % 23);
    return out;
  }();
  const RegexId literal = set.literal(text);
  EXPECT_LT(set.size(), 10u);
  EXPECT_TRUE(set.matches(literal, text));
  EXPECT_EQ(set.shortest(literal), text);
  EXPECT_EQ(set.derivative(literal, text), RegexSet::kEmpty);
  EXPECT_EQ(set.as_literal(literal), text);
  // The same, byte by byte from the end.
  RegexId built = RegexSet::kEmpty;
  for (size_t i = text.size(); i-- > 0;) built = set.concat(set.literal(text.substr(i, 1)), built);
  EXPECT_EQ(built, literal);
  std::vector<RegexId> parts;
  for (size_t i = 0; i < 20000; ++i) {
    parts.push_back(set.optional(set.literal(std::string(1, static_cast<char>('a' + i % 7)))));
  }
  const RegexId chain = set.concat(parts);
  EXPECT_TRUE(set.matches(chain, "abcdefg"));
  EXPECT_FALSE(set.is_empty(set.intersect({chain, set.complement(RegexSet::kEmpty)})));
  EXPECT_GT(set.to_string(chain).size(), 1000u);
  // Deep the other way: an expression within an expression.
  RegexId nested = set.literal("x");
  for (int i = 0; i < 1000; ++i) {
    nested = i % 2 == 0 ? set.repeat(nested, 2, 2) : set.alternate({nested, set.literal("yz")});
  }
  EXPECT_FALSE(set.transitions(nested).empty());
  RegexSet other;
  EXPECT_EQ(other.hash(other.import(set, nested)), set.hash(nested));
  EXPECT_FALSE(set.to_string(nested).empty());
}

TEST(RegexSet, PrefixesOfOneAnotherDoNotRecurse) {
  RegexSet set;
  std::vector<RegexId> choices;
  for (size_t n = 1; n <= 2000; ++n) choices.push_back(set.literal(std::string(n, 'a')));
  const RegexId any = set.alternate(choices);
  EXPECT_TRUE(set.matches(any, std::string(1999, 'a')));
  EXPECT_TRUE(set.matches(any, "a"));
  EXPECT_FALSE(set.matches(any, ""));
  EXPECT_FALSE(set.matches(any, std::string(2001, 'a')));
}

TEST(RegexSet, ManyLiteralsAreATrie) {
  Random random(test::property_seed() + 5);
  RegexSet set;
  std::set<std::string> words;
  while (words.size() < 5000) {
    std::string word;
    for (size_t n = 3 + below(random, 8); n > 0; --n) {
      word += static_cast<char>('a' + below(random, 26));
    }
    words.insert(word);
  }
  std::vector<RegexId> choices;
  for (const std::string& word : words) choices.push_back(set.literal(word));
  const RegexId any = set.alternate(choices);
  for (const std::string& word : words) {
    ASSERT_TRUE(set.matches(any, word));
    ASSERT_EQ(set.matches(any, word + "a"), words.contains(word + "a"));
    ASSERT_EQ(set.matches(any, word.substr(1)), words.contains(word.substr(1)));
  }
  EXPECT_EQ(set.transitions(any).size(), 26u);
}

TEST(RegexSet, CountsStayCounts) {
  RegexSet set;
  const RegexId inside = set.bytes(ByteSet::all() - ByteSet::of('"'));
  const RegexId text =
      set.concat({set.literal("\""), set.repeat(inside, 0, 100000), set.literal("\"")});
  EXPECT_LT(set.size(), 12u);
  RegexId state = set.step(text, '"');
  for (int i = 0; i < 100; ++i) state = set.step(state, 'x');
  EXPECT_LT(set.size(), 400u);
  EXPECT_EQ(set.step(set.step(state, '"'), 'x'), RegexSet::kNothing);
  const RegexId a = set.repeat(inside, 10, 60000), b = set.repeat(inside, 50, 90000);
  EXPECT_EQ(set.shortest(set.intersect({a, b}))->size(), 50u);
  EXPECT_TRUE(set.is_subset(set.repeat(inside, 3, 5), set.repeat(inside, 2, 9)));
  EXPECT_FALSE(set.is_subset(set.repeat(inside, 1, 5), set.repeat(inside, 2, 9)));
  EXPECT_TRUE(set.are_disjoint(set.repeat(inside, 1, 5), set.repeat(inside, 6, 9)));
}

TEST(RegexSet, RefusesWhatIsBeyondItsBudget) {
  RegexSet small(100);
  EXPECT_THROW(
      {
        for (int i = 0; i < 200; ++i) small.literal("word" + std::to_string(i));
      },
      Error);
  EXPECT_LE(small.size(), 100u);
  RegexSet set;
  const RegexId all = set.bytes(ByteSet::all());
  const RegexId far =
      set.intersect({set.repeat(all, 5000, 5000), set.complement(set.literal("x"))});
  try {
    set.shortest(far, 1000);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBudgetExhausted);
  }
  EXPECT_THROW(set.repeat(all, 3, 2), Error);
  EXPECT_THROW(set.repeat(all, RegexSet::kUnbounded, RegexSet::kUnbounded), Error);
}

TEST(RegexSet, Prints) {
  RegexSet set;
  const RegexId digits = set.repeat(set.bytes(ByteSet::range('0', '9')), 1, RegexSet::kUnbounded);
  EXPECT_EQ(set.to_string(set.concat({set.optional(set.literal("-")), digits})), "\\-?[0-9]+");
  EXPECT_EQ(set.to_string(set.repeat(set.literal("ab"), 2, 3)), "(?:ab){2,3}");
  EXPECT_EQ(set.to_string(set.difference(digits, set.literal("0"))).find("~") != std::string::npos,
            true);
  EXPECT_EQ(set.to_string(RegexSet::kAnything), "[^]*");
  EXPECT_EQ(set.to_string(RegexSet::kNothing), "[]");
  EXPECT_EQ(set.to_string(RegexSet::kEmpty), "()");
}

}  // namespace
}  // namespace tokrail
