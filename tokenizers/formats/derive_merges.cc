#include "tokenizers/formats/derive_merges.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.h"
#include "tokenizers/formats/token_index.h"

namespace tokrail {
namespace {

struct Part {
  size_t begin;
  TokenId id;
  TokenId merged_with_next;  // what this and the next part form, if it is below the token
};

class Splitter {
 public:
  Splitter(const VocabularySpec& vocabulary, const TokenIndex& index)
      : vocabulary_(vocabulary), index_(index) {}

  // The parts of a token after merging by lower ids only. False if one of its bytes is no token.
  bool split(TokenId token, std::vector<Part>& parts) const {
    const std::string_view text = vocabulary_.texts[token];
    parts.clear();
    for (size_t i = 0; i < text.size(); ++i) {
      const TokenId byte = find(text.substr(i, 1), kNoToken);
      if (byte == kNoToken) return false;
      parts.push_back({i, byte, kNoToken});
    }
    for (size_t i = 0; i < parts.size(); ++i) update(token, parts, i);
    for (;;) {
      const auto best = std::min_element(
          parts.begin(), parts.end(),
          [](const Part& a, const Part& b) { return a.merged_with_next < b.merged_with_next; });
      if (best == parts.end() || best->merged_with_next == kNoToken) return true;
      best->id = best->merged_with_next;
      const auto at = static_cast<size_t>(best - parts.begin());
      parts.erase(best + 1);
      update(token, parts, at);
      if (at > 0) update(token, parts, at - 1);
    }
  }

 private:
  TokenId find(std::string_view text, TokenId below) const {
    const TokenId id = index_.find(text);
    if (id == kNoToken || id >= below) return kNoToken;
    const TokenKind kind = vocabulary_.kinds[id];
    return kind == TokenKind::kNormal || kind == TokenKind::kByte ? id : kNoToken;
  }

  void update(TokenId token, std::vector<Part>& parts, size_t i) const {
    if (i + 1 >= parts.size()) {
      parts[i].merged_with_next = kNoToken;
      return;
    }
    const std::string_view text = vocabulary_.texts[token];
    const size_t end = i + 2 < parts.size() ? parts[i + 2].begin : text.size();
    parts[i].merged_with_next = find(text.substr(parts[i].begin, end - parts[i].begin), token);
  }

  const VocabularySpec& vocabulary_;
  const TokenIndex& index_;
};

}  // namespace

std::vector<Merge> derive_merges(const VocabularySpec& vocabulary) {
  const TokenIndex index(vocabulary.texts);
  const Splitter splitter(vocabulary, index);
  std::vector<Merge> merges;
  std::vector<Part> parts;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    const std::string_view text = vocabulary.texts[id];
    if (text.size() < 2 || vocabulary.kinds[id] != TokenKind::kNormal) continue;
    if (text.size() > kLongestMergedToken) {
      throw Error(ErrorCode::kUnsupported, "token " + std::to_string(id) + " is longer than " +
                                               std::to_string(kLongestMergedToken) +
                                               " bytes, its merges are not derived");
    }
    if (splitter.split(id, parts) && parts.size() == 2) {
      merges.push_back({parts[0].id, parts[1].id, id});
    }
  }
  return merges;
}

}  // namespace tokrail
