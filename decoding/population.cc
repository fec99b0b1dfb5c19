#include "decoding/population.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace tokrail {
namespace {

constexpr double kNoWeight = -std::numeric_limits<double>::infinity();

// Only what is complete is a sample; what was cut short has no weight.
double final_log_weight(const Lane& lane) {
  return lane.live() || lane.status() == GenerationStatus::kComplete ? lane.log_weight()
                                                                     : kNoWeight;
}

// Weights relative to the largest, whose logarithm is returned.
double relative_weights(std::span<const double> log_weights, std::vector<double>& out) {
  const double top = *std::ranges::max_element(log_weights);
  out.resize(log_weights.size());
  std::ranges::transform(log_weights, out.begin(),
                         [top](double x) { return top == kNoWeight ? 0 : std::exp(x - top); });
  return top;
}

}  // namespace

Population::Population(const ParticleOptions& options, std::shared_ptr<Critic> critic,
                       uint64_t seed, uint64_t stream)
    : options_(options),
      critic_(std::move(critic)),
      random_(seed),
      stream_(stream),
      twists_(options.count, 0),
      judged_(options.count, 0) {}

// Texts under way are judged while there is resampling, which is what that is for; ended ones
// always, once.
void Population::judge(std::span<Lane> lanes) {
  std::vector<size_t> asked;
  std::vector<std::string_view> texts;
  std::vector<uint8_t> complete;
  for (size_t i = 0; i < lanes.size(); ++i) {
    const bool wanted = lanes[i].live() ? options_.ess_threshold > 0 : judged_[i] == 0;
    if (wanted && final_log_weight(lanes[i]) != kNoWeight) {
      asked.push_back(i);
      texts.push_back(lanes[i].text());
      complete.push_back(lanes[i].live() ? 0 : 1);
    }
  }
  std::vector<double> scores(asked.size());
  std::string failure;
  try {
    if (!asked.empty()) {
      critic_->score(texts, complete, scores);
    }
  } catch (const std::exception& error) {
    failure = std::string("the critic failed: ") + error.what();
  } catch (...) {
    failure = "the critic failed";
  }
  for (size_t k = 0; k < asked.size(); ++k) {
    Lane& lane = lanes[asked[k]];
    if (!failure.empty() || std::isnan(scores[k])) {
      lane.fail(failure.empty() ? "the critic's score is not a number" : failure);
      continue;
    }
    lane.set_log_weight(lane.log_weight() + scores[k] - twists_[asked[k]]);
    twists_[asked[k]] = scores[k];
    judged_[asked[k]] = complete[k];
    if (scores[k] == kNoWeight) {
      lane.end(GenerationStatus::kDeadEnd);
    }
  }
}

void Population::resample_lanes(std::span<Lane> lanes, SharedContexts& contexts,
                                std::span<const double> weights, double log_top) {
  const Resampled next = resample(options_.resampling, weights, lanes.size(), random_,
                                  {.stream = stream_, .position = step_});
  ++resamplings_;
  std::vector<Lane> old;
  old.reserve(lanes.size());
  std::vector<double> twists(lanes.size());
  std::vector<uint8_t> judged(lanes.size());
  for (size_t i = 0; i < lanes.size(); ++i) {
    const uint32_t ancestor = next.ancestors[i];
    old.push_back(lanes[ancestor].fork(stream_ + i));
    old.back().set_log_weight(log_top + std::log(next.weights[i]));
    twists[i] = twists_[ancestor];
    judged[i] = judged_[ancestor];
  }
  for (size_t i = 0; i < lanes.size(); ++i) {
    lanes[i] = std::move(old[i]);
  }
  twists_ = std::move(twists);
  judged_ = std::move(judged);
  contexts.resample(next.ancestors);
}

void Population::after_step(std::span<Lane> lanes, SharedContexts& contexts) {
  ++step_;
  if (critic_ != nullptr) {
    judge(lanes);
  }
  if (options_.ess_threshold <= 0 ||
      std::ranges::none_of(lanes, [](const Lane& lane) { return lane.live(); })) {
    return;
  }
  std::vector<double> log_weights(lanes.size());
  std::ranges::transform(lanes, log_weights.begin(), final_log_weight);
  std::vector<double> weights;
  const double top = relative_weights(log_weights, weights);
  if (top == kNoWeight) {
    return;  // nothing to draw from; what lives goes on
  }
  if (effective_particles(weights) < options_.ess_threshold * static_cast<double>(lanes.size())) {
    resample_lanes(lanes, contexts, weights, top);
  }
}

Posterior Population::posterior(std::span<Lane> lanes) const {
  Posterior result;
  result.resamplings = resamplings_;
  for (const Lane& lane : lanes) {
    result.log_weights.push_back(final_log_weight(lane));
  }
  std::vector<double> weights;
  const double top = relative_weights(result.log_weights, weights);
  double sum = 0;
  for (const double weight : weights) {
    sum += weight;
  }
  result.effective_particles = effective_particles(weights);
  result.log_evidence =
      sum > 0 ? top + std::log(sum / static_cast<double>(weights.size())) : kNoWeight;
  std::map<std::pair<GenerationStatus, std::string>, size_t> numbers;
  for (size_t i = 0; i < lanes.size(); ++i) {
    Generation generation = lanes[i].take();
    const auto [found, added] =
        numbers.try_emplace({generation.status, generation.text}, result.outputs.size());
    if (added) {
      result.outputs.push_back({.text = generation.text,
                                .ids = generation.ids,
                                .probability = 0,
                                .particles = 0,
                                .status = generation.status});
    }
    PosteriorOutput& output = result.outputs[found->second];
    output.probability += sum > 0 ? weights[i] / sum : 0;
    ++output.particles;
    result.particles.push_back(std::move(generation));
  }
  std::ranges::stable_sort(result.outputs, [](const PosteriorOutput& a, const PosteriorOutput& b) {
    return a.probability > b.probability;
  });
  return result;
}

}  // namespace tokrail
