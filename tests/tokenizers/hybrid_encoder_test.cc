// Hybrid vocabularies give every byte back, cut where words are cut, and do so alike with and
// without their caches.
//
//   TOKRAIL_FUZZ_BYTES=100000000 hybrid_encoder_test --gtest_filter='*Fuzz*'    # by hand
#include "tokenizers/engine/hybrid_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/property.h"
#include "tests/tokenizers/hybrid_specs.h"
#include "tokenizers/append_encoder.h"
#include "tokenizers/canonical_encoder.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

TokenizerSpec toy_spec(std::string_view pack, test::HybridSizes sizes) {
  Random random(7);
  return test::hybrid_spec(test::compile_pack(pack), random, sizes);
}

Tokenizer toy(std::string_view pack = test::kToyTurkish, test::HybridSizes sizes = {}) {
  return Tokenizer::from_spec(toy_spec(pack, sizes));
}

/// Tokenizers that have all that there is, and such that lack it.
const std::vector<Tokenizer>& toys() {
  static const std::vector<Tokenizer> all = [] {
    std::vector<Tokenizer> made;
    made.push_back(toy(test::kToyTurkish, {.numbers = NumberChunks::kThreeFromRight}));
    made.push_back(toy(test::kToyTurkish, {.numbers = NumberChunks::kThreeFromLeft}));
    made.push_back(toy(test::kToyTurkish, {.numbers = NumberChunks::kPieces}));
    made.push_back(toy(test::kToyTurkish, {.stems = 0, .chains = 0, .pieces = 0}));
    made.push_back(toy(test::kToyTails, {}));
    return made;
  }();
  return all;
}

EncodeOptions plain() {
  EncodeOptions options;
  options.add_special_tokens = false;
  options.special_text = SpecialText::as_text();
  return options;
}

std::vector<TokenId> reference_ids(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<ModelToken> tokens;
  tokenizer.engine().hybrid()->tokenize(text, tokens);
  std::vector<TokenId> ids;
  for (const ModelToken& token : tokens) ids.push_back(token.id);
  return ids;
}

/// Words of the language in all cases, with apostrophes and numbers, and now and then anything.
std::string wordy_text(const Language& language, Random& random, size_t size) {
  static const std::vector<std::string> between = {
      " ", " ", " ", " ", ". ", "\n", "  ", "-", "'", "\u2019", "/", "\"", " (", ", ", "", "\t"};
  std::string text;
  while (text.size() < size) {
    std::string word = test::random_word(language, random);
    std::string cased;
    switch (below(random, 6)) {
      case 0: language.append_upper(word, cased); break;
      case 1: language.append_capital(word, cased); break;
      default: cased = word;
    }
    text += cased;
    if (below(random, 8) == 0) text += std::to_string(random() % (1u << below(random, 20)));
    text += between[below(random, between.size())];
    if (below(random, 20) == 0) text += test::random_text(random, 8);
  }
  return text;
}

std::string encoded_pieces(const Tokenizer& tokenizer, std::string_view text) {
  std::string pieces;
  for (const TokenId id : tokenizer.encode(text, plain())) {
    if (!pieces.empty()) pieces += '|';
    pieces += tokenizer.vocabulary().piece(id);
  }
  return pieces;
}

/// Everything that must hold of a text.
bool holds(const Tokenizer& tokenizer, const std::string& text) {
  const std::vector<TokenId> ids = tokenizer.encode(text, plain());
  if (tokenizer.decode_bytes(ids) != text) return false;
  if (ids != reference_ids(tokenizer, text)) return false;
  if (tokenizer.count(text, plain()) != ids.size()) return false;
  const Encoding encoding = tokenizer.encode_with_offsets(text, plain());
  if (encoding.ids != ids) return false;
  uint64_t end = 0;
  for (const Span& span : encoding.offsets) {
    // Tokens may share a character, and marks stand between bytes.
    if (span.begin > end || span.end < end || span.end > text.size()) return false;
    end = span.end;
  }
  return end == text.size();
}

