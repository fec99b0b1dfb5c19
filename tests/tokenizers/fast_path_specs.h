// Small tokenizers for tests of the fast paths: every kind of pipeline they know, with vocabularies
// made from a text, so that no files are needed.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

/// Strings of a vocabulary, each once; ids are places.
class SmallVocabulary {
 public:
  explicit SmallVocabulary(VocabularySpec& spec) : spec_(spec) {}

  TokenId add(const std::string& text, TokenKind kind = TokenKind::kNormal) {
    const auto [at, is_new] = ids_.emplace(text, static_cast<TokenId>(spec_.texts.size()));
    if (is_new) {
      spec_.texts.push_back(text);
      spec_.kinds.push_back(kind);
    }
    return at->second;
  }
  bool has(const std::string& text) const { return ids_.contains(text); }
  TokenId id(const std::string& text) const { return ids_.at(text); }

 private:
  VocabularySpec& spec_;
  std::map<std::string, TokenId> ids_;
};

/// The characters of a text with spaces as "▁", and how often each stands behind which.
inline std::vector<std::string> marked_characters(std::string_view text) {
  std::vector<std::string> characters;
  for (const auto [position, unit] : utf8_units(text)) {
    const std::string character(text.substr(position, unit.length));
    characters.push_back(character == " " || character == "\n" ? "\xE2\x96\x81" : character);
  }
  return characters;
}

/// Pairs and triples of characters, frequent ones first; none goes on over a "▁".
inline std::vector<std::vector<std::string>> frequent_groups(const std::string& text, size_t most) {
  std::map<std::vector<std::string>, size_t> counts;
  const auto characters = marked_characters(text);
  for (size_t i = 0; i + 3 < characters.size(); ++i) {
    for (size_t length = 2; length <= 3 && characters[i + length - 1] != "\xE2\x96\x81"; ++length) {
      ++counts[{characters.begin() + static_cast<std::ptrdiff_t>(i),
                characters.begin() + static_cast<std::ptrdiff_t>(i + length)}];
    }
  }
  std::vector<std::pair<size_t, std::vector<std::string>>> order;
  for (const auto& [group, count] : counts) order.emplace_back(count, group);
  std::sort(order.rbegin(), order.rend());
  std::vector<std::vector<std::string>> groups;
  for (size_t i = 0; i < std::min(most, order.size()); ++i) groups.push_back(order[i].second);
  return groups;
}

inline std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

inline NormalizerStep normalizer_step(NormalizerStep::Kind kind) {
  NormalizerStep step;
  step.kind = kind;
  return step;
}

inline PreTokenizerStep pre_tokenizer_step(PreTokenizerStep::Kind kind) {
  PreTokenizerStep step;
  step.kind = kind;
  return step;
}

/// WordPiece behind BERT's steps.
inline TokenizerSpec small_bert(const std::string& text, bool uncased, bool spaces_out_ideographs) {
  TokenizerSpec spec;
  spec.model.kind = ModelSpec::Kind::kWordPiece;
  spec.model.continuing_prefix = "##";
  SmallVocabulary vocabulary(spec.vocabulary);
  spec.model.unk_id = vocabulary.add("[UNK]", TokenKind::kUnknown);
  const auto characters = marked_characters(text);
  for (size_t i = 0; i < characters.size(); i += 7) {
    vocabulary.add(characters[i]);
    vocabulary.add("##" + characters[i]);
  }
  for (const auto& group : frequent_groups(text, 600)) {
    vocabulary.add(joined(group));
    vocabulary.add("##" + joined(group));
  }
  NormalizerStep bert = normalizer_step(NormalizerStep::Kind::kBert);
  bert.lowercase = uncased;
  bert.handle_chinese_chars = spaces_out_ideographs;
  spec.normalizers = {bert};
  spec.pre_tokenizers = {pre_tokenizer_step(PreTokenizerStep::Kind::kBert)};
  return spec;
}

/// Unigram with scores that often tie, behind what XLNet's file has but its charsmap.
inline TokenizerSpec small_unigram(const std::string& text, bool splits_at_white_space) {
  TokenizerSpec spec;
  spec.model.kind = ModelSpec::Kind::kUnigram;
  SmallVocabulary vocabulary(spec.vocabulary);
  spec.model.unk_id = vocabulary.add("<unk>", TokenKind::kUnknown);
  vocabulary.add("\xE2\x96\x81");
  for (const auto& group : frequent_groups(text, 800)) {
    vocabulary.add(joined(group));
    if (vocabulary.has(group[0])) continue;
    vocabulary.add(group[0]);
  }
  for (size_t id = 0; id < spec.vocabulary.size(); ++id) {
    const double characters = static_cast<double>(count_code_points(spec.vocabulary.texts[id]));
    spec.vocabulary.scores.push_back(-2.5 * characters - 0.1 * static_cast<double>(id % 5));
  }
  NormalizerStep quotes = normalizer_step(NormalizerStep::Kind::kReplace);
  quotes.pattern = {"''", false};
  quotes.text = "\"";
  spec.normalizers = {quotes, normalizer_step(NormalizerStep::Kind::kNfkd),
                      normalizer_step(NormalizerStep::Kind::kStripAccents)};
  if (splits_at_white_space) {
    spec.pre_tokenizers.push_back(pre_tokenizer_step(PreTokenizerStep::Kind::kWhitespaceSplit));
  }
  spec.pre_tokenizers.push_back(pre_tokenizer_step(PreTokenizerStep::Kind::kMetaspace));
  return spec;
}

/// Merges over characters behind a Metaspace, with bytes to fall back on or an unknown token.
inline TokenizerSpec small_merges(const std::string& text, PrependScheme scheme, bool split,
                                  bool byte_fallback) {
  TokenizerSpec spec;
  spec.model.kind = ModelSpec::Kind::kMergeBpe;
  spec.model.byte_fallback = byte_fallback;
  spec.model.fuse_unk = true;
  SmallVocabulary vocabulary(spec.vocabulary);
  spec.model.unk_id = vocabulary.add("<unk>", TokenKind::kUnknown);
  for (int byte = 0; byte < 256 && byte_fallback; ++byte) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto index = static_cast<size_t>(byte);
    vocabulary.add(std::string("<0x") + kHex[index / 16] + kHex[index % 16] + ">",
                   TokenKind::kByte);
  }
  const auto groups = frequent_groups(text, 700);
  vocabulary.add("\xE2\x96\x81");
  for (const auto& group : groups) {
    for (const std::string& character : group) vocabulary.add(character);
  }
  const auto merge = [&](const std::string& left, const std::string& right) {
    if (!vocabulary.has(left) || vocabulary.has(left + right)) return;
    const TokenId result = vocabulary.add(left + right);
    spec.model.merges.push_back({vocabulary.id(left), vocabulary.id(right), result});
  };
  merge("\xE2\x96\x81", "\xE2\x96\x81");
  for (const auto& group : groups) {
    if (group.size() == 2) merge(group[0], group[1]);
  }
  for (const auto& group : groups) {
    if (group.size() == 3) merge(group[0] + group[1], group[2]);
  }
  PreTokenizerStep metaspace = pre_tokenizer_step(PreTokenizerStep::Kind::kMetaspace);
  metaspace.prepend_scheme = scheme;
  metaspace.split = split;
  spec.pre_tokenizers = {metaspace};
  return spec;
}

}  // namespace tokrail::test
