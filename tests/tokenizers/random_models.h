// Small random vocabularies and models for property tests: few letters, many overlaps and ties.
#pragma once

#include <array>
#include <cstdio>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/property.h"
#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail {

inline void PrintTo(const ModelToken& token, std::ostream* out) {
  *out << token.id << '[' << token.begin << ',' << token.end << ')';
}

}  // namespace tokrail

namespace tokrail::test {

/// Letters of one to four bytes; the more letters are asked for, the rarer the pieces match.
inline const std::vector<std::string>& test_letters() {
  static const std::vector<std::string> letters{
      "a", "b", "\xC3\xA9", "\xE2\x96\x81", "c", "\xF0\x9F\x98\x80"};
  return letters;
}

inline std::string random_word(Random& random, size_t letters, size_t max_length) {
  std::string word;
  for (size_t n = 1 + below(random, max_length); n > 0; --n) {
    word += test_letters()[below(random, letters)];
  }
  return word;
}

/// Words with runs, and now and then a letter that no piece has or a byte that is no letter.
inline std::string random_piece(Random& random, size_t letters, size_t max_length) {
  std::string text;
  for (size_t n = below(random, max_length + 1); n > 0; --n) {
    const size_t choice = below(random, 24);
    if (choice == 0) {
      text += "z";
    } else if (choice == 1) {
      text += "\xE6\xBC\xA2";
    } else if (choice == 2 && below(random, 4) == 0) {
      text += static_cast<char>(below(random, 256));
    } else {
      const std::string& letter = test_letters()[below(random, letters)];
      for (size_t run = choice == 3 ? 1 + below(random, 9) : 1; run > 0; --run) text += letter;
    }
  }
  return text;
}

inline TokenId add_token(VocabularySpec& vocabulary, std::string_view text,
                         TokenKind kind = TokenKind::kNormal, double score = 0) {
  vocabulary.texts.push_back(text);
  vocabulary.kinds.push_back(kind);
  vocabulary.scores.push_back(score);
  return static_cast<TokenId>(vocabulary.size() - 1);
}

inline void add_byte_tokens(VocabularySpec& vocabulary) {
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
    add_token(vocabulary, name, TokenKind::kByte);
  }
}

/// Scores with few different values, so that sums tie often, or spread ones.
inline double random_score(Random& random, bool ties) {
  if (ties) return -static_cast<double>(below(random, 6)) * 0.5;
  return static_cast<double>(-static_cast<float>(below(random, 100000)) / 7919.0F);
}

inline std::string describe(const VocabularySpec& vocabulary) {
  std::string text;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    if (vocabulary.kinds[id] == TokenKind::kByte) continue;
    text += std::to_string(id) + ":" + escaped(vocabulary.texts[id]) + "/" +
            std::to_string(static_cast<int>(vocabulary.kinds[id])) + "/" +
            std::to_string(vocabulary.scores[id]) + " ";
  }
  return text;
}

inline std::string describe(const std::vector<ModelToken>& tokens) {
  std::string text;
  for (const ModelToken& token : tokens) {
    text += std::to_string(token.id) + "[" + std::to_string(token.begin) + "," +
            std::to_string(token.end) + ") ";
  }
  return text;
}

inline std::vector<ModelToken> tokens_of(const Model& model, std::string_view piece) {
  std::vector<ModelToken> tokens;
  model.tokenize(piece, tokens);
  return tokens;
}

}  // namespace tokrail::test
