#include "tokenizers/stream_decoder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/property.h"
#include "tests/tokenizers/decode_specs.h"

namespace tokrail {
namespace {

using test::NamedSpec;

TEST(StreamDecoder, PiecesAreDecodeTextOfAllIds) {
  test::Random random(test::property_seed());
  for (const NamedSpec& named : test::decode_specs()) {
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    for (const bool skip : {false, true}) {
      for (const InvalidUtf8 invalid : {InvalidUtf8::kReplace, InvalidUtf8::kKeep}) {
        const DecodeOptions options = {.skip_special = skip, .invalid_utf8 = invalid};
        StreamDecoder stream(detokenizer, options);
        for (int round = 0; round < 1500; ++round) {
          const auto ids = test::random_ids(random, named.spec, 14);
          std::string text;
          for (const TokenId id : ids) {
            const std::string piece(stream.push(id));
            if (invalid == InvalidUtf8::kReplace) {
              ASSERT_TRUE(valid_utf8(piece)) << named.name;
            }
            text += piece;
            if (test::below(random, 5) == 0) stream = StreamDecoder(StreamDecoder(stream));
          }
          text += stream.finish();
          ASSERT_FALSE(stream.failed());
          ASSERT_EQ(text, detokenizer.decode_text(ids, options))
              << named.name << " ids " << test::show_ids(ids) << " skip " << skip << " policy "
              << static_cast<int>(invalid) << " seed " << test::property_seed();
        }
      }
    }
  }
}

TEST(StreamDecoder, ErrorPolicyFailsWhereDecodeTextDoes) {
  test::Random random(test::property_seed());
  for (const NamedSpec& named : test::decode_specs()) {
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    const DecodeOptions options = {.invalid_utf8 = InvalidUtf8::kError};
    StreamDecoder stream(detokenizer, options);
    for (int round = 0; round < 500; ++round) {
      const auto ids = test::random_ids(random, named.spec, 8);
      stream.reset();
      std::string text;
      for (const TokenId id : ids) text += stream.push(id);
      text += stream.finish();
      std::string expected;
      bool refused = false;
      try {
        expected = detokenizer.decode_text(ids, options);
      } catch (const Error&) {
        refused = true;
      }
      ASSERT_EQ(stream.failed(), refused) << named.name << " ids " << test::show_ids(ids);
      if (!refused) {
        ASSERT_EQ(text, expected) << named.name << " ids " << test::show_ids(ids);
      }
    }
  }
}

TEST(StreamDecoder, HoldsBackPartsOfCharacters) {
  const auto specs = test::decode_specs();
  StreamDecoder stream(Detokenizer::compile(specs[0].spec));  // byte level
  EXPECT_EQ(stream.push('a'), "a");
  EXPECT_EQ(stream.push(0xE2), "");
  EXPECT_EQ(stream.pending(), "\xE2");
  EXPECT_EQ(stream.push(0x82), "");
  EXPECT_EQ(stream.push(0xAC), "\xE2\x82\xAC");
  EXPECT_EQ(stream.pending(), "");
  EXPECT_EQ(stream.push(0xE2), "");
  EXPECT_EQ(stream.push('b'),
            "\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(stream.push(0xF0), "");
  EXPECT_EQ(stream.finish(), "\xEF\xBF\xBD");
  EXPECT_EQ(stream.finish(), "");
}

TEST(StreamDecoder, IdsOutOfRangeFail) {
  const auto specs = test::decode_specs();
  StreamDecoder stream(Detokenizer::compile(specs[0].spec));
  EXPECT_EQ(stream.push('a'), "a");
  EXPECT_EQ(stream.push(1000000), "");
  EXPECT_TRUE(stream.failed());
  EXPECT_EQ(stream.push('a'), "");
  EXPECT_EQ(stream.finish(), "");
  stream.reset();
  EXPECT_FALSE(stream.failed());
  EXPECT_EQ(stream.push('b'), "b");
}

TEST(StreamDecoder, FirstTokenLosesItsSpaceOnlyOnce) {
  for (const NamedSpec& named : test::decode_specs()) {
    if (named.name != "llama") continue;
    StreamDecoder stream(Detokenizer::compile(named.spec));
    const TokenId a = 12;  // "▁a"
    EXPECT_EQ(stream.push(a), "a");
    EXPECT_EQ(stream.push(a), " a");
    EXPECT_EQ(stream.finish(), "");
    EXPECT_EQ(stream.push(a), "a");  // a new text
  }
}

}  // namespace
}  // namespace tokrail
