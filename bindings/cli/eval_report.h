// EvalReport: what `tokrail eval` found, as rows of measures with one value per tokenizer. The
// table, the JSON lines and the page are written from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/evaluation/hybrid_scores.h"
#include "tokenizers/evaluation/oracle_scores.h"
#include "tokenizers/evaluation/premiums.h"
#include "tokenizers/evaluation/segmentation_scores.h"
#include "tokenizers/evaluation/text_scores.h"

namespace tokrail::cli {

/// Everything that was counted for one tokenizer.
struct TokenizerScores {
  TextScores text;
  std::optional<OracleScores> tr, pure;
  std::optional<SegmentationScores> types, types_by_count, tokens;
  std::optional<HybridTextScores> hybrid_text;
  std::optional<HybridMorphScores> hybrid_types, hybrid_tokens;
};

struct EvalMeasure {
  enum class Better : uint8_t { kHigher, kLower, kNeither };

  std::string group;
  std::string key;        ///< for programs
  std::string label;      ///< for people
  std::string what;       ///< one sentence
  bool is_share = false;  ///< shown in per cent
  int decimals = 1;
  bool is_main = false;  ///< also shown as bars
  Better better = Better::kNeither;
  std::vector<std::optional<double>> values;  ///< by tokenizer

  /// As it is shown; "–" where there is none.
  std::string text(size_t tokenizer) const;
  /// Whether it is the best of several values that look different.
  bool is_best(size_t tokenizer) const;
};

struct SampleToken {
  uint64_t begin = 0, end = 0;  ///< bytes of the text
  TokenId id = 0;
  std::string name;  ///< the piece in the notation of the file
  std::optional<HybridKind> kind;
};

struct EvalSample {
  std::string text;
  std::vector<std::vector<SampleToken>> tokens;  ///< by tokenizer
};

/// A gold word that is cut otherwise.
struct EvalError {
  size_t tokenizer = 0;
  std::string word;
  std::string gold, predicted;  ///< with "|" at the cuts
  uint64_t count = 0;           ///< occurrences
};

struct EvalReport {
  std::vector<std::string> tokenizers;  ///< names
  std::vector<std::string> paths;
  std::vector<uint64_t> sizes;
  /// "text", "gold types", ...: what was measured on.
  std::vector<std::pair<std::string, std::string>> sources;
  std::vector<EvalMeasure> measures;
  std::vector<EvalSample> samples;
  std::vector<EvalError> errors;
};

/// The measures that were made, in the order they are shown.
std::vector<EvalMeasure> list_measures(const std::vector<TokenizerScores>& scores,
                                       const std::vector<uint64_t>& sizes);
/// The `most` words that are cut wrong most often, for each of several tokenizers.
std::vector<EvalError> list_errors(const std::vector<Tokenizer>& tokenizers,
                                   const std::vector<GoldWord>& gold, size_t most);
/// Premiums with each tokenizer as that of the base.
void add_premiums(const Premiums& premiums, const AlignedTexts& texts,
                  const std::vector<std::string>& tokenizers, std::vector<EvalMeasure>& measures);

std::string as_table(const EvalReport& report, bool colour);
/// A line per tokenizer.
std::string as_json_lines(const EvalReport& report);

}  // namespace tokrail::cli
