// Slow and obvious search for added tokens: at every byte, try every token.
#pragma once

#include <unicode/uchar.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/added_tokens.h"

namespace tokrail::test {

/// \w as UTS #18 defines it, by the properties of the system's ICU; what is too new for that one
/// by our own tables.
inline bool oracle_is_word(const Utf8Unit& unit) {
  const auto c = static_cast<UChar32>(unit.code_point);
  if (u_charType(c) == U_UNASSIGNED) {
    return unit.valid && (is_letter(unit.code_point) || is_mark(unit.code_point) ||
                          general_category(unit.code_point) == GeneralCategory::kDecimalNumber);
  }
  return unit.valid && (u_hasBinaryProperty(c, UCHAR_ALPHABETIC) != 0 ||
                        u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) != 0 ||
                        (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0);
}

inline bool oracle_word_before(std::string_view text, size_t at) {
  bool is_word = false;
  for (auto [position, unit] : utf8_units(text.substr(0, at))) is_word = oracle_is_word(unit);
  return is_word;
}

inline bool oracle_word_at(std::string_view text, size_t at) {
  return at < text.size() &&
         oracle_is_word(decode_utf8(text.data() + at, text.data() + text.size()));
}

/// Special tokens of which `as_text` is true are passed over as a whole.
inline std::vector<AddedTokenMatch> oracle_added_tokens(const std::vector<AddedToken>& tokens,
                                                        std::string_view text, bool as_text) {
  std::vector<AddedTokenMatch> matches;
  size_t covered = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* best = nullptr;
    for (const AddedToken& token : tokens) {
      if (token.content.empty() || !text.substr(at).starts_with(token.content)) continue;
      if (best == nullptr || token.content.size() > best->content.size()) best = &token;
    }
    if (best == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at;
    size_t end = at + best->content.size();
    at = end;
    if (best->special && as_text) continue;
    if (best->single_word && (oracle_word_before(text, begin) || oracle_word_at(text, end))) {
      continue;
    }
    if (best->lstrip) {
      while (begin > covered) {
        const Utf8Unit unit = decode_utf8_before(text.data(), text.data() + begin);
        if (!is_white_space(unit.code_point) || begin - unit.length < covered) break;
        begin -= unit.length;
      }
      begin = std::min(std::max(begin, covered), end);
    }
    if (best->rstrip) {
      while (end < text.size()) {
        const Utf8Unit unit = decode_utf8(text.data() + end, text.data() + text.size());
        if (!is_white_space(unit.code_point)) break;
        end += unit.length;
      }
    }
    matches.push_back({begin, end, best->id});
    covered = end;
  }
  return matches;
}

}  // namespace tokrail::test
