#include "decoding/samplers/sampler_chain.h"

#include <array>
#include <initializer_list>

#include "base/error.h"
#include "decoding/samplers/fused_sampler.h"
#include "decoding/samplers/row_kernels.h"

namespace tokrail {

namespace {

/// The filters and the temperature in the order in which sample_masked runs them.
constexpr std::array<FusedStage, 4> kLlamaCppOrder = {FusedStage::kTopK, FusedStage::kTopP,
                                                      FusedStage::kMinP, FusedStage::kTemperature};
constexpr std::array<FusedStage, 4> kVllmOrder = {FusedStage::kTemperature, FusedStage::kMinP,
                                                  FusedStage::kTopK, FusedStage::kTopP};
constexpr std::array<FusedStage, 4> kHfOrder = {FusedStage::kTemperature, FusedStage::kTopK,
                                                FusedStage::kTopP, FusedStage::kMinP};

constexpr const std::array<FusedStage, 4>& filters_of(FilterOrder order) {
  switch (order) {
    case FilterOrder::kLlamaCpp: return kLlamaCppOrder;
    case FilterOrder::kHf: return kHfOrder;
    case FilterOrder::kVllm: break;
  }
  return kVllmOrder;
}

/// Follows samplers along the road of sample_masked.
class FusedRoad {
 public:
  explicit FusedRoad(FilterOrder order) : filters_(filters_of(order)) {}

  /// False: the sampler cannot come here.
  bool take(const FusedSampler* sampler) {
    if (sampler == nullptr) return false;
    const FusedStage stage = sampler->stage();
    if (stage == FusedStage::kBan || stage == FusedStage::kBias ||
        stage == FusedStage::kPenalties) {
      return next_filter_ == 0 && take_adjuster(*sampler, stage);
    }
    while (next_filter_ < filters_.size() && filters_[next_filter_] != stage) ++next_filter_;
    return next_filter_++ < filters_.size();
  }

 private:
  /// The law adds biases first, then penalises. Bans may come at any place; so may biases where
  /// penalties only add.
  bool take_adjuster(const FusedSampler& sampler, FusedStage stage) {
    if (stage == FusedStage::kBan) return true;
    if (stage == FusedStage::kBias) return !multiplies_;
    if (has_penalties_) return false;
    has_penalties_ = true;
    RowParameters parameters;
    sampler.set_parameters(parameters);
    multiplies_ = parameters.repetition_penalty != 1;
    return true;
  }

  const std::array<FusedStage, 4>& filters_;
  size_t next_filter_ = 0;
  bool has_penalties_ = false, multiplies_ = false;
};

}  // namespace

struct SamplerChain::State {
  State() = default;
  State(const State& other) {
    for (const auto& sampler : other.samplers) add(sampler->clone());
  }
  State& operator=(const State&) = delete;

  void add(std::unique_ptr<Sampler> sampler) {
    fusible.push_back(dynamic_cast<FusedSampler*>(sampler.get()));
    samplers.push_back(std::move(sampler));
    plan();
  }

  /// Gives sample_masked the longest end of the chain that it can do.
  void plan() {
    for (fused_from = 0; fused_from < samplers.size(); ++fused_from) {
      for (const FilterOrder order :
           {FilterOrder::kLlamaCpp, FilterOrder::kVllm, FilterOrder::kHf}) {
        if (!fits(order)) continue;
        template_parameters = {};
        template_parameters.order = order;
        for (size_t i = fused_from; i < fusible.size(); ++i) {
          fusible[i]->set_parameters(template_parameters);
        }
        return;
      }
    }
    template_parameters = {};
  }

  bool fits(FilterOrder order) const {
    FusedRoad road(order);
    for (size_t i = fused_from; i < fusible.size(); ++i) {
      if (!road.take(fusible[i])) return false;
    }
    return true;
  }

