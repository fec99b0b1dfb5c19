#include "bindings/cli/model_choice.h"

#include "base/error.h"
#include "decoding/models/ngram_source.h"
#include "tokenizers/formats/tkz.h"

namespace tokrail::cli {

LoadedModel load_model(const std::string& name, const TokenizerChoice& tokenizer) {
  constexpr std::string_view kNgram = "ngram:";
  if (!name.starts_with(kNgram)) {
    throw Error(ErrorCode::kInvalidArgument, "expected ngram:FILE", "--model " + name);
  }
  const std::string path = name.substr(kNgram.size());
  LoadedModel model;
  model.ngram = NgramModel::load(path);
  if (!tokenizer.path.empty()) {
    model.tokenizer = load_tokenizer(tokenizer);
  } else if (!model.ngram->tokenizer().empty()) {
    model.tokenizer = load_tkz_bytes(model.ngram->tokenizer(), path);
  } else {
    throw Error(ErrorCode::kInvalidArgument,
                "the model's file holds no tokenizer: name one by --tokenizer", path);
  }
  const uint64_t hash = model.tokenizer->vocabulary().fingerprint().low;
  if (model.ngram->vocabulary_hash() != 0 && model.ngram->vocabulary_hash() != hash) {
    throw Error(ErrorCode::kInvalidArgument, "the model was trained with another tokenizer", path);
  }
  model.source = std::make_unique<NgramSource>(model.ngram);
  return model;
}

}  // namespace tokrail::cli
