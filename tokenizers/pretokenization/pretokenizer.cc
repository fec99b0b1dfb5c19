#include "tokenizers/pretokenization/pretokenizer.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"
#include "tokenizers/pretokenization/pretokenizer_stage.h"
#include "tokenizers/pretokenization/splitter.h"

namespace tokrail {
namespace detail {

void append_parts(const AlignedText& piece, std::span<const TextMatch> matches,
                  SplitBehavior behavior, std::vector<TextMatch>& kept,
                  std::vector<AlignedText>& out) {
  apply_split_behavior(matches, behavior, kept);
  for (const TextMatch& part : kept) {
    if (part.begin < part.end) out.push_back(piece.slice(part.begin, part.end));
  }
}

namespace {

/// Cuts at the matches of a regular expression, or, inverted, at what is between them.
class RegexStage final : public PreTokenizerStage {
 public:
  RegexStage(RegexFinder finder, SplitBehavior behavior, bool invert)
      : finder_(std::move(finder)), behavior_(behavior), invert_(invert) {}

  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    RegexFinder::Scanner scanner(finder_);
    std::vector<TextMatch> matches, kept;
    for (const AlignedText& piece : pieces) {
      scanner.find_parts(piece.text(), matches);
      if (invert_) {
        for (TextMatch& match : matches) match.is_match = !match.is_match;
      }
      append_parts(piece, matches, behavior_, kept, out);
    }
  }

 private:
  RegexFinder finder_;
  SplitBehavior behavior_;
  bool invert_;
};

/// The same for a pattern that Splitter knows: its matches cover every text.
class KnownPatternStage final : public PreTokenizerStage {
 public:
  KnownPatternStage(std::unique_ptr<const Splitter> splitter, SplitBehavior behavior, bool invert)
      : splitter_(std::move(splitter)), behavior_(behavior), invert_(invert) {}

  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    std::vector<TextMatch> matches, kept;
    for (const AlignedText& piece : pieces) {
      split_all(piece.text(), matches);
      append_parts(piece, matches, behavior_, kept, out);
    }
  }

 private:
  void split_all(std::string_view text, std::vector<TextMatch>& matches) const {
    constexpr size_t kBatch = 512;
    uint32_t ends[kBatch];
    matches.clear();
    for (size_t at = 0; at < text.size();) {
      const size_t count = splitter_->split(text, at, ends, kBatch);
      uint32_t begin = 0;
      for (size_t i = 0; i < count; ++i) {
        matches.push_back({at + begin, at + ends[i], !invert_});
        begin = ends[i];
      }
      at += begin;
    }
  }

