// parse_regex: against RE2 on random patterns that both read alike, and by tables per dialect.
#include "grammar/frontends/regex_notation.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

class PatternGenerator {
 public:
  explicit PatternGenerator(Random& random) : random_(random) {}

  std::string choice(int depth) {
    std::string out = sequence(depth);
    while (below(random_, 4) == 0) out += "|" + sequence(depth);
    return out;
  }

  std::string text() {
    static constexpr std::string_view kPieces[] = {"a", "b", "c", "-", "1", " ", "\n", "é", "中"};
    std::string out;
    for (size_t n = below(random_, 7); n > 0; --n)
      out += kPieces[below(random_, below(random_, 3) == 0 ? 9 : 3)];
    return out;
  }

 private:
  std::string sequence(int depth) {
    std::string out;
    for (size_t n = below(random_, 4); n > 0; --n) out += item(depth);
    return out;
  }

  std::string item(int depth) {
    const size_t kind = below(random_, depth > 0 ? 12 : 8);
    if (kind == 0) return below(random_, 2) == 0 ? "^" : "$";
    if (kind > 8) return group(depth) + quantifier();
    return atom() + quantifier();
  }

  std::string group(int depth) {
    static constexpr std::string_view kOpen[] = {"(", "(?:", "(?i:", "(?s:", "(?-i:"};
    return std::string(kOpen[below(random_, 5)]) + choice(depth - 1) + ")";
  }

  std::string atom() {
    static constexpr std::string_view kAtoms[] = {
        "a",   "b",     "c",      "é",       "中",      ".",      "\\d", "\\w",   "\\W",
        "\\D", "[abc]", "[^a]",   "[a-b1-]", "[\\d-]",  "[^\\w]", "\\-", "\\x61", "[a-é]",
        "-",   "\\n",   "[\\n ]", "\\pL",    "\\p{Lu}", "\\PL",   "A",   "[B-C]"};
    std::string out(kAtoms[below(random_, std::size(kAtoms))]);
    // ECMA-262 wants braces.
    if (out == "\\pL") return "\\p{L}";
    if (out == "\\PL") return "\\P{L}";
    return out;
  }

  std::string quantifier() {
    static constexpr std::string_view kQuantifiers[] = {"*",  "+",  "?",  "{2}",    "{1,}", "{0,2}",
                                                        "*?", "+?", "??", "{1,3}?", "{0}"};
    if (below(random_, 2) == 0) return "";
    return std::string(kQuantifiers[below(random_, std::size(kQuantifiers))]);
  }

  Random& random_;
};

TEST(RegexNotation, MatchesLikeRe2) {
  Random random(test::property_seed());
  PatternGenerator generator(random);
  int compared = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string pattern = generator.choice(3);
    const re2::RE2 reference(pattern, re2::RE2::Quiet);
    if (!reference.ok()) continue;
    RegexSet set;
    RegexReader reader(set);
    const RegexOptions ecma = {}, lark = {.dialect = PatternDialect::kLark};
    const RegexOptions ecma_search = {.search = true};
    const RegexOptions lark_search = {.dialect = PatternDialect::kLark, .search = true};
    const RegexId whole = reader.read(pattern, ecma);
    const RegexId anywhere = reader.read(pattern, ecma_search);
    const RegexId lark_whole = reader.read(pattern, lark);
    const RegexId lark_anywhere = reader.read(pattern, lark_search);
    for (int i = 0; i < 20; ++i) {
      const std::string text = generator.text();
      const bool full = re2::RE2::FullMatch(text, reference);
      const bool partial = re2::RE2::PartialMatch(text, reference);
      const std::string where = "seed " + std::to_string(test::property_seed()) + ": " + pattern +
                                " on '" + test::escaped(text) + "'";
      ASSERT_EQ(set.matches(whole, text), full) << where << " " << set.to_string(whole);
      ASSERT_EQ(set.matches(anywhere, text), partial) << where << " " << set.to_string(anywhere);
      // RE2 is ASCII where Rust is not, for \w and \d; the texts have letters beyond only.
      if (pattern.find("\\w") == std::string::npos && pattern.find("\\W") == std::string::npos) {
        ASSERT_EQ(set.matches(lark_whole, text), full) << where;
        ASSERT_EQ(set.matches(lark_anywhere, text), partial) << where;
      }
      ++compared;
    }
  }
  EXPECT_GT(compared, 30000);
}

