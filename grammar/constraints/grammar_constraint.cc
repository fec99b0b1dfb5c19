#include "grammar/constraints/grammar_constraint.h"

#include <algorithm>
#include <exception>

#include "base/error.h"
#include "tokenizers/canonical_encoder.h"

namespace tokrail {

namespace {

std::shared_ptr<const CompiledGrammar> there(std::shared_ptr<const CompiledGrammar> grammar) {
  if (!grammar) throw Error(ErrorCode::kInvalidArgument, "a constraint needs a grammar");
  return grammar;
}

}  // namespace

GrammarConstraint::GrammarConstraint(std::shared_ptr<const CompiledGrammar> grammar,
                                     std::shared_ptr<const CanonicalEncoder> encoder)
    : GrammarConstraint(Matcher(there(std::move(grammar))), std::move(encoder)) {}

GrammarConstraint::GrammarConstraint(Matcher matcher,
                                     std::shared_ptr<const CanonicalEncoder> encoder)
    : matcher_(std::move(matcher)), encoder_(std::move(encoder)), first_(matcher_.steps()) {}

std::unique_ptr<Constraint> GrammarConstraint::fork() const {
  return std::make_unique<GrammarConstraint>(*this);
}

size_t GrammarConstraint::vocab_size() const noexcept {
  return matcher_.grammar().vocabulary().size();
}

std::span<const TokenId> GrammarConstraint::end_ids() const noexcept {
  return matcher_.grammar().vocabulary().roles().eos;
}

bool GrammarConstraint::rollback(size_t count) noexcept {
  return count <= steps() && matcher_.rollback(count);
}

size_t GrammarConstraint::forced(std::span<TokenId> out) const noexcept {
  if (!encoder_) return 0;
  try {
    const std::vector<TokenId> ids = matcher_.forced_tokens(*encoder_, out.size());
    std::ranges::copy(ids, out.begin());
    return ids.size();
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace tokrail
