// Masks over vocabularies whose tokens are spelled by context, hold bytes back, spell nothing, the
// same or halves of characters: mask == allows == the definition, asked byte by byte.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "grammar/matcher.h"
#include "tests/grammar/context_law.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/decode_specs.h"
#include "tokenizers/detokenization/decode_table_builder.h"
#include "tokenizers/detokenization/detokenizer.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

using test::Counts;
using test::expect_law;
using test::grammars;
using test::print;
using test::read_regex;
using test::VocabularyPtr;

/// Random pieces of what the grammars above read.
std::vector<std::string> pieces(test::Random& random, size_t count) {
  static const std::vector<std::string> parts = {
      "a", "b",    ",",       ".",    " ",  "\"",    "{",    "}",        "[",
      "]", ":",    "1",       "0",    "-",  "\xC3",  "\xA9", "\xC3\xA9", "kita",
      "p", "null", "\\u00e9", "true", "ab", "\"a\"", "\xFF", "\\"};
  std::vector<std::string> all = {""};
  for (const std::string& part : parts) all.push_back(part);
  while (all.size() < count) {
    std::string piece;
    for (size_t i = 2 + test::below(random, 3); i > 0; --i) {
      piece += parts[test::below(random, parts.size())];
    }
    all.push_back(piece);
  }
  return all;
}

TEST(DecodeContexts, WordsWithTwoSpellings) {
  test::Random random(test::property_seed());
  Counts counts;
  for (const SourceFormat format : {SourceFormat::kSentencePiece, SourceFormat::kTokenizerJson}) {
    TokenizerSpec spec = test::metaspace_vocabulary(format);
    for (std::string piece : pieces(random, 60)) {
      if (piece.empty() || !valid_utf8(piece)) continue;
      if (test::below(random, 2) == 0) piece.insert(0, "\xE2\x96\x81");
      for (size_t at; (at = piece.find(' ')) != std::string::npos;) {
        piece.replace(at, 1, "\xE2\x96\x81");
      }
      test::add_token(spec, piece);
    }
    if (format == SourceFormat::kTokenizerJson) {
      spec.decoders.push_back(test::decoder(DecoderStep::Kind::kMetaspace));
    }
    spec.roles.eos = {2};
    const auto vocabulary = Vocabulary::build(spec);
    ASSERT_EQ(vocabulary->context_count(), 2u);
    ASSERT_NO_FATAL_FAILURE(expect_law(vocabulary, random, 150, 3, counts));
  }
  print(counts);
}

/// A specification with these tokens, an unused id after every tenth, and an end.
TokenizerSpec spec_of(const std::vector<std::string>& tokens) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  for (size_t i = 0; i < tokens.size(); ++i) {
    test::add_token(spec, tokens[i]);
    if (i % 10 == 9) test::add_token(spec, "", TokenKind::kUnused);
  }
  test::add_special(spec, "<eos>");
  spec.roles.eos = {static_cast<TokenId>(spec.vocabulary.size() - 1)};
  return spec;
}

/// A transducer: contexts that respell some tokens and hold bytes back, which come out with the
/// next token, are altered by it, or dropped at the end.
VocabularyPtr transducer(test::Random& random, size_t contexts) {
  const TokenizerSpec spec = spec_of(pieces(random, contexts > 4 ? 400 : 90));
  const size_t size = spec.vocabulary.size();
  DecodeTableBuilder builder(size);
  for (TokenId id = 0; id < size; ++id) {
    const bool is_special = id == spec.roles.eos[0];
    builder.add_shared(is_special ? "" : spec.vocabulary.texts[id]);
  }
  static const std::vector<std::string> held = {"", "p", " ", "a", ",", "", "\xC3", "\""};
  std::vector<std::string> pending(contexts);
  for (size_t c = 1; c < contexts; ++c) {
    pending[c] = held[test::below(random, held.size())];
    const bool dropped = test::below(random, 3) == 0;
    builder.add_context(pending[c], dropped ? "" : pending[c]);
  }
  for (size_t c = 1; c < contexts; ++c) {
    const auto context = static_cast<DecodeContext>(c);
    const std::string altered = pending[c] == "p" ? "b" : "";
    if (!altered.empty()) builder.add_pending(context, altered);
    for (TokenId id = 0; id + 1 < size; ++id) {
      if (test::below(random, 12) != 0 || spec.vocabulary.kinds[id] == TokenKind::kUnused) continue;
      std::string bytes = test::below(random, 2) == 0 ? pending[c] : altered;
      if (pending[c].empty() && test::below(random, 2) == 0) bytes = "a";
      builder.overlay(context, id, bytes + std::string(spec.vocabulary.texts[id]),
                      static_cast<DecodeContext>(test::below(random, contexts)));
    }
  }
  for (TokenId id = 0; id < size; ++id) {
    if (test::below(random, 2) == 0) {
      builder.set_shared_next(id, static_cast<DecodeContext>(test::below(random, contexts)));
    }
  }
  const auto start = static_cast<DecodeContext>(1 + test::below(random, contexts - 1));
  return Vocabulary::build(spec, Detokenizer(builder.finish(start)));
}

