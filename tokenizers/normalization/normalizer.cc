#include "tokenizers/normalization/normalizer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "tokenizers/normalization/normalizer_stage.h"

namespace tokrail {
namespace {

using detail::NormalizerStage;
using detail::Seam;
using detail::StagePointer;

std::vector<StagePointer> make_stages(std::span<const NormalizerStep> steps,
                                      std::span<const std::string_view> symbols) {
  using Kind = NormalizerStep::Kind;
  std::vector<StagePointer> stages;
  for (const NormalizerStep& step : steps) {
    switch (step.kind) {
      case Kind::kNfc:
      case Kind::kNfd:
      case Kind::kNfkc:
      case Kind::kNfkd:
      case Kind::kLowercase:
      case Kind::kStripAccents:
      case Kind::kNmt:
      case Kind::kBert: detail::add_unicode_stages(step, stages); break;
      case Kind::kStrip:
      case Kind::kPrepend:
      case Kind::kByteLevel:
      case Kind::kLlamaSpm: detail::add_literal_stages(step, stages); break;
      case Kind::kReplace: detail::add_replace_stage(step, stages); break;
      case Kind::kPrecompiled: detail::add_precompiled_stage(step, stages); break;
      case Kind::kSentencePiece:
      case Kind::kLlamaUgm: detail::add_sentencepiece_stage(step, symbols, stages); break;
    }
  }
  return stages;
}

bool find_stability(const std::vector<StagePointer>& stages, char32_t code_point) {
  if (!is_scalar_value(code_point) || detail::is_space_like(code_point)) return false;
  Seam seam = {code_point, U' '};
  for (const StagePointer& stage : stages) {
    if (!stage->carry(seam) || detail::is_space_like(seam.left)) return false;
  }
  return true;
}

}  // namespace

struct Normalizer::State {
  std::vector<StagePointer> stages;
  std::array<bool, 128> is_stable{};  // of ASCII
  bool has_seams = false;
  bool is_local_in_ascii = false;  // then `ascii` is the whole truth for ASCII texts
  std::array<std::string, 128> ascii;
  // Answers of is_stable_before_space for the BMP, filled in as they are asked for.
  static constexpr uint8_t kUnknown = 0, kStable = 1, kUnstable = 2;
  std::unique_ptr<std::atomic<uint8_t>[]> known { new std::atomic<uint8_t>[ 0x10000 ]() };

  /// Steps that change nothing are left out; the others go back and forth between two strings.
  void run_all(std::string_view in, TextEnds ends, std::string& out) const {
    std::string before;
    bool is_changed = false;
    out.clear();
    for (const StagePointer& stage : stages) {
      const std::string_view text = is_changed ? std::string_view(out) : in;
      if (stage->is_identity_on(text, ends)) continue;
      if (is_changed) {
        before.swap(out);
        out.clear();
        stage->run(before, ends, out);
      } else {
        stage->run(in, ends, out);
        is_changed = true;
      }
    }
    if (!is_changed) out.assign(in);
  }

  void prepare() {
    is_local_in_ascii = true;
    for (const StagePointer& stage : stages) is_local_in_ascii &= stage->is_local_in_ascii();
    for (size_t c = 0; c < 128; ++c) {
      is_stable[c] = find_stability(stages, static_cast<char32_t>(c));
      if (!is_local_in_ascii) continue;
      const char character = static_cast<char>(c);
      run_all({&character, 1}, {}, ascii[c]);
      // A character that another step looks at as a part of several is not covered.
      for (const char byte : ascii[c]) {
        if (static_cast<unsigned char>(byte) >= 128 && stages.size() > 1) is_local_in_ascii = false;
      }
    }
    // Whether any code point is stable: where letters are not, nothing is worth asking.
    for (size_t c = 'A'; c <= 'z'; ++c) has_seams |= is_stable[c];
  }
};

Normalizer::Normalizer() : Normalizer(compile({})) {}

Normalizer::Normalizer(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}

Normalizer Normalizer::compile(std::span<const NormalizerStep> steps,
                               std::span<const std::string_view> user_defined_symbols) {
  auto state = std::make_shared<State>();
  state->stages = make_stages(steps, user_defined_symbols);
  state->prepare();
  return Normalizer(std::move(state));
}

void Normalizer::apply(AlignedText& text, TextEnds ends) const {
  for (const StagePointer& stage : state_->stages) {
    if (!stage->is_identity_on(text.text(), ends)) stage->run(text, ends);
  }
}

void Normalizer::apply(std::string_view in, std::string& out, TextEnds ends) const {
  const State& state = *state_;
  if (state.stages.empty()) {
    out.assign(in);
    return;
  }
  if (state.stages.size() == 1) {
    out.clear();
    state.stages[0]->run(in, ends, out);
    return;
  }
  if (state.is_local_in_ascii && ascii_prefix_length(in) == in.size()) {
    out.clear();
    for (const char c : in) out.append(state.ascii[static_cast<unsigned char>(c)]);
    return;
  }
  state.run_all(in, ends, out);
}

bool Normalizer::always_identity() const noexcept {
  return state_->stages.empty();
}

bool Normalizer::is_identity_on(std::string_view text, TextEnds ends) const {
  for (const StagePointer& stage : state_->stages) {
    if (!stage->is_identity_on(text, ends)) return false;
  }
  return true;
}

bool Normalizer::is_local(char32_t code_point) const {
  if (!is_scalar_value(code_point)) return false;
  std::string text, next;
  append_utf8(code_point, text);
  for (const StagePointer& stage : state_->stages) {
    for (const auto [position, unit] : utf8_units(text)) {
      if (!unit.valid || !stage->is_local(unit.code_point)) return false;
    }
    next.clear();
    stage->run(text, {false, false}, next);
    text.swap(next);
  }
  return true;
}

bool Normalizer::aligns_in_parts(std::string_view first_part) const {
  const auto& stages = state_->stages;
  if (std::none_of(stages.begin(), stages.end(),
                   [](const StagePointer& stage) { return stage->may_shift_alignment(); })) {
    return true;
  }
  // Behind another character nothing is at the beginning any more.
  const std::string guarded = "x" + std::string(first_part);
  AlignedText with(guarded), without(first_part);
  apply(with);
  apply(without);
  if (without.empty() || with.text() != "x" + std::string(without.text())) return false;
  for (size_t i = 0; i < without.text().size(); ++i) {
    const OriginalRange behind = with.original_range(i + 1, i + 2);
    const OriginalRange alone = without.original_range(i, i + 1);
    if (behind.begin != alone.begin + 1 || behind.end != alone.end + 1) return false;
  }
  return true;
}

bool Normalizer::local_at_spaces() const noexcept {
  return state_->has_seams;
}

bool Normalizer::is_stable_before_space(char32_t code_point) const noexcept {
  if (code_point < 128) return state_->is_stable[code_point];
  if (code_point > 0xFFFF) return find_stability(state_->stages, code_point);
  // Threads that ask for the same one at once store the same answer.
  std::atomic<uint8_t>& known = state_->known[code_point];
  uint8_t answer = known.load(std::memory_order_relaxed);
  if (answer == State::kUnknown) {
    answer = find_stability(state_->stages, code_point) ? State::kStable : State::kUnstable;
    known.store(answer, std::memory_order_relaxed);
  }
  return answer == State::kStable;
}

}  // namespace tokrail