  std::unique_ptr<const Splitter> splitter_;
  SplitBehavior behavior_;
  bool invert_;
};

/// Splitter knows one ignoring of case, in which U+017F is an s; spelled-out letters know none.
bool splitter_reads_alike(std::string_view pattern, RegexDialect dialect) {
  if (pattern.find("'[sS]") != std::string_view::npos) return false;
  return dialect == RegexDialect::kRust || Splitter::reads_like_oniguruma(pattern);
}

StagePtr make_split_stage(const PreTokenizerStep& step, RegexDialect dialect) {
  const std::string& pattern = step.pattern.text;
  if (!step.pattern.is_regex) {
    return std::make_unique<RegexStage>(RegexFinder::literal(pattern), step.behavior, step.invert);
  }
  if (splitter_reads_alike(pattern, dialect)) {
    if (auto splitter = Splitter::for_pattern(pattern)) {
      return std::make_unique<KnownPatternStage>(std::move(splitter), step.behavior, step.invert);
    }
  }
  return std::make_unique<RegexStage>(RegexFinder::compile(pattern, dialect), step.behavior,
                                      step.invert);
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
         (c >= 0x7B && c <= 0x7E);
}

/// Punctuation of Unicode 16 that Unicode 8 did not have, as ranges in order.
constexpr std::pair<char32_t, char32_t> kPunctuationSinceUnicode9[] = {
    {0x061D, 0x061D},   {0x09FD, 0x09FD},   {0x0A76, 0x0A76},   {0x0C77, 0x0C77},
    {0x0C84, 0x0C84},   {0x1B4E, 0x1B4F},   {0x1B7D, 0x1B7F},   {0x2E43, 0x2E4F},
    {0x2E52, 0x2E5D},   {0x10D6E, 0x10D6E}, {0x10EAD, 0x10EAD}, {0x10F55, 0x10F59},
    {0x10F86, 0x10F89}, {0x113D4, 0x113D5}, {0x113D7, 0x113D8}, {0x1144B, 0x1144F},
    {0x1145A, 0x1145B}, {0x1145D, 0x1145D}, {0x11660, 0x1166C}, {0x116B9, 0x116B9},
    {0x1183B, 0x1183B}, {0x11944, 0x11946}, {0x119E2, 0x119E2}, {0x11A3F, 0x11A46},
    {0x11A9A, 0x11A9C}, {0x11A9E, 0x11AA2}, {0x11B00, 0x11B09}, {0x11BE1, 0x11BE1},
    {0x11C41, 0x11C45}, {0x11C70, 0x11C71}, {0x11EF7, 0x11EF8}, {0x11F43, 0x11F4F},
    {0x11FFF, 0x11FFF}, {0x12FF1, 0x12FF2}, {0x16D6D, 0x16D6F}, {0x16E97, 0x16E9A},
    {0x16FE2, 0x16FE2}, {0x1E5FF, 0x1E5FF}, {0x1E95E, 0x1E95F}};

// The reference takes punctuation from tables of Unicode 8.0 (in which U+166D and U+111C9 still
// were punctuation), and counts all ASCII signs, symbols too.
bool is_bert_punctuation(char32_t c) {
  if (c < 0x80) return is_ascii_punctuation(c);
  if (c == 0x166D || c == 0x111C9) return true;
  if (!is_punctuation(c)) return false;
  const auto* const range =
      std::upper_bound(std::begin(kPunctuationSinceUnicode9), std::end(kPunctuationSinceUnicode9),
                       c, [](char32_t a, const auto& b) { return a < b.first; });
  return range == std::begin(kPunctuationSinceUnicode9) || c > std::prev(range)->second;
}

template <typename Test>
StagePtr make_code_point_stage(Test test, SplitBehavior behavior) {
  return std::make_unique<CodePointStage<Test>>(test, behavior);
}

void add_stages(const PreTokenizerStep& step, RegexDialect dialect, std::vector<StagePtr>& stages) {
  using Kind = PreTokenizerStep::Kind;
  switch (step.kind) {
    case Kind::kByteLevel: stages.push_back(make_byte_level_stage(step)); return;
    case Kind::kSplit: stages.push_back(make_split_stage(step, dialect)); return;
    case Kind::kWhitespace:
      // The reference takes Rust's regex here, whatever engine it uses elsewhere.
      stages.push_back(
          std::make_unique<RegexStage>(RegexFinder::compile(R"(\w+|[^\w\s]+)", RegexDialect::kRust),
                                       SplitBehavior::kRemoved, true));
      return;
    case Kind::kWhitespaceSplit:
      stages.push_back(make_code_point_stage(is_white_space, SplitBehavior::kRemoved));
      return;
    case Kind::kPunctuation:
      stages.push_back(make_code_point_stage(is_bert_punctuation, step.behavior));
      return;
    case Kind::kDigits:
      stages.push_back(make_code_point_stage(is_number, step.individual_digits
                                                            ? SplitBehavior::kIsolated
                                                            : SplitBehavior::kContiguous));
      return;
    case Kind::kMetaspace: stages.push_back(make_metaspace_stage(step)); return;
    case Kind::kBert:
      stages.push_back(make_code_point_stage(is_white_space, SplitBehavior::kRemoved));
      stages.push_back(make_code_point_stage(is_bert_punctuation, SplitBehavior::kIsolated));
      return;
    case Kind::kCharDelimiter:
      stages.push_back(
          make_code_point_stage([delimiter = step.delimiter](char32_t c) { return c == delimiter; },
                                SplitBehavior::kRemoved));
      return;
    case Kind::kUnicodeScripts: stages.push_back(make_unicode_scripts_stage()); return;
    case Kind::kFixedLength: stages.push_back(make_fixed_length_stage(step)); return;
    case Kind::kLlamaWpm: stages.push_back(make_llama_wpm_stage(step)); return;
  }
}

}  // namespace
}  // namespace detail

struct PreTokenizer::State {
  std::vector<detail::StagePtr> stages;
};

PreTokenizer::PreTokenizer() : state_(std::make_shared<State>()) {}

PreTokenizer PreTokenizer::compile(std::span<const PreTokenizerStep> steps, RegexDialect dialect) {
  auto state = std::make_shared<State>();
  for (size_t i = 0; i < steps.size(); ++i) {
    try {
      detail::add_stages(steps[i], dialect, state->stages);
    } catch (const Error& error) {
      throw error.within("pre-tokenizer step " + std::to_string(i + 1));
    }
  }
  PreTokenizer out;
  out.state_ = std::move(state);
  return out;
}

void PreTokenizer::split(std::vector<AlignedText>& pieces) const {
  std::vector<AlignedText> next;
  for (const detail::StagePtr& stage : state_->stages) {
    next.clear();
    stage->split(pieces, next);
    pieces.swap(next);
  }
}

}  // namespace tokrail
