// Reads exact oracles for sampling under a constraint: files of token cases, files of sequence
// cases.
//
// A token case is a distribution p, the ids a constraint allows, and what estimators of the allowed
// mass must come to. A sequence case is a complete n-gram model, a constraint on the text and the
// posterior of whole sequences. Probabilities are {"frac": "1/8", "value": 0.125} or numbers.
//
// Errors: Error(kInvalidFile) with the JSON pointer for what is missing, of another type or not
// known: a field that this reader does not know is an error, never left out in silence.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizers/token_id.h"

namespace tokrail::cli {

/// Moments of a weight; what a file does not say is empty.
struct ExpectedLaw {
  uint64_t max_accepts = 0;
  uint64_t max_rejections = 0;
  uint64_t further_tests = 0;
  std::optional<double> mean = {};
  std::optional<double> variance = {};
  std::optional<double> tests = {};
  std::optional<double> zero_probability = {};
};

struct TokenCase {
  std::string id;
  std::vector<double> p;            ///< adds up to 1
  std::vector<uint8_t> accepted;    ///< per id
  bool family = false;              ///< p is a formula: too many ids to enumerate paths
  std::optional<double> mass = {};  ///< Z
  std::vector<double> target;       ///< p * a; may be empty
  std::optional<double> tests_first = {};
  std::optional<double> tests_geometric_2 = {};
  std::optional<double> tests_geometric_3 = {};
  std::optional<double> variance_geometric_2 = {};
  std::optional<double> variance_one_draw = {};
  std::optional<ExpectedLaw> recursive = {};
  std::optional<ExpectedLaw> two_loop = {};
  std::vector<ExpectedLaw> geometric_capped;
  std::vector<ExpectedLaw> recursive_capped;
  std::vector<ExpectedLaw> further;
};

enum class TextConstraintKind : uint8_t { kGbnf, kRegex, kRegexCodePoints };

struct PosteriorEntry {
  std::vector<TokenId> ids;  ///< the end included
  double global = 0;
  double local = 0;
  double weight = 0;
};

struct FutureMass {
  std::vector<TokenId> prefix;
  double mass = 0;
};

struct SequenceCase {
  std::string id;
  std::vector<std::string> tokens;  ///< bytes of each id; the end's name for the end
  TokenId end = 0;
  size_t order = 1;
  /// Rows of the model: from the last order - 1 ids (kStart before the text) to probabilities.
  std::map<std::vector<int64_t>, std::vector<double>> rows;
  static constexpr int64_t kStart = -1;
  TextConstraintKind constraint_kind = TextConstraintKind::kGbnf;
  std::string constraint;
  size_t max_tokens = 0;  ///< the end included
  std::optional<double> mass = {};
  std::optional<uint64_t> valid_sequences = {};
  std::optional<double> ess_fraction = {};
  std::optional<double> local_tv = {};
  std::optional<double> tests_per_sequence = {};
  std::map<uint64_t, double> expected_tv;  ///< by number of particles
  std::vector<PosteriorEntry> entries;
  /// By the text as the file spells it: the text itself, or its bytes as latin-1 characters.
  std::map<std::string, double> text_marginal;
  std::vector<FutureMass> future;
};

/// What a file holds; a file of another part of the project is a reason why it is skipped.
struct SkippedCases {
  std::string reason;
};
using SamplingCases = std::variant<std::vector<TokenCase>, SequenceCase, SkippedCases>;

/// The bytes that characters below U+0100 stand for; empty where there are others.
std::optional<std::string> latin1_bytes(std::string_view text);

SamplingCases read_sampling_cases(const std::filesystem::path& path);

}  // namespace tokrail::cli
