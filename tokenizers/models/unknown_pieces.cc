#include "tokenizers/models/unknown_pieces.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace tokrail {
namespace {

// The value of "<0xNN>" with two upper-case hexadecimal digits, else -1.
int byte_of_text(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return -1;
  int value = 0;
  for (const char digit : text.substr(3, 2)) {
    if (digit >= '0' && digit <= '9') {
      value = value * 16 + (digit - '0');
    } else if (digit >= 'A' && digit <= 'F') {
      value = value * 16 + (digit - 'A' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

}  // namespace

UnknownPieces::UnknownPieces(const VocabularySpec& vocabulary, std::optional<TokenId> unknown,
                             bool byte_fallback) {
  bytes_.fill(kNoToken);
  if (unknown) {
    if (*unknown >= vocabulary.size()) {
      throw Error(ErrorCode::kInvalidArgument, "the unknown token " + std::to_string(*unknown) +
                                                   " is outside of the vocabulary of " +
                                                   std::to_string(vocabulary.size()));
    }
    unknown_ = *unknown;
  }
  if (!byte_fallback) return;
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    const int byte = byte_of_text(vocabulary.texts[id]);
    if (byte >= 0) bytes_[static_cast<size_t>(byte)] = id;
  }
  all_bytes_ = std::find(bytes_.begin(), bytes_.end(), kNoToken) == bytes_.end();
}

bool UnknownPieces::spell_bytes(std::string_view piece, uint32_t begin, uint32_t end,
                                std::vector<ModelToken>& out) const {
  const std::string_view text = piece.substr(begin, end - begin);
  if (!all_bytes_) {
    for (const char byte : text) {
      if (byte_token(byte) == kNoToken) return false;
    }
  }
  for (const char byte : text) out.push_back({byte_token(byte), begin, end});
  return true;
}

TokenId UnknownPieces::required_unknown(std::string_view piece, uint32_t begin,
                                        uint32_t end) const {
  if (unknown_ != kNoToken) return unknown_;
  throw Error(ErrorCode::kTextRefused,
              "the vocabulary has no token for " + std::to_string(end - begin) +
                  " bytes of the text and no unknown token",
              "byte " + std::to_string(begin) + " of a piece of " + std::to_string(piece.size()));
}

void UnknownPieces::spell(std::string_view piece, uint32_t begin, uint32_t end, size_t first,
                          std::vector<ModelToken>& out) const {
  if (spell_bytes(piece, begin, end, out)) return;
  const TokenId unknown = required_unknown(piece, begin, end);
  if (out.size() > first && out.back().id == unknown && out.back().end == begin) {
    out.back().end = end;
  } else {
    out.push_back({unknown, begin, end});
  }
}

}  // namespace tokrail
