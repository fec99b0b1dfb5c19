#include "bindings/cli/eval.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "bindings/cli/eval_html.h"
#include "bindings/cli/eval_report.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/record_reader.h"
#include "bindings/cli/standard_output.h"
#include "bindings/cli/tokenizer_choice.h"
#include "tokenizers/evaluation/plain_encoding.h"

namespace tokrail::cli {

namespace {

constexpr uint64_t kSampleBytes = 400;  // longer lines are no samples

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += ", ";
    out += part;
  }
  return out;
}

// Lines of text files, or sentences that are in memory, batch by batch.
class EvalLines {
 public:
  EvalLines(const std::vector<std::string>& files, std::vector<std::string> sentences)
      : sentences_(std::move(sentences)) {
    if (files.empty()) {
      for (const std::string& sentence : sentences_) total_bytes_ += sentence.size() + 1;
    } else {
      reader_.emplace(files, Records::kLines);
      total_bytes_ = reader_->total_bytes();
    }
  }

  struct Batch {
    std::optional<RecordBatch> records;
    std::vector<std::string_view> lines;
    uint64_t input_bytes = 0;
  };

  std::optional<Batch> next() {
    Batch batch;
    if (reader_) {
      batch.records = reader_->next();
      if (!batch.records) return std::nullopt;
      batch.input_bytes = batch.records->input_bytes();
      return batch;
    }
    if (next_ == sentences_.size()) return std::nullopt;
    for (; next_ < sentences_.size() && batch.input_bytes < RecordReader::kBatchBytes / 8;
         ++next_) {
      batch.lines.push_back(sentences_[next_]);
      batch.input_bytes += sentences_[next_].size() + 1;
    }
    return batch;
  }

  uint64_t total_bytes() const noexcept { return total_bytes_; }

 private:
  std::vector<std::string> sentences_;
  std::optional<RecordReader> reader_;
  size_t next_ = 0;
  uint64_t total_bytes_ = 0;
};

// What all tokenizers make of a batch.
struct ScoredBatch {
  struct Part {
    TextScores text;
    TokenStrings strings;
    HybridTextScores hybrid;
  };
  std::vector<Part> parts;
  std::vector<std::string> samples;
  uint64_t input_bytes = 0;
};

