#include "decoding/generate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "decoding/decode_loop.h"
#include "decoding/lane.h"
#include "decoding/logits/gather_log_probs.h"
#include "decoding/population.h"
#include "decoding/shared_contexts.h"
#include "grammar/constraints/budget_constraint.h"

namespace tokrail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kDefaultExactBudget = 1'000'000;

void require(bool good, const std::string& what) {
  if (!good) {
    throw Error(ErrorCode::kInvalidArgument, what);
  }
}

}  // namespace

std::string_view generation_status_name(GenerationStatus status) noexcept {
  switch (status) {
    case GenerationStatus::kComplete: return "complete";
    case GenerationStatus::kLength: return "length";
    case GenerationStatus::kStopped: return "stopped";
    case GenerationStatus::kDeadEnd: return "dead_end";
    case GenerationStatus::kBudgetExhausted: return "budget_exhausted";
    case GenerationStatus::kCancelled: return "cancelled";
    case GenerationStatus::kError: return "error";
  }
  return "error";
}

struct Generator::State {
  LogitSource* source;
  const Tokenizer* tokenizer;
  LaneRequest request;
  std::unique_ptr<Constraint> constraint;
  std::unique_ptr<Constraint> fitted;  // within the budget of tokens, where that can be known
  SamplerChain chain;
  StepOptions step;
  ParticleOptions particles;
  std::shared_ptr<Critic> critic;
  uint64_t stream = 0;
  int threads = 0;
  double deadline_seconds = 0;
  uint64_t exact_budget = 0;
  std::function<void(std::string_view)> on_text;

  LaneRequest request_for(std::span<const TokenId> prompt, bool weighted) const;
  const Constraint* constraint_for(const LaneRequest& of);
  std::vector<Lane> lanes_for(const LaneRequest& of, size_t count);
  LoopLimits limits() const;
  void run_side_by_side(std::vector<Lane>& lanes, const LaneRequest& of, Population* population);
  void run_exact(std::vector<Lane>& lanes, const LaneRequest& of);
};

// Checks what only shows when everything is set.
LaneRequest Generator::State::request_for(std::span<const TokenId> prompt, bool weighted) const {
  LaneRequest of = request;
  of.prompt = prompt;
  of.weighted = weighted || step.mode == StepMode::kRejectWeighted || step.mode == StepMode::kExact;
  if (step.mode == StepMode::kExact) {
    of.forced = ForcedTokens::kAskModel;  // its trie has to see every token
  }
  require(!of.weighted || chain.is_prefix_function(),
          "modes with weights and the exact mode need samplers whose distribution depends on the "
          "tokens before it alone; this chain is " +
              chain.describe());
  require(!of.weighted || request.forced != ForcedTokens::kCanonical,
          "taking forced text in its canonical tokens changes the law, which modes with weights "
          "and the exact mode must not");
  require(
      !of.weighted || step.order == ConstraintOrder::kLast,
      "weights are those of the distribution that the samplers leave: the constraint has to come "
      "last");
  for (size_t i = 0; i < prompt.size(); ++i) {
    require(prompt[i] < tokenizer->size(),
            "token " + std::to_string(i) + " of the prompt is " + std::to_string(prompt[i]) +
                "; the tokenizer has ids below " + std::to_string(tokenizer->size()));
  }
  return of;
}

// Where the constraint can tell how much is missing to a complete text, no token is taken that
// leaves too little room for it. With weights the cap is part of the law instead.
const Constraint* Generator::State::constraint_for(const LaneRequest& of) {
  fitted.reset();
  if (constraint != nullptr && !of.weighted) {
    const size_t shortest = constraint->shortest_completion().at_most;
    if (shortest != Shortest::kUnknown && shortest <= of.max_tokens) {
      fitted = std::make_unique<BudgetConstraint>(
          tokenizer->shared_vocabulary(), Budget{.max_tokens = of.max_tokens}, constraint->fork());
    }
  }
  return fitted != nullptr ? fitted.get() : constraint.get();
}

std::vector<Lane> Generator::State::lanes_for(const LaneRequest& of, size_t count) {
  StepOptions options = step;
  options.weighted = of.weighted;
  const Constraint* const first = constraint_for(of);
  std::vector<Lane> lanes;
  lanes.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    lanes.emplace_back(of, stream + i, first, chain, options);
  }
  return lanes;
}

LoopLimits Generator::State::limits() const {
  LoopLimits limits{.threads = threads, .cancel = request.cancel};
  if (deadline_seconds > 0) {
    limits.deadline =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(std::min(deadline_seconds, 1e9)));
  }
  return limits;
}

