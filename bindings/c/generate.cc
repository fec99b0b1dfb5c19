// From a prompt to texts: requests of the C interface, run by the one loop (decoding/generate.h).
#include "decoding/generate.h"

#include <algorithm>
#include <array>

#include "bindings/c/handles.h"
#include "bindings/c/options.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/prompt_healing.h"

namespace tokrail::c {
namespace {

StepMode step_mode(int32_t mode) {
  static constexpr std::array kModes = {StepMode::kAdaptive, StepMode::kMask, StepMode::kReject,
                                        StepMode::kRejectWeighted, StepMode::kExact};
  return choice(kModes, mode, "mode");
}

StepOptions step_options(const tokrail_generate_options& given) {
  static constexpr std::array kEstimators = {
      WeightEstimator::kDesRaj, WeightEstimator::kDesRaj, WeightEstimator::kRecursive,
      WeightEstimator::kGeometric, WeightEstimator::kTwoLoop};
  static constexpr std::array kOrders = {ConstraintOrder::kLast, ConstraintOrder::kFirst};
  StepOptions options;
  options.mode = step_mode(given.mode);
  options.estimator = choice(kEstimators, given.estimator, "estimator");
  if (given.estimator == TOKRAIL_ESTIMATOR_THOROUGH) options.des_raj = kThorough;
  options.order = choice(kOrders, given.constraint_order, "constraint_order");
  options.mask_cost = or_default(given.mask_cost, options.mask_cost);
  if (!(options.mask_cost > 0)) {
    throw Error(ErrorCode::kInvalidArgument, "mask_cost is negative or not a number");
  }
  return options;
}

ForcedTokens forced_tokens(int32_t forced) {
  static constexpr std::array kForced = {ForcedTokens::kAskModel, ForcedTokens::kSkipModel,
                                         ForcedTokens::kCanonical};
  return choice(kForced, forced, "forced");
}

ParticleOptions particle_options(const tokrail_generate_options& given) {
  static constexpr std::array kSchemes = {Resampling::kStratified, Resampling::kMultinomial,
                                          Resampling::kResidual, Resampling::kSystematic,
                                          Resampling::kSteer};
  ParticleOptions options;
  options.count = or_default(given.particles, options.count);
  options.resampling = choice(kSchemes, given.resampling, "resampling");
  options.ess_threshold = or_default(given.ess_threshold, options.ess_threshold);
  if (options.ess_threshold < 0) options.ess_threshold = 0;
  return options;
}

class FunctionCritic final : public Critic {
 public:
  FunctionCritic(tokrail_critic_function function, void* user) : function_(function), user_(user) {}

  void score(std::span<const std::string_view> texts, std::span<const uint8_t> complete,
             std::span<double> out) override {
    std::vector<tokrail_bytes> views;
    views.reserve(texts.size());
    for (const std::string_view one : texts) views.push_back({one.data(), one.size()});
    const int32_t answer =
        function_(user_, views.data(), complete.data(), views.size(), out.data());
    if (answer != 0) {
      throw Failure(TOKRAIL_CALLBACK_FAILED, "it returned " + std::to_string(answer));
    }
  }

 private:
  tokrail_critic_function function_;
  void* user_;
};

std::function<void(std::string_view)> text_writer(const tokrail_generate_options& given) {
  return [function = given.on_text, user = given.on_text_user](std::string_view text) {
    try {
      function(user, text.data(), text.size());
    } catch (...) {
      throw Failure(TOKRAIL_CALLBACK_FAILED, "on_text threw an exception");
    }
  };
}

void check_grammar(const tokrail_grammar& grammar, const Tokenizer& tokenizer) {
  const Vocabulary& of = grammar.compiled->vocabulary();
  if (&of != &tokenizer.vocabulary() && of.fingerprint() != tokenizer.vocabulary().fingerprint()) {
    throw Error(ErrorCode::kInvalidArgument, "the grammar was compiled for another tokenizer");
  }
}

// One request: what is given, checked, and the generator that runs it.
class Request {
 public:
  Request(tokrail_source* source, const tokrail_tokenizer* tokenizer,
          const tokrail_generate_options* options)
      : given_(read_options(options, TOKRAIL_GENERATE_OPTIONS_INIT, "tokrail_generate_options")),
        tokenizer_(required(tokenizer, "tokenizer")->tokenizer),
        generator_(*required(source, "source")->source, tokenizer_) {
    if (given_.grammar != nullptr) {
      check_grammar(*given_.grammar, tokenizer_);
    }
    std::vector<std::string> stops;
    for (const tokrail_bytes& one : array(given_.stop, given_.stop_count, "stop")) {
      stops.emplace_back(text(one, "a stop"));
    }
    constexpr uint32_t kMaxTokens = 256;
    generator_.sampler(sampler_chain(given_.sampling))
        .step(step_options(given_))
        .forced(forced_tokens(given_.forced))
        .max_tokens(or_default(given_.max_tokens, kMaxTokens))
        .min_tokens(given_.min_tokens)
        .stop(std::move(stops))
        .seed(given_.seed)
        .stream(given_.stream)
        .threads(given_.threads)
        .deadline_seconds(given_.deadline_seconds)
        .cancel(flag_of(given_.cancel))
        .exact_budget(given_.exact_budget)
        .particles(particle_options(given_));
    if (given_.critic != nullptr) {
      generator_.critic(std::make_shared<FunctionCritic>(given_.critic, given_.critic_user));
    }
  }

