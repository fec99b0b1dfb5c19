// The contexts of hybrid vocabularies spell what the rules say, however ids are strung together.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "tests/oracle/slow_hybrid.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/hybrid_specs.h"
#include "tokenizers/detokenization/detokenizer.h"
#include "tokenizers/detokenization/hybrid_decode_table.h"
#include "tokenizers/formats/zemberek_roots.h"
#include "tokenizers/stream_decoder.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

/// Ids that often do what words do: marks, stems, suffixes, numbers.
std::vector<TokenId> random_hybrid_ids(Random& random, const HybridSpec& hybrid, size_t count) {
  const IdRange ranges[] = {hybrid.specials, hybrid.bytes,  hybrid.marks,    hybrid.suffixes,
                            hybrid.suffixes, hybrid.chains, hybrid.numerals, hybrid.numerals,
                            hybrid.stems,    hybrid.stems,  hybrid.pieces};
  std::vector<TokenId> ids;
  while (ids.size() < count) {
    const IdRange range = ranges[below(random, std::size(ranges))];
    if (range.size() == 0) continue;
    for (size_t n = 1 + below(random, 3); n > 0; --n) {
      ids.push_back(range.begin + static_cast<TokenId>(below(random, range.size())));
    }
    if (below(random, 12) == 0) ids.push_back(hybrid.bytes.begin + ",.\"' -"[below(random, 6)]);
  }
  return ids;
}

void expect_decodes(const TokenizerSpec& spec, Random& random, size_t sequences, size_t length) {
  const Detokenizer detokenizer = Detokenizer::compile(spec);
  const DecodeTable& table = detokenizer.table();
  ASSERT_FALSE(table.rows().empty());
  ASSERT_TRUE(detokenizer.exact());
  for (size_t i = 0; i < sequences; ++i) {
    const auto ids = random_hybrid_ids(random, *spec.hybrid, 1 + below(random, length));
    for (const bool skip : {false, true}) {
      const std::string expected = test::slow_hybrid_decode(spec, ids, skip);
      const std::string bytes = detokenizer.decode_bytes(ids, skip);
      if (bytes != expected) {
        const auto small =
            test::shrink<std::vector<TokenId>>(ids, [&](const std::vector<TokenId>& some) {
              return detokenizer.decode_bytes(some, skip) ==
                     test::slow_hybrid_decode(spec, some, skip);
            });
        std::string names;
        for (const TokenId id : small) names += " [" + std::string(spec.vocabulary.texts[id]) + "]";
        FAIL() << "seed " << test::property_seed() << ":" << names << "\n decoded  "
               << detokenizer.decode_bytes(small, skip) << "\n expected "
               << test::slow_hybrid_decode(spec, small, skip);
      }
      ASSERT_EQ(detokenizer.decode_text(ids, {skip}), replace_invalid_utf8(expected));
      StreamDecoder stream(detokenizer, {skip});
      std::string streamed;
      for (const TokenId id : ids) streamed += stream.push(id);
      streamed += stream.finish();
      ASSERT_EQ(streamed, replace_invalid_utf8(expected));
    }
    // Context by context, as grammars walk.
    DecodeContext context = table.start_context();
    std::string walked;
    for (const TokenId id : ids) {
      table.bytes(context, id).append_to(walked);
      context = table.next_context(context, id);
    }
    walked += table.final_bytes(context);
    ASSERT_EQ(walked, test::slow_hybrid_decode(spec, ids));
  }
}

TEST(HybridDecodeTable, SpellsWhatTheRulesSay) {
  Random random(test::property_seed());
  for (const std::string_view pack : {test::kToyTurkish, test::kToyTails}) {
    const auto language = test::compile_pack(pack);
    for (const NumberChunks numbers :
         {NumberChunks::kPieces, NumberChunks::kSingle, NumberChunks::kThreeFromLeft}) {
      for (int round = 0; round < 6; ++round) {
        test::HybridSizes sizes{below(random, 150), below(random, 40), 60, numbers};
        const TokenizerSpec spec = test::hybrid_spec(language, random, sizes);
        ASSERT_NO_FATAL_FAILURE(expect_decodes(spec, random, 400, 60));
      }
    }
  }
}

/// A shipped pack, with the lexicon it names where that is installed.
std::shared_ptr<const Language> shipped_language(const std::string& name) {
  const auto path = test::source_path("data/languages/" + name);
  LanguageSource source = parse_language(MappedFile::open(path).bytes(), name);
  const std::filesystem::path zemberek = "/usr/share/java/zemberek-tr.jar";
  if (source.code == "tr" && std::filesystem::exists(zemberek)) {
    add_lexicon(read_zemberek_roots(zemberek), source);
  }
  std::vector<std::string> left_out;
  LanguageCompileOptions options;
  options.left_out = &left_out;
  auto bytes = std::make_shared<const std::string>(compile_language(source, options));
  return Language::from_bytes(*bytes, bytes, name);
}

