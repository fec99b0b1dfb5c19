#include "base/stable_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tokrail {
namespace {

Hash128 hash_of(std::string_view bytes) {
  StableHash hash;
  hash.add(bytes);
  return hash.value();
}

// Written down, so that files of one version and machine are those of every other.
TEST(StableHash, IsTheSameForEver) {
  EXPECT_EQ(StableHash().value().hex(), "ab5aaf15faaf69970af7630451a3ad88");
  EXPECT_EQ(hash_of("The quick brown fox").hex(), "24ed7cb1b24e9a1bab3b622f1bbfa84c");
}

TEST(StableHash, EveryByteAndLengthCounts) {
  std::set<Hash128> seen;
  std::string text(40, 'x');
  for (size_t length = 0; length <= text.size(); ++length) {
    EXPECT_TRUE(seen.insert(hash_of(std::string(length, '\0'))).second);
    EXPECT_TRUE(length == 0 || seen.insert(hash_of(text.substr(0, length))).second);
  }
  for (size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      text[i] = static_cast<char>(text[i] ^ (1 << bit));
      EXPECT_TRUE(seen.insert(hash_of(text)).second);
      text[i] = 'x';
    }
  }
  StableHash ab_c, a_bc;
  ab_c.add("ab"), ab_c.add("c");
  a_bc.add("a"), a_bc.add("bc");
  EXPECT_NE(ab_c.value(), a_bc.value());
}

}  // namespace
}  // namespace tokrail
