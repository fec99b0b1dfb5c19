#include "tokenizers/formats/added_token_edits.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tokenizers/formats/json_document.h"

namespace tokrail {
namespace {

bool has_lower_id(const AddedToken& a, const AddedToken& b) {
  return a.id < b.id;
}

// Files that describe their special tokens in full are not corrected.
bool stays_as_it_is(const TokenizerSpec& spec, TokenId id) {
  const bool full =
      spec.format == SourceFormat::kTokenizerJson || spec.format == SourceFormat::kGguf;
  return full && find_added_token(spec, id) != nullptr;
}

bool may_take(const VocabularySpec& vocabulary, TokenId id, std::string_view text) {
  if (id >= vocabulary.size()) return true;
  const std::string_view there = vocabulary.texts[id];
  const TokenKind kind = vocabulary.kinds[id];
  return there == text || there.empty() || kind == TokenKind::kControl ||
         kind == TokenKind::kUnused;
}

void set_texts(VocabularySpec& vocabulary, const std::vector<AddedToken>& tokens, size_t size) {
  std::vector<std::string_view> texts(size);
  for (size_t id = 0; id < vocabulary.size(); ++id) texts[id] = vocabulary.texts[id];
  bool changed = size != vocabulary.size();
  for (const AddedToken& token : tokens) {
    changed |= texts[token.id] != token.content;
    texts[token.id] = token.content;
  }
  if (!changed) return;
  ByteStrings all;
  all.reserve(size, vocabulary.texts.bytes().size() + 32 * tokens.size());
  for (const std::string_view text : texts) all.push_back(text);
  vocabulary.texts = std::move(all);
  vocabulary.kinds.resize(size, TokenKind::kUnused);
  if (!vocabulary.scores.empty()) vocabulary.scores.resize(size, 0.0);
}

// Later entries replace earlier ones.
void keep_last_of_equal_ids(std::vector<AddedToken>& tokens) {
  std::stable_sort(tokens.begin(), tokens.end(), has_lower_id);
  size_t kept = 0;
  for (size_t i = 1; i < tokens.size(); ++i) {
    if (tokens[i].id != tokens[kept].id) ++kept;
    if (kept != i) tokens[kept] = std::move(tokens[i]);
  }
  tokens.resize(kept + 1);
}

}  // namespace

void put_added_tokens(TokenizerSpec& spec, const std::vector<AddedToken>& given,
                      std::string_view where) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : given) {
    if (!token.content.empty() && !stays_as_it_is(spec, token.id)) tokens.push_back(token);
  }
  VocabularySpec& vocabulary = spec.vocabulary;
  const size_t model_size = vocabulary.size();
  size_t size = model_size;
  for (const AddedToken& token : tokens) {
    if (!may_take(vocabulary, token.id, token.content)) {
      throw Error(ErrorCode::kInvalidFile,
                  "expected id " + std::to_string(token.id) + " to be free for " +
                      quoted(token.content) + ", it is " + quoted(vocabulary.texts[token.id]),
                  std::string(where));
    }
    size = std::max(size, size_t{token.id} + 1);
  }
  set_texts(vocabulary, tokens, size);
  if (size > model_size && spec.format == SourceFormat::kTokenizerJson && !vocabulary.first_added) {
    vocabulary.first_added = static_cast<TokenId>(model_size);
  }
  const size_t old_count = spec.added_tokens.size();
  for (const AddedToken& token : tokens) {
    spec.added_tokens.push_back(token);
    TokenKind& kind = vocabulary.kinds[token.id];
    if (kind == TokenKind::kUnknown) continue;
    kind = token.special ? TokenKind::kControl : TokenKind::kUserDefined;
  }
  if (spec.added_tokens.size() > old_count) keep_last_of_equal_ids(spec.added_tokens);
}

const AddedToken* find_added_token(const TokenizerSpec& spec, TokenId id) {
  AddedToken wanted;
  wanted.id = id;
  const auto at =
      std::lower_bound(spec.added_tokens.begin(), spec.added_tokens.end(), wanted, has_lower_id);
  return at != spec.added_tokens.end() && at->id == id ? &*at : nullptr;
}

TokenId find_token(const TokenizerSpec& spec, std::string_view text) {
  if (text.empty()) return kNoToken;
  for (const AddedToken& token : spec.added_tokens) {
    if (token.content == text) return token.id;
  }
  for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
    if (spec.vocabulary.texts[id] == text) return id;
  }
  return kNoToken;
}

}  // namespace tokrail
