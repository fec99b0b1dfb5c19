// estimate_morph_costs: counted words and a language -> how likely stems and suffixes are.
//
// The model of a word: a start (a lexeme, a number, or a stem in no lexicon), then steps, each the
// next morph given the class of the one before, until the end (morph_costs.h). Its parameters are
// learnt by soft EM: every reading of a word counts by its probability, which needs no text with
// readings. Dirichlet priors keep unseen lexemes and steps possible and keep the search from
// explaining everything by long, rare stems, which is where taking only the best readings ends.
//
//   MorphEstimation learnt = estimate_morph_costs(language, words, {});
//   Analyser analyser(language, std::make_shared<MorphCosts>(learnt.costs));
//
// `words` are lower case, without spaces. Rare words tell more about a language than their number
// does about texts of another kind, so counts are damped: a word weighs count^count_power.
// The objective, log likelihood of the weighted words plus log prior, never falls.
//
// The same words and options give the same costs, whatever the number of threads: words are split
// into fixed parts that are added up in order. Complexity: O(iterations * edges of all lattices).
// Memory: the edges of up to kMaxKeptEdges lattices are kept, others are built anew each time.
// Errors: kInvalidArgument for options out of range, kCancelled.
// Dempster, Laird, Rubin: Maximum Likelihood from Incomplete Data via the EM Algorithm (1977).
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/morph_costs.h"
#include "tokenizers/training/training_progress.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {

/// Pseudo-counts are in units of damped words.
struct MorphEstimationOptions {
  size_t iterations = 10;
  double count_power = 0.5;  ///< 1: words weigh as often as they occur; 0: all alike

  double lexeme_prior = 0.1;  ///< pseudo-count of a lexeme of `prior_length` letters
  double prior_length = 5;
  /// A lexeme's pseudo-count shrinks by exp(-length_decay) with each further letter.
  double length_decay = 0.1;
  double proper_prior = 0.3;  ///< factor for stems that are written with a capital letter
  double step_prior = 1.0;    ///< pseudo-count of each step that the graph allows
  double end_prior = 1.0;     ///< and of the end of the word, where it may end
  double number_prior = 1.0;

  double unknown_prior = 1.0;    ///< pseudo-count of stems in no lexicon
  double unknown_penalty = 4.0;  ///< nats that a stem in no lexicon costs beyond what is learnt
  double unknown_letter = 2.6;   ///< nats per character of such a stem
  double join_cost = 8.0;        ///< nats of a second stem, beside the stem's own

  int threads = 0;
  TrainingProgressCallback progress;
  std::stop_token stop;
};

/// Sets one of the numbers above by its name ("lexeme_prior"). Throws Error(kInvalidArgument) for a
/// name that is none of them.
void set_estimation_option(MorphEstimationOptions& options, std::string_view name, double value);

struct MorphEstimation {
  MorphCosts costs;
  std::vector<double> objective;      ///< before each iteration's update
  std::vector<double> lexeme_counts;  ///< expected, damped, of the last iteration
  double words = 0;                   ///< damped
};

MorphEstimation estimate_morph_costs(std::shared_ptr<const Language> language,
                                     const WordCounts& words,
                                     const MorphEstimationOptions& options);

}  // namespace tokrail
