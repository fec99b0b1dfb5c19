#include "tokenizers/pretokenization/pretokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/property.h"
#include "tokenizers/byte_alphabet.h"

namespace tokrail {
namespace {

using Kind = PreTokenizerStep::Kind;

/// A piece and where it came from.
struct Piece {
  std::string text;
  size_t begin, end;
  bool operator==(const Piece&) const = default;
  friend void PrintTo(const Piece& piece, std::ostream* out) {
    *out << '"' << piece.text << "\" " << piece.begin << '-' << piece.end;
  }
};
using Pieces = std::vector<Piece>;

Pieces shown(const std::vector<AlignedText>& pieces) {
  Pieces out;
  for (const AlignedText& piece : pieces) {
    const OriginalRange range = piece.original_range(0, piece.text().size());
    out.push_back({std::string(piece.text()), range.begin, range.end});
  }
  return out;
}

PreTokenizerStep step_of(Kind kind) {
  PreTokenizerStep step;
  step.kind = kind;
  return step;
}

PreTokenizerStep byte_level(bool prefix, bool regex = true) {
  PreTokenizerStep step = step_of(Kind::kByteLevel);
  step.add_prefix_space = prefix;
  step.use_regex = regex;
  return step;
}

PreTokenizerStep split_step(std::string pattern, bool is_regex, SplitBehavior behavior,
                            bool invert = false) {
  PreTokenizerStep step = step_of(Kind::kSplit);
  step.pattern = {std::move(pattern), is_regex};
  step.behavior = behavior;
  step.invert = invert;
  return step;
}

PreTokenizerStep metaspace(PrependScheme scheme, bool split = true) {
  PreTokenizerStep step = step_of(Kind::kMetaspace);
  step.prepend_scheme = scheme;
  step.split = split;
  return step;
}

Pieces split(const std::vector<PreTokenizerStep>& steps, std::string_view text) {
  std::vector<AlignedText> pieces = {AlignedText(text)};
  PreTokenizer::compile(steps).split(pieces);
  return shown(pieces);
}

std::vector<std::string> texts(const std::vector<PreTokenizerStep>& steps, std::string_view text) {
  std::vector<std::string> out;
  for (Piece& piece : split(steps, text)) out.push_back(std::move(piece.text));
  return out;
}

using Texts = std::vector<std::string>;

TEST(PreTokenizer, WithoutStepsChangesNothing) {
  EXPECT_EQ(split({}, "a b"), (Pieces{{"a b", 0, 3}}));
}

TEST(PreTokenizer, ByteLevel) {
  EXPECT_EQ(split({byte_level(false)}, "Hello my friend, how?"), (Pieces{{"Hello", 0, 5},
                                                                         {"Ġmy", 5, 8},
                                                                         {"Ġfriend", 8, 15},
                                                                         {",", 15, 16},
                                                                         {"Ġhow", 16, 20},
                                                                         {"?", 20, 21}}));
  EXPECT_EQ(split({byte_level(false, false)}, "Hello my"), (Pieces{{"HelloĠmy", 0, 8}}));
  EXPECT_EQ(split({byte_level(false)}, "there       dear"),
            (Pieces{{"there", 0, 5}, {"ĠĠĠĠĠĠ", 5, 11}, {"Ġdear", 11, 16}}));
  EXPECT_EQ(split({byte_level(false)}, "a\nb"), (Pieces{{"a", 0, 1}, {"Ċ", 1, 2}, {"b", 2, 3}}));
  EXPECT_EQ(split({byte_level(false)}, "i⭢j"), (Pieces{{"i", 0, 1}, {"âŃ¢", 1, 4}, {"j", 4, 5}}));
  EXPECT_EQ(texts({byte_level(true)}, "Hello"), Texts{"ĠHello"});
  EXPECT_EQ(texts({byte_level(true)}, " Hello"), Texts{"ĠHello"});
  EXPECT_EQ(split({byte_level(true)}, "Hi a"), (Pieces{{"ĠHi", 0, 2}, {"Ġa", 2, 4}}));
  EXPECT_EQ(texts({byte_level(true)}, ""), Texts{});
}

TEST(PreTokenizer, ByteLevelKnowsTheCharacterOfEachByte) {
  std::vector<AlignedText> pieces = {AlignedText("⭢é")};
  PreTokenizer::compile(std::vector{byte_level(false, false)}).split(pieces);
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].text(), "âŃ¢Ã©");
  EXPECT_EQ(pieces[0].original_range(0, 2), (OriginalRange{0, 3}));
  EXPECT_EQ(pieces[0].original_range(4, 6), (OriginalRange{0, 3}));
  EXPECT_EQ(pieces[0].original_range(8, 10), (OriginalRange{3, 5}));
}

