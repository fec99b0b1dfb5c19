// Small vocabularies of raw bytes for grammar tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"
#include "tokenizers/vocabulary.h"

namespace tokrail::test {

/// The given tokens, in order, and "<eos>" behind them.
inline std::shared_ptr<const Vocabulary> vocabulary_of(const std::vector<std::string>& tokens) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  for (const std::string& token : tokens) {
    spec.vocabulary.texts.push_back(token);
    spec.vocabulary.kinds.push_back(token.empty() ? TokenKind::kUnused : TokenKind::kNormal);
  }
  AddedToken eos;
  eos.id = static_cast<TokenId>(spec.vocabulary.size());
  eos.content = "<eos>";
  eos.special = true;
  spec.added_tokens.push_back(eos);
  spec.vocabulary.texts.push_back("<eos>");
  spec.vocabulary.kinds.push_back(TokenKind::kControl);
  spec.roles.eos = {eos.id};
  return Vocabulary::build(spec);
}

/// The 256 bytes.
inline std::vector<std::string> all_bytes() {
  std::vector<std::string> tokens;
  for (int b = 0; b < 256; ++b) tokens.push_back(std::string(1, static_cast<char>(b)));
  return tokens;
}

/// All strings over an alphabet of 1 to `length` bytes.
inline std::vector<std::string> all_strings(std::string_view alphabet, size_t length) {
  std::vector<std::string> strings = {""};
  for (size_t i = 0; i < strings.size(); ++i) {
    if (strings[i].size() == length) continue;
    for (const char letter : alphabet) strings.push_back(strings[i] + letter);
  }
  strings.erase(strings.begin());
  return strings;
}

}  // namespace tokrail::test
