// Chains of samplers, and draws from logits that the caller has.
#include <algorithm>
#include <array>
#include <limits>

#include "base/bitset.h"
#include "bindings/c/handles.h"
#include "bindings/c/options.h"
#include "decoding/logits/sample_masked.h"

namespace tokrail::c {

FilterOrder filter_order(int32_t order) {
  static constexpr std::array kOrders = {FilterOrder::kLlamaCpp, FilterOrder::kVllm,
                                         FilterOrder::kHf};
  return choice(kOrders, order, "order");
}

namespace {

std::vector<std::vector<TokenId>> id_lists(const tokrail_ids* lists, size_t count,
                                           const char* what) {
  std::vector<std::vector<TokenId>> result;
  for (const tokrail_ids& one : array(lists, count, what)) {
    const auto ids = array(one.data, one.count, what);
    result.emplace_back(ids.begin(), ids.end());
  }
  return result;
}

SamplingOptions sampling_options(const tokrail_sampling_options& given) {
  SamplingOptions o;
  o.temperature = given.temperature;
  o.top_k = given.top_k;
  o.top_p = or_default(given.top_p, o.top_p);
  o.min_p = given.min_p;
  o.typical_p = or_default(given.typical_p, o.typical_p);
  o.epsilon_cutoff = given.epsilon_cutoff;
  o.eta_cutoff = given.eta_cutoff;
  o.top_n_sigma = given.top_n_sigma;
  o.top_h = given.top_h;
  o.xtc_probability = given.xtc_probability;
  o.xtc_threshold = or_default(given.xtc_threshold, o.xtc_threshold);
  o.dynamic_temperature_range = given.dynamic_temperature_range;
  o.dynamic_temperature_exponent =
      or_default(given.dynamic_temperature_exponent, o.dynamic_temperature_exponent);
  o.repetition_penalty = or_default(given.repetition_penalty, o.repetition_penalty);
  o.frequency_penalty = given.frequency_penalty;
  o.presence_penalty = given.presence_penalty;
  o.penalty_window = or_default(given.penalty_window, o.penalty_window);
  o.dry_multiplier = given.dry_multiplier;
  o.dry_base = or_default(given.dry_base, o.dry_base);
  o.dry_allowed_length = or_default(given.dry_allowed_length, o.dry_allowed_length);
  o.dry_window = or_default(given.dry_window, o.dry_window);
  o.dry_breakers = id_lists(given.dry_breakers, given.dry_breaker_count, "dry_breakers");
  o.no_repeat_ngram = given.no_repeat_ngram;
  o.mirostat = given.mirostat;
  o.mirostat_tau = or_default(given.mirostat_tau, o.mirostat_tau);
  o.mirostat_eta = or_default(given.mirostat_eta, o.mirostat_eta);
  o.min_tokens = given.min_tokens;
  for (const tokrail_logit_bias& one :
       array(given.logit_bias, given.logit_bias_count, "logit_bias")) {
    o.logit_bias.emplace_back(one.id, one.bias);
  }
  o.banned = id_lists(given.banned, given.banned_count, "banned");
  return o;
}

RowParameters row_parameters(const tokrail_row_parameters& given) {
  RowParameters row;
  row.inverse_temperature = given.temperature == 0 ? kGreedy : 1 / given.temperature;
  row.top_k = given.top_k;
  row.top_p = or_default(given.top_p, row.top_p);
  row.min_p = given.min_p;
  row.repetition_penalty = or_default(given.repetition_penalty, row.repetition_penalty);
  row.frequency_penalty = given.frequency_penalty;
  row.presence_penalty = given.presence_penalty;
  row.order = filter_order(given.order);
  row.position = given.position;
  row.draw = given.draw;
  row.seed = given.seed;
  row.stream = given.stream;
  return row;
}

tokrail_row_result row_result(const RowResult& of) {
  return {of.token,        of.flags,   of.allowed,     of.kept,      of.log_prob, of.log_prob_all,
          of.raw_log_prob, of.log_sum, of.log_sum_all, of.max_logit, of.entropy};
}

uint32_t output_flags(uint32_t given) {
  constexpr uint32_t kKnown = TOKRAIL_OUTPUT_LOG_SUM_ALL | TOKRAIL_OUTPUT_ENTROPY |
                              TOKRAIL_OUTPUT_RAW_LOG_PROB | TOKRAIL_OUTPUT_COUNTS |
                              TOKRAIL_OUTPUT_TOKEN_ONLY;
  static_assert(uint32_t{kWithLogSumAll} == TOKRAIL_OUTPUT_LOG_SUM_ALL &&
                uint32_t{kWithEntropy} == TOKRAIL_OUTPUT_ENTROPY &&
                uint32_t{kWithRawLogProb} == TOKRAIL_OUTPUT_RAW_LOG_PROB &&
                uint32_t{kWithCounts} == TOKRAIL_OUTPUT_COUNTS &&
                uint32_t{kTokenOnly} == TOKRAIL_OUTPUT_TOKEN_ONLY);
  static_assert(uint32_t{kRowNothingAllowed} == TOKRAIL_ROW_NOTHING_ALLOWED &&
                uint32_t{kRowNan} == TOKRAIL_ROW_NAN &&
                uint32_t{kRowInfinite} == TOKRAIL_ROW_INFINITE &&
                uint32_t{kRowBadParameters} == TOKRAIL_ROW_BAD_PARAMETERS);
  if ((given & ~kKnown) != 0) {
    throw Error(ErrorCode::kInvalidArgument, "outputs has bits that are no TOKRAIL_OUTPUT_");
  }
  return given;
}

// Elements of a matrix, which must fit into memory.
size_t elements(size_t rows, size_t columns, const char* what) {
  if (columns != 0 && rows > SIZE_MAX / 8 / columns) {
    throw Error(ErrorCode::kInvalidArgument, std::string(what) + " are more than memory can hold");
  }
  return rows * columns;
}

// The arrays of one call of sample_masked, checked and in the form of the operation.
class CheckedBatch {
 public:
  explicit CheckedBatch(const tokrail_sample_batch& given) : given_(given) {
    batch_.logits = logits();
    batch_.masks = masks();
    batch_.adjustments = adjustments();
    batch_.outputs = output_flags(given.outputs);
    set_parameters();
    set_top();
  }
  CheckedBatch(const CheckedBatch&) = delete;
  CheckedBatch& operator=(const CheckedBatch&) = delete;