TEST(HybridDecodeTable, ShippedLanguagesHaveFewContexts) {
  Random random(test::property_seed());
  for (const std::string name : {"turkish.lang", "hungarian.lang"}) {
    SCOPED_TRACE(name);
    const auto language = shipped_language(name);
    const TokenizerSpec spec =
        test::hybrid_spec(language, random, {20000, 300, 500, NumberChunks::kThreeFromRight});
    const auto table = compile_hybrid_decode_table(spec);
    std::cout << name << ": " << language->form_count() << " stems, " << language->ending_count()
              << " endings, " << table->context_count() << " contexts\n";
    EXPECT_LE(table->context_count(), 512u);
    ASSERT_NO_FATAL_FAILURE(expect_decodes(spec, random, 1500, 60));
  }
}

TEST(HybridDecodeTable, NoTwoContextsAreAlike) {
  Random random(test::property_seed());
  const TokenizerSpec spec =
      test::hybrid_spec(shipped_language("turkish.lang"), random, {2000, 50, 100});
  const auto table = compile_hybrid_decode_table(spec);
  std::map<std::string, DecodeContext> seen;
  for (DecodeContext context = 0; context < table->context_count(); ++context) {
    std::string all(table->final_bytes(context));
    for (TokenId id = 0; id < table->size(); ++id) {
      all += '\0' + table->bytes(context, id).str() + '\0';
      all += std::to_string(table->next_context(context, id));
    }
    const auto [at, is_new] = seen.emplace(std::move(all), context);
    EXPECT_TRUE(is_new) << context << " is like " << at->second;
  }
}

/// Turkish in little, its stems in all cases, and names of ids for people.
class HybridWords : public testing::Test {
 protected:
  HybridWords() {
    Random random(1);
    spec_ = test::hybrid_spec(test::compile_pack(test::kToyTurkish), random, {200, 0, 40});
    detokenizer_.emplace(Detokenizer::compile(spec_));
  }
  std::string decode(const std::vector<std::string>& names, bool skip_special = false) const {
    std::vector<TokenId> ids;
    for (const std::string& name : names) {
      TokenId found = kNoToken;
      for (TokenId id = 0; id < spec_.vocabulary.size() && found == kNoToken; ++id) {
        if (spec_.vocabulary.texts[id] == name) found = id;
      }
      // Punctuation is bytes, though "." and "," are numerals too.
      if (name.size() == 1 && std::isalnum(static_cast<unsigned char>(name[0])) == 0) {
        found = spec_.hybrid->bytes.begin + static_cast<unsigned char>(name[0]);
      }
      EXPECT_NE(found, kNoToken) << name;
      ids.push_back(found);
    }
    EXPECT_EQ(test::slow_hybrid_decode(spec_, ids, skip_special),
              detokenizer_->decode_bytes(ids, skip_special));
    return detokenizer_->decode_bytes(ids, skip_special);
  }

  TokenizerSpec spec_;
  std::optional<Detokenizer> detokenizer_;
};

TEST_F(HybridWords, SuffixesChangeStems) {
  EXPECT_EQ(decode({"kitap"}), "kitap");
  EXPECT_EQ(decode({"kitap", "+P1SG", "+LOC"}), "kitabımda");
  EXPECT_EQ(decode({"kitap", "+LOC"}), "kitapta");
  EXPECT_EQ(decode({"ağız", "+P1SG", "saat", "+PL"}), "ağzım saatler");
  EXPECT_EQ(decode({"hak", "+ACC", "hak", "+LOC"}), "hakkı hakta");
  EXPECT_EQ(decode({"ara", "+PROG", "+1SG"}), "arıyorum");
  EXPECT_EQ(decode({"gel", "+FUT", "+1SG"}), "geleceğim");
  EXPECT_EQ(decode({"gel", "+FUT"}), "gelecek");
}

TEST_F(HybridWords, MarksAndCases) {
  EXPECT_EQ(decode({"<capital>", "kitap", "+ACC", "kitap"}), "Kitabı kitap");
  EXPECT_EQ(decode({"<upper>", "kitap", "+ACC", "kitap"}), "KİTABI kitap");
  EXPECT_EQ(decode({"<upper>", "kitap"}), "KİTAP");
  EXPECT_EQ(decode({"kitap", "<capital>", "el", "+LOC"}), "kitap Elde");
  EXPECT_EQ(decode({"kitap", "<join>", "el"}), "kitapel");
  EXPECT_EQ(decode({"kitap", "<join>", "<capital>", "el"}), "kitapEl");
  EXPECT_EQ(decode({"Ankara", "+APOS", "+LOC"}), "Ankara'da");
  EXPECT_EQ(decode({"<upper>", "ankara", "+APOS", "+LOC"}), "ANKARA'DA");
  EXPECT_EQ(decode({"TL", "+APOS", "+DAT"}), "TL'ye");
}

