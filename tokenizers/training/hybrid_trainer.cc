#include "tokenizers/training/hybrid_trainer.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/language_compiler.h"
#include "tokenizers/training/chain_selection.h"
#include "tokenizers/training/corpus_readings.h"
#include "tokenizers/training/corpus_tokens.h"
#include "tokenizers/training/hybrid_spec_builder.h"
#include "tokenizers/training/residual_pieces.h"
#include "tokenizers/training/root_learner.h"
#include "tokenizers/training/segment_readings.h"
#include "tokenizers/training/special_tokens.h"
#include "tokenizers/training/stem_selection.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {
namespace {

constexpr size_t kFirstIterations = 5;  // of the estimation that the root learner needs
// What a stem of the lexicon weighs as an example for pieces.
constexpr uint64_t kStemWithoutId = kWeightUnit, kStemWithId = kWeightUnit / 4;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

std::shared_ptr<const Language> compile(const LanguageSource& source,
                                        std::vector<std::string>* left_out) {
  LanguageCompileOptions options;
  options.left_out = left_out;
  const auto bytes = std::make_shared<const std::string>(compile_language(source, options));
  return Language::from_bytes(*bytes, bytes, source.code);
}

class Trainer {
 public:
  Trainer(LanguageSource source, const HybridTrainerOptions& options)
      : source_(std::move(source)), options_(options) {}

  HybridTraining run(TextSource& corpus) {
    check_special_tokens(options_.special_tokens,
                         {options_.bos_token, options_.eos_token, options_.pad_token});
    language_ = compile(source_, left_out());
    check_size();
    count(corpus);
    if (options_.learn_roots) learn_more_roots();
    estimate(options_.estimation.iterations);
    choose();
    const uint64_t tokens =
        count_corpus_tokens(result_.spec, segments_, options_.threads, options_.stop);
    result_.tokens_per_word =
        static_cast<double>(tokens) / static_cast<double>(std::max<uint64_t>(result_.words, 1));
    return std::move(result_);
  }

 private:
  std::vector<std::string>* left_out() {
    result_.left_out.clear();
    return &result_.left_out;
  }

  void check_size() const {
    constexpr size_t kMaxIds = size_t{1} << 30;
    const size_t needed = fixed_ids(*language_, options_);
    if (options_.vocab_size < needed || options_.vocab_size > kMaxIds) {
      refuse("expected a vocabulary of " + std::to_string(needed) +
             " ids (specials, bytes, marks, suffixes and numerals) to 2^30, found " +
             std::to_string(options_.vocab_size));
    }
  }

  void count(TextSource& corpus) {
    WordCountOptions options;
    options.threads = options_.threads;
    options.progress = options_.progress;
    options.stop = options_.stop;
    segments_ = count_words(corpus, *split_segments(), options);
    words_ = count_lower_words(*language_, segments_);
    result_.bytes = segments_.bytes;
    result_.words = count_written_words(segments_);
    result_.distinct_words = words_.counts.words.size();
    add_common_words();
  }

  /// The words of the list that the source has are put behind those of the corpus, or added to
  /// them.
  void add_common_words() {
    common_.words = {};
    for (size_t rank = 0; rank < source_.common_words.size(); ++rank) {
      const double count = std::round(options_.common_words_weight / static_cast<double>(rank + 1));
      if (count < 1) break;
      common_.words.push_back(language_->lower(source_.common_words[rank]));
      common_.counts.push_back(static_cast<uint64_t>(count));
    }
    all_words_ = merge_counts(words_.counts, common_);
  }

  void estimate(size_t iterations) {
    MorphEstimationOptions options = options_.estimation;
    options.iterations = iterations;
    options.threads = options_.threads;
    options.progress = options_.progress;
    options.stop = options_.stop;
    costs_ = estimate_morph_costs(language_, all_words_, options).costs;
    analyser_ = std::make_unique<Analyser>(language_, std::make_shared<const MorphCosts>(costs_));
  }

  void learn_more_roots() {
    estimate(std::min(kFirstIterations, options_.estimation.iterations));
    RootLearnerOptions options;
    options.min_count = options_.min_root_count;
    options.min_bare_count = 4 * options_.min_root_count;
    options.letter_cost = options_.estimation.unknown_letter;
    options.threads = options_.threads;
    options.stop = options_.stop;
    std::vector<SourceRoot> roots =
        learn_roots(*analyser_, source_, words_.counts, words_.cases, options);
    result_.learnt_roots = roots.size();
    if (roots.empty()) return;
    source_.roots.insert(source_.roots.end(), roots.begin(), roots.end());
    language_ = compile(source_, left_out());
    check_size();
  }

