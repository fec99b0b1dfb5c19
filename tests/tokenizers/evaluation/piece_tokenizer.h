// Byte-level BPE with raw bytes and given tokens, whose cuts can be told by hand: the bytes 0 to
// 255, then the tokens. Text is not split before, and every token that is the whole of a part is
// found.
#pragma once

#include <string>
#include <vector>

#include "tokenizers/tokenizer.h"

namespace tokrail::test {

/// Tokens must be made of two tokens before them (or bytes).
inline Tokenizer piece_tokenizer(const std::vector<std::string>& tokens) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  spec.special_text = SpecialTextDefault::kAsText;
  spec.model.kind = ModelSpec::Kind::kRankBpe;
  spec.model.raw_bytes = true;
  for (int byte = 0; byte < 256; ++byte) {
    spec.vocabulary.texts.push_back(std::string(1, static_cast<char>(byte)));
    spec.vocabulary.kinds.push_back(TokenKind::kNormal);
  }
  for (const std::string& token : tokens) {
    spec.vocabulary.texts.push_back(token);
    spec.vocabulary.kinds.push_back(TokenKind::kNormal);
  }
  PreTokenizerStep split;
  split.kind = PreTokenizerStep::Kind::kSplit;
  split.pattern = {" ?[^ ]+| +", true};
  split.behavior = SplitBehavior::kIsolated;
  spec.pre_tokenizers.push_back(split);
  return Tokenizer::from_spec(std::move(spec));
}

}  // namespace tokrail::test
