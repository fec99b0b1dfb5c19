#include "bindings/cli/train_hybrid.h"

#include <charconv>
#include <iomanip>
#include <iostream>

#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/tokenizer_target.h"
#include "bindings/cli/training_bar.h"

namespace tokrail::cli {

namespace {

NumberChunks number_chunks(const std::string& name) {
  if (name == "none") return NumberChunks::kPieces;
  if (name == "single") return NumberChunks::kSingle;
  if (name == "left3") return NumberChunks::kThreeFromLeft;
  if (name == "right3") return NumberChunks::kThreeFromRight;
  throw Error(ErrorCode::kInvalidArgument, "expected none, single, left3 or right3", "--numbers");
}

CaseIds case_ids(const std::string& name) {
  if (name == "marks") return CaseIds::kMarks;
  if (name == "stems") return CaseIds::kFrequentStems;
  throw Error(ErrorCode::kInvalidArgument, "expected marks or stems", "--case");
}

void set_named_prior(const std::string& text, HybridTrainerOptions& options) {
  const size_t equals = text.find('=');
  double value = 0;
  const char* const end = text.data() + text.size();
  const char* const begin = equals == std::string::npos ? end : text.data() + equals + 1;
  const auto parsed = std::from_chars(begin, end, value);
  if (begin == end || parsed.ec != std::errc() || parsed.ptr != end) {
    throw Error(ErrorCode::kInvalidArgument, "expected NAME=NUMBER, found " + text, "--prior");
  }
  set_prior(options, text.substr(0, equals), value);
}

void report(const HybridTraining& trained, const std::string& out) {
  constexpr size_t kShownRoots = 5;
  std::cerr << out << ": " << trained.spec.vocabulary.size() << " ids ("
            << trained.spec.hybrid->suffixes.size() << " suffixes, " << trained.chains
            << " chains, " << trained.stems << " stems, " << trained.pieces << " pieces) from "
            << trained.bytes << " bytes, " << trained.distinct_words << " different words\n"
            << trained.learnt_roots << " roots were learnt; " << std::fixed << std::setprecision(3)
            << trained.tokens_per_word << " tokens per word of the corpus\n";
  if (trained.reserved_tokens > 0) {
    std::cerr << "the text and the lexicon fill fewer ids than asked for: "
              << trained.reserved_tokens << " reserved tokens fill up\n";
  }
  if (!trained.left_out.empty()) {
    std::cerr << trained.left_out.size() << " roots were left out:\n";
    for (size_t i = 0; i < std::min(kShownRoots, trained.left_out.size()); ++i) {
      std::cerr << "  " << trained.left_out[i] << "\n";
    }
  }
}

}  // namespace

int run_train_hybrid(const TrainHybridVerb& verb) {
  HybridTrainerOptions options = verb.options;
  options.learn_roots = !verb.no_learn_roots;
  options.numbers = number_chunks(verb.numbers);
  options.case_ids = case_ids(verb.letter_case);
  const std::string format = target_format(verb.out, "");
  if (format != "tkz") {
    throw Error(ErrorCode::kUnsupported,
                "hybrid tokenizers are written as .tkz: other formats know no suffixes whose "
                "spelling depends on what stands before them",
                verb.out);
  }
  const auto source = open_text_files(verb.files);
  LanguageSource language = load_language_source(verb.language);
  apply_priors(language, options);
  for (const std::string& prior : verb.priors) set_named_prior(prior, options);
  TrainingBar bar(!verb.no_progress);
  options.progress = [&](const TrainingProgress& now) { bar(now); };
  const HybridTraining trained = train_hybrid(*source, std::move(language), options);
  bar.clear();
  write_tokenizer(trained.spec, verb.out, format);
  report(trained, verb.out);
  return kOk;
}

void add_train_hybrid(CLI::App& train, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(train, "hybrid", "stems and suffixes of a language", chosen, run_train_hybrid);
  HybridTrainerOptions& options = verb->options;
  app->add_option("files", verb->files, "text files, also gzip")->required()->type_name("FILE");
  app->add_option("-l,--lang", verb->language.language,
                  "code of a shipped language (tr, hu), or a pack")
      ->required();
  app->add_option("-o,--out", verb->out, "file to write: .tkz")->required();
  app->add_option("--vocab-size", options.vocab_size, "all ids")->capture_default_str();
  app->add_option("--chains", options.chains,
                  "at most so many runs of suffixes are one token; 0: none")
      ->capture_default_str();
  app->add_option("--pieces", options.pieces, "byte strings for what the language leaves")
      ->capture_default_str();
  app->add_option("--case", verb->letter_case,
                  "stems (frequent capitalised stems are tokens) or marks")
      ->check(CLI::IsMember({"stems", "marks"}))
      ->capture_default_str();
  app->add_option("--numbers", verb->numbers,
                  "none, single, left3, right3 (digits in threes from the left or right)")
      ->check(CLI::IsMember({"none", "single", "left3", "right3"}))
      ->capture_default_str();
  app->add_option("--roots-from", verb->language.more_packs,
                  "files of further root lines, as in a pack")
      ->type_name("FILE");
  app->add_option("--lexicon", verb->language.lexicons,
                  "FORMAT:PATH (zemberek, hunspell) in place of those that the pack names");
  app->add_flag("--no-lexicon", verb->language.no_lexicon, "the pack's own roots only");
  app->add_flag("--no-learn-roots", verb->no_learn_roots, "no stems beside those of the lexicon");
  app->add_option("--min-root-count", options.min_root_count,
                  "stems that occur less often are not learnt")
      ->capture_default_str();
  app->add_option("--prior", verb->priors,
                  "NAME=NUMBER of the estimation (lexeme_prior=0.05), or of the choice of stems "
                  "(stem_proper=0.25)");
  app->add_option("--special", options.special_tokens, "special tokens, in the order of their ids")
      ->take_all()
      ->capture_default_str();
  app->add_option("--bos", options.bos_token, "special token that begins a text");
  app->add_option("--eos", options.eos_token, "special token that ends a text")
      ->capture_default_str();
  app->add_option("--pad", options.pad_token, "special token that fills");
  app->add_option("--name", options.name, "name of the tokenizer");
  app->add_option("--threads", options.threads, "at most so many threads; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_progress(*app, verb->no_progress);
  app->footer(examples("tokrail train hybrid --lang tr -o turkish.tkz corpus.txt",
                       "tokrail train hybrid --lang hu --vocab-size 16384 --chains 0 -o hu.tkz "
                       "corpus.txt.gz"));
}

}  // namespace tokrail::cli