  const SampleBatch& batch() const { return batch_; }

 private:
  LogitsView logits() const {
    static constexpr std::array kTypes = {LogitsType::kF32, LogitsType::kBf16, LogitsType::kF16};
    const size_t stride = or_default(given_.row_stride, given_.vocab);
    if (given_.vocab == 0 || stride < given_.vocab || given_.vocab >= TOKRAIL_NO_TOKEN) {
      throw Error(ErrorCode::kInvalidArgument, "expected 0 < vocab <= row_stride");
    }
    elements(given_.rows, stride, "the logits");
    return {.data = given_.rows == 0 ? given_.logits : required(given_.logits, "logits"),
            .type = choice(kTypes, given_.logits_type, "logits_type"),
            .device = DeviceKind::kHost,
            .rows = given_.rows,
            .vocab = given_.vocab,
            .row_stride = stride};
  }

  MaskView masks() const {
    if (given_.masks == nullptr) return {};
    const size_t words = mask_words(given_.vocab);
    const size_t row_words = or_default(given_.mask_row_words, words);
    const size_t rows = or_default(given_.mask_rows, given_.rows);
    if (row_words < words) {
      throw Failure(TOKRAIL_BUFFER_TOO_SMALL, "a mask has " + std::to_string(row_words) +
                                                  " words, the row needs " + std::to_string(words));
    }
    if (given_.mask_index == nullptr && rows < given_.rows) {
      throw Error(ErrorCode::kInvalidArgument, "there are fewer masks than rows");
    }
    if (given_.mask_index != nullptr) {
      for (const int32_t index : std::span(given_.mask_index, given_.rows)) {
        if (index >= 0 && static_cast<size_t>(index) >= rows) {
          throw Error(
              ErrorCode::kInvalidArgument,
              "mask_index names mask " + std::to_string(index) + " of " + std::to_string(rows));
        }
      }
    }
    return {.words = given_.masks, .row_words = row_words, .row_index = given_.mask_index};
  }

  AdjustmentsView adjustments() {
    if (given_.adjustments == nullptr && given_.adjustment_offsets == nullptr) return {};
    const auto offsets =
        std::span(required(given_.adjustment_offsets, "adjustment_offsets"), given_.rows + 1);
    for (size_t row = 0; row < given_.rows; ++row) {
      if (offsets[row] > offsets[row + 1]) {
        throw Error(ErrorCode::kInvalidArgument, "adjustment_offsets fall");
      }
    }
    const auto all = array(given_.adjustments, offsets[given_.rows], "adjustments");
    for (size_t row = 0; row < given_.rows; ++row) {
      for (uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) {
        if (all[i].id >= given_.vocab || (i > offsets[row] && all[i].id <= all[i - 1].id)) {
          throw Error(ErrorCode::kInvalidArgument,
                      "adjustment " + std::to_string(i) +
                          ": expected ids below vocab, rising within a row");
        }
      }
    }
    adjustments_.reserve(all.size());
    for (const tokrail_adjustment& one : all) {
      adjustments_.push_back({one.id, one.bias, one.context, one.output});
    }
    return {.entries = adjustments_.data(), .offsets = offsets.data()};
  }

