// The orders of llama.cpp, vLLM and Hugging Face transformers. What a system does not have stands
// where it does least harm: adjustments of single tokens before everything else, filters behind the
// system's own.

#include <utility>

#include "decoding/samplers/bans.h"
#include "decoding/samplers/bias.h"
#include "decoding/samplers/dry.h"
#include "decoding/samplers/mirostat.h"
#include "decoding/samplers/penalties.h"
#include "decoding/samplers/sampler_chain.h"
#include "decoding/samplers/temperature.h"
#include "decoding/samplers/truncation.h"
#include "decoding/samplers/xtc.h"

namespace tokrail {

namespace {

class Preset {
 public:
  Preset(FilterOrder order, const SamplingOptions& options) : order_(order), options_(options) {}

  SamplerChain chain() {
    add_adjusters();
    // Others than llama.cpp take the largest logit without looking at filters.
    const bool only_greedy = options_.temperature == 0 && order_ != FilterOrder::kLlamaCpp &&
                             options_.dynamic_temperature_range == 0;
    if (only_greedy) {
      check_filters();
      add_temperature();
    } else if (options_.mirostat != 0) {
      add_temperature();
      chain_.add(make_mirostat(options_.mirostat, options_.mirostat_tau, options_.mirostat_eta));
    } else {
      add_filters();
    }
    return std::move(chain_);
  }

 private:
  void add_adjusters() {
    const SamplingOptions& o = options_;
    if (!o.logit_bias.empty()) chain_.add(make_logit_bias(o.logit_bias));
    if (o.min_tokens > 0) chain_.add(make_min_tokens(o.min_tokens));
    // vLLM looks for bad words in the output alone.
    if (!o.banned.empty()) {
      chain_.add(make_banned_sequences(o.banned, order_ != FilterOrder::kVllm));
    }
    if (o.no_repeat_ngram > 0) chain_.add(make_no_repeat_ngram(o.no_repeat_ngram));
    if (o.repetition_penalty != 1 || o.frequency_penalty != 0 || o.presence_penalty != 0) {
      const bool is_llama = order_ == FilterOrder::kLlamaCpp;
      chain_.add(make_penalties({.repetition = o.repetition_penalty,
                                 .frequency = o.frequency_penalty,
                                 .presence = o.presence_penalty,
                                 .window = is_llama ? o.penalty_window : -1,
                                 .count_prompt = order_ != FilterOrder::kVllm}));
    }
    if (o.dry_multiplier != 0) {
      chain_.add(make_dry({.multiplier = o.dry_multiplier,
                           .base = o.dry_base,
                           .allowed_length = o.dry_allowed_length,
                           .window = o.dry_window,
                           .breakers = o.dry_breakers}));
    }
  }

  void add_filters() {
    switch (order_) {
      case FilterOrder::kLlamaCpp:
        add_top_n_sigma();
        add_top_k();
        add_typical();
        add_top_p();
        add_min_p();
        add_cutoffs();
        add_top_h();
        add_xtc();
        add_temperature();
        break;
      case FilterOrder::kVllm:
        add_temperature();
        add_min_p();
        add_top_k();
        add_top_p();
        add_typical();
        add_cutoffs();
        add_top_n_sigma();
        add_top_h();
        add_xtc();
        break;
      case FilterOrder::kHf:
        add_temperature();
        add_top_h();
        add_top_k();
        add_top_p();
        add_min_p();
        add_typical();
        add_cutoffs();
        add_top_n_sigma();
        add_xtc();
        break;
    }
  }

  /// Numbers are checked even where they change nothing.
  void check_filters() {
    SamplingOptions options = options_;
    options.temperature = 1;
    SamplerChain::preset(order_, options);
  }

  void add_temperature() {
    const SamplingOptions& o = options_;
    if (o.dynamic_temperature_range != 0) {
      chain_.add(make_dynamic_temperature(o.temperature, o.dynamic_temperature_range,
                                          o.dynamic_temperature_exponent));
    } else if (o.temperature != 1) {
      chain_.add(make_temperature(o.temperature));
    }
  }
  void add_top_k() {
    if (options_.top_k > 0) chain_.add(make_top_k(options_.top_k));
  }
  // Comparisons are written so that NaN goes to the maker, which refuses it.
  void add_top_p() {
    if (!(options_.top_p >= 1)) chain_.add(make_top_p(options_.top_p));
  }
  void add_min_p() {
    if (options_.min_p != 0) chain_.add(make_min_p(options_.min_p));
  }
  void add_typical() {
    if (!(options_.typical_p >= 1)) chain_.add(make_typical(options_.typical_p));
  }
  void add_cutoffs() {
    if (options_.epsilon_cutoff != 0) chain_.add(make_epsilon(options_.epsilon_cutoff));
    if (options_.eta_cutoff != 0) chain_.add(make_eta(options_.eta_cutoff));
  }
  void add_top_n_sigma() {
    if (options_.top_n_sigma != 0) chain_.add(make_top_n_sigma(options_.top_n_sigma));
  }
  void add_top_h() {
    if (options_.top_h != 0) chain_.add(make_top_h(options_.top_h));
  }
  void add_xtc() {
    if (options_.xtc_probability != 0) {
      chain_.add(make_xtc(options_.xtc_probability, options_.xtc_threshold));
    }
  }

  FilterOrder order_;
  const SamplingOptions& options_;
  SamplerChain chain_;
};

}  // namespace

SamplerChain SamplerChain::preset(FilterOrder order, const SamplingOptions& options) {
  return Preset(order, options).chain();
}

}  // namespace tokrail
