#include "tokenizers/formats/model_configuration.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "tokenizers/formats/added_token_edits.h"
#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/special_roles.h"

namespace tokrail {
namespace {

constexpr size_t kLongestConfiguration = size_t{64} << 20;

// A token is named by its text or by an object with its text.
std::optional<std::string> named_token(const JsonNode& file, std::string_view key) {
  const auto node = file.find(key);
  if (!node) return std::nullopt;
  if (node->is_object()) return node->string_or("content", "");
  if (node->is_string()) return std::string(node->string());
  return std::nullopt;
}

AddedToken read_added_token(const JsonNode& node, TokenId id) {
  AddedToken token;
  token.id = id;
  token.content = node.at("content").string();
  token.single_word = node.boolean_or("single_word", false);
  token.lstrip = node.boolean_or("lstrip", false);
  token.rstrip = node.boolean_or("rstrip", false);
  token.special = node.boolean_or("special", false);
  token.normalized = node.boolean_or("normalized", !token.special);
  return token;
}

TokenId read_id_key(std::string_view key, const JsonNode& node) {
  uint32_t id = 0;
  const auto result = std::from_chars(key.data(), key.data() + key.size(), id);
  if (result.ec != std::errc() || result.ptr != key.data() + key.size() || id > kMaxTokenId) {
    node.fail("expected ids as keys");
  }
  return id;
}

std::vector<TokenId> read_end_ids(const JsonNode& file) {
  std::vector<TokenId> ids;
  const auto node = file.find("eos_token_id");
  if (!node) return ids;
  if (!node->is_array()) return {node->integer(kMaxTokenId)};
  for (size_t i = 0; i < node->size(); ++i) ids.push_back(node->at(i).integer(kMaxTokenId));
  return ids;
}

}  // namespace

struct ModelConfiguration::File {
  std::string name;
  boost::json::value value;

  JsonNode root() const { return JsonNode(value, name); }

  static std::unique_ptr<const File> read(const std::filesystem::path& directory,
                                          const char* name) {
    const std::filesystem::path path = directory / name;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return nullptr;
    auto file = std::make_unique<File>();
    file->name = path.string();
    file->value = parse_json(read_file(path, kLongestConfiguration), file->name);
    return file;
  }
};

ModelConfiguration::ModelConfiguration(const std::filesystem::path& directory)
    : tokenizer_config_(File::read(directory, "tokenizer_config.json")),
      special_tokens_map_(File::read(directory, "special_tokens_map.json")),
      added_tokens_(File::read(directory, "added_tokens.json")),
      generation_config_(File::read(directory, "generation_config.json")),
      config_(File::read(directory, "config.json")) {}

ModelConfiguration::~ModelConfiguration() = default;

BytePairOptions ModelConfiguration::byte_pair_options() const {
  BytePairOptions options;
  if (!tokenizer_config_) return options;
  const JsonNode root = tokenizer_config_->root();
  options.tokenizer_class = root.string_or("tokenizer_class", "");
  options.add_prefix_space = root.boolean_or("add_prefix_space", false);
  return options;
}

WordPieceOptions ModelConfiguration::word_piece_options() const {
  WordPieceOptions options;
  if (!tokenizer_config_) return options;
  const JsonNode root = tokenizer_config_->root();
  if (const auto lowercase = root.find("do_lower_case")) options.lowercase = lowercase->boolean();
  if (const auto strip = root.find("strip_accents")) options.strip_accents = strip->boolean();
  options.split_chinese_characters = root.boolean_or("tokenize_chinese_chars", true);
  return options;
}

void ModelConfiguration::apply(TokenizerSpec& spec) const {
  add_tokens(spec);
  set_roles(spec);
  // tokenizer.json and GGUF say so themselves.
  const bool says_itself =
      spec.format == SourceFormat::kTokenizerJson || spec.format == SourceFormat::kGguf;
  if (tokenizer_config_ && !says_itself) {
    const JsonNode root = tokenizer_config_->root();
    spec.add_bos = root.boolean_or("add_bos_token", spec.add_bos) && spec.roles.bos;
    spec.add_eos = root.boolean_or("add_eos_token", spec.add_eos) && !spec.roles.eos.empty();
  }
}

void ModelConfiguration::add_tokens(TokenizerSpec& spec) const {
  std::vector<AddedToken> tokens;
  if (tokenizer_config_) {
    if (const auto list = tokenizer_config_->root().find("added_tokens_decoder")) {
      if (!list->is_object()) list->fail("expected an object");
      for (const auto& member : list->value().get_object()) {
        const std::string_view key(member.key().data(), member.key().size());
        tokens.push_back(read_added_token(list->at(key), read_id_key(key, *list)));
      }
    }
    put_added_tokens(spec, tokens, tokenizer_config_->name);
  }
  if (!added_tokens_) return;
  std::vector<AddedToken> more;
  const JsonNode root = added_tokens_->root();
  if (!root.is_object()) root.fail("expected an object of tokens and ids");
  for (const auto& member : root.value().get_object()) {
    AddedToken token;
    token.content.assign(member.key().data(), member.key().size());
    token.id = root.at(token.content).integer(kMaxTokenId);
    // Described already, with more than an id.
    const AddedToken* const known = find_added_token(spec, token.id);
    if (known == nullptr || known->content != token.content) more.push_back(std::move(token));
  }
  put_added_tokens(spec, more, added_tokens_->name);
}

void ModelConfiguration::set_roles(TokenizerSpec& spec) const {
  SpecialRoles& roles = spec.roles;
  const auto named = [&](std::string_view key) -> std::optional<TokenId> {
    for (const auto* file : {tokenizer_config_.get(), special_tokens_map_.get()}) {
      if (file == nullptr) continue;
      const auto text = named_token(file->root(), key);
      const TokenId id = text ? find_token(spec, *text) : kNoToken;
      if (id != kNoToken) return id;
    }
    return std::nullopt;
  };
  const auto set = [&](std::optional<TokenId>& role, std::string_view key) {
    if (const auto id = named(key)) role = id;
  };
  set(roles.bos, "bos_token");
  set(roles.pad, "pad_token");
  set(roles.unk, "unk_token");
  set(roles.mask, "mask_token");
  set(roles.cls, "cls_token");
  set(roles.sep, "sep_token");

  std::vector<TokenId> ends;
  const File* const source = generation_config_ ? generation_config_.get() : config_.get();
  if (source != nullptr) ends = read_end_ids(source->root());
  for (const TokenId id : ends) {
    if (id >= spec.vocabulary.size()) {
      source->root().at("eos_token_id").fail("expected ids of tokens, found " + std::to_string(id));
    }
  }
  const auto eos = named("eos_token");
  if (eos || !ends.empty()) roles.eos.clear();
  if (eos) roles.eos.push_back(*eos);
  for (const TokenId id : ends) add_eos_role(roles, id);
}

}  // namespace tokrail