// ---------------------------------------------------------------------------- segments

std::vector<std::string> segments(std::string_view text) {
  std::vector<std::string> found;
  for (size_t at = 0; at < text.size();) {
    const size_t end = hybrid_segment_end(text, at);
    found.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

TEST(HybridSegments, AreWordsAndWhatIsBetween) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(segments("Ankara'da 3,5 derece!\n"),
            (Strings{"Ankara'da", " 3,5", " derece", "!", "\n"}));
  EXPECT_EQ(segments("  bir\n\n  iki \n"), (Strings{" ", " bir", "\n\n ", " iki", " \n"}));
  EXPECT_EQ(segments("1990\u2019larda 1.000'de x.5"),
            (Strings{"1990\u2019larda", " 1.000'de", " x", ".", "5"}));
  EXPECT_EQ(segments("'a''b' (c)"), (Strings{"'", "a", "''", "b", "'", " (", "c", ")"}));
  EXPECT_EQ(segments("e\u0301t\xFFz\xC4"), (Strings{"e\u0301t", "\xFF", "z", "\xC4"}));
  EXPECT_EQ(segments("a\u00D7b\u00F7c \u00A0d"),
            (Strings{"a", "\u00D7", "b", "\u00F7", "c", " \u00A0", "d"}));
  EXPECT_EQ(segments(" "), (Strings{" "}));
}

TEST(HybridSegments, CoverEveryTextInBoundedParts) {
  test::check_texts("segments", 2000, [](const std::string& text) {
    std::string joined;
    for (const std::string& segment : segments(text)) {
      if (segment.empty() || segment.size() > kMaxHybridSegment) return false;
      joined += segment;
      // Cuts stand between characters.
      for (const auto [position, unit] : utf8_units(text)) {
        if (position < joined.size() && joined.size() < position + unit.length) return false;
      }
    }
    return joined == text;
  });
  for (const std::string unit : {"a", "ş", "\u2019a", "-", " ", "\xFF", "漢"}) {
    std::string run;
    while (run.size() < 3000) run += unit;
    for (const std::string& segment : segments(run)) {
      EXPECT_LE(segment.size(), kMaxHybridSegment);
      EXPECT_GE(segment.size(), unit == " " || unit.size() > 3 ? 1u : 183u);
    }
  }
}

// ---------------------------------------------------------------------------- round trips

TEST(HybridEncoder, GivesEveryTextBack) {
  for (const Tokenizer& tokenizer : toys()) {
    test::check_texts("round trip", 1500,
                      [&](const std::string& text) { return holds(tokenizer, text); });
    test::check_texts(
        "round trip of bytes", 500, [&](const std::string& text) { return holds(tokenizer, text); },
        test::random_bytes);
    const Language& language = *tokenizer.spec().hybrid->language;
    test::check_texts(
        "round trip of words", 1500,
        [&](const std::string& text) { return holds(tokenizer, text); },
        [&](Random& random, size_t n) { return wordy_text(language, random, n); });
  }
}

TEST(HybridEncoder, GivesTortureBack) {
  const std::string nul("a\0b \0\0", 6);
  const std::vector<std::string> texts = {
      "",
      nul,
      " ",
      "  ",
      "i\u0307stanbul ke\u0301 g\u0306",
      "kitap\u200Dlar \u200D kitap\u200C",
      "\x80\xBF \xC4 \xC4\xC4\xB1 \xE2\x80 \xF0\x9F\x98 \xED\xA0\x80",
      "İSTANBUL'DAKİLER KİTABIMDA KITABIMDA",
      "Kitabımda kItAbImDa KİTABıMDA kitabIM",
      "1990'larda 1990\u2019larda 5'te 1.000'de 3,14'te 007'de 1990larda",
      "TL'ye TL'YE tl'ye ANKARA'da Ankara'DA",
      "a\r\nb\r\n\r\n\tc\t\td \n e",
      "          kitap     kitap",
      "kitap kitaplar kitabı kitabımda ağzı ağız hakkı saatler ekmeğim arıyor",
      "\u00A0kitap\u2003kitap\u3000kitap",
      "(kitap) \"kitap\" 'kitap' kitap/kitap kitap-kitap [5] 5/5 5 5 5,5 5. 5",
      "I\u0131\u0130i \u0130\u0130 II iI",
      "кот 漢字かな 한국어 العربية שלום ไทย "
      "👩‍👩‍👧‍👦🇹🇷",
      "<|endoftext|> <0x41> <capital>",
  };
  for (const Tokenizer& tokenizer : toys()) {
    for (const std::string& text : texts) {
      EXPECT_TRUE(holds(tokenizer, text)) << test::escaped(text);
      EXPECT_TRUE(holds(tokenizer, text + text)) << test::escaped(text);
    }
  }
}

TEST(HybridEncoder, GivesLongRunsBack) {
  const Tokenizer& tokenizer = toys()[0];
  Random random(3);
  const Language& language = *tokenizer.spec().hybrid->language;
  const std::string words = wordy_text(language, random, 300000);
  std::string no_spaces, capitals;
  for (const char byte : words) {
    if (byte != ' ' && byte != '\n' && byte != '\t') no_spaces += byte;
  }
  while (no_spaces.size() < 1200000) no_spaces += no_spaces;
  language.append_upper(words, capitals);
  for (const std::string& text :
       {no_spaces, capitals, std::string(1 << 20, 'a'), std::string(1 << 20, '1'),
        std::string(1 << 18, '\''), std::string(1 << 18, ' ')}) {
    const auto ids = tokenizer.encode(text, plain());
    EXPECT_EQ(tokenizer.decode_bytes(ids), text);
    EXPECT_EQ(tokenizer.count(text, plain()), ids.size());
  }
}

size_t fuzz_bytes() {
  const char* const given = std::getenv("TOKRAIL_FUZZ_BYTES");
  return given ? std::strtoull(given, nullptr, 10) : 10'000'000;
}

TEST(HybridEncoder, GivesFuzzBack) {
  const uint64_t seed = test::property_seed();
  Random random(seed);
  const size_t wanted = fuzz_bytes();
  for (size_t done = 0, round = 0; done < wanted; ++round) {
    const Tokenizer& tokenizer = toys()[round % toys().size()];
    const Language& language = *tokenizer.spec().hybrid->language;
    const size_t size = 1 + below(random, 40000);
    std::string text = wordy_text(language, random, size);
    if (round % 4 == 1) text = test::random_bytes(random, size);
    if (round % 4 == 2) text = test::random_text(random, size);
    for (size_t n = below(random, 200); n > 0 && round % 4 != 0; --n) {
      text[below(random, text.size())] = static_cast<char>(below(random, 256));
    }
    done += text.size();
    if (tokenizer.decode_bytes(tokenizer.encode(text, plain())) == text) continue;
    const std::string small = test::shrink<std::string>(text, [&](const std::string& some) {
      return tokenizer.decode_bytes(tokenizer.encode(some, plain())) == some;
    });
    FAIL() << "seed " << seed << ", tokenizer " << round % toys().size() << ": "
           << test::escaped(small);
  }
}

// ---------------------------------------------------------------------------- what is written

class HybridWords : public ::testing::Test {
 protected:
  static TokenizerSpec make_spec() {
    const auto language = test::compile_pack(test::kToyTurkish);
    HybridParts parts;
    parts.costs = MorphCosts::flat(*language);
    for (FormId form = 0; form < language->form_count(); ++form) {
      parts.stems.push_back({form, StemCase::kLower});
      if (form % 2 == 0) parts.stems.push_back({form, StemCase::kCapital});
    }
    parts.chains = {{language->suffix("P1SG"), language->suffix("LOC")}};
    parts.pieces = {" the", "the", "Face", "book", ", ", "...", " x", "(", " ("};
    parts.language = language;
    HybridTrainerOptions options;
    options.vocab_size = 0;
    options.numbers = NumberChunks::kThreeFromRight;
    return build_hybrid_spec(std::move(parts), options);
  }
  Tokenizer tokenizer_ = Tokenizer::from_spec(make_spec());

  std::string cuts(const std::string& text) const {
    std::string out;
    const Encoding encoding = tokenizer_.encode_with_offsets(text, plain());
    for (size_t i = 0; i < encoding.size(); ++i) {
      if (i > 0) out += '|';
      const Span span = encoding.offsets[i];
      out += text.substr(span.begin, span.end - span.begin);
    }
    return out;
  }
};

TEST_F(HybridWords, AreWrittenInMorphs) {
  EXPECT_EQ(encoded_pieces(tokenizer_, "kitabımda"), "kitap|+P1SG+LOC");
  EXPECT_EQ(cuts("kitabımda"), "kitab|ımda");
  EXPECT_EQ(encoded_pieces(tokenizer_, "bu kitaplar"), "<0x62>|<0x75>|kitap|+PL");
  EXPECT_EQ(cuts(" kitabı ağzı"), " |kitab|ı| ağz|ı");
  EXPECT_EQ(encoded_pieces(tokenizer_, "1990'da"), "1|990|+APOS|+LOC");
  EXPECT_EQ(encoded_pieces(tokenizer_, "12345"), "12|345");
  EXPECT_EQ(encoded_pieces(tokenizer_, "Facebook"), "Face|book");
}

TEST_F(HybridWords, TakeMarks) {
  // Every second form has a capitalised id of its own.
  bool with_id = false, with_mark = false;
  const Language& language = *tokenizer_.spec().hybrid->language;
  for (FormId form = 0; form < language.form_count(); ++form) {
    std::string text = " x ";
    language.append_capital(language.form(form).text, text);
    const auto ids = tokenizer_.encode(text, plain());
    EXPECT_EQ(tokenizer_.decode_bytes(ids), text);
    with_id |= ids.size() == 2;
    with_mark |= ids.size() == 3 && ids[1] == tokenizer_.spec().hybrid->capital_mark();
  }
  EXPECT_TRUE(with_id);
  EXPECT_TRUE(with_mark);
  std::string upper;
  language.append_upper("kitabımda", upper);
  EXPECT_EQ(encoded_pieces(tokenizer_, upper), "<upper>|kitap|+P1SG+LOC");
  EXPECT_EQ(cuts(upper), "|KİTAB|IMDA");
  EXPECT_EQ(encoded_pieces(tokenizer_, " x.kitap"), " x|<0x2E>|<join>|kitap");
}

// ---------------------------------------------------------------------------- the engine

TEST(HybridEncoder, EncodesBatchesAlike) {
  const Tokenizer& tokenizer = toys()[0];
  Random random(11);
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    texts.push_back(wordy_text(*tokenizer.spec().hybrid->language, random, 3000));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  // A tokenizer of its own, so that all threads fill the same cache at once.
  const Tokenizer fresh = toy(test::kToyTurkish, {.numbers = NumberChunks::kThreeFromRight});
  const auto batch = fresh.encode_batch(views, plain(), 4);
  const auto encodings = fresh.encode_batch_with_offsets(views, plain(), 4);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto expected = reference_ids(tokenizer, texts[i]);
    EXPECT_EQ(batch[i], expected);
    EXPECT_EQ(encodings[i].ids, expected);
  }
}