TEST(PreTokenizer, SplitBehaviors) {
  const std::string words = R"(\w+|[^\w\s]+)";
  const auto by = [&](SplitBehavior behavior) {
    return split({split_step(words, true, behavior, true)}, "How are you doing?");
  };
  EXPECT_EQ(
      by(SplitBehavior::kRemoved),
      (Pieces{{"How", 0, 3}, {"are", 4, 7}, {"you", 8, 11}, {"doing", 12, 17}, {"?", 17, 18}}));
  EXPECT_EQ(by(SplitBehavior::kIsolated), (Pieces{{"How", 0, 3},
                                                  {" ", 3, 4},
                                                  {"are", 4, 7},
                                                  {" ", 7, 8},
                                                  {"you", 8, 11},
                                                  {" ", 11, 12},
                                                  {"doing", 12, 17},
                                                  {"?", 17, 18}}));
  EXPECT_EQ(
      by(SplitBehavior::kMergedWithPrevious),
      (Pieces{{"How ", 0, 4}, {"are ", 4, 8}, {"you ", 8, 12}, {"doing", 12, 17}, {"?", 17, 18}}));
  EXPECT_EQ(
      by(SplitBehavior::kMergedWithNext),
      (Pieces{{"How", 0, 3}, {" are", 3, 7}, {" you", 7, 11}, {" doing", 11, 17}, {"?", 17, 18}}));
  EXPECT_EQ(by(SplitBehavior::kContiguous), (Pieces{{"How", 0, 3},
                                                    {" ", 3, 4},
                                                    {"are", 4, 7},
                                                    {" ", 7, 8},
                                                    {"you", 8, 11},
                                                    {" ", 11, 12},
                                                    {"doing?", 12, 18}}));
}

TEST(PreTokenizer, SplitByLiteral) {
  using B = SplitBehavior;
  EXPECT_EQ(texts({split_step("-", false, B::kRemoved)}, "the-final--countdown"),
            (Texts{"the", "final", "countdown"}));
  EXPECT_EQ(texts({split_step("-", false, B::kContiguous)}, "the-final--countdown"),
            (Texts{"the", "-", "final", "--", "countdown"}));
  EXPECT_EQ(texts({split_step("-", false, B::kMergedWithPrevious)}, "the-final--countdown"),
            (Texts{"the-", "final-", "-", "countdown"}));
  EXPECT_EQ(texts({split_step("-", false, B::kMergedWithNext)}, "the-final--countdown"),
            (Texts{"the", "-final", "-", "-countdown"}));
  EXPECT_EQ(texts({split_step("Hello", false, B::kRemoved, true)}, "Hello Hello"),
            (Texts{"Hello", "Hello"}));
  EXPECT_EQ(texts({split_step("a.c", false, B::kIsolated)}, "abca.c"), (Texts{"abc", "a.c"}));
  EXPECT_EQ(texts({split_step("", false, B::kIsolated)}, "abé"), (Texts{"a", "b", "é"}));
}

TEST(PreTokenizer, SplitByKnownPatternIsSplitByRegex) {
  // In a group, the pattern is unknown to Splitter and runs in RegexFinder.
  const std::string kKnown[] = {
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)",
  };
  for (const std::string& known : kKnown) {
    const auto fast = PreTokenizer::compile(
        std::vector{split_step(known, true, SplitBehavior::kIsolated)}, RegexDialect::kRust);
    const auto slow = PreTokenizer::compile(
        std::vector{split_step("(?:" + known + ")", true, SplitBehavior::kIsolated)},
        RegexDialect::kRust);
    test::check_texts("splitter and regex", 1500, [&](const std::string& text) {
      std::vector<AlignedText> a = {AlignedText(text)}, b = a;
      fast.split(a);
      slow.split(b);
      return shown(a) == shown(b);
    });
  }
}

