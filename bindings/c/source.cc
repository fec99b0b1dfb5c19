// Sources of logits: a function of the caller, an n-gram model.
#include "bindings/c/handles.h"
#include "bindings/c/options.h"
#include "decoding/models/callback_source.h"
#include "decoding/models/ngram_source.h"
#include "tokenizers/formats/tkz.h"

namespace tokrail::c {
namespace {

// What it throws, the source tells as its failure; so a number that is not 0 is thrown.
CallbackSource::Function rows_by(tokrail_logits_function function, void* user, size_t vocab) {
  return [=](std::span<const std::span<const TokenId>> contexts, std::span<float> rows) {
    std::vector<tokrail_ids> views;
    views.reserve(contexts.size());
    for (const auto& context : contexts) views.push_back({context.data(), context.size()});
    const int32_t answer = function(user, views.data(), views.size(), rows.data(), vocab);
    if (answer != 0) {
      throw Failure(TOKRAIL_CALLBACK_FAILED,
                    "the logits function returned " + std::to_string(answer));
    }
  };
}

}  // namespace
}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

tokrail_status tokrail_source_from_function(size_t vocab, tokrail_logits_function function,
                                            void* user, const tokrail_function_options* options,
                                            tokrail_source** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const tokrail_function_options given =
        read_options(options, TOKRAIL_FUNCTION_OPTIONS_INIT, "tokrail_function_options");
    if (function == nullptr || vocab == 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  function == nullptr ? "function is NULL" : "vocab is 0");
    }
    *out = new tokrail_source{
        std::make_unique<CallbackSource>(
            vocab, rows_by(function, user, vocab),
            CallbackOptions{.context_limit = given.context_limit, .order = given.order}),
        nullptr};
  });
}

tokrail_status tokrail_source_load_ngram(const char* path, size_t path_length, tokrail_source** out,
                                         tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const auto model = NgramModel::load(path_text(path, path_length));
    *out = new tokrail_source{std::make_unique<NgramSource>(model), model};
  });
}

tokrail_status tokrail_source_tokenizer(const tokrail_source* source, tokrail_tokenizer** out,
                                        tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const auto& model = required(source, "source")->ngram;
    if (model == nullptr || model->tokenizer().empty()) {
      throw Error(ErrorCode::kNotFound, "the source holds no tokenizer");
    }
    *out = new tokrail_tokenizer{load_tkz_bytes(model->tokenizer(), "the model's tokenizer")};
  });
}

size_t tokrail_source_vocab(const tokrail_source* source) {
  return source == nullptr ? 0 : source->source->info().vocab;
}
void tokrail_source_free(tokrail_source* source) {
  delete source;
}

}  // extern "C"
