// Bans: tokens that must not come next because of what stands before them.
//
// make_banned_sequences  the last token of a sequence whose other tokens have just come; a sequence
//                        of one token is banned always. Systems differ in whether the prompt
//                        counts.
// make_no_repeat_ngram   a token that would end an n-gram that occurs in prompt or output.
// make_min_tokens        the end ids, while there is less output than so many tokens.
//
// Bans write -inf and may ban everything; the row then says kRowNothingAllowed. Complexity:
// O(sequences), O(prompt + output), O(end ids). Errors: Error(kInvalidArgument) for an empty
// sequence and for n-grams of 0 tokens.
#pragma once

#include <memory>
#include <vector>

#include "decoding/samplers/sampler.h"

namespace tokrail {

std::unique_ptr<Sampler> make_banned_sequences(std::vector<std::vector<TokenId>> sequences,
                                               bool look_at_prompt = true);
std::unique_ptr<Sampler> make_no_repeat_ngram(uint32_t n);
std::unique_ptr<Sampler> make_min_tokens(uint32_t tokens);

}  // namespace tokrail