TEST(DecodeContexts, BytesHeldBack) {
  test::Random random(test::property_seed());
  Counts counts;
  for (const size_t contexts : {2, 3, 4, 6, 12}) {
    const auto vocabulary = transducer(random, contexts);
    ASSERT_NO_FATAL_FAILURE(expect_law(vocabulary, random, 80, 3, counts));
  }
  print(counts);
}

TEST(DecodeContexts, KitapAndKitab) {
  // "kitap" comes out as "kita", then "p", or "b" before the suffix "ı".
  TokenizerSpec spec;
  for (const char* text : {"kitap", "ı", "lar", " "}) test::add_token(spec, text);
  test::add_special(spec, "<eos>");
  spec.roles.eos = {4};
  DecodeTableBuilder builder(5);
  for (const char* bytes : {"kita", "ı", "lar", " ", ""}) builder.add_shared(bytes);
  const DecodeContext held = builder.add_context("p", "p");
  builder.add_pending(held, "b");
  builder.overlay(held, 1, "bı", DecodeTableBuilder::kInside);
  builder.set_shared_next(0, held);
  const auto vocabulary =
      Vocabulary::build(spec, Detokenizer(builder.finish(DecodeTableBuilder::kInside)));
  const auto tables = std::make_shared<MaskTables>(vocabulary);
  const auto mask_behind = [&](const char* regex, std::vector<TokenId> ids) {
    Matcher matcher(CompiledGrammar::compile(read_regex(regex), tables));
    for (const TokenId id : ids) EXPECT_TRUE(matcher.accept(id)) << regex << ' ' << id;
    std::vector<uint32_t> mask(1);
    matcher.fill_mask(mask);
    return mask[0];
  };
  EXPECT_EQ(mask_behind("kitap", {}), 0b00001u);
  EXPECT_EQ(mask_behind("kitap", {0}), 0b10000u);   // the end releases the "p"
  EXPECT_EQ(mask_behind("kitabı", {0}), 0b00010u);  // only the suffix alters it
  EXPECT_EQ(mask_behind("kita[pb]ı?(lar)?", {0}), 0b10110u);
  EXPECT_EQ(mask_behind("kitabı|kitaplar", {0}), 0b00110u);
  EXPECT_EQ(mask_behind("kitac", {}), 0u);
  EXPECT_EQ(mask_behind("kitap kitap", {0, 3, 0}), 0b10000u);
  Matcher matcher(CompiledGrammar::compile(read_regex("kitaplar"), tables));
  ASSERT_TRUE(matcher.accept(0));
  EXPECT_EQ(matcher.forced_bytes(), "");
  ASSERT_TRUE(matcher.accept_bytes("lar"));  // bytes release what is held
  EXPECT_TRUE(matcher.is_finished());
  ASSERT_TRUE(matcher.rollback(1));
  EXPECT_TRUE(matcher.accept(2));
}

TEST(DecodeContexts, WordEndsThatAreDroppedAtTheEnd) {
  for (const auto& named : test::decode_specs()) {
    if (named.name != "word ends") continue;
    TokenizerSpec spec = named.spec;
    test::add_special(spec, "<eos>");
    spec.roles.eos = {static_cast<TokenId>(spec.vocabulary.size() - 1)};
    const auto vocabulary = Vocabulary::build(spec);
    const auto tables = std::make_shared<MaskTables>(vocabulary);
    // "a</w>" is the whole text "a"; the space would come with the next word.
    Matcher matcher(CompiledGrammar::compile(read_regex("a"), tables), vocabulary->start_context());
    ASSERT_TRUE(matcher.accept(0));
    EXPECT_TRUE(matcher.is_complete());
    test::Random random(test::property_seed());
    Counts counts;
    ASSERT_NO_FATAL_FAILURE(expect_law(vocabulary, random, 40, 4, counts));
    print(counts);
  }
}

TEST(DecodeContexts, EmptyEqualHalvedAndUnusedTokens) {
  test::Random random(test::property_seed());
  Counts counts;
  std::vector<std::string> tokens = pieces(random, 120);
  const std::vector<std::string> again(tokens.begin(), tokens.begin() + 40);
  tokens.insert(tokens.end(), again.begin(), again.end());
  const auto vocabulary = Vocabulary::build(spec_of(tokens));
  ASSERT_NO_FATAL_FAILURE(expect_law(vocabulary, random, 250, 4, counts));
  print(counts);
}

TEST(DecodeContexts, RealVocabularies) {
  test::Random random(test::property_seed());
  std::vector<std::string> files = {
      test::source_path("data/tokenizers/english-code-8k.json").string()};
  if (const auto path = test::find_shared_data("tokenizers/vocab/mistral01.json")) {
    files.push_back(path->string());
  }
  Counts counts;
  for (const std::string& file : files) {
    const auto vocabulary = Tokenizer::load(file).shared_vocabulary();
    if (vocabulary->roles().eos.empty()) continue;
    const auto tables = std::make_shared<MaskTables>(vocabulary);
    for (const Grammar& grammar : grammars(random, 0)) {
      SCOPED_TRACE(file + '\n' + grammar.to_string());
      ASSERT_NO_FATAL_FAILURE(expect_law(grammar, vocabulary, tables, random, 1, 3, counts));
    }
  }
  print(counts);
}

}  // namespace
}  // namespace tokrail