TEST(HybridEncoder, IsSharedByThreads) {
  const Tokenizer tokenizer = toy(test::kToyTurkish, {.numbers = NumberChunks::kThreeFromRight});
  Random random(12);
  std::vector<std::string> texts;
  std::vector<std::vector<TokenId>> expected;
  for (int i = 0; i < 100; ++i) {
    texts.push_back(wordy_text(*tokenizer.spec().hybrid->language, random, 2000));
    expected.push_back(reference_ids(toys()[0], texts.back()));
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (size_t number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (size_t i = 0; i < texts.size(); ++i) {
        const size_t text = (i * 7 + number) % texts.size();
        wrong += tokenizer.encode(texts[text], plain()) == expected[text] ? 0 : 1;
        wrong += tokenizer.encode_with_offsets(texts[text], plain()).ids == expected[text] ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(HybridEncoder, CountsUpToALimit) {
  const Tokenizer& tokenizer = toys()[0];
  std::string text;
  for (int i = 0; i < 5000; ++i) text += " kitaplar";
  const size_t count = tokenizer.count(text, plain());
  EXPECT_EQ(tokenizer.count_up_to(text, count, plain()), count);
  EXPECT_EQ(tokenizer.count_up_to(text, count - 1, plain()), std::nullopt);
}

TEST(HybridEncoder, StartsAfreshBehindSpecialTokens) {
  const Tokenizer& tokenizer = toys()[0];
  EncodeOptions options = plain();
  options.special_text = SpecialText::allow_all();
  Random random(5);
  const Language& language = *tokenizer.spec().hybrid->language;
  for (int i = 0; i < 200; ++i) {
    const std::string left = wordy_text(language, random, 20);
    const std::string right = wordy_text(language, random, 20);
    if ((left + right).find("<|") != std::string::npos) continue;
    const std::string text = left + "<|endoftext|>" + right;
    auto expected = tokenizer.encode(left, plain());
    expected.push_back(0);
    const auto behind = tokenizer.encode(right, plain());
    expected.insert(expected.end(), behind.begin(), behind.end());
    EXPECT_EQ(tokenizer.encode(text, options), expected);
    EXPECT_EQ(tokenizer.decode_bytes(expected), text);
    EXPECT_EQ(tokenizer.decode_bytes(expected, true), left + right);
  }
}

TEST(HybridEncoder, IsDescribed) {
  const TokenizerProperties& properties = toys()[0].properties();
  EXPECT_TRUE(properties.lossless);
  EXPECT_TRUE(properties.byte_complete);
  EXPECT_TRUE(properties.fast_path);
  EXPECT_FALSE(properties.normalizes);
  EXPECT_THROW(toys()[0].encode_sampled("a", 0.1, 1), Error);
  EXPECT_THROW(toys()[0].encode_nbest("a", 2), Error);
}

TEST(HybridEncoder, WritesCanonicalIds) {
  const Tokenizer& tokenizer = toys()[0];
  const CanonicalEncoder canonical(tokenizer);
  EXPECT_FALSE(canonical.is_local());
  Random random(9);
  const Language& language = *tokenizer.spec().hybrid->language;
  for (int i = 0; i < 100; ++i) {
    const std::string text = wordy_text(language, random, 60);
    const auto ids = tokenizer.encode(text, plain());
    EXPECT_TRUE(canonical.is_canonical(ids)) << test::escaped(text);
    CanonicalChecker checker(canonical);
    for (const TokenId id : ids) EXPECT_TRUE(checker.push(id));
    EXPECT_TRUE(checker.is_canonical());
    AppendEncoder encoder(tokenizer, SpecialText::as_text());
    for (size_t at = 0; at < text.size(); at += 7) {
      encoder.append(std::string_view(text).substr(at, 7));
      const auto so_far = tokenizer.encode(encoder.text(), plain());
      EXPECT_TRUE(std::ranges::equal(encoder.ids(), so_far));
    }
  }
  const TokenId byte = tokenizer.spec().hybrid->bytes.begin;
  std::vector<TokenId> bytes;
  for (const char letter : std::string("kitap")) {
    bytes.push_back(byte + static_cast<unsigned char>(letter));
  }
  EXPECT_FALSE(canonical.is_canonical(bytes));
}

}  // namespace
}  // namespace tokrail