void Generator::State::run_side_by_side(std::vector<Lane>& lanes, const LaneRequest& of,
                                        Population* population) {
  SharedContexts contexts(*source, of.prompt, lanes.size());
  LoopParts parts;
  parts.step = [](Lane& lane, const LaneRows& rows) {
    lane.step(rows);
    return true;
  };
  parts.after_step = [&](std::span<Lane> all, SharedContexts& where) {
    if (population != nullptr) {
      population->after_step(all, where);
    } else if (on_text && all.size() == 1 && !all[0].last_text().empty()) {
      on_text(all[0].last_text());
    }
  };
  run_lanes(*source, tokenizer->size(), lanes, contexts, parts, limits());
}

// One output after the other, so that what each learns is the same on every run.
void Generator::State::run_exact(std::vector<Lane>& lanes, const LaneRequest& of) {
  ExactSampler exact;
  uint64_t budget = exact_budget == 0 ? kDefaultExactBudget : exact_budget;
  SharedContexts contexts(*source, of.prompt, 1);
  const LoopLimits loop_limits = limits();
  for (size_t i = 0; i < lanes.size(); ++i) {
    uint32_t attempt = 0;
    exact.begin(attempt);
    const auto throw_away = [&](Lane& lane) {
      lane.restart();
      exact.begin(++attempt);
      ++lane.statistics().attempts;
      return false;
    };
    LoopParts parts;
    parts.step = [&](Lane& lane, const LaneRows& rows) {
      if (budget == 0) {
        lane.end(GenerationStatus::kBudgetExhausted,
                 "no attempt was accepted within the budget of tokens");
        return true;
      }
      --budget;
      return lane.step_exact(rows.last(), exact) || throw_away(lane);
    };
    parts.after_step = [&](std::span<Lane> one, SharedContexts& where) {
      Lane& lane = one[0];
      if (lane.live() && lane.is_full()) {  // a vocabulary without an end id
        exact.dead();
        throw_away(lane);
        where.restart(0);
      }
    };
    contexts.restart(0);
    run_lanes(*source, tokenizer->size(), std::span(lanes).subspan(i, 1), contexts, parts,
              loop_limits);
  }
}

Generator::Generator(LogitSource& source, const Tokenizer& tokenizer)
    : state_(std::make_unique<State>()) {
  const SourceInfo& info = source.info();
  require(info.vocab >= tokenizer.size(), "the source has " + std::to_string(info.vocab) +
                                              " logits in a row, the tokenizer " +
                                              std::to_string(tokenizer.size()) + " ids");
  require(
      info.vocabulary_hash == 0 || info.vocabulary_hash == tokenizer.vocabulary().fingerprint().low,
      "the source was made for another tokenizer");
  require(info.device == DeviceKind::kHost,
          "the source's rows are on a device: the loop needs "
          "them on the host");
  state_->source = &source;
  state_->tokenizer = &tokenizer;
  state_->request.tokenizer = &tokenizer;
  state_->request.end_ids = tokenizer.vocabulary().roles().eos;
}

Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;
Generator& Generator::operator=(Generator&&) noexcept = default;

Generator& Generator::constraint(std::unique_ptr<Constraint> constraint) {
  require(constraint == nullptr || constraint->vocab_size() == state_->tokenizer->size(),
          "the constraint is over " +
              std::to_string(constraint == nullptr ? 0 : constraint->vocab_size()) +
              " ids, the tokenizer has " + std::to_string(state_->tokenizer->size()));
  state_->constraint = std::move(constraint);
  return *this;
}

Generator& Generator::sampler(SamplerChain chain) {
  state_->chain = std::move(chain);
  return *this;
}
Generator& Generator::mode(StepMode mode) {
  state_->step.mode = mode;
  return *this;
}
Generator& Generator::step(const StepOptions& options) {
  state_->step = options;
  return *this;
}
Generator& Generator::particles(const ParticleOptions& options) {
  require(options.count > 0 && options.ess_threshold >= 0 && options.ess_threshold <= 1,
          "expected at least one particle and an effective part from 0 to 1");
  state_->particles = options;
  return *this;
}
Generator& Generator::critic(std::shared_ptr<Critic> critic) {
  state_->critic = std::move(critic);
  return *this;
}
Generator& Generator::forced(ForcedTokens forced) {
  state_->request.forced = forced;
  return *this;
}
Generator& Generator::max_tokens(uint32_t count) {
  state_->request.max_tokens = count;
  return *this;
}
Generator& Generator::min_tokens(uint32_t count) {
  state_->request.min_tokens = count;
  return *this;
}
Generator& Generator::stop(std::vector<std::string> strings) {
  require(std::ranges::none_of(strings, [](const std::string& s) { return s.empty(); }),
          "a stop string is empty");
  state_->request.stop = std::make_shared<const std::vector<std::string>>(std::move(strings));
  return *this;
}
Generator& Generator::seed(uint64_t seed) {
  state_->request.seed = seed;
  return *this;
}
Generator& Generator::stream(uint64_t stream) {
  state_->stream = stream;
  return *this;
}
Generator& Generator::threads(int threads) {
  require(threads >= 0, "the number of threads is negative");
  state_->threads = threads;
  return *this;
}
Generator& Generator::deadline_seconds(double seconds) {
  require(seconds >= 0, "the deadline is negative");
  state_->deadline_seconds = seconds;
  return *this;
}
Generator& Generator::cancel(const std::atomic<bool>* flag) {
  state_->request.cancel = flag;
  return *this;
}
Generator& Generator::exact_budget(uint64_t tokens) {
  state_->exact_budget = tokens;
  return *this;
}
Generator& Generator::on_text(std::function<void(std::string_view)> callback) {
  state_->on_text = std::move(callback);
  return *this;
}

