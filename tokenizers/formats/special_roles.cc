#include "tokenizers/formats/special_roles.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace tokrail {
namespace {

using Role = std::optional<TokenId> SpecialRoles::*;

struct RoleName {
  std::string_view text;
  Role role;
};

// In order of preference within a role.
constexpr RoleName kRoleNames[] = {
    {"<s>", &SpecialRoles::bos},
    {"<bos>", &SpecialRoles::bos},
    {"<|begin_of_text|>", &SpecialRoles::bos},
    {"<|startoftext|>", &SpecialRoles::bos},
    {"[BOS]", &SpecialRoles::bos},
    {"<pad>", &SpecialRoles::pad},
    {"[PAD]", &SpecialRoles::pad},
    {"<|padding|>", &SpecialRoles::pad},
    {"<|finetune_right_pad_id|>", &SpecialRoles::pad},
    {"<unk>", &SpecialRoles::unk},
    {"[UNK]", &SpecialRoles::unk},
    {"<mask>", &SpecialRoles::mask},
    {"[MASK]", &SpecialRoles::mask},
    {"[CLS]", &SpecialRoles::cls},
    {"<cls>", &SpecialRoles::cls},
    {"[SEP]", &SpecialRoles::sep},
    {"<sep>", &SpecialRoles::sep},
};

constexpr std::string_view kEosNames[] = {
    "</s>",       "<eos>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>",
    "<|im_end|>", "[EOS]", "<|eom_id|>",    "<end_of_turn>",   "<|return|>",
};

}  // namespace

void add_eos_role(SpecialRoles& roles, TokenId id) {
  if (std::find(roles.eos.begin(), roles.eos.end(), id) == roles.eos.end()) {
    roles.eos.push_back(id);
  }
}

void infer_roles(TokenizerSpec& spec) {
  SpecialRoles& roles = spec.roles;
  if (!roles.unk) roles.unk = spec.model.unk_id;
  if (!roles.pad && spec.padding && spec.padding->pad_id < spec.vocabulary.size()) {
    roles.pad = spec.padding->pad_id;
  }
  for (const RoleName& name : kRoleNames) {
    if (roles.*name.role) continue;
    for (const AddedToken& token : spec.added_tokens) {
      if (token.special && token.content == name.text) roles.*name.role = token.id;
    }
  }
  if (!roles.eos.empty()) return;
  for (const std::string_view name : kEosNames) {
    for (const AddedToken& token : spec.added_tokens) {
      if (token.special && token.content == name) add_eos_role(roles, token.id);
    }
  }
}

}  // namespace tokrail
