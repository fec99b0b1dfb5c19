// What stands behind the opaque types of tokrail.h. Each holds values or shared parts, so that
// handles may be freed in any order.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/c/tokrail.h"
#include "decoding/generate.h"
#include "decoding/models/logit_source.h"
#include "decoding/models/ngram_model.h"
#include "decoding/samplers/sampler_chain.h"
#include "grammar/compiled_grammar.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/matcher.h"
#include "tokenizers/canonical_encoder.h"
#include "tokenizers/stream_decoder.h"
#include "tokenizers/tokenizer.h"

struct tokrail_error {
  tokrail_status code;
  std::string message;
  std::string where;
};

struct tokrail_cancel {
  std::atomic<bool> flag{false};
};

struct tokrail_tokenizer {
  tokrail::Tokenizer tokenizer;
};

struct tokrail_encodings {
  std::vector<tokrail::Encoding> encodings;
};

struct tokrail_stream_decoder {
  tokrail::StreamDecoder decoder;
  std::string text;  ///< of the last call, with a NUL behind it
};

struct tokrail_mask_tables {
  std::shared_ptr<tokrail::MaskTables> tables;
  std::shared_ptr<const tokrail::CanonicalEncoder> encoder;
};

struct tokrail_grammar {
  std::shared_ptr<const tokrail::CompiledGrammar> compiled;
  std::shared_ptr<const tokrail::CanonicalEncoder> encoder;
  std::vector<tokrail::SchemaWarning> warnings;
};

struct tokrail_matcher {
  tokrail::Matcher matcher;
  std::shared_ptr<const tokrail::CanonicalEncoder> encoder;
};

struct tokrail_explanation {
  tokrail::Matcher::Explanation explanation;
};

struct tokrail_source {
  std::unique_ptr<tokrail::LogitSource> source;
  std::shared_ptr<const tokrail::NgramModel> ngram;  ///< null: another source
};

struct tokrail_sampler {
  tokrail::SamplerChain chain;
};

struct tokrail_outputs {
  std::vector<tokrail::Generation> outputs;
};

struct tokrail_posterior {
  tokrail::Posterior posterior;
  tokrail_outputs particles;  ///< moved out of the posterior
};

namespace tokrail::c {
inline const std::atomic<bool>* flag_of(const tokrail_cancel* cancel) noexcept {
  return cancel == nullptr ? nullptr : &cancel->flag;
}
}  // namespace tokrail::c
