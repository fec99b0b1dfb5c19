#include "tokenizers/training/special_tokens.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

}  // namespace

void check_special_tokens(const std::vector<std::string>& tokens, const SpecialRoleNames& roles) {
  std::set<std::string_view> seen;
  for (const std::string& token : tokens) {
    if (token.empty() || !valid_utf8(token)) {
      refuse("expected special tokens of well-formed UTF-8 that are not empty");
    }
    if (!seen.insert(token).second) refuse("the special token " + token + " is given twice");
  }
  for (const std::string* role : {&roles.bos, &roles.eos, &roles.pad}) {
    if (!role->empty() && !seen.contains(*role)) {
      refuse("expected " + *role + " among the special tokens");
    }
  }
}

std::vector<std::string> with_reserved_tokens(std::vector<std::string> tokens, size_t reserved) {
  const auto asked_for = static_cast<std::ptrdiff_t>(tokens.size());
  for (size_t number = 0; reserved > 0; ++number) {
    std::string token = "<|reserved_" + std::to_string(number) + "|>";
    const auto end = tokens.begin() + asked_for;
    if (std::find(tokens.begin(), end, token) != end) continue;
    tokens.push_back(std::move(token));
    --reserved;
  }
  return tokens;
}

void add_special_token(const std::string& token, TokenizerSpec& spec) {
  AddedToken added;
  added.id = static_cast<TokenId>(spec.vocabulary.size());
  added.content = token;
  added.normalized = false;
  added.special = true;
  spec.added_tokens.push_back(added);
  spec.vocabulary.texts.push_back(token);
  spec.vocabulary.kinds.push_back(TokenKind::kControl);
}

void set_special_roles(const SpecialRoleNames& roles, TokenizerSpec& spec) {
  const auto id_of = [&](const std::string& token) -> std::optional<TokenId> {
    for (const AddedToken& added : spec.added_tokens) {
      if (!token.empty() && added.content == token) return added.id;
    }
    return std::nullopt;
  };
  spec.roles.bos = id_of(roles.bos);
  spec.roles.pad = id_of(roles.pad);
  if (const auto eos = id_of(roles.eos)) spec.roles.eos = {*eos};
}

}  // namespace tokrail
