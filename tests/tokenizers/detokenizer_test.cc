#include "tokenizers/detokenization/detokenizer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/oracle/decode_oracle.h"
#include "tests/support/property.h"
#include "tests/tokenizers/decode_specs.h"

namespace tokrail {
namespace {

using test::NamedSpec;

bool is_special(const TokenizerSpec& spec, TokenId id) {
  return spec.vocabulary.kinds[id] == TokenKind::kControl;
}

bool is_hole(const TokenizerSpec& spec, TokenId id) {
  return spec.vocabulary.kinds[id] == TokenKind::kUnused && spec.vocabulary.texts[id].empty();
}

TEST(Detokenizer, TokenizerJsonAgreesWithTheOracle) {
  test::Random random(test::property_seed());
  for (const NamedSpec& named : test::decode_specs()) {
    if (named.spec.format != SourceFormat::kTokenizerJson) continue;
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    for (int round = 0; round < 3000; ++round) {
      const auto ids = test::random_ids(random, named.spec, 12);
      for (const bool skip : {false, true}) {
        test::Strings tokens;
        for (const TokenId id : ids) {
          if (is_hole(named.spec, id) || (skip && is_special(named.spec, id))) continue;
          tokens.emplace_back(named.spec.vocabulary.texts[id]);
        }
        ASSERT_EQ(detokenizer.decode_text(ids, {.skip_special = skip}),
                  test::oracle_decode(named.spec.decoders, tokens))
            << named.name << " ids " << test::show_ids(ids) << " seed " << test::property_seed();
      }
    }
  }
}

TEST(Detokenizer, WhichDecodersAreTransducers) {
  for (const NamedSpec& named : test::decode_specs()) {
    const bool exact = Detokenizer::compile(named.spec).exact();
    const bool expected = named.name != "ctc" && named.name.find("joined") == std::string::npos &&
                          named.name.find("at the end") == std::string::npos &&
                          named.name.find("before metaspace") == std::string::npos &&
                          named.name.find("inside") == std::string::npos &&
                          named.name.find("cleaned") == std::string::npos;
    EXPECT_EQ(exact, expected) << named.name;
  }
}

/// sentencepiece's Decode as it is defined, piece by piece over the text so far.
std::string oracle_sentencepiece(const TokenizerSpec& spec, const std::vector<TokenId>& ids,
                                 bool trims, bool prefix) {
  const std::string meta = "\xE2\x96\x81";
  std::string text;
  std::string run;
  bool at_start = true;
  bool consumed = false;
  const auto flush = [&] {
    for (auto [position, unit] : utf8_units(run)) {
      if (unit.valid) {
        text += run.substr(position, unit.length);
      } else {
        for (uint32_t i = 0; i < unit.length; ++i) text += "\xEF\xBF\xBD";
      }
    }
    run.clear();
  };
  for (const TokenId id : ids) {
    std::string piece(spec.vocabulary.texts[id]);
    const TokenKind kind = spec.vocabulary.kinds[id];
    if (kind == TokenKind::kByte) {
      run.push_back(static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16)));
      continue;
    }
    if (is_hole(spec, id)) continue;
    flush();
    if (consumed || !text.empty()) at_start = false;
    consumed = false;
    if (kind == TokenKind::kControl) continue;
    if (kind == TokenKind::kUnknown) {
      text += " \xE2\x81\x87 ";
      continue;
    }
    if (at_start && (prefix || trims) && piece.starts_with(meta)) {
      piece.erase(0, meta.size());
      consumed = !trims;
    }
    text += test::oracle_replace(piece, meta, " ");
  }
  flush();
  return text;
}

TEST(Detokenizer, SentencePieceAgreesWithTheOracle) {
  test::Random random(test::property_seed());
  for (const NamedSpec& named : test::decode_specs()) {
    if (named.spec.format != SourceFormat::kSentencePiece) continue;
    const NormalizerStep& step = named.spec.normalizers[0];
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    for (int round = 0; round < 5000; ++round) {
      const auto ids = test::random_ids(random, named.spec, 10);
      ASSERT_EQ(detokenizer.decode_text(ids),
                oracle_sentencepiece(named.spec, ids, step.remove_extra_whitespaces,
                                     step.add_dummy_prefix))
          << named.name << " ids " << test::show_ids(ids) << " seed " << test::property_seed();
    }
  }
}

TEST(Detokenizer, SentencePieceUnknownSurface) {
  TokenizerSpec spec = test::metaspace_vocabulary(SourceFormat::kSentencePiece);
  spec.decoders = {test::replace_step("<unk>", "?!")};
  EXPECT_EQ(Detokenizer::compile(spec).decode_text(std::vector<TokenId>{0}), "?!");
}

