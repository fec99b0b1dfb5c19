#include "tokenizers/formats/rank_vocabulary.h"

#include <algorithm>
#include <array>

#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/token_index.h"

namespace tokrail {
namespace {

void check_all_bytes(const ByteStrings& texts, std::string_view name) {
  std::array<bool, 256> found{};
  for (size_t id = 0; id < texts.size(); ++id) {
    if (texts[id].size() == 1) found[static_cast<unsigned char>(texts[id][0])] = true;
  }
  for (size_t byte = 0; byte < found.size(); ++byte) {
    if (found[byte]) continue;
    throw Error(ErrorCode::kInvalidFile,
                "expected a token for every byte, there is none for " +
                    quoted(std::string(1, static_cast<char>(byte))),
                std::string(name));
  }
}

void check_different(const ByteStrings& texts, std::string_view name) {
  const TokenIndex index(texts);
  if (index.size() + index.empty_texts() == texts.size()) return;
  for (TokenId id = 0; id < texts.size(); ++id) {
    if (texts[id].empty() || index.find(texts[id]) == id) continue;
    throw Error(ErrorCode::kInvalidFile,
                "expected different tokens, " + quoted(texts[id]) + " has ids " +
                    std::to_string(id) + " and " + std::to_string(index.find(texts[id])),
                std::string(name));
  }
}

}  // namespace

TokenizerSpec rank_spec(ByteStrings texts, std::string_view pattern, std::string_view name,
                        bool known) {
  if (!known) {
    check_all_bytes(texts, name);
    check_different(texts, name);
  }
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  spec.special_text = SpecialTextDefault::kAsText;
  spec.model.kind = ModelSpec::Kind::kRankBpe;
  spec.model.raw_bytes = true;
  spec.vocabulary.kinds.assign(texts.size(), TokenKind::kNormal);
  for (size_t id = 0; id < texts.size(); ++id) {
    if (texts[id].empty()) spec.vocabulary.kinds[id] = TokenKind::kUnused;
  }
  spec.vocabulary.texts = std::move(texts);
  PreTokenizerStep split;
  split.kind = PreTokenizerStep::Kind::kSplit;
  split.pattern = {std::string(pattern), true};
  split.behavior = SplitBehavior::kRemoved;
  split.invert = true;
  spec.pre_tokenizers.push_back(std::move(split));
  return spec;
}

void add_special_tokens(TokenizerSpec& spec,
                        std::span<const std::pair<std::string, TokenId>> specials,
                        std::string_view name) {
  VocabularySpec& vocabulary = spec.vocabulary;
  size_t size = vocabulary.size();
  bool all_beyond = true;
  for (const auto& [text, id] : specials) {
    all_beyond &= id >= vocabulary.size();
    size = std::max(size, size_t{id} + 1);
  }
  std::vector<std::string_view> texts(size);
  for (size_t id = 0; id < vocabulary.size(); ++id) texts[id] = vocabulary.texts[id];
  for (const auto& [text, id] : specials) {
    if (!texts[id].empty()) {
      throw Error(ErrorCode::kInvalidFile,
                  "expected id " + std::to_string(id) + " to be free for the special token " +
                      quoted(text) + ", it is " + quoted(texts[id]),
                  std::string(name));
    }
    texts[id] = text;
    AddedToken token;
    token.id = id;
    token.content = text;
    token.normalized = false;
    token.special = true;
    spec.added_tokens.push_back(std::move(token));
  }
  std::sort(spec.added_tokens.begin(), spec.added_tokens.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  if (all_beyond) {
    for (size_t id = vocabulary.size(); id < size; ++id) vocabulary.texts.push_back(texts[id]);
  } else {
    ByteStrings all;
    all.reserve(size, vocabulary.texts.bytes().size() + specials.size() * 24);
    for (const std::string_view text : texts) all.push_back(text);
    vocabulary.texts = std::move(all);
  }
  vocabulary.kinds.resize(size, TokenKind::kUnused);
  for (const auto& [text, id] : specials) vocabulary.kinds[id] = TokenKind::kControl;
}

}  // namespace tokrail