TEST(PreTokenizer, DialectsOfAKnownPattern) {
  const std::string cl100k =
      R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)";
  const std::vector steps = {split_step(cl100k, true, SplitBehavior::kIsolated)};
  std::vector<AlignedText> pieces = {AlignedText("12345")};
  PreTokenizer::compile(steps, RegexDialect::kRust).split(pieces);
  EXPECT_EQ(shown(pieces), (Pieces{{"123", 0, 3}, {"45", 3, 5}}));
  EXPECT_EQ(texts(steps, "12345"), Texts{"12345"});  // Oniguruma repeats {1,3}
}

TEST(PreTokenizer, WhitespaceAndWhitespaceSplit) {
  EXPECT_EQ(split({step_of(Kind::kWhitespace)}, "Hey man!"),
            (Pieces{{"Hey", 0, 3}, {"man", 4, 7}, {"!", 7, 8}}));
  EXPECT_EQ(texts({step_of(Kind::kWhitespace)}, "\n"), Texts{});
  EXPECT_EQ(texts({step_of(Kind::kWhitespace)}, "a_1 e\u0301\u200D?! ½"),
            (Texts{"a_1", "e\u0301\u200D", "?!", "½"}));
  EXPECT_EQ(split({step_of(Kind::kWhitespaceSplit)}, "Hey, man, Good?"),
            (Pieces{{"Hey,", 0, 4}, {"man,", 5, 9}, {"Good?", 10, 15}}));
  EXPECT_EQ(texts({step_of(Kind::kWhitespaceSplit)},
                  "a\u3000b\u0085c\x1C"
                  "d\u200Be"),
            (Texts{"a", "b",
                   "c\x1C"
                   "d\u200Be"}));
}

TEST(PreTokenizer, PunctuationDigitsDelimiter) {
  PreTokenizerStep punctuation = step_of(Kind::kPunctuation);
  punctuation.behavior = SplitBehavior::kIsolated;
  EXPECT_EQ(split({punctuation}, "Hey friend!     How are you?!?"),
            (Pieces{{"Hey friend", 0, 10},
                    {"!", 10, 11},
                    {"     How are you", 11, 27},
                    {"?", 27, 28},
                    {"!", 28, 29},
                    {"?", 29, 30}}));
  punctuation.behavior = SplitBehavior::kContiguous;
  EXPECT_EQ(texts({punctuation}, "a$+。b€"), (Texts{"a", "$+。", "b€"}));
  PreTokenizerStep digits = step_of(Kind::kDigits);
  EXPECT_EQ(split({digits}, "Hey 123 friend!"),
            (Pieces{{"Hey ", 0, 4}, {"123", 4, 7}, {" friend!", 7, 15}}));
  digits.individual_digits = true;
  EXPECT_EQ(texts({digits}, "x12½Ⅳ"), (Texts{"x", "1", "2", "½", "Ⅳ"}));
  PreTokenizerStep delimiter = step_of(Kind::kCharDelimiter);
  delimiter.delimiter = U'·';
  EXPECT_EQ(split({delimiter}, "a··b"), (Pieces{{"a", 0, 1}, {"b", 5, 6}}));
}

TEST(PreTokenizer, Bert) {
  EXPECT_EQ(split({step_of(Kind::kBert)}, "Hey friend!     How?!"), (Pieces{{"Hey", 0, 3},
                                                                            {"friend", 4, 10},
                                                                            {"!", 10, 11},
                                                                            {"How", 16, 19},
                                                                            {"?", 19, 20},
                                                                            {"!", 20, 21}}));
}

TEST(PreTokenizer, Metaspace) {
  EXPECT_EQ(split({metaspace(PrependScheme::kAlways)}, "Hey friend!"),
            (Pieces{{"▁Hey", 0, 3}, {"▁friend!", 3, 11}}));
  EXPECT_EQ(split({metaspace(PrependScheme::kAlways)}, "Hey   friend!"),
            (Pieces{{"▁Hey", 0, 3}, {"▁", 3, 4}, {"▁", 4, 5}, {"▁friend!", 5, 13}}));
  EXPECT_EQ(split({metaspace(PrependScheme::kNever)}, "Hey you"),
            (Pieces{{"Hey", 0, 3}, {"▁you", 3, 7}}));
  EXPECT_EQ(texts({metaspace(PrependScheme::kAlways)}, " Hey"), Texts{"▁Hey"});
  EXPECT_EQ(texts({metaspace(PrependScheme::kAlways)}, ""), Texts{});
}