TEST(Detokenizer, LlamaAgreesWithTheOracle) {
  test::Random random(test::property_seed());
  for (const NamedSpec& named : test::decode_specs()) {
    if (named.spec.format != SourceFormat::kGguf) continue;
    const bool letters = named.spec.model.kind == ModelSpec::Kind::kMergeBpe;
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    for (int round = 0; round < 3000; ++round) {
      const auto ids = test::random_ids(random, named.spec, 10);
      std::string text;
      bool first = true;
      for (const TokenId id : ids) {
        std::string piece(named.spec.vocabulary.texts[id]);
        const TokenKind kind = named.spec.vocabulary.kinds[id];
        if (kind == TokenKind::kUnused) continue;
        if (kind == TokenKind::kByte) {
          piece = std::string(1, static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16)));
        } else if (kind == TokenKind::kNormal) {
          piece = letters ? test::oracle_letters_to_bytes(piece)
                          : test::oracle_replace(piece, "\xE2\x96\x81", " ");
        }
        if (first && !letters && piece.starts_with(' ')) piece.erase(0, 1);
        first = false;
        text += piece;
      }
      if (!named.spec.decoders.empty()) text = test::oracle_clean_spaces(text);
      ASSERT_EQ(detokenizer.decode_bytes(ids), text) << named.name << test::show_ids(ids);
      ASSERT_EQ(detokenizer.decode_text(ids), replace_invalid_utf8(text)) << named.name;
    }
  }
}

TEST(Detokenizer, TiktokenIsConcatenation) {
  for (const NamedSpec& named : test::decode_specs()) {
    if (named.name != "tiktoken") continue;
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    test::Random random(test::property_seed());
    for (int round = 0; round < 200; ++round) {
      const auto ids = test::random_ids(random, named.spec, 3000);
      std::string bytes;
      for (const TokenId id : ids) bytes += named.spec.vocabulary.texts[id];
      ASSERT_EQ(detokenizer.decode_bytes(ids), bytes);
      ASSERT_EQ(detokenizer.decode_text(ids), replace_invalid_utf8(bytes));
    }
  }
}

TEST(Detokenizer, PoliciesForInvalidUtf8) {
  const auto specs = test::decode_specs();
  const Detokenizer detokenizer = Detokenizer::compile(specs[0].spec);  // byte level
  const std::vector<TokenId> ids = {'a', 0xE2, 0x82, 'b'};
  EXPECT_EQ(detokenizer.decode_text(ids),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(detokenizer.decode_text(ids, {.invalid_utf8 = InvalidUtf8::kKeep}),
            "a\xE2\x82"
            "b");
  try {
    detokenizer.decode_text(ids, {.invalid_utf8 = InvalidUtf8::kError});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTextRefused);
    EXPECT_EQ(error.where(), "byte 1");
  }
}

TEST(Detokenizer, RefusesIdsOutOfRange) {
  const auto specs = test::decode_specs();
  for (const NamedSpec& named : specs) {
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    const auto size = static_cast<TokenId>(detokenizer.size());
    try {
      detokenizer.decode_text(std::vector<TokenId>{0, size, kNoToken});
      FAIL() << named.name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_EQ(error.where(), "id number 1");
    }
    EXPECT_EQ(detokenizer.decode_text({}), "");
  }
}

TEST(Detokenizer, AddedTokensInTheirNormalisedSpelling) {
  TokenizerSpec spec = test::metaspace_vocabulary(SourceFormat::kTokenizerJson);
  AddedToken token;
  token.id = static_cast<TokenId>(spec.vocabulary.size());
  token.content = "day";
  spec.added_tokens.push_back(token);
  test::add_token(spec, "day", TokenKind::kUserDefined);
  spec.decoders = {test::replace_step("\xE2\x96\x81", " ")};
  const auto normalize = [](std::string_view text) { return "\xE2\x96\x81" + std::string(text); };
  EXPECT_EQ(Detokenizer::compile(spec, normalize).decode_text(std::vector<TokenId>{token.id}),
            " day");
  EXPECT_EQ(Detokenizer::compile(spec).decode_text(std::vector<TokenId>{token.id}), "day");
}

TEST(Detokenizer, EmptyVocabulary) {
  for (const SourceFormat format : {SourceFormat::kTiktoken, SourceFormat::kTokenizerJson,
                                    SourceFormat::kSentencePiece, SourceFormat::kGguf}) {
    TokenizerSpec spec;
    spec.format = format;
    EXPECT_EQ(Detokenizer::compile(spec).decode_text({}), "");
    EXPECT_THROW(Detokenizer::compile(spec).decode_text(std::vector<TokenId>{0}), Error);
  }
}

}  // namespace
}  // namespace tokrail
