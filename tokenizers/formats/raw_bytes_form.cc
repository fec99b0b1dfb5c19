#include "tokenizers/formats/raw_bytes_form.h"

#include <string>
#include <utility>
#include <vector>

#include "tokenizers/byte_alphabet.h"
#include "tokenizers/known_encodings.h"

namespace tokrail {
namespace {

using StepKind = PreTokenizerStep::Kind;

// ByteLevel alone has GPT-2's pattern built in; behind a Split it only writes the alphabet.
bool take_pattern(const TokenizerSpec& spec, TokenizerSpec& raw) {
  const auto& steps = spec.pre_tokenizers;
  if (steps.empty() || steps.back().kind != StepKind::kByteLevel) return false;
  if (steps.back().add_prefix_space) return false;
  raw.pre_tokenizers.clear();
  if (!steps.back().use_regex) {
    for (auto step = steps.begin(); step != steps.end() - 1; ++step) {
      if (step->behavior != SplitBehavior::kIsolated || step->invert) return false;
    }
    raw.pre_tokenizers.assign(steps.begin(), steps.end() - 1);
    return true;
  }
  if (steps.size() != 1) return false;
  PreTokenizerStep split;
  split.kind = StepKind::kSplit;
  split.pattern = {std::string(find_known_encoding("r50k_base")->pattern), true};
  split.behavior = SplitBehavior::kIsolated;
  raw.pre_tokenizers.push_back(std::move(split));
  return true;
}

bool take_bytes(const TokenizerSpec& spec, TokenizerSpec& raw) {
  std::vector<bool> added(spec.vocabulary.size());
  for (const AddedToken& token : spec.added_tokens) added[token.id] = true;
  raw.vocabulary.texts = ByteStrings();
  std::string bytes;
  for (size_t id = 0; id < spec.vocabulary.size(); ++id) {
    bytes.clear();
    if (added[id]) {
      bytes = spec.vocabulary.texts[id];
    } else if (!append_alphabet_bytes(spec.vocabulary.texts[id], bytes)) {
      return false;
    }
    raw.vocabulary.texts.push_back(bytes);
  }
  return true;
}

}  // namespace

std::optional<TokenizerSpec> raw_bytes_form(const TokenizerSpec& spec) {
  if (spec.model.raw_bytes) return spec;
  const bool alphabet_decoder =
      spec.decoders.size() == 1 && spec.decoders[0].kind == DecoderStep::Kind::kByteLevel;
  if (spec.model.kind != ModelSpec::Kind::kMergeBpe || !alphabet_decoder ||
      !spec.model.continuing_prefix.empty() || !spec.model.end_of_word_suffix.empty() ||
      spec.model.byte_fallback) {
    return std::nullopt;
  }
  TokenizerSpec raw = spec;
  if (!take_pattern(spec, raw) || !take_bytes(spec, raw)) return std::nullopt;
  raw.model.raw_bytes = true;
  raw.decoders.clear();
  return raw;
}

}  // namespace tokrail
