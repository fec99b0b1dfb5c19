#include "tokenizers/byte_alphabet.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/property.h"

namespace tokrail {
namespace {

TEST(ByteLevelAlphabet, SpellsAsGpt2Does) {
  EXPECT_EQ(encode_byte_level(" Hello\n"), "ĠHelloĊ");
  EXPECT_EQ(encode_byte_level("é"), "Ã©");
  EXPECT_EQ(encode_byte_level("⭢"), "âŃ¢");
  EXPECT_EQ(encode_byte_level(std::string_view("\0\x7F\xAD\xFF", 4)), "ĀġŃÿ");
  EXPECT_EQ(encode_byte_level(""), "");
}

TEST(ByteLevelAlphabet, HasACharacterForEveryByte) {
  std::set<std::string> letters;
  for (int byte = 0; byte < 256; ++byte) {
    const char raw = static_cast<char>(byte);
    const std::string letter = encode_byte_level(std::string_view(&raw, 1));
    EXPECT_EQ(letter.size(), byte_level_length(raw));
    EXPECT_EQ(decode_byte_level(letter), std::string(1, raw));
    letters.insert(letter);
  }
  EXPECT_EQ(letters.size(), 256u);
}

TEST(ByteLevelAlphabet, RefusesOtherCharacters) {
  EXPECT_EQ(decode_byte_level("ĠHello"), " Hello");
  EXPECT_EQ(decode_byte_level("Hello world"), std::nullopt);  // a space is spelled Ġ
  EXPECT_EQ(decode_byte_level("中"), std::nullopt);
  EXPECT_EQ(decode_byte_level("a\xFF"), std::nullopt);
  EXPECT_EQ(decode_byte_level("\xC4"), std::nullopt);
  EXPECT_EQ(decode_byte_level(""), "");
}

TEST(ByteLevelAlphabet, RoundTripsAnyBytes) {
  test::check_texts("round trip", 1000, [](const std::string& bytes) {
    return decode_byte_level(encode_byte_level(bytes)) == bytes;
  });
}

}  // namespace
}  // namespace tokrail