TEST(PreTokenizer, MetaspaceFirstLooksAtTheBeginningOfTheInput) {
  const auto tags = split_step("<s>", false, SplitBehavior::kIsolated);
  const auto first = metaspace(PrependScheme::kFirst, false);
  EXPECT_EQ(texts({tags, first}, "Hey my friend <s>how▁are you"),
            (Texts{"▁Hey▁my▁friend▁", "<s>", "how▁are▁you"}));
  EXPECT_EQ(texts({tags, first, metaspace(PrependScheme::kAlways)}, "Hey my friend <s>how▁are you"),
            (Texts{"▁Hey", "▁my", "▁friend", "▁", "▁<s>", "▁how", "▁are", "▁you"}));
  EXPECT_EQ(texts({tags, first}, " Hey <s>how <s>are <s> you"),
            (Texts{"▁Hey▁", "<s>", "how▁", "<s>", "are▁", "<s>", "▁you"}));
  std::vector<AlignedText> pieces = {AlignedText("Hey", 4)};
  PreTokenizer::compile(std::vector{first}).split(pieces);
  EXPECT_EQ(shown(pieces), (Pieces{{"Hey", 4, 7}}));
}

TEST(PreTokenizer, UnicodeScripts) {
  const auto step = step_of(Kind::kUnicodeScripts);
  EXPECT_EQ(split({step}, "どこで生れ。Yes"),
            (Pieces{{"どこで生れ", 0, 15}, {"。", 15, 18}, {"Yes", 18, 21}}));
  EXPECT_EQ(split({step}, "Apples are りんご 林檎"),
            (Pieces{{"Apples are ", 0, 11}, {"りんご 林檎", 11, 27}}));
  EXPECT_EQ(texts({step}, "グーe"), (Texts{"グー", "e"}));
  // The reference system leaves out what stands before the first script.
  EXPECT_EQ(texts({step}, "  ab"), Texts{"ab"});
  EXPECT_EQ(texts({step}, "  "), Texts{});
  // U+10D0A came with Unicode 11: any script. U+061C is common there.
  EXPECT_EQ(texts({step}, "a\U00010D0Ab"), Texts{"a\U00010D0Ab"});
  EXPECT_EQ(texts({step}, "ب\u061C"), (Texts{"ب", "\u061C"}));
}

TEST(PreTokenizer, FixedLength) {
  PreTokenizerStep step = step_of(Kind::kFixedLength);
  EXPECT_EQ(split({step}, "Hello world"),
            (Pieces{{"Hello", 0, 5}, {" worl", 5, 10}, {"d", 10, 11}}));
  step.length = 3;
  EXPECT_EQ(split({step}, "Hello 👋 world"),
            (Pieces{{"Hel", 0, 3}, {"lo ", 3, 6}, {"👋 w", 6, 12}, {"orl", 12, 15}, {"d", 15, 16}}));
  EXPECT_EQ(texts({step}, ""), Texts{});
  step.length = 0;
  EXPECT_THROW(PreTokenizer::compile(std::vector{step}), Error);
}

TEST(PreTokenizer, Sequence) {
  PreTokenizerStep punctuation = step_of(Kind::kPunctuation);
  punctuation.behavior = SplitBehavior::kIsolated;
  EXPECT_EQ(
      split({step_of(Kind::kWhitespaceSplit), punctuation}, "Hey friend!     How?"),
      (Pieces{{"Hey", 0, 3}, {"friend", 4, 10}, {"!", 10, 11}, {"How", 16, 19}, {"?", 19, 20}}));
  PreTokenizerStep digits = step_of(Kind::kDigits);
  digits.individual_digits = true;
  EXPECT_EQ(split({digits, byte_level(false)}, "a 12"),
            (Pieces{{"a", 0, 1}, {"Ġ", 1, 2}, {"1", 2, 3}, {"2", 3, 4}}));
}