  void set_parameters() {
    const tokrail_row_parameters init = TOKRAIL_ROW_PARAMETERS_INIT;
    for (size_t row = 0; row < given_.rows; ++row) {
      parameters_.push_back(
          row_parameters(given_.parameters == nullptr ? init : given_.parameters[row]));
    }
    batch_.parameters = parameters_.data();
  }

  void set_top() {
    if (given_.top_n == 0) return;
    elements(given_.rows, given_.top_n, "the most probable ids");
    batch_.top_n = given_.top_n;
    batch_.top_ids = required(given_.top_ids, "top_ids");
    batch_.top_log_probs = required(given_.top_log_probs, "top_log_probs");
  }

  const tokrail_sample_batch& given_;
  SampleBatch batch_;
  std::vector<RowParameters> parameters_;
  std::vector<Adjustment> adjustments_;
};

}  // namespace

SamplerChain sampler_chain(const tokrail_sampling_options* options) {
  if (options == nullptr) return {};
  const tokrail_sampling_options given =
      read_options(options, TOKRAIL_SAMPLING_OPTIONS_INIT, "tokrail_sampling_options");
  return SamplerChain::preset(filter_order(given.order), sampling_options(given));
}

}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

tokrail_status tokrail_sample_masked(const tokrail_sample_batch* batch, tokrail_row_result* results,
                                     tokrail_error** error) {
  return guard(error, [&] {
    const tokrail_sample_batch given =
        read_options(required(batch, "batch"), TOKRAIL_SAMPLE_BATCH_INIT, "tokrail_sample_batch");
    const auto out = array(results, given.rows, "results");
    const CheckedBatch checked(given);
    std::vector<RowResult> rows(given.rows);
    sample_masked(checked.batch(), rows, given.threads);
    std::ranges::transform(rows, out.begin(), row_result);
  });
}

tokrail_status tokrail_sampler_new(const tokrail_sampling_options* options, tokrail_sampler** out,
                                   tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    *out = new tokrail_sampler{sampler_chain(options)};
  });
}
tokrail_status tokrail_sampler_fork(const tokrail_sampler* sampler, tokrail_sampler** out,
                                    tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    *out = new tokrail_sampler(*required(sampler, "sampler"));
  });
}

tokrail_status tokrail_sampler_sample(tokrail_sampler* sampler, const tokrail_sampler_row* row,
                                      tokrail_row_result* result, tokrail_error** error) {
  return guard(error, [&] {
    const tokrail_sampler_row given =
        read_options(required(row, "row"), TOKRAIL_SAMPLER_ROW_INIT, "tokrail_sampler_row");
    required(result, "result");
    if (given.vocab == 0 || given.vocab >= TOKRAIL_NO_TOKEN) {
      throw Error(ErrorCode::kInvalidArgument, "vocab is out of range");
    }
    const auto output = array(given.output.data, given.output.count, "output");
    const LogitsView logits{.data = required(given.logits, "logits"),
                            .rows = 1,
                            .vocab = given.vocab,
                            .row_stride = given.vocab};
    const PreparedRow prepared =
        required(sampler, "sampler")
            ->chain.prepare(logits, 0,
                            {.prompt = array(given.prompt.data, given.prompt.count, "prompt"),
                             .output = output},
                            array(given.end_ids.data, given.end_ids.count, "end_ids"),
                            {.seed = given.seed,
                             .stream = given.stream,
                             .position = static_cast<uint32_t>(output.size())});
    SampleBatch batch{.logits = prepared.logits, .adjustments = prepared.adjustments};
    if (given.mask != nullptr) {
      batch.masks = {.words = given.mask, .row_words = mask_words(given.vocab)};
    }
    batch.parameters = &prepared.parameters;
    batch.outputs = output_flags(given.outputs);
    RowResult drawn;
    sample_masked(batch, std::span(&drawn, 1), 1);
    *result = row_result(drawn);
  });
}

void tokrail_sampler_accept(tokrail_sampler* sampler, uint32_t id) {
  if (sampler != nullptr) sampler->chain.accept(id);
}
void tokrail_sampler_reset(tokrail_sampler* sampler) {
  if (sampler != nullptr) sampler->chain.reset();
}
void tokrail_sampler_free(tokrail_sampler* sampler) {
  delete sampler;
}

}  // extern "C"
