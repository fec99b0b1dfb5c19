// What the slow models share: finding tokens by their text in an ordered map, and bytes by
// "<0xNN>".
#pragma once

#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

using TextMap = std::map<std::string, TokenId>;

/// Ids by text of the kinds that are wanted; the last of equal texts.
inline TextMap ids_by_text(const VocabularySpec& vocabulary,
                           const std::function<bool(TokenKind)>& wanted) {
  TextMap ids;
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    if (vocabulary.texts[id].empty() || !wanted(vocabulary.kinds[id])) continue;
    ids[std::string(vocabulary.texts[id])] = id;
  }
  return ids;
}

inline std::optional<TokenId> find_text(const TextMap& ids, std::string_view text) {
  const auto found = ids.find(std::string(text));
  return found == ids.end() ? std::nullopt : std::optional<TokenId>(found->second);
}

/// The tokens of all bytes of a text, or nothing if one is missing.
inline std::optional<std::vector<TokenId>> byte_tokens(const VocabularySpec& vocabulary,
                                                       std::string_view text) {
  const TextMap ids = ids_by_text(vocabulary, [](TokenKind) { return true; });
  std::vector<TokenId> tokens;
  for (const char byte : text) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned char>(byte));
    const auto id = find_text(ids, name);
    if (!id) return std::nullopt;
    tokens.push_back(*id);
  }
  return tokens;
}

/// Appends an unknown part as sentencepiece spells it: bytes, or one token for all neighbours.
inline void spell_unknown_part(const VocabularySpec& vocabulary, TokenId unknown,
                               bool byte_fallback, std::string_view piece, uint32_t begin,
                               uint32_t end, bool fuse, std::vector<ModelToken>& out) {
  if (byte_fallback) {
    if (const auto ids = byte_tokens(vocabulary, piece.substr(begin, end - begin))) {
      for (const TokenId id : *ids) out.push_back({id, begin, end});
      return;
    }
  }
  if (fuse && !out.empty() && out.back().id == unknown) {
    out.back().end = end;
  } else {
    out.push_back({unknown, begin, end});
  }
}

}  // namespace tokrail::test
