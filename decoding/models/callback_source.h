// CallbackSource: a user's function as a source of logits.
//
//   CallbackSource source(vocab, [&](std::span<const std::span<const TokenId>> contexts,
//                                    std::span<float> rows) { my_model(contexts, rows); });
//
// The function gets contexts (all tokens of a sequence, oldest first) and fills one row of `vocab`
// logits for each; equal contexts come once. What it throws fails the evaluation with its message.
// Thread safety: the function is called by the thread that evaluates, never by two at once.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "decoding/models/context_source.h"

namespace tokrail {

struct CallbackOptions {
  std::string name = "callback";
  size_t context_limit = 0;  ///< tokens; 0: any number
  size_t order = 0;          ///< last tokens that matter; 0: all
};

class CallbackSource final : public ContextSource {
 public:
  using Function = std::function<void(std::span<const std::span<const TokenId>> contexts,
                                      std::span<float> rows)>;

  CallbackSource(size_t vocab, Function function, const CallbackOptions& options = {})
      : ContextSource(
            {.name = options.name, .vocab = vocab, .context_limit = options.context_limit},
            options.order),
        function_(std::move(function)) {}

 protected:
  bool fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) override {
    function_(contexts, rows);
    return true;
  }

 private:
  Function function_;
};

}  // namespace tokrail