  /// Runs the samplers that are not fused on a copy of the row.
  LogitsView run(const void* row, const LogitsView& logits, const History& history,
                 std::span<const TokenId> end_ids, const DrawPlace& place) {
    copy.resize(logits.vocab);
    row_kernels::widen(row, logits.type, logits.vocab, copy.data());
    SamplingRow under_way{copy, end_ids};
    for (size_t i = 0; i < fused_from; ++i) samplers[i]->apply(under_way, history, place);
    return {.data = copy.data(), .rows = 1, .vocab = copy.size(), .row_stride = copy.size()};
  }

  AdjustmentsView adjust(size_t vocab, const History& history, std::span<const TokenId> end_ids) {
    entries.clear();
    for (size_t i = fused_from; i < fusible.size(); ++i) {
      fusible[i]->append_adjustments(vocab, end_ids, history, entries);
    }
    if (entries.empty()) return {};
    merge_adjustments(entries);
    offsets = {0, static_cast<uint32_t>(entries.size())};
    return {entries.data(), offsets.data()};
  }

  std::vector<std::unique_ptr<Sampler>> samplers;
  std::vector<FusedSampler*> fusible;  // of samplers; null: cannot be fused
  size_t fused_from = 0;
  RowParameters template_parameters;
  std::vector<float> copy;
  std::vector<Adjustment> entries;
  std::array<uint32_t, 2> offsets = {};
};

SamplerChain::SamplerChain() : state_(std::make_unique<State>()) {}
SamplerChain::~SamplerChain() = default;
SamplerChain::SamplerChain(const SamplerChain& other)
    : state_(std::make_unique<State>(*other.state_)) {}
SamplerChain& SamplerChain::operator=(const SamplerChain& other) {
  if (this != &other) state_ = std::make_unique<State>(*other.state_);
  return *this;
}
SamplerChain::SamplerChain(SamplerChain&&) noexcept = default;
SamplerChain& SamplerChain::operator=(SamplerChain&&) noexcept = default;

SamplerChain& SamplerChain::add(std::unique_ptr<Sampler> sampler) {
  if (sampler == nullptr) throw Error(ErrorCode::kInvalidArgument, "expected a sampler");
  state_->add(std::move(sampler));
  return *this;
}

PreparedRow SamplerChain::prepare(const LogitsView& logits, size_t row, const History& history,
                                  std::span<const TokenId> end_ids,
                                  const DrawPlace& place) noexcept {
  const auto* const bytes = static_cast<const unsigned char*>(logits.data);
  const void* const data = bytes + row * logits.row_stride * bytes_per_logit(logits.type);
  PreparedRow prepared;
  prepared.logits = logits;
  prepared.logits.data = data;
  prepared.logits.rows = 1;
  prepared.logits.row_stride = logits.vocab;
  if (!is_fused()) prepared.logits = state_->run(data, logits, history, end_ids, place);
  prepared.adjustments = state_->adjust(logits.vocab, history, end_ids);
  prepared.parameters = state_->template_parameters;
  prepared.parameters.seed = place.seed;
  prepared.parameters.stream = place.stream;
  prepared.parameters.position = place.position;
  return prepared;
}

void SamplerChain::accept(TokenId id) noexcept {
  for (const auto& sampler : state_->samplers) sampler->accept(id);
}

void SamplerChain::reset() noexcept {
  for (const auto& sampler : state_->samplers) sampler->reset();
}

bool SamplerChain::is_prefix_function() const noexcept {
  for (const auto& sampler : state_->samplers) {
    if (!sampler->is_prefix_function()) return false;
  }
  return true;
}

bool SamplerChain::is_fused() const noexcept {
  return state_->fused_from == 0;
}

std::string SamplerChain::describe() const {
  std::string names;
  for (const auto& sampler : state_->samplers) {
    if (!names.empty()) names += ", ";
    names += sampler->name();
  }
  return names;
}

}  // namespace tokrail
