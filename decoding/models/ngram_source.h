// NgramSource: an n-gram model (ngram_model.h) as a source of logits.
//
//   NgramSource source(NgramModel::load("english.ngram"));
//
// Rows are natural logarithms of probabilities; contexts that end alike share a row. The model is
// shared and may be used by any number of sources.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "base/parallel.h"
#include "decoding/models/context_source.h"
#include "decoding/models/ngram_model.h"

namespace tokrail {

class NgramSource final : public ContextSource {
 public:
  explicit NgramSource(std::shared_ptr<const NgramModel> model, int threads = 1)
      : ContextSource(
            {.name = "ngram", .vocab = model->vocab(), .vocabulary_hash = model->vocabulary_hash()},
            model->order() > 1 ? model->order() - 1 : 1),
        model_(std::move(model)),
        threads_(threads) {}

  const NgramModel& model() const noexcept { return *model_; }

 protected:
  bool fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) override {
    const size_t vocab = info().vocab;
    parallel_for(
        0, contexts.size(), 8,
        [&](size_t begin, size_t end) {
          for (size_t i = begin; i < end; ++i) {
            model_->fill_row(contexts[i], rows.subspan(i * vocab, vocab));
          }
        },
        threads_);
    return true;
  }

 private:
  std::shared_ptr<const NgramModel> model_;
  int threads_;
};

}  // namespace tokrail
