// What generating gave, read piece by piece.
#include <cmath>
#include <cstring>
#include <limits>

#include "bindings/c/guard.h"
#include "bindings/c/handles.h"

namespace tokrail::c {
namespace {

int32_t number_of(GenerationStatus status) noexcept {
  switch (status) {
    case GenerationStatus::kComplete: return TOKRAIL_GENERATION_COMPLETE;
    case GenerationStatus::kLength: return TOKRAIL_GENERATION_LENGTH;
    case GenerationStatus::kStopped: return TOKRAIL_GENERATION_STOPPED;
    case GenerationStatus::kDeadEnd: return TOKRAIL_GENERATION_DEAD_END;
    case GenerationStatus::kBudgetExhausted: return TOKRAIL_GENERATION_BUDGET_EXHAUSTED;
    case GenerationStatus::kCancelled: return TOKRAIL_GENERATION_CANCELLED;
    case GenerationStatus::kError: return TOKRAIL_GENERATION_ERROR;
  }
  return TOKRAIL_GENERATION_ERROR;
}

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

const Generation* output_at(const tokrail_outputs* outputs, size_t index) noexcept {
  return outputs == nullptr || index >= outputs->outputs.size() ? nullptr
                                                                : &outputs->outputs[index];
}
const PosteriorOutput* output_at(const tokrail_posterior* posterior, size_t index) noexcept {
  return posterior == nullptr || index >= posterior->posterior.outputs.size()
             ? nullptr
             : &posterior->posterior.outputs[index];
}

const char* lend_text(const Generation* output, std::string Generation::*of,
                      size_t* length) noexcept {
  return output == nullptr ? lend_nothing<char>(length) : lend(output->*of, length);
}

tokrail_statistics statistics_of(const GenerationStatistics& s) noexcept {
  tokrail_statistics result = TOKRAIL_STATISTICS_INIT;
  result.model_calls = s.model_calls;
  result.skipped_calls = s.skipped_calls;
  result.masks = s.masks;
  result.tests = s.tests;
  result.attempts = s.attempts;
  result.explored = s.explored;
  result.seconds = s.seconds;
  result.model_seconds = s.model_seconds;
  return result;
}

}  // namespace
}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

const char* tokrail_generation_status_name(int32_t status) {
  switch (status) {
    case TOKRAIL_GENERATION_COMPLETE: return "complete";
    case TOKRAIL_GENERATION_LENGTH: return "length";
    case TOKRAIL_GENERATION_STOPPED: return "stopped";
    case TOKRAIL_GENERATION_DEAD_END: return "dead_end";
    case TOKRAIL_GENERATION_BUDGET_EXHAUSTED: return "budget_exhausted";
    case TOKRAIL_GENERATION_CANCELLED: return "cancelled";
    case TOKRAIL_GENERATION_ERROR: return "error";
    default: return "unknown";
  }
}

size_t tokrail_outputs_count(const tokrail_outputs* outputs) {
  return outputs == nullptr ? 0 : outputs->outputs.size();
}
int32_t tokrail_outputs_status(const tokrail_outputs* outputs, size_t index) {
  const Generation* output = output_at(outputs, index);
  return output == nullptr ? -1 : number_of(output->status);
}
const char* tokrail_outputs_text(const tokrail_outputs* outputs, size_t index, size_t* length) {
  return lend_text(output_at(outputs, index), &Generation::text, length);
}
const uint32_t* tokrail_outputs_ids(const tokrail_outputs* outputs, size_t index, size_t* count) {
  const Generation* output = output_at(outputs, index);
  return output == nullptr ? lend_nothing<uint32_t>(count)
                           : lend(std::span<const uint32_t>(output->ids), count);
}
const char* tokrail_outputs_stop(const tokrail_outputs* outputs, size_t index, size_t* length) {
  return lend_text(output_at(outputs, index), &Generation::stop, length);
}
const char* tokrail_outputs_error(const tokrail_outputs* outputs, size_t index, size_t* length) {
  return lend_text(output_at(outputs, index), &Generation::error, length);
}
double tokrail_outputs_log_weight(const tokrail_outputs* outputs, size_t index) {
  const Generation* output = output_at(outputs, index);
  return output == nullptr ? kNoNumber : output->log_weight;
}
double tokrail_outputs_log_prob(const tokrail_outputs* outputs, size_t index) {
  const Generation* output = output_at(outputs, index);
  return output == nullptr ? kNoNumber : output->log_prob;
}

