// Healing of a prompt's end: tokens whose spelling could still merge with what follows are taken
// back, and a matcher asks for their bytes first.
//
// A prompt that ends in `"name": "` was cut into tokens as if nothing came behind it; a model that
// has seen `": "` + name or `": "A` as tokens is then led astray. Healing leaves out the tokens
// that some continuation would spell differently, and lets the model write their bytes again, in
// tokens that may go on into the constrained text.
//
//   CanonicalEncoder encoder(tokenizer);
//   const HealedPrompt prompt = heal_prompt(encoder, tokenizer.vocabulary(), ids);
//   model.open(std::span(ids).first(prompt.kept));
//   Matcher matcher = Matcher::with_prefix(compiled, prompt.tail, prompt.context);
//
// What is kept: the longest beginning of `ids` that ends where every text beginning with the
// prompt's bytes has a border of tokens (CanonicalEncoder::encode_certain). Where the encoder does
// not know (not is_local()), one token is taken back if some other token begins with its bytes and
// is longer. Special tokens and what stands before them are always kept, and no more bytes than
// `most_bytes` are taken back.
//
// Complexity: O(bytes behind the last special token). Thread safety: pure function. Errors:
// Error(kInvalidArgument) for ids out of range.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tokenizers/canonical_encoder.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {

struct HealedPrompt {
  size_t kept = 0;            ///< the first ids of the prompt, as they are
  std::string tail;           ///< bytes of the others
  DecodeContext context = 0;  ///< behind the kept ids
};

/// `start`: the context before the first id; the vocabulary's start_context() for a whole prompt.
HealedPrompt heal_prompt(const CanonicalEncoder& encoder, const Vocabulary& vocabulary,
                         std::span<const TokenId> ids, DecodeContext start,
                         size_t most_bytes = 256);
HealedPrompt heal_prompt(const CanonicalEncoder& encoder, const Vocabulary& vocabulary,
                         std::span<const TokenId> ids);

/// Where a prompt ends that is left as it is.
struct PromptEnd {
  DecodeContext context = 0;  ///< decides how the next token is spelled
  std::string held;           ///< bytes of the prompt that the next token may still change: kita[p]
};

/// A matcher that goes on there is Matcher::with_prefix(compiled, end.held, end.context). Where
/// decoding edits the joined text (not exact()), the inside context. Ids out of range are skipped.
PromptEnd prompt_end(const Vocabulary& vocabulary, std::span<const TokenId> ids);

}  // namespace tokrail