TEST(PreTokenizer, LlamaWpm) {
  const auto step = step_of(Kind::kLlamaWpm);
  EXPECT_EQ(split({step}, "Héllo,  Wörld"),
            (Pieces{{"hello", 0, 6}, {",", 6, 7}, {"world", 9, 15}}));
  EXPECT_EQ(split({step}, "e\u0301x"), (Pieces{{"ex", 0, 4}}));
  EXPECT_EQ(texts({step}, "中文ab"), (Texts{"中", "文", "ab"}));
  EXPECT_EQ(texts({step}, "a+b~c€d"), (Texts{"a", "+", "b", "~", "c€d"}));
  EXPECT_EQ(texts({step}, std::string_view("a\0b\uFFFDc\u200Dd\uE000e\u0378", 17)),
            Texts{"abcde\u0378"});
  EXPECT_EQ(texts({step},
                  "a\xFF"
                  "b \x80"),
            Texts{"ab"});
  EXPECT_EQ(texts({step}, "한 İ"), (Texts{"\u1112", "i"}));
  EXPECT_EQ(texts({step}, " \u0301 "), Texts{});
  PreTokenizerStep cased = step;
  cased.lowercase = cased.strip_accents = false;
  EXPECT_EQ(texts({cased}, "Héllo"), Texts{"Héllo"});
}

TEST(PreTokenizer, BadStepsAreNamed) {
  try {
    PreTokenizer::compile(
        std::vector{byte_level(false), split_step("(", true, SplitBehavior::kRemoved)});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(error.where().find("step 2"), std::string::npos) << error.what();
  }
  PreTokenizerStep step = metaspace(PrependScheme::kAlways);
  step.replacement = "";
  EXPECT_THROW(PreTokenizer::compile(std::vector{step}), Error);
}

std::vector<PreTokenizerStep> all_kinds() {
  std::vector<PreTokenizerStep> steps;
  for (const Kind kind :
       {Kind::kByteLevel, Kind::kSplit, Kind::kWhitespace, Kind::kWhitespaceSplit,
        Kind::kPunctuation, Kind::kDigits, Kind::kMetaspace, Kind::kBert, Kind::kCharDelimiter,
        Kind::kUnicodeScripts, Kind::kFixedLength, Kind::kLlamaWpm}) {
    steps.push_back(step_of(kind));
  }
  steps[1] = split_step(R"(\p{L}+(?!\d)|\s+)", true, SplitBehavior::kIsolated);
  return steps;
}

// Pieces are in order, never empty, and come from the text; only a prefix that was put before it
// shares its first character.
TEST(PreTokenizer, PiecesOfAnyBytesAreInOrder) {
  for (const PreTokenizerStep& step : all_kinds()) {
    const PreTokenizer pre_tokenizer = PreTokenizer::compile(std::vector{step});
    test::check_texts("in order", 400, [&](const std::string& text) {
      std::vector<AlignedText> pieces = {AlignedText(text)};
      pre_tokenizer.split(pieces);
      size_t begin = 0, end = 0;
      for (const Piece& piece : shown(pieces)) {
        const bool is_next = piece.begin >= end || (begin == 0 && piece.begin == 0);
        if (piece.text.empty() || !is_next || piece.end > text.size()) return false;
        begin = piece.begin;
        end = piece.end;
      }
      return true;
    });
  }
}

TEST(PreTokenizer, ByteLevelSpellsEveryByte) {
  const PreTokenizer pre_tokenizer = PreTokenizer::compile(std::vector{byte_level(false)});
  test::check_texts("spells", 1000, [&](const std::string& text) {
    std::vector<AlignedText> pieces = {AlignedText(text)};
    pre_tokenizer.split(pieces);
    std::string joined;
    for (const AlignedText& piece : pieces) joined += piece.text();
    return decode_byte_level(joined) == text;
  });
}

TEST(PreTokenizer, LongRunsTakeLinearTime) {
  for (const PreTokenizerStep& step : all_kinds()) {
    const PreTokenizer pre_tokenizer = PreTokenizer::compile(std::vector{step});
    for (const std::string_view unit : {"a", " ", "1", "é", "中", "!", "\xFF", "a "}) {
      std::string text;
      while (text.size() < 1'000'000) text += unit;
      std::vector<AlignedText> pieces = {AlignedText(text)};
      const auto begin = std::chrono::steady_clock::now();
      pre_tokenizer.split(pieces);
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      EXPECT_LT(taken.count(), 5.0) << static_cast<int>(step.kind) << " on " << unit;
    }
  }
}

}  // namespace
}  // namespace tokrail