tokrail_status tokrail_outputs_statistics(const tokrail_outputs* outputs, size_t index,
                                          tokrail_statistics* statistics, tokrail_error** error) {
  return guard(error, [&] {
    const Generation* output = output_at(required(outputs, "outputs"), index);
    if (output == nullptr) {
      throw Error(ErrorCode::kInvalidArgument, "there is no output " + std::to_string(index));
    }
    uint32_t size = 0;
    std::memcpy(&size, required(statistics, "statistics"), sizeof size);
    if (size < sizeof(tokrail_statistics)) {
      throw Error(ErrorCode::kInvalidArgument, "struct_size is " + std::to_string(size) +
                                                   "; expected at least " +
                                                   std::to_string(sizeof(tokrail_statistics)) +
                                                   ", the size of tokrail_statistics");
    }
    // Fields that a newer program knows stay as they are.
    tokrail_statistics result = statistics_of(output->statistics);
    result.struct_size = size;
    *statistics = result;
  });
}
void tokrail_outputs_free(tokrail_outputs* outputs) {
  delete outputs;
}

size_t tokrail_posterior_count(const tokrail_posterior* posterior) {
  return posterior == nullptr ? 0 : posterior->posterior.outputs.size();
}
double tokrail_posterior_probability(const tokrail_posterior* posterior, size_t index) {
  const PosteriorOutput* output = output_at(posterior, index);
  return output == nullptr ? kNoNumber : output->probability;
}
int32_t tokrail_posterior_status(const tokrail_posterior* posterior, size_t index) {
  const PosteriorOutput* output = output_at(posterior, index);
  return output == nullptr ? -1 : number_of(output->status);
}
uint32_t tokrail_posterior_particle_count(const tokrail_posterior* posterior, size_t index) {
  const PosteriorOutput* output = output_at(posterior, index);
  return output == nullptr ? 0 : output->particles;
}
const char* tokrail_posterior_text(const tokrail_posterior* posterior, size_t index,
                                   size_t* length) {
  const PosteriorOutput* output = output_at(posterior, index);
  return output == nullptr ? lend_nothing<char>(length) : lend(output->text, length);
}
const uint32_t* tokrail_posterior_ids(const tokrail_posterior* posterior, size_t index,
                                      size_t* count) {
  const PosteriorOutput* output = output_at(posterior, index);
  return output == nullptr ? lend_nothing<uint32_t>(count)
                           : lend(std::span<const uint32_t>(output->ids), count);
}
double tokrail_posterior_log_evidence(const tokrail_posterior* posterior) {
  return posterior == nullptr ? kNoNumber : posterior->posterior.log_evidence;
}
double tokrail_posterior_effective_particles(const tokrail_posterior* posterior) {
  return posterior == nullptr ? kNoNumber : posterior->posterior.effective_particles;
}
uint32_t tokrail_posterior_resamplings(const tokrail_posterior* posterior) {
  return posterior == nullptr ? 0 : posterior->posterior.resamplings;
}
const tokrail_outputs* tokrail_posterior_particles(const tokrail_posterior* posterior) {
  return posterior == nullptr ? nullptr : &posterior->particles;
}
const double* tokrail_posterior_log_weights(const tokrail_posterior* posterior, size_t* count) {
  return posterior == nullptr
             ? lend_nothing<double>(count)
             : lend(std::span<const double>(posterior->posterior.log_weights), count);
}
void tokrail_posterior_free(tokrail_posterior* posterior) {
  delete posterior;
}

}  // extern "C"
