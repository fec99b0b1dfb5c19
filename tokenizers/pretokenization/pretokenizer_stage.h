// One compiled step of a PreTokenizer. Private to the pre-tokenizer.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizers/normalization/aligned_text.h"
#include "tokenizers/pretokenization/regex_finder.h"
#include "tokenizers/spec.h"

namespace tokrail::detail {

class PreTokenizerStage {
 public:
  virtual ~PreTokenizerStage() = default;

  /// Appends what becomes of the pieces, without empty ones. The pieces may be moved from.
  virtual void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const = 0;
};

using StagePtr = std::unique_ptr<const PreTokenizerStage>;

/// Appends the parts of `piece` that `behavior` leaves. `kept` is scratch.
void append_parts(const AlignedText& piece, std::span<const TextMatch> matches,
                  SplitBehavior behavior, std::vector<TextMatch>& kept,
                  std::vector<AlignedText>& out);

/// The parts of a text where each code point that satisfies `test` is a match.
template <typename Test>
void match_code_points(std::string_view text, Test test, std::vector<TextMatch>& matches) {
  matches.clear();
  size_t done = 0;
  for (const auto& [position, unit] : utf8_units(text)) {
    if (!unit.valid || !test(unit.code_point)) continue;
    if (position > done) matches.push_back({done, position, false});
    done = position + unit.length;
    matches.push_back({position, done, true});
  }
  if (done < text.size() || text.empty()) matches.push_back({done, text.size(), false});
}

/// Cuts at code points of a kind.
template <typename Test>
class CodePointStage final : public PreTokenizerStage {
 public:
  CodePointStage(Test test, SplitBehavior behavior) : test_(test), behavior_(behavior) {}

  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    std::vector<TextMatch> matches, kept;
    for (const AlignedText& piece : pieces) {
      match_code_points(piece.text(), test_, matches);
      append_parts(piece, matches, behavior_, kept, out);
    }
  }

 private:
  Test test_;
  SplitBehavior behavior_;
};

StagePtr make_byte_level_stage(const PreTokenizerStep& step);
StagePtr make_metaspace_stage(const PreTokenizerStep& step);
StagePtr make_unicode_scripts_stage();
StagePtr make_fixed_length_stage(const PreTokenizerStep& step);
StagePtr make_llama_wpm_stage(const PreTokenizerStep& step);

/// The pattern of GPT-2, which ByteLevel cuts by.
std::string_view gpt2_pattern() noexcept;

}  // namespace tokrail::detail
