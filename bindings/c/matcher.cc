// Matchers: one sequence under a grammar.
#include "grammar/matcher.h"

#include <algorithm>
#include <span>
#include <string>

#include "bindings/c/guard.h"
#include "bindings/c/handles.h"
#include "grammar/prompt_healing.h"

namespace tokrail::c {
namespace {

tokrail_status status_of(MaskStatus status) noexcept {
  switch (status) {
    case MaskStatus::kOk: return TOKRAIL_OK;
    case MaskStatus::kDead: return TOKRAIL_DEAD_END;
    case MaskStatus::kFuel: return TOKRAIL_BUDGET_EXHAUSTED;
    case MaskStatus::kCancelled: return TOKRAIL_CANCELLED;
    case MaskStatus::kRefused: return TOKRAIL_TOKEN_REFUSED;
    case MaskStatus::kFailed: return TOKRAIL_CALLBACK_FAILED;
  }
  return TOKRAIL_INTERNAL;
}

size_t width_of(const Matcher& matcher, size_t width) noexcept {
  return width == 0 ? matcher.grammar().vocabulary().size() : width;
}

const Matcher::Expectation* expectation_at(const tokrail_explanation* explanation,
                                           size_t index) noexcept {
  if (explanation == nullptr || index >= explanation->explanation.expected.size()) return nullptr;
  return &explanation->explanation.expected[index];
}

}  // namespace
}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

tokrail_status tokrail_matcher_new(const tokrail_grammar* grammar, tokrail_matcher** out,
                                   tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    required(grammar, "grammar");
    *out = new tokrail_matcher{Matcher(grammar->compiled), grammar->encoder};
  });
}
tokrail_status tokrail_matcher_new_behind(const tokrail_grammar* grammar, const uint32_t* prompt,
                                          size_t count, tokrail_matcher** out,
                                          tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    required(grammar, "grammar");
    if (count > 0) required(prompt, "prompt");
    const std::span<const TokenId> ids(prompt, count);
    const Vocabulary& vocabulary = grammar->compiled->vocabulary();
    for (size_t i = 0; i < count; ++i) {
      if (ids[i] >= vocabulary.size()) {
        throw Error(ErrorCode::kInvalidArgument,
                    "expected ids below " + std::to_string(vocabulary.size()),
                    "id number " + std::to_string(i));
      }
    }
    const PromptEnd end = prompt_end(vocabulary, ids);
    *out = new tokrail_matcher{Matcher::with_prefix(grammar->compiled, end.held, end.context),
                               grammar->encoder};
  });
}
tokrail_status tokrail_matcher_fork(const tokrail_matcher* matcher, tokrail_matcher** out,
                                    tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    *out = new tokrail_matcher(*required(matcher, "matcher"));
  });
}
void tokrail_matcher_free(tokrail_matcher* matcher) {
  delete matcher;
}

tokrail_status tokrail_matcher_accept(tokrail_matcher* matcher, uint32_t id) {
  if (matcher == nullptr || id >= matcher->matcher.grammar().vocabulary().size()) {
    return TOKRAIL_INVALID_ARGUMENT;
  }
  return matcher->matcher.accept(id) ? TOKRAIL_OK : TOKRAIL_TOKEN_REFUSED;
}
tokrail_status tokrail_matcher_accept_bytes(tokrail_matcher* matcher, const char* bytes,
                                            size_t length) {
  if (matcher == nullptr || (bytes == nullptr && length > 0)) return TOKRAIL_INVALID_ARGUMENT;
  const std::string_view text = length == 0 ? std::string_view() : std::string_view(bytes, length);
  return matcher->matcher.accept_bytes(text) ? TOKRAIL_OK : TOKRAIL_TOKEN_REFUSED;
}
tokrail_status tokrail_matcher_rollback(tokrail_matcher* matcher, size_t steps) {
  return matcher != nullptr && matcher->matcher.rollback(steps) ? TOKRAIL_OK
                                                                : TOKRAIL_INVALID_ARGUMENT;
}
void tokrail_matcher_reset(tokrail_matcher* matcher) {
  if (matcher != nullptr) matcher->matcher.reset();
}
size_t tokrail_matcher_steps(const tokrail_matcher* matcher) {
  return matcher == nullptr ? 0 : matcher->matcher.steps();
}

tokrail_status tokrail_matcher_fill_mask(const tokrail_matcher* matcher, uint32_t* words,
                                         size_t word_count, size_t width,
                                         const tokrail_cancel* cancel) {
  if (matcher == nullptr || (words == nullptr && word_count > 0)) return TOKRAIL_INVALID_ARGUMENT;
  if (word_count < mask_words(width_of(matcher->matcher, width))) return TOKRAIL_BUFFER_TOO_SMALL;
  return status_of(
      matcher->matcher.fill_mask(std::span(words, word_count), width, flag_of(cancel)));
}

