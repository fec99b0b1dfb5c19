// Population: the weights of particles that go side by side, as they are judged and resampled.
// Internal to decoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "decoding/generate.h"
#include "decoding/lane.h"
#include "decoding/shared_contexts.h"

namespace tokrail {

class Population {
 public:
  Population(const ParticleOptions& options, std::shared_ptr<Critic> critic, uint64_t seed,
             uint64_t stream);

  /// One step of all lanes is done: twists, and resamples where the weights have become uneven.
  void after_step(std::span<Lane> lanes, SharedContexts& contexts);
  /// All lanes have ended.
  Posterior posterior(std::span<Lane> lanes) const;

 private:
  void judge(std::span<Lane> lanes);
  void resample_lanes(std::span<Lane> lanes, SharedContexts& contexts,
                      std::span<const double> weights, double log_top);

  ParticleOptions options_;
  std::shared_ptr<Critic> critic_;
  CounterRandom random_;
  uint64_t stream_;
  uint32_t step_ = 0;
  uint32_t resamplings_ = 0;
  std::vector<double> twists_;   // the critic's last word on each particle, part of its weight
  std::vector<uint8_t> judged_;  // its last word on an ended one
};

}  // namespace tokrail