class Evaluation {
 public:
  explicit Evaluation(const EvalVerb& verb) : verb_(verb), casing_(casing_of(verb.locale)) {
    if (verb.texts.empty() && verb.gold.empty() && verb.parallel.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "expected --text, --gold or --parallel", "eval");
    }
    // Files are read before the long work begins: what is wrong with them is told at once.
    read_gold_files();
    if (!verb.parallel.empty()) {
      aligned_ = AlignedTexts::read({verb.parallel.begin(), verb.parallel.end()});
    }
    if (!verb.oracle_tr.empty()) list_tr_ = WordList::read(verb.oracle_tr, casing_);
    if (!verb.oracle_pure.empty()) list_pure_ = WordList::read(verb.oracle_pure, casing_);
    if ((list_tr_ || list_pure_) && verb.texts.empty() && sentences_.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "expected --text, or gold files with sentences, to hold against the lists",
                  "eval");
    }
    for (const std::string& path : verb.tokenizers) {
      tokenizers_.push_back(load_tokenizer({path, verb.pattern}));
    }
    name_tokenizers();
    scores_.resize(tokenizers_.size());
  }

  void run(Progress& progress) {
    score_texts(progress);
    score_gold(progress);
    report_.measures = list_measures(scores_, report_.sizes);
    score_premiums(progress);
    list_sources();
    if (!verb_.html.empty()) make_samples();
  }

  const EvalReport& report() const noexcept { return report_; }

 private:
  void read_gold_files() {
    if (!verb_.half.empty() && verb_.gold.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "expected --gold: halves are those of its words",
                  "--half");
    }
    for (const std::string& path : verb_.gold) {
      GoldFile file = read_gold(path);
      if (!verb_.half.empty()) {
        file.words = half_of(file.words, verb_.half == "a" ? GoldHalf::kA : GoldHalf::kB);
      }
      std::vector<GoldWord>& words = file.by_type ? types_ : tokens_;
      (file.by_type ? type_files_ : token_files_).push_back(file_name(path));
      std::move(file.words.begin(), file.words.end(), std::back_inserter(words));
      std::move(file.sentences.begin(), file.sentences.end(), std::back_inserter(sentences_));
      left_out_ += file.left_out;
      unsegmented_ += file.unsegmented;
    }
  }

  // The file's name without what all files of its kind end with; twice the same: the whole path.
  void name_tokenizers() {
    for (size_t i = 0; i < tokenizers_.size(); ++i) {
      const std::filesystem::path path(verb_.tokenizers[i]);
      std::string name = path.stem().string();
      const std::string folder = path.parent_path().filename().string();
      if (name == "tokenizer" && !folder.empty()) name = folder;
      for (size_t j = 0; j < verb_.tokenizers.size(); ++j) {
        if (j != i && std::filesystem::path(verb_.tokenizers[j]).stem() == path.stem()) {
          name = verb_.tokenizers[i];
        }
      }
      report_.tokenizers.push_back(std::move(name));
      report_.paths.push_back(verb_.tokenizers[i]);
      report_.sizes.push_back(tokenizers_[i].size());
    }
  }

  ScoredBatch score(const EvalLines::Batch& batch) const {
    std::vector<std::string_view> lines = batch.lines;
    if (batch.records) {
      for (size_t i = 0; i < batch.records->size(); ++i) lines.push_back((*batch.records)[i]);
    }
    ScoredBatch result;
    result.input_bytes = batch.input_bytes;
    for (size_t t = 0; t < tokenizers_.size(); ++t) {
      try {
        result.parts.push_back(score_lines(tokenizers_[t], lines));
      } catch (const Error& error) {
        throw error.within(batch.records ? batch.records->file() : "gold sentences")
            .within(verb_.tokenizers[t]);
      }
    }
    for (const std::string_view line : lines) {
      if (result.samples.size() >= verb_.samples) break;
      if (!line.empty() && line.size() <= kSampleBytes) result.samples.emplace_back(line);
    }
    return result;
  }

  ScoredBatch::Part score_lines(const Tokenizer& tokenizer,
                                std::span<const std::string_view> lines) const {
    ScoredBatch::Part part;
    part.text = score_text(tokenizer, lines);
    if (list_tr_ || list_pure_) part.strings = token_strings(tokenizer, lines, casing_);
    part.hybrid = score_hybrid_text(tokenizer, lines);
    return part;
  }

  void score_texts(Progress& progress) {
    EvalLines source(verb_.texts, sentences_);
    std::vector<TokenStrings> strings(tokenizers_.size());
    std::vector<HybridTextScores> hybrids(tokenizers_.size());
    uint64_t done = 0;
    progress.restart("text", source.total_bytes(), Progress::Unit::kBytes);
    ordered_pipeline<EvalLines::Batch, ScoredBatch>(
        [&] { return source.next(); }, [&](const EvalLines::Batch& batch) { return score(batch); },
        [&](const ScoredBatch& batch) {
          for (size_t t = 0; t < tokenizers_.size(); ++t) {
            scores_[t].text.add(batch.parts[t].text);
            strings[t].add(batch.parts[t].strings);
            hybrids[t].add(batch.parts[t].hybrid);
          }
          for (const std::string& line : batch.samples) {
            if (samples_.size() < verb_.samples) samples_.push_back(line);
          }
          progress.update(done += batch.input_bytes);
        },
        verb_.threads);
    for (size_t t = 0; t < tokenizers_.size(); ++t) {
      if (list_tr_) scores_[t].tr = score_against(*list_tr_, strings[t]);
      if (list_pure_) scores_[t].pure = score_against(*list_pure_, strings[t]);
      if (tokenizers_[t].spec().hybrid && scores_[t].text.lines > 0) {
        scores_[t].hybrid_text = hybrids[t];
      }
    }
  }

  void score_gold(Progress& progress) {
    const bool counts = std::any_of(types_.begin(), types_.end(),
                                    [](const GoldWord& word) { return word.count != 1; });
    const size_t words = types_.size() * (counts ? 2 : 1) + tokens_.size();
    uint64_t done = 0;
    progress.restart("gold", words * tokenizers_.size(), Progress::Unit::kItems);
    const ThreadLimit limit(verb_.threads);
    limit.run([&] {
      for (size_t t = 0; t < tokenizers_.size(); ++t) {
        const Tokenizer& tokenizer = tokenizers_[t];
        TokenizerScores& scores = scores_[t];
        const bool hybrid = tokenizer.spec().hybrid != nullptr;
        if (!types_.empty()) {
          scores.types = score_segmentation(tokenizer, types_);
          if (counts) scores.types_by_count = score_segmentation(tokenizer, types_, true);
          if (hybrid) scores.hybrid_types = score_hybrid_morphs(tokenizer, types_);
        }
        if (!tokens_.empty()) {
          scores.tokens = score_segmentation(tokenizer, tokens_);
          if (hybrid) scores.hybrid_tokens = score_hybrid_morphs(tokenizer, tokens_);
        }
        progress.update(done += words);
      }
      if (verb_.errors > 0) {
        std::vector<GoldWord> gold = tokens_;
        gold.insert(gold.end(), types_.begin(), types_.end());
        report_.errors = list_errors(tokenizers_, gold, verb_.errors);
      }
    });
  }

  void score_premiums(Progress& progress) {
    if (!aligned_) return;
    Premiums premiums;
    progress.restart("parallel", tokenizers_.size(), Progress::Unit::kItems);
    const ThreadLimit limit(verb_.threads);
    limit.run([&] {
      for (const Tokenizer& tokenizer : tokenizers_) {
        premiums.tokens.push_back(count_tokens(tokenizer, *aligned_));
        progress.update(premiums.tokens.size());
      }
    });
    add_premiums(premiums, *aligned_, report_.tokenizers, report_.measures);
  }

  void list_sources() {
    const auto add = [this](const char* what, std::string files) {
      if (!files.empty()) report_.sources.emplace_back(what, std::move(files));
    };
    const TextScores& text = scores_.front().text;
    if (text.lines > 0) {
      std::vector<std::string> files;
      for (const std::string& path : verb_.texts) files.push_back(file_name(path));
      add("text", (files.empty() ? "sentences of the gold files" : joined(files)) + " (" +
                      std::to_string(text.lines) + " lines, " + std::to_string(text.words) +
                      " words, " + std::to_string(text.bytes) + " bytes)");
    }
    const auto words = [](const std::vector<GoldWord>& gold) {
      return " (" + std::to_string(gold.size()) + " words)";
    };
    if (!type_files_.empty()) add("gold by type", joined(type_files_) + words(types_));
    if (!token_files_.empty()) add("gold by token", joined(token_files_) + words(tokens_));
    if (left_out_ > 0) {
      add("left out", std::to_string(left_out_) + " words whose morphs do not make up the word");
    }
    if (unsegmented_ > 0) add("not segmented", std::to_string(unsegmented_) + " tokens");
    if (!verb_.half.empty()) add("half", verb_.half);
    if (list_tr_) add("%TR list", file_name(verb_.oracle_tr));
    if (list_pure_) add("%Pure list", file_name(verb_.oracle_pure));
    if (aligned_) {
      add("parallel", joined(aligned_->names) + " (" +
                          std::to_string(aligned_->lines.front().size()) + " lines)");
    }
    add("locale", verb_.locale);
  }

  void make_samples() {
    for (const std::string& text : samples_) {
      EvalSample sample;
      sample.text = text;
      for (const Tokenizer& tokenizer : tokenizers_) {
        const HybridSpec* const hybrid = tokenizer.spec().hybrid.get();
        const Encoding encoding = tokenizer.encode_with_offsets(text, plain_encoding());
        std::vector<SampleToken> tokens;
        for (size_t i = 0; i < encoding.size(); ++i) {
          const TokenId id = encoding.ids[i];
          SampleToken token{encoding.offsets[i].begin, encoding.offsets[i].end, id,
                            std::string(tokenizer.vocabulary().piece(id)), std::nullopt};
          if (hybrid != nullptr) token.kind = hybrid_kind(*hybrid, id);
          tokens.push_back(std::move(token));
        }
        sample.tokens.push_back(std::move(tokens));
      }
      report_.samples.push_back(std::move(sample));
    }
  }

  const EvalVerb& verb_;
  Casing casing_;
  std::vector<Tokenizer> tokenizers_;
  std::vector<GoldWord> types_, tokens_;
  std::vector<std::string> type_files_, token_files_, sentences_, samples_;
  uint64_t left_out_ = 0, unsegmented_ = 0;
  std::optional<AlignedTexts> aligned_;
  std::optional<WordList> list_tr_, list_pure_;
  std::vector<TokenizerScores> scores_;
  EvalReport report_;
};

}  // namespace

int run_eval(const EvalVerb& verb) {
  Evaluation evaluation(verb);
  StandardOutput out;
  {
    Progress progress("text", 0, !verb.no_progress);
    evaluation.run(progress);
  }
  const EvalReport& report = evaluation.report();
  if (!verb.html.empty()) write_file_atomically(verb.html, as_html(report));
  out.write(verb.json ? as_json_lines(report) : as_table(report, wants_colour(1)));
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