tokrail_status tokrail_matcher_fill_masks(const tokrail_matcher* const* matchers,
                                          size_t matcher_count, uint32_t* words, size_t row_words,
                                          size_t width, int32_t threads, tokrail_status* statuses,
                                          tokrail_error** error) {
  return guard(error, [&] {
    std::vector<const Matcher*> all;
    for (const tokrail_matcher* one : array(matchers, matcher_count, "matchers")) {
      all.push_back(&required(one, "a matcher")->matcher);
      if (row_words < mask_words(width_of(*all.back(), width))) {
        throw Failure(TOKRAIL_BUFFER_TOO_SMALL,
                      "a row has " + std::to_string(row_words) + " words; the mask of matcher " +
                          std::to_string(all.size() - 1) + " has " +
                          std::to_string(mask_words(width_of(*all.back(), width))));
      }
    }
    const auto results = array(statuses, matcher_count, "statuses");
    if (all.empty()) return;
    if (row_words > SIZE_MAX / sizeof(uint32_t) / matcher_count) {
      throw Error(ErrorCode::kInvalidArgument, "the rows do not fit into memory");
    }
    const auto made = fill_masks(all, array(words, matcher_count * row_words, "words"), row_words,
                                 width, threads);
    std::ranges::transform(made, results.begin(), [](MaskStatus one) { return status_of(one); });
  });
}

bool tokrail_matcher_allows(const tokrail_matcher* matcher, uint32_t id) {
  return matcher != nullptr && matcher->matcher.allows(id);
}
size_t tokrail_matcher_validate(const tokrail_matcher* matcher, const uint32_t* ids, size_t count) {
  if (matcher == nullptr || ids == nullptr) return 0;
  return matcher->matcher.validate(std::span(ids, count));
}
bool tokrail_matcher_is_complete(const tokrail_matcher* matcher) {
  return matcher != nullptr && matcher->matcher.is_complete();
}
bool tokrail_matcher_is_finished(const tokrail_matcher* matcher) {
  return matcher != nullptr && matcher->matcher.is_finished();
}
bool tokrail_matcher_is_ended(const tokrail_matcher* matcher) {
  return matcher != nullptr && matcher->matcher.is_ended();
}
bool tokrail_matcher_is_stuck(const tokrail_matcher* matcher) {
  return matcher != nullptr && matcher->matcher.is_stuck();
}

tokrail_status tokrail_matcher_forced_bytes(const tokrail_matcher* matcher, size_t limit,
                                            char* bytes, size_t capacity, size_t* length,
                                            tokrail_error** error) {
  return guard(error, [&] {
    constexpr size_t kLimit = 4096;
    const std::string all =
        required(matcher, "matcher")->matcher.forced_bytes(limit == 0 ? kLimit : limit);
    return write_result(all, bytes, capacity, length);
  });
}
tokrail_status tokrail_matcher_forced_tokens(const tokrail_matcher* matcher, size_t limit,
                                             uint32_t* ids, size_t capacity, size_t* count,
                                             tokrail_error** error) {
  return guard(error, [&] {
    constexpr size_t kLimit = 256;
    const auto all = required(matcher, "matcher")
                         ->matcher.forced_tokens(*matcher->encoder, limit == 0 ? kLimit : limit);
    return write_result(all, ids, capacity, count);
  });
}

tokrail_status tokrail_matcher_explain(const tokrail_matcher* matcher, const char* bytes,
                                       size_t length, tokrail_explanation** out,
                                       tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    *out = new tokrail_explanation{
        required(matcher, "matcher")->matcher.explain(text(bytes, length, "bytes"))};
  });
}
size_t tokrail_explanation_offset(const tokrail_explanation* explanation) {
  return explanation == nullptr ? 0 : explanation->explanation.offset;
}
bool tokrail_explanation_is_complete(const tokrail_explanation* explanation) {
  return explanation != nullptr && explanation->explanation.complete;
}
size_t tokrail_explanation_count(const tokrail_explanation* explanation) {
  return explanation == nullptr ? 0 : explanation->explanation.expected.size();
}
const char* tokrail_explanation_what(const tokrail_explanation* explanation, size_t index,
                                     size_t* length) {
  const auto* one = expectation_at(explanation, index);
  return one == nullptr ? lend_nothing<char>(length) : lend(one->what, length);
}
const char* tokrail_explanation_where(const tokrail_explanation* explanation, size_t index,
                                      size_t* length) {
  const auto* one = expectation_at(explanation, index);
  return one == nullptr ? lend_nothing<char>(length) : lend(one->where, length);
}
void tokrail_explanation_free(tokrail_explanation* explanation) {
  delete explanation;
}

}  // extern "C"
