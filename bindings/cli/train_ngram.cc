#include "bindings/cli/train_ngram.h"

#include <cmath>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/model_choice.h"
#include "bindings/cli/ngram_documents.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/standard_output.h"
#include "decoding/models/ngram_model.h"
#include "decoding/models/ngram_trainer.h"
#include "tokenizers/formats/tkz.h"

namespace tokrail::cli {
namespace {

EncodeOptions plain_text() {
  EncodeOptions options;
  options.add_special_tokens = false;
  options.special_text = SpecialText::as_text();
  options.ignore_file_limits = true;
  return options;
}

TokenId boundary_of(const Tokenizer& tokenizer, const std::string& text) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  if (!text.empty()) {
    if (const auto id = vocabulary.id_of_piece(text)) return *id;
    throw Error(ErrorCode::kInvalidArgument, "the tokenizer has no token " + text, "--boundary");
  }
  if (!vocabulary.roles().eos.empty()) return vocabulary.roles().eos[0];
  throw Error(ErrorCode::kInvalidArgument,
              "the tokenizer names no end token: say which token stands around documents",
              "--boundary");
}

}  // namespace

int run_train_ngram(const TrainNgramVerb& verb) {
  const Tokenizer tokenizer = load_tokenizer(verb.tokenizer);
  Progress progress("counting", size_of_files(verb.files), !verb.no_progress);
  bool finishing = false;
  NgramTrainingOptions options{.order = verb.order,
                               .vocab = tokenizer.size(),
                               .boundary = boundary_of(tokenizer, verb.boundary),
                               .vocabulary_hash = tokenizer.vocabulary().fingerprint().low,
                               .min_counts = verb.min_counts,
                               .threads = verb.threads};
  if (!verb.no_tokenizer) {
    options.tokenizer = write_tkz(tokenizer);
  }
  options.progress = [&](double done) {
    if (!finishing) progress.restart("smoothing", 1000, Progress::Unit::kItems);
    finishing = true;
    progress.update(static_cast<uint64_t>(1000 * done));
  };
  NgramTrainer trainer(std::move(options));
  uint64_t documents = 0;
  read_documents(verb.files, verb.documents, [&](std::string_view document, uint64_t done) {
    trainer.add(tokenizer.encode(document, plain_text()));
    ++documents;
    progress.update(done);
  });
  const uint64_t tokens = trainer.tokens();
  const std::string file = trainer.finish();
  progress.clear();
  write_file_atomically(verb.out, file);
  const auto model = NgramModel::load(verb.out);
  std::cerr << verb.out << ": order " << verb.order << ", " << model->contexts() << " contexts, "
            << model->successors() << " sequences from " << tokens << " tokens in " << documents
            << " documents; " << file.size() << " bytes\n";
  return kOk;
}

int run_score_ngram(const ScoreNgramVerb& verb) {
  const LoadedModel loaded = load_model("ngram:" + verb.model, verb.tokenizer);
  const auto& model = *loaded.ngram;
  uint64_t tokens = 0;
  uint64_t bytes = 0;
  double bits = 0;
  std::vector<TokenId> ids;
  read_documents(verb.files, verb.documents, [&](std::string_view document, uint64_t) {
    ids = loaded.tokenizer->encode(document, plain_text());
    ids.push_back(model.boundary());
    for (size_t i = 0; i < ids.size(); ++i) {
      const size_t begin = i + 1 > model.order() ? i + 1 - model.order() : 0;
      const std::span<const TokenId> context(ids.data() + begin, i - begin);
      bits -= model.log_prob(context, ids[i]) / std::log(2.0);
    }
    tokens += ids.size();
    bytes += document.size();
  });
  const double per_token = tokens == 0 ? 0 : bits / static_cast<double>(tokens);
  const double per_byte = bytes == 0 ? 0 : bits / static_cast<double>(bytes);
  char line[256];
  std::snprintf(line, sizeof line,
                verb.json ? "{\"tokens\":%llu,\"bytes\":%llu,\"bits_per_token\":%.4f,"
                            "\"bits_per_byte\":%.4f,\"perplexity\":%.2f}\n"
                          : "tokens %llu\nbytes %llu\nbits_per_token %.4f\nbits_per_byte %.4f\n"
                            "perplexity %.2f\n",
                static_cast<unsigned long long>(tokens), static_cast<unsigned long long>(bytes),
                per_token, per_byte, std::exp2(per_token));
  StandardOutput out;
  out.write(line);
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
