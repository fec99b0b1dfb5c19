// Which language model a verb works with, as given on the command line: "ngram:FILE".
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bindings/cli/tokenizer_choice.h"
#include "decoding/models/logit_source.h"
#include "decoding/models/ngram_model.h"

namespace tokrail::cli {

struct LoadedModel {
  std::shared_ptr<const NgramModel> ngram;
  std::unique_ptr<LogitSource> source;
  std::optional<Tokenizer> tokenizer;  ///< always there after load_model
};

/// The tokenizer is the one chosen, or the one in the model's file where none is. Error with the
/// name for what is no model, or has no tokenizer.
LoadedModel load_model(const std::string& name, const TokenizerChoice& tokenizer);

}  // namespace tokrail::cli