std::vector<Generation> Generator::generate_n(std::span<const TokenId> prompt, size_t count) {
  const auto begin = Clock::now();
  const LaneRequest request = state_->request_for(prompt, false);
  std::vector<Lane> lanes = state_->lanes_for(request, count);
  if (state_->step.mode == StepMode::kExact) {
    state_->run_exact(lanes, request);
  } else {
    state_->run_side_by_side(lanes, request, nullptr);
  }
  std::vector<Generation> outputs;
  for (Lane& lane : lanes) {
    outputs.push_back(lane.take());
    outputs.back().statistics.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  return outputs;
}

std::vector<Generation> Generator::generate_n(std::string_view prompt, size_t count) {
  return generate_n(state_->tokenizer->encode(prompt), count);
}
Generation Generator::generate(std::span<const TokenId> prompt) {
  return std::move(generate_n(prompt, 1)[0]);
}
Generation Generator::generate(std::string_view prompt) {
  return generate(state_->tokenizer->encode(prompt));
}

Posterior Generator::posterior(std::span<const TokenId> prompt) {
  require(state_->step.mode != StepMode::kReject && state_->step.mode != StepMode::kExact,
          "particles need weights: use mask, reject_weighted or adaptive");
  const LaneRequest request = state_->request_for(prompt, true);
  std::vector<Lane> lanes = state_->lanes_for(request, state_->particles.count);
  Population population(state_->particles, state_->critic, request.seed, state_->stream);
  state_->run_side_by_side(lanes, request, &population);
  return population.posterior(lanes);
}
Posterior Generator::posterior(std::string_view prompt) {
  return posterior(state_->tokenizer->encode(prompt));
}

std::vector<double> Generator::prompt_log_probs(std::span<const TokenId> prompt) {
  constexpr size_t kNodes = 64;  // rows looked at in one call
  LogitSource& source = *state_->source;
  std::vector<double> log_probs;
  const SequenceId sequence = source.open({});
  const auto fail = [&](std::string_view why) {
    const Error error(ErrorCode::kInvalidArgument, "the source cannot score the prompt at token " +
                                                       std::to_string(log_probs.size()) + ": " +
                                                       std::string(why));
    source.close(sequence);
    throw error;
  };
  const RowParameters parameters;
  const auto score = [&](const EvalResult& result, size_t answer, TokenId id) {
    if (result.status != SourceStatus::kOk) {
      fail(source.failure());
    }
    const LogitsView row = LaneRows(result.logits, result.rows, state_->tokenizer->size())[answer];
    const uint32_t offsets[] = {0, 1};
    float log_prob = 0;
    gather_log_probs({.logits = row, .parameters = &parameters}, std::span(&id, 1), offsets,
                     std::span(&log_prob, 1));
    log_probs.push_back(log_prob);
  };
  if (!prompt.empty()) {
    const EvalRequest first{.sequence = sequence};
    score(source.eval(std::span(&first, 1)), 0, prompt[0]);
  }
  for (size_t begin = 0; begin + 1 < prompt.size(); begin += kNodes) {
    const size_t count = std::min(kNodes, prompt.size() - 1 - begin);
    std::vector<EvalNode> nodes(count);
    std::vector<int32_t> path(count);
    for (size_t i = 0; i < count; ++i) {
      nodes[i] = {.token = prompt[begin + i], .parent = static_cast<int32_t>(i) - 1};
      path[i] = static_cast<int32_t>(i);
    }
    const EvalRequest request{.sequence = sequence, .nodes = nodes};
    const EvalResult result = source.eval(std::span(&request, 1));
    for (size_t i = 0; i < count; ++i) {
      score(result, i, prompt[begin + i + 1]);
    }
    if (!source.commit(sequence, path)) {
      fail("it did not keep the tokens it had looked at");
    }
  }
  source.close(sequence);
  return log_probs;
}

}  // namespace tokrail