TEST_F(HybridWords, SpacesAndQuotes) {
  EXPECT_EQ(decode({"el", "(", "el", ")", "el"}), "el(el) el");
  EXPECT_EQ(decode({"\"", "el", "\"", "el"}), "\"el\" el");
  EXPECT_EQ(decode({"el", " \"", "el", "\""}), "el \"el\"");
  EXPECT_EQ(decode({"el", "\n", "\"", "el"}), "el\n\"el");
  EXPECT_EQ(decode({"el", "-", "el", ",", "el"}), "el-el, el");
}

TEST_F(HybridWords, NumbersAreReadAloud) {
  EXPECT_EQ(decode({"1", "9", "9", "0", "+APOS", "+LOC"}), "1990'da");
  EXPECT_EQ(decode({"el", "1", "0", "0", "0", "+APOS", "+LOC", "5"}), "el 1000'de 5");
  EXPECT_EQ(decode({"5", ",", "1", "el"}), "5,1 el");
  EXPECT_EQ(decode({"1", ".", "0", "0", "0", "+APOS", "+LOC"}), "1.000'de");
  EXPECT_EQ(decode({"1", ".", "0", "0", "0", ".", "0", "0", "0", "+APOS", "+LOC"}), "1.000.000'da");
  EXPECT_EQ(decode({"9", "0", ",", "5", "+APOS", "+LOC"}), "90,5'te");
  EXPECT_EQ(decode({"5", ",", "el"}), "5, el");
  EXPECT_EQ(decode({"el", "5", ".", "el", "5"}), "el 5. el 5");
}

TEST_F(HybridWords, SkippedSpecialTokensStillEndWords) {
  const std::string end = "<|endoftext|>";
  EXPECT_EQ(decode({"kitap", end, "el"}), "kitap<|endoftext|>el");
  EXPECT_EQ(decode({"kitap", end, "el"}, true), "kitapel");
  EXPECT_EQ(decode({end, "el", "el", end}, true), "el el");
}

TEST(HybridVocabulary, FingerprintsTellSpellingsApart) {
  Random random(1);
  const auto make = [&](std::string pack) {
    Random same(7);
    return Vocabulary::build(test::hybrid_spec(test::compile_pack(pack), same))->fingerprint();
  };
  const std::string pack(test::kToyTurkish);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = pack;
    other.replace(other.find(from), from.size(), to);
    return make(other);
  };
  EXPECT_EQ(make(pack), make(pack));
  EXPECT_NE(make(pack), changed("suffix PAST   DI", "suffix PAST   dI"));
  EXPECT_NE(make(pack), changed("digit 9 dokuz", "digit 9 dokez"));
}

// ---------------------------------------------------------------- what does not fit together

TEST(HybridSpec, RefusesWhatDoesNotFit) {
  Random random(1);
  const TokenizerSpec spec = test::hybrid_spec(test::compile_pack(test::kToyTurkish), random);
  const size_t size = spec.vocabulary.size();
  check_hybrid_spec(*spec.hybrid, size);
  const std::vector<std::pair<const char*, std::function<void(HybridSpec&)>>> damages = {
      {"language", [](HybridSpec& h) { h.language.reset(); }},
      {"ranges", [](HybridSpec& h) { ++h.specials.begin; }},
      {"ranges", [](HybridSpec& h) { --h.stems.begin; }},
      {"ranges", [](HybridSpec& h) { std::swap(h.pieces.begin, h.pieces.end); }},
      {"ids", [](HybridSpec& h) { ++h.pieces.end; }},
      {"256", [](HybridSpec& h) { --h.bytes.end, --h.marks.begin; }},
      {"marks", [](HybridSpec& h) { --h.marks.end, --h.suffixes.begin; }},
      {"suffixes", [](HybridSpec& h) { --h.suffixes.end, --h.chains.begin; }},
      {"chain", [](HybridSpec& h) { h.chain_suffixes.pop_back(); }},
      {"chains", [](HybridSpec& h) { h.chain_suffixes[0].resize(1); }},
      {"chains", [](HybridSpec& h) { h.chain_suffixes[0].resize(1000); }},
      {"chains", [](HybridSpec& h) { h.chain_suffixes[0][0] = 0xFFFF; }},
      {"stem", [](HybridSpec& h) { h.stem_tokens.pop_back(); }},
      {"stems", [](HybridSpec& h) { h.stem_tokens[0].form = 0xFFFFFFFF; }},
      {"stems", [](HybridSpec& h) { h.stem_tokens[0].letter_case = static_cast<StemCase>(3); }},
      {"lexeme", [](HybridSpec& h) { h.costs.lexemes.pop_back(); }},
      {"classes", [](HybridSpec& h) { h.costs.steps.push_back(1); }},
      {"unknown", [](HybridSpec& h) { h.costs.unknown_states.clear(); }}};
  for (const auto& [part, damage] : damages) {
    HybridSpec other = *spec.hybrid;
    damage(other);
    TokenizerSpec damaged = spec;
    damaged.hybrid = std::make_shared<const HybridSpec>(std::move(other));
    try {
      compile_hybrid_decode_table(damaged);
      ADD_FAILURE() << "expected an error about " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace tokrail
