// TrainingBar: the progress line of a training job.
#pragma once

#include "bindings/cli/progress.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail::cli {

// Draws whatever stage the job is in.
class TrainingBar {
 public:
  explicit TrainingBar(bool wanted) : progress_("reading", 0, wanted) {}

  void operator()(const TrainingProgress& now) {
    if (!started_ || now.stage != stage_) {
      const char* const labels[] = {"reading", "merging", "fitting", "estimating", "choosing"};
      const auto unit =
          now.stage == TrainingStage::kReading ? Progress::Unit::kBytes : Progress::Unit::kItems;
      progress_.restart(labels[static_cast<size_t>(now.stage)], now.total, unit);
      started_ = true;
      stage_ = now.stage;
    }
    progress_.update(now.done);
  }
  void clear() { progress_.clear(); }

 private:
  Progress progress_;
  bool started_ = false;
  TrainingStage stage_ = TrainingStage::kReading;
};

}  // namespace tokrail::cli
