#include "bindings/cli/byte_vocabulary.h"

#include <string>

#include "tokenizers/spec.h"

namespace tokrail::cli {

std::shared_ptr<const Vocabulary> byte_vocabulary() {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  for (int byte = 0; byte < 256; ++byte) {
    spec.vocabulary.texts.push_back(std::string(1, static_cast<char>(byte)));
    spec.vocabulary.kinds.push_back(TokenKind::kNormal);
  }
  AddedToken end;
  end.id = static_cast<TokenId>(spec.vocabulary.size());
  end.content = "<end>";
  end.special = true;
  spec.added_tokens.push_back(end);
  spec.vocabulary.texts.push_back(end.content);
  spec.vocabulary.kinds.push_back(TokenKind::kControl);
  spec.roles.eos = {end.id};
  return Vocabulary::build(spec);
}

}  // namespace tokrail::cli
