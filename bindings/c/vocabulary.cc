// What the ids of a tokenizer are.
#include "tokenizers/vocabulary.h"

#include <optional>

#include "bindings/c/guard.h"
#include "bindings/c/handles.h"

namespace tokrail::c {
namespace {

const Vocabulary* vocabulary_of(const tokrail_tokenizer* tokenizer) noexcept {
  return tokenizer == nullptr ? nullptr : &tokenizer->tokenizer.vocabulary();
}
bool has(const Vocabulary* vocabulary, uint32_t id) noexcept {
  return vocabulary != nullptr && id < vocabulary->size();
}

std::optional<TokenId> role(const SpecialRoles& roles, int32_t number) noexcept {
  switch (number) {
    case TOKRAIL_ROLE_BOS: return roles.bos;
    case TOKRAIL_ROLE_PAD: return roles.pad;
    case TOKRAIL_ROLE_UNK: return roles.unk;
    case TOKRAIL_ROLE_MASK: return roles.mask;
    case TOKRAIL_ROLE_CLS: return roles.cls;
    case TOKRAIL_ROLE_SEP: return roles.sep;
    default: return std::nullopt;
  }
}

}  // namespace
}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

size_t tokrail_tokenizer_vocab_size(const tokrail_tokenizer* tokenizer) {
  const Vocabulary* vocabulary = vocabulary_of(tokenizer);
  return vocabulary == nullptr ? 0 : vocabulary->size();
}

const uint32_t* tokrail_tokenizer_eos_ids(const tokrail_tokenizer* tokenizer, size_t* count) {
  const Vocabulary* vocabulary = vocabulary_of(tokenizer);
  if (vocabulary == nullptr) return lend_nothing<uint32_t>(count);
  return lend(std::span<const uint32_t>(vocabulary->roles().eos), count);
}

uint32_t tokrail_tokenizer_role_id(const tokrail_tokenizer* tokenizer, int32_t number) {
  const Vocabulary* vocabulary = vocabulary_of(tokenizer);
  if (vocabulary == nullptr) return TOKRAIL_NO_TOKEN;
  return role(vocabulary->roles(), number).value_or(TOKRAIL_NO_TOKEN);
}

const char* tokrail_tokenizer_token_bytes(const tokrail_tokenizer* tokenizer, uint32_t id,
                                          size_t* length) {
  const Vocabulary* vocabulary = vocabulary_of(tokenizer);
  if (!has(vocabulary, id)) return lend_nothing<char>(length);
  return lend(vocabulary->bytes(id), length);
}

const char* tokrail_tokenizer_token_piece(const tokrail_tokenizer* tokenizer, uint32_t id,
                                          size_t* length) {
  const Vocabulary* vocabulary = vocabulary_of(tokenizer);
  if (!has(vocabulary, id)) return lend_nothing<char>(length);
  return lend(vocabulary->piece(id), length);
}

int32_t tokrail_tokenizer_token_kind(const tokrail_tokenizer* tokenizer, uint32_t id) {
  const Vocabulary* vocabulary = vocabulary_of(tokenizer);
  if (!has(vocabulary, id)) return -1;
  switch (vocabulary->kind(id)) {
    case TokenKind::kNormal: return TOKRAIL_KIND_NORMAL;
    case TokenKind::kUnknown: return TOKRAIL_KIND_UNKNOWN;
    case TokenKind::kControl: return TOKRAIL_KIND_CONTROL;
    case TokenKind::kUserDefined: return TOKRAIL_KIND_USER_DEFINED;
    case TokenKind::kByte: return TOKRAIL_KIND_BYTE;
    case TokenKind::kUnused: return TOKRAIL_KIND_UNUSED;
  }
  return -1;
}

uint32_t tokrail_tokenizer_find_piece(const tokrail_tokenizer* tokenizer, const char* piece,
                                      size_t length) {
  const Vocabulary* vocabulary = vocabulary_of(tokenizer);
  if (vocabulary == nullptr || (piece == nullptr && length > 0)) return TOKRAIL_NO_TOKEN;
  uint32_t id = TOKRAIL_NO_TOKEN;
  guard(nullptr, [&] {
    id = vocabulary->id_of_piece(std::string_view(piece, length)).value_or(TOKRAIL_NO_TOKEN);
  });
  return id;
}

}  // extern "C"