  void choose() {
    CorpusReadings readings = read_corpus(*analyser_, segments_, options_.estimation.count_power,
                                          options_.threads, options_.stop);
    add_common_readings(*analyser_, common_, options_.estimation.count_power, readings);

    HybridParts parts;
    parts.language = language_;
    parts.costs = costs_;
    size_t free_ids = options_.vocab_size - fixed_ids(*language_, options_);
    ChainOptions chain_options;
    chain_options.limit = std::min(options_.chains, free_ids / 4);
    chain_options.progress = options_.progress;
    chain_options.stop = options_.stop;
    parts.chains = choose_chains(readings.runs, chain_options);
    free_ids -= parts.chains.size();

    StemSelectionOptions stem_options;
    const size_t wanted_pieces = std::min(options_.pieces, free_ids / 2);
    stem_options.case_ids = options_.case_ids;
    stem_options.weights = options_.stem_weights;
    stem_options.limit = free_ids - wanted_pieces;
    parts.stems = choose_stems(*language_, readings.stems, stem_options);
    free_ids -= parts.stems.size();
    const size_t most_pieces = options_.pieces == 0 ? 0 : free_ids;
    parts.pieces = learn_pieces(readings, parts.stems, most_pieces);
    free_ids -= parts.pieces.size();

    result_.chains = parts.chains.size();
    result_.stems = parts.stems.size();
    result_.pieces = parts.pieces.size();
    result_.reserved_tokens = free_ids;
    result_.spec = build_hybrid_spec(std::move(parts), options_);
  }

  std::vector<std::string> learn_pieces(const CorpusReadings& readings,
                                        std::span<const StemToken> stems, size_t limit) const {
    if (limit == 0) return {};
    // Bits by StemCase.
    std::vector<uint8_t> has(language_->form_count(), 0);
    for (const StemToken& stem : stems) {
      has[stem.form] |= static_cast<uint8_t>(1 << static_cast<int>(stem.letter_case));
    }
    ResidualOptions options;
    options.limit = limit;
    options.with_digits = options_.numbers == NumberChunks::kPieces;
    options.threads = options_.threads;
    options.progress = options_.progress;
    options.stop = options_.stop;
    ResidualPieces pieces(options);
    for (const CorpusReadings::Rest& rest : readings.rest) {
      const bool written_by_id = rest.form != kNoIndex && (has[rest.form] & rest.usable_cases) != 0;
      if (written_by_id) continue;
      const std::string_view segment = segments_.words[rest.segment];
      pieces.add(segment.substr(rest.begin, rest.end - rest.begin), rest.weight);
    }
    add_lexicon(has, pieces);
    return pieces.learn();
  }

  /// Stems that the corpus lacks tell what other words of the language look like.
  void add_lexicon(std::span<const uint8_t> has, ResidualPieces& pieces) const {
    std::string text;
    for (FormId id = 0; id < language_->form_count(); ++id) {
      const StemForm form = language_->form(id);
      text = " ";
      if (form.upper) {
        language_->append_upper(form.text, text);
      } else if (form.proper) {
        language_->append_capital(form.text, text);
      } else {
        text += form.text;
      }
      pieces.add(text, has[id] == 0 ? kStemWithoutId : kStemWithId);
    }
  }

  LanguageSource source_;
  const HybridTrainerOptions& options_;
  std::shared_ptr<const Language> language_;
  WordCounts segments_;
  LowerWords words_;
  WordCounts common_;
  WordCounts all_words_;
  MorphCosts costs_;
  std::unique_ptr<Analyser> analyser_;
  HybridTraining result_;
};

}  // namespace

HybridTraining train_hybrid(TextSource& corpus, LanguageSource source,
                            const HybridTrainerOptions& options) {
  return Trainer(std::move(source), options).run(corpus);
}

void set_prior(HybridTrainerOptions& options, std::string_view name, double value) {
  constexpr std::string_view kStems = "stem_";
  if (name.starts_with(kStems)) {
    set_stem_weight(options.stem_weights, name.substr(kStems.size()), value);
  } else if (name == "common_words_weight") {
    options.common_words_weight = value;
  } else {
    try {
      set_estimation_option(options.estimation, name, value);
    } catch (const Error& error) {
      throw Error(error.code(),
                  error.message() + "; also common_words_weight, and stem_ with a weight of stems");
    }
  }
}

void apply_priors(const LanguageSource& source, HybridTrainerOptions& options) {
  for (const LanguageSource::Prior& prior : source.priors) {
    try {
      set_prior(options, prior.name, prior.value);
    } catch (const Error& error) {
      throw error.within(prior.place.str());
    }
  }
}

}  // namespace tokrail
