// UnknownPieces: how a model spells text that its vocabulary does not cover.
//
// Either as byte tokens <0x00> .. <0xFF>, where the model has byte fallback, or as the unknown
// token, of which neighbours may be one. Shared by the models that differ only in when they ask.
//
// Thread safety: immutable. Errors: spell throws Error (kTextRefused) where the vocabulary has
// neither, as the reference systems do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail {

class UnknownPieces {
 public:
  /// Finds the byte tokens by their text "<0xNN>" if byte fallback is asked for.
  UnknownPieces(const VocabularySpec& vocabulary, std::optional<TokenId> unknown,
                bool byte_fallback);

  /// The unknown token or kNoToken.
  TokenId unknown() const noexcept { return unknown_; }
  /// Whether byte fallback is on and there is a token for every byte.
  bool has_all_bytes() const noexcept { return all_bytes_; }
  /// Token of a byte, or kNoToken; always kNoToken without byte fallback.
  TokenId byte_token(char byte) const noexcept { return bytes_[static_cast<unsigned char>(byte)]; }

  /// Appends one byte token for each byte of piece[begin, end), all with that range, and answers
  /// true; or nothing and false where one is missing.
  bool spell_bytes(std::string_view piece, uint32_t begin, uint32_t end,
                   std::vector<ModelToken>& out) const;

  /// As sentencepiece does: byte tokens, else the unknown token, which joins an unknown token
  /// right before it in out[first, ...).
  void spell(std::string_view piece, uint32_t begin, uint32_t end, size_t first,
             std::vector<ModelToken>& out) const;

  /// The unknown token; throws Error where there is none.
  TokenId required_unknown(std::string_view piece, uint32_t begin, uint32_t end) const;

 private:
  TokenId unknown_ = kNoToken;
  bool all_bytes_ = false;
  std::array<TokenId, 256> bytes_;
};

}  // namespace tokrail