struct Case {
  std::string_view pattern;
  std::vector<std::string_view> yes, no;
};

void check(const std::vector<Case>& cases, RegexOptions options) {
  for (const Case& one : cases) {
    RegexSet set;
    const RegexId id = parse_regex(set, one.pattern, options);
    for (const std::string_view text : one.yes) {
      EXPECT_TRUE(set.matches(id, text)) << one.pattern << " on '" << test::escaped(text) << "'";
    }
    for (const std::string_view text : one.no) {
      EXPECT_FALSE(set.matches(id, text)) << one.pattern << " on '" << test::escaped(text) << "'";
    }
  }
}

TEST(RegexNotation, Ecma) {
  check(
      {
          {R"(\d{4}-\d\d)", {"2024-01"}, {"2024-1", "٢٠٢٤-٠١"}},
          {R"(\s)", {" ", "\t", "\v", "\xC2\xA0", "\xEF\xBB\xBF", "\xE2\x80\xA8"}, {"", "x"}},
          {R"(\S)", {"x", "é"}, {" ", "\xC2\xA0", "\xA0"}},
          {R"(\w+)", {"aZ_9"}, {"é", "-"}},
          {".", {"x", "é", "\xF0\x9F\x98\x80", "\v"}, {"\n", "\r", "\xE2\x80\xA9", "\x80", ""}},
          {"[^]", {"\n", "x", "\xF4\x8F\xBF\xBF"}, {"\xED\xA0\x80", ""}},
          {"[]", {}, {"", "x"}},
          {"[^a]", {"b", "\n", "é"}, {"a", "\xFF"}},
          {R"(\u{1F600})", {"\xF0\x9F\x98\x80"}, {}},
          {R"(\uD83D\uDE00+)", {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80"}, {}},
          {R"([\uD83D\uDE00])", {"\xF0\x9F\x98\x80"}, {}},
          {R"([\uD800-\uDFFF])", {}, {"\xED\xA0\x80", "x"}},
          {R"(\uD800)", {}, {"\xED\xA0\x80", ""}},
          {R"(\x41\u0042\cJ\0)", {std::string_view("AB\n\0", 4)}, {}},
          {R"([\b\-\]\^\\x])", {"\b", "-", "]", "^", "\\", "x"}, {"b"}},
          {R"(\/\-\.\_\@\ \")", {"/-._@ \""}, {}},
          {"a{2}{", {"aa{"}, {}},
          {"{}]", {"{}]"}, {}},
          {"x{0}y", {"y"}, {"xy"}},
          {R"(\p{L}+)", {"aé中"}, {"1", ""}},
          {R"(\p{Script=Greek}\P{Script=Greek})", {"αa"}, {"aα", "αα"}},
          {R"(\p{Lu}\p{General_Category=Lowercase_Letter})", {"Aé"}, {"aa"}},
          {R"(\p{Letter}cole)", {"école", "Xcole"}, {"1cole"}},
          {R"([\p{Nd}x-])", {"٣", "x", "-"}, {"y"}},
          {R"(\p{ASCII}\p{Any}\p{White_Space})", {"aé "}, {}},
          {R"(\p{Emoji_Presentation})", {"\xF0\x9F\x98\x80"}, {"a"}},
          {R"([\w-a])", {"-", "z", "a"}, {"é", "+"}},
          {"(?<year>[0-9]+)(?:x|y)", {"12x"}, {"12"}},
          {"(?i:straße)K", {"STRAßE\x4B", "ſTRAßEK"}, {"straßek"}},
          {"", {""}, {"a"}},
          {"(|a)b", {"b", "ab"}, {"aab"}},
          {"a*?b+?c??", {"b", "aabbc"}, {"ac"}},
          {"a|b|", {"a", "b", ""}, {"ab"}},
      },
      {});
}

TEST(RegexNotation, Lark) {
  check(
      {
          {R"(\d+)", {"12", "٢٠"}, {"a"}},
          {R"(\w)", {"a", "é", "中", "_", "\xCC\x81", "\xE2\x80\x8D"}, {"-", " "}},
          {R"(\s)", {"\xC2\xA0", " "}, {"\xEF\xBB\xBF"}},
          {".", {"\r", "\xE2\x80\xA8", "x"}, {"\n"}},
          {"(?s).", {"\n"}, {}},
          {"(?s:.).", {"\nx"}, {"x\n"}},
          {"a(?i)b(?-i)c", {"aBc", "abc"}, {"Abc", "abC"}},
          {"(a(?i)b)c", {"aBc"}, {"aBC"}},
          {"(?i)[k]", {"k", "K", "\xE2\x84\xAA"}, {}},
          {"(?i)[^k]", {"a"}, {"k", "K", "\xE2\x84\xAA"}},
          {"(?i)σ", {"Σ", "σ", "ς"}, {"s"}},
          {"(?x) a b # rest\n c [ d ]", {"abcd"}, {"a b", "abc "}},
          {R"([\w&&[^\d_]])", {"a", "é"}, {"1", "_"}},
          {"[a-z--[aeiou]]", {"b"}, {"a"}},
          {"[a-g~~d-k]", {"a", "k"}, {"e"}},
          {"[0-9&&[^4]--5]", {"3"}, {"4", "5"}},
          {"[]a]", {"]", "a"}, {"b"}},
          {"[^]a]", {"b"}, {"]", "a"}},
          {"[[:alpha:]_]", {"a", "_"}, {"é", "1"}},
          {"[[:^alpha:]]", {"1", "é"}, {"a"}},
          {R"(\x{1F600}\u{41}\U00000042\x43\a)",
           {"\xF0\x9F\x98\x80"
            "ABC\a"},
           {}},
          {R"(\pL\PL\p{^L})", {"a11"}, {"aa1"}},
          {R"(\p{Greek}\p{sc=Latin})", {"αa"}, {}},
          {"(?P<name>a)(?<other>b)", {"ab"}, {}},
          {R"(\Aab\z)", {"ab"}, {}},
          {"a{,2}", {"", "aa"}, {"aaa"}},
          {"a**", {"", "aaa"}, {"b"}},
          {"(?:^)*a", {"a"}, {}},
          {"(?u)é", {"é"}, {}},
          {R"([a\-z\]])", {"-", "]", "a"}, {"b"}},
      },
      {.dialect = PatternDialect::kLark});
}

TEST(RegexNotation, Anchors) {
  check(
      {
          {"^abc$", {"abc"}, {"xabc", "abcx"}},
          {"abc",
           {"abc", "xabcx"},
           {"ab",
            "\xFF"
            "abc"}},
          {"^a|b$", {"ax", "xb", "ab", "a", "b"}, {"xa", "bx", "xax"}},
          {"(^|x)y", {"y", "xy", "axyz"}, {"ay"}},
          {"y(x|$)", {"y", "zyx", "yxa"}, {"ya"}},
          {"a^", {}, {"a", "", "ba"}},
          {"$a", {}, {"a", ""}},
          {"^$", {""}, {"a"}},
          {"$^", {""}, {"a"}},
          {"a*^b", {"b", "bx"}, {"ab"}},
          {"(^a)+", {"a", "aa"}, {"ba"}},
          {"(^a|b)+$", {"a", "ab", "abb", "xb"}, {"ax", "xa"}},
          {"(?:(?:^|,)a)*$", {"a", "a,a", "", "x"}, {}},
          {"^(?:(?:^|,)a)+$", {"a", "a,a"}, {",a,", ""}},
          {"^(?:a$|b)+$", {"a", "b", "bba"}, {"ab"}},
          {"(?:a|$){2}x?", {"aa", "a", ""}, {}},
          {"^(?:a|$){2}$", {"aa", "a", ""}, {"aaa"}},
          {"^(?:a|^){3}$", {"aaa", "aa", "a", ""}, {"aaaa"}},
          {"", {"", "anything"}, {"\xFF"}},
      },
      {.search = true});
  RegexSet set;
  EXPECT_EQ(parse_regex(set, "a^", {.search = true}), RegexSet::kNothing);
  EXPECT_EQ(parse_regex(set, "^abc$", {.search = true}), set.literal("abc"));
  EXPECT_EQ(parse_regex(set, "abc", {}), set.literal("abc"));
}

TEST(RegexNotation, Spelling) {
  // Characters as they stand, or as \xHH for ASCII.
  const CharacterSpelling spelling = [](RegexSet& set, std::span<const CodePointRange> ranges) {
    std::vector<RegexId> ways = {set.difference(set.characters(ranges), set.literal("\\"))};
    for (const CodePointRange& range : ranges) {
      for (char32_t c = range.first; c <= range.last && c < 0x80; ++c) {
        constexpr char kHex[] = "0123456789abcdef";
        ways.push_back(set.literal(std::string{'\\', 'x', kHex[c >> 4], kHex[c & 15]}));
      }
    }
    return set.alternate(ways);
  };
  RegexSet set;
  const RegexId id = parse_regex(set, "^ab.[^c]$", {.search = true, .spelling = spelling});
  EXPECT_TRUE(set.matches(id, "abcd"));
  EXPECT_TRUE(set.matches(id, "\\x61b\\x63\\x64"));
  EXPECT_FALSE(set.matches(id, "\\x61b\\x63\\x63"));
  EXPECT_FALSE(set.matches(id, "\\x61b\n\\x63"));
}

struct BadCase {
  std::string_view pattern;
  std::string_view where;
  std::string_view message;
  ErrorCode code = ErrorCode::kInvalidArgument;
};

void check_bad(const std::vector<BadCase>& cases, PatternDialect dialect) {
  for (const BadCase& one : cases) {
    RegexSet set;
    try {
      const RegexId id = parse_regex(set, one.pattern, {.dialect = dialect});
      ADD_FAILURE() << one.pattern << " is " << set.to_string(id);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), one.code) << one.pattern;
      EXPECT_EQ(error.where(), one.where) << one.pattern << ": " << error.message();
      EXPECT_NE(error.message().find(one.message), std::string::npos)
          << one.pattern << ": " << error.message();
      EXPECT_NE(error.message().find('^'), std::string::npos);
    }
  }
}