  tokrail_outputs* outputs(std::string_view prompt) { return outputs(tokenizer_.encode(prompt)); }
  tokrail_posterior* posterior(std::string_view prompt) {
    return posterior(tokenizer_.encode(prompt));
  }

  tokrail_outputs* outputs(std::span<const TokenId> prompt) {
    constrain(prompt);
    auto made = std::make_unique<tokrail_outputs>();
    const uint32_t count = std::max<uint32_t>(given_.count, 1);
    if (given_.on_text == nullptr) {
      made->outputs = generator_.generate_n(prompt, count);
      return made.release();
    }
    if (count > 1) {
      throw Error(ErrorCode::kInvalidArgument,
                  "on_text is for one output; count is " + std::to_string(count));
    }
    // Attempts of the exact mode are thrown away as wholes: its text is certain at the end.
    const bool at_end = given_.mode == TOKRAIL_MODE_EXACT;
    const auto write = text_writer(given_);
    if (!at_end) generator_.on_text(write);
    made->outputs.push_back(generator_.generate(prompt));
    if (at_end && !made->outputs[0].text.empty()) write(made->outputs[0].text);
    return made.release();
  }

  tokrail_posterior* posterior(std::span<const TokenId> prompt) {
    constrain(prompt);
    if (given_.on_text != nullptr || given_.count > 1) {
      throw Error(ErrorCode::kInvalidArgument, "particles come without on_text and count");
    }
    auto made = std::make_unique<tokrail_posterior>();
    made->posterior = generator_.posterior(prompt);
    made->particles.outputs = std::move(made->posterior.particles);
    return made.release();
  }

 private:
  // The grammar's text begins where the prompt ends.
  void constrain(std::span<const TokenId> prompt) {
    if (given_.grammar == nullptr) return;
    const PromptEnd end = prompt_end(tokenizer_.vocabulary(), prompt);
    generator_.constraint(std::make_unique<GrammarConstraint>(
        Matcher::with_prefix(given_.grammar->compiled, end.held, end.context),
        given_.grammar->encoder));
  }

  tokrail_generate_options given_;
  const Tokenizer& tokenizer_;
  Generator generator_;
};

}  // namespace
}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

tokrail_status tokrail_generate(tokrail_source* source, const tokrail_tokenizer* tokenizer,
                                const char* prompt, size_t length,
                                const tokrail_generate_options* options, tokrail_outputs** out,
                                tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const std::string_view text = tokrail::c::text(prompt, length, "prompt");
    *out = Request(source, tokenizer, options).outputs(text);
  });
}

tokrail_status tokrail_generate_from_ids(tokrail_source* source, const tokrail_tokenizer* tokenizer,
                                         const uint32_t* prompt, size_t count,
                                         const tokrail_generate_options* options,
                                         tokrail_outputs** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const auto ids = array(prompt, count, "prompt");
    *out = Request(source, tokenizer, options).outputs(ids);
  });
}

tokrail_status tokrail_generate_posterior(tokrail_source* source,
                                          const tokrail_tokenizer* tokenizer, const char* prompt,
                                          size_t length, const tokrail_generate_options* options,
                                          tokrail_posterior** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const std::string_view text = tokrail::c::text(prompt, length, "prompt");
    *out = Request(source, tokenizer, options).posterior(text);
  });
}

tokrail_status tokrail_generate_posterior_from_ids(tokrail_source* source,
                                                   const tokrail_tokenizer* tokenizer,
                                                   const uint32_t* prompt, size_t count,
                                                   const tokrail_generate_options* options,
                                                   tokrail_posterior** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const auto ids = array(prompt, count, "prompt");
    *out = Request(source, tokenizer, options).posterior(ids);
  });
}

tokrail_status tokrail_prompt_log_probs(tokrail_source* source, const tokrail_tokenizer* tokenizer,
                                        const uint32_t* prompt, size_t count, double* out,
                                        tokrail_error** error) {
  return guard(error, [&] {
    const auto ids = array(prompt, count, "prompt");
    const auto where = array(out, count, "out");
    Generator generator(*required(source, "source")->source,
                        required(tokenizer, "tokenizer")->tokenizer);
    std::ranges::copy(generator.prompt_log_probs(ids), where.begin());
  });
}

}  // extern "C"
