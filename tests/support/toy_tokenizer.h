// A tokenizer whose tokens are given, for tests of decoding: it decodes ids to their texts.
#pragma once

#include <string>
#include <vector>

#include "tokenizers/tokenizer.h"

namespace tokrail::test {

/// The last token is the end. Encoding knows whole tokens only; tests give prompts as ids.
inline Tokenizer toy_tokenizer(const std::vector<std::string>& tokens) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTokenizerJson;
  spec.model.kind = ModelSpec::Kind::kWordLevel;
  spec.model.unk_id = 0;
  for (size_t id = 0; id < tokens.size(); ++id) {
    const bool end = id + 1 == tokens.size();
    spec.vocabulary.texts.push_back(tokens[id]);
    spec.vocabulary.kinds.push_back(end ? TokenKind::kControl : TokenKind::kNormal);
    if (end) {
      AddedToken added;
      added.id = static_cast<TokenId>(id);
      added.content = tokens[id];
      added.special = true;
      spec.added_tokens.push_back(added);
      spec.roles.eos = {added.id};
    }
  }
  DecoderStep fuse;
  fuse.kind = DecoderStep::Kind::kFuse;
  spec.decoders.push_back(fuse);
  return Tokenizer::from_spec(spec);
}

}  // namespace tokrail::test