TEST(RegexNotation, RefusesWithAPlace) {
  constexpr ErrorCode kUnsupported = ErrorCode::kUnsupported;
  const std::vector<BadCase> both = {
      {"a(b", "1:2", "not closed"},
      {"a)b", "1:2", "closes no group"},
      {"*a", "1:1", "nothing before"},
      {"a|*", "1:3", "nothing before"},
      {"(+)", "1:2", "nothing before"},
      {"[ab", "1:4", "the end of the class"},
      {"[b-a]", "1:5", "backwards"},
      {"x{3,2}", "1:2", "least number"},
      {"x{99999999999}", "1:3", "too large"},
      {"a\n(b\\q)", "2:3", "unknown escape \\q"},
      {"a\\", "1:2", "end of the pattern"},
      {"\\x4", "1:1", "hexadecimal"},
      {"\\u{110000}", "1:1", "no Unicode character"},
      {"\\p{Nonsense}", "1:1", "Nonsense"},
      {"\\p{L", "1:1", "'}'"},
      {"\xFF", "1:1", "UTF-8"},
      {"a(?=b)", "1:2", "look-around", kUnsupported},
      {"a(?!b)", "1:2", "look-around", kUnsupported},
      {"(?<=a)b", "1:1", "look-around", kUnsupported},
      {"(?<!a)b", "1:1", "look-around", kUnsupported},
      {"(?>a)b", "1:1", "atomic", kUnsupported},
      {"(a)\\1", "1:4", "back-reference", kUnsupported},
      {"(?<n>a)\\k<n>", "1:8", "back-reference", kUnsupported},
      {"a\\b", "1:2", "word boundary", kUnsupported},
      {"\\Ba", "1:1", "word boundary", kUnsupported},
      {"(?<1>a)", "1:4", "name of a group"},
      {"(?<>a)", "1:4", "name of a group"},
      {"(?m:^a)", "1:5", "anchor at lines", kUnsupported},
  };
  check_bad(both, PatternDialect::kEcma);
  check_bad(both, PatternDialect::kLark);
  check_bad(
      {
          {"(?i)a", "1:4", "':'"},
          {"(?P<n>a)", "1:3", "flags"},
          {"a**", "1:3", "nothing before"},
          {"^*", "1:2", "nothing before"},
          {"\\Aa", "1:1", "unknown escape"},
          {"\\pL", "1:1", "braces"},
          {"\\01", "1:1", "octal"},
          {"\\c1", "1:1", "letter behind"},
      },
      PatternDialect::kEcma);
  check_bad(
      {
          {"a{", "1:2", "bounds"},
          {"(?z)a", "1:3", "flags"},
          {"(?-u)a", "1:4", "-u", kUnsupported},
          {"[[:nope:]]", "1:2", "[:nope:]"},
          {"[a[b]", "1:6", "the end of the class"},
          {"[\\d-z]", "1:6", "range"},
          {"\\0", "1:1", "octal"},
          {"a\\<", "1:2", "word boundary", kUnsupported},
      },
      PatternDialect::kLark);
}

TEST(RegexNotation, DepthIsBounded) {
  RegexSet set;
  const std::string deep = std::string(1000, '(') + "a" + std::string(1000, ')');
  EXPECT_EQ(parse_regex(set, deep), set.literal("a"));
  EXPECT_THROW(parse_regex(set, std::string(1001, '(')), Error);
  EXPECT_THROW(parse_regex(set, std::string(1000000, '(')), Error);
  EXPECT_THROW(parse_regex(set, std::string(100000, '['), {.dialect = PatternDialect::kLark}),
               Error);
  std::string nested = "a";
  for (int i = 0; i < 900; ++i) nested = "(" + nested + "|b){2,3}";
  EXPECT_NO_THROW(parse_regex(set, nested));
  EXPECT_NO_THROW(
      parse_regex(set, "a" + std::string(20000, '*'), {.dialect = PatternDialect::kLark}));
}

TEST(RegexNotation, AReaderReadsLikeParseRegex) {
  RegexSet set;
  RegexReader reader(set);
  const CharacterSpelling reversed = [](RegexSet& in, std::span<const CodePointRange> ranges) {
    return in.concat(in.literal("<"), in.characters(ranges));
  };
  for (const std::string_view pattern : {"\\w+", "[a-z]\\p{L}?", "(?i:x)\\d", "a.b"}) {
    for (const PatternDialect dialect : {PatternDialect::kEcma, PatternDialect::kLark}) {
      for (const CharacterSpelling& spelling : {CharacterSpelling(), reversed}) {
        const RegexOptions options = {.dialect = dialect, .spelling = spelling};
        EXPECT_EQ(reader.read(pattern, options), parse_regex(set, pattern, options)) << pattern;
      }
    }
  }
}

TEST(RegexNotation, LongPatterns) {
  RegexSet set;
  const std::string text(100000, 'x');
  EXPECT_EQ(parse_regex(set, text), set.literal(text));
  EXPECT_EQ(parse_regex(set, "^" + text + "$", {.search = true}), set.literal(text));
  std::string many = "a0";
  for (int i = 1; i < 5000; ++i) many += "|a" + std::to_string(i);
  const RegexId any = parse_regex(set, many);
  EXPECT_TRUE(set.matches(any, "a4999"));
  EXPECT_FALSE(set.matches(any, "a5000"));
  const RegexId counted = parse_regex(set, "^[a-z]{0,100000}$", {.search = true});
  EXPECT_EQ(set.kind(counted), RegexSet::Kind::kRepeat);
}

}  // namespace
}  // namespace tokrail
