#include "tokenizers/training/sentencepiece_trainer.h"

#include <sentencepiece_trainer.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/training/text_source.h"

namespace tokrail {
namespace {

using Options = SentencePieceTrainerOptions;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

/// The lines of files, one after the other. Of a line longer than `limit` only the length is kept,
/// so that a file without line feeds does not fill the memory.
class LineReader {
 public:
  LineReader(const std::vector<std::string>& paths, size_t limit) : paths_(paths), limit_(limit) {
    for (const std::string& path : paths) bytes_total_ += open_text_files({path})->bytes_total();
  }

  /// False at the end. `line` is cut after limit + 1 bytes, `length` is the whole length.
  bool next(std::string& line, uint64_t& length) {
    line.clear();
    length = 0;
    bool some = false;
    while (true) {
      if (at_ == chunk_.size() && !next_chunk()) {
        if (some) return true;
        if (next_path_ == paths_.size()) return false;
        source_ = open_text_files({paths_[next_path_++]});
        continue;
      }
      some = true;
      const size_t feed = chunk_.find('\n', at_);
      const size_t end = feed == std::string::npos ? chunk_.size() : feed;
      length += end - at_;
      if (line.size() <= limit_) {
        line.append(chunk_, at_, std::min(end - at_, limit_ + 1 - line.size()));
      }
      at_ = end;
      if (feed != std::string::npos) {
        ++at_;
        return true;
      }
    }
  }
  uint64_t bytes_done() const { return bytes_before_ + (source_ ? source_->bytes_done() : 0); }
  uint64_t bytes_total() const { return bytes_total_; }

 private:
  bool next_chunk() {
    if (!source_) return false;
    at_ = 0;
    if (source_->next(chunk_)) return true;
    bytes_before_ += source_->bytes_done();
    source_.reset();
    chunk_.clear();
    return false;
  }

  const std::vector<std::string>& paths_;
  size_t limit_;
  size_t next_path_ = 0;
  std::unique_ptr<TextSource> source_;
  std::string chunk_;
  size_t at_ = 0;
  uint64_t bytes_before_ = 0;
  uint64_t bytes_total_ = 0;
};

/// Pieces that the library takes out of the text before it fits: it aborts the process where
/// nothing is left, so one line must have something else.
class MetaPieces {
 public:
  explicit MetaPieces(const Options& options) : pieces_{"<unk>", "<s>", "</s>", "<pad>"} {
    for (const auto* list : {&options.user_defined_symbols, &options.control_symbols}) {
      pieces_.insert(pieces_.end(), list->begin(), list->end());
    }
    std::sort(pieces_.begin(), pieces_.end(),
              [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  }

  bool leave_text(std::string_view line) const {
    const char* const end = line.data() + line.size();
    for (const char* p = line.data(); p < end;) {
      const std::string_view rest(p, static_cast<size_t>(end - p));
      const auto piece = std::find_if(pieces_.begin(), pieces_.end(),
                                      [&](const std::string& s) { return rest.starts_with(s); });
      if (piece != pieces_.end()) {
        p += piece->size();
        continue;
      }
      const Utf8Unit unit = decode_utf8(p, end);
      if (unit.valid && is_visible(unit.code_point)) return true;
      p += unit.length;
    }
    return false;
  }

 private:
  static bool is_visible(char32_t c) {
    return is_letter(c) || is_number(c) || is_punctuation(c) || is_symbol(c);
  }
  std::vector<std::string> pieces_;
};

/// Hands lines to libsentencepiece. Nothing may be thrown through that library: what goes wrong is
/// kept, the sequence ends, and rethrow() throws it afterwards.
class Lines final : public sentencepiece::SentenceIterator {
 public:
  Lines(LineReader& reader, const Options& options, SentencePieceTraining& result)
      : reader_(reader), options_(options), result_(result), meta_pieces_(options) {
    Next();
  }

  bool done() const override { return done_; }
  void Next() override {
    try {
      done_ = !read_usable();
      if (done_) check_usable();
    } catch (...) {
      failure_ = std::current_exception();
      done_ = true;
    }
  }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override {
    if (!failure_) return {};
    return {sentencepiece::util::StatusCode::kCancelled, "reading ended"};
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  bool read_usable() {
    constexpr uint64_t kLinesPerReport = 16384;
    for (uint64_t length = 0; reader_.next(line_, length);) {
      if (length == 0) continue;
      if (result_.lines++ % kLinesPerReport == 0) {
        throw_if_stopped(options_.stop);
        if (options_.progress) {
          options_.progress({TrainingStage::kReading, reader_.bytes_done(), reader_.bytes_total()});
        }
      }
      result_.bytes += length;
      const bool too_long = length > options_.max_sentence_length;
      const bool reserved = !too_long && (line_.find("\xE2\x96\x85") != std::string::npos ||
                                          line_.find('\0') != std::string::npos);
      if (!too_long && !reserved) {
        if (!usable_) usable_ = meta_pieces_.leave_text(line_);
        used_bytes_ += length + 1;
        return true;
      }
      result_.lines_too_long += too_long;
      result_.lines_reserved += reserved;
      result_.bytes_left_out += length;
    }
    return false;
  }

  void check_usable() const {
    if (!usable_) {
      refuse("no line of the corpus has text to learn from (of " + std::to_string(result_.lines) +
             " lines, " + std::to_string(result_.lines_too_long) +
             " are longer than max_sentence_length = " +
             std::to_string(options_.max_sentence_length) + " bytes)");
    }
    // Where its suffix array would overflow, libsentencepiece aborts the process.
    if (options_.model == Options::Model::kUnigram && !options_.very_large_corpus &&
        options_.input_sentence_size == 0 &&
        used_bytes_ > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
      refuse(
          "more than 2 GiB of text for a unigram model: sample it by input_sentence_size, or "
          "set very_large_corpus");
    }
    if (options_.progress) options_.progress({TrainingStage::kFitting, 0, 0});
  }

  LineReader& reader_;
  const Options& options_;
  SentencePieceTraining& result_;
  MetaPieces meta_pieces_;
  std::string line_;
  bool done_ = false;
  bool usable_ = false;
  uint64_t used_bytes_ = 0;
  std::exception_ptr failure_;
};

void check_options(const Options& options) {
  if (options.vocab_size == 0 || options.vocab_size > (1u << 24)) {
    refuse("expected vocab_size from 1 to 2^24, found " + std::to_string(options.vocab_size));
  }
  if (!(options.character_coverage >= 0.98 && options.character_coverage <= 1.0)) {
    refuse("expected character_coverage from 0.98 to 1");
  }
  if (options.max_sentence_length < 10 || options.max_sentence_length > (1u << 30)) {
    refuse("expected max_sentence_length from 10 to 2^30");
  }
  if (options.max_piece_length < 1 || options.max_piece_length > 512) {
    refuse("expected max_piece_length from 1 to 512");
  }
  if (options.input_sentence_size > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    refuse("expected input_sentence_size below 2^31");
  }
  std::set<std::string_view> seen;
  for (const auto* list : {&options.user_defined_symbols, &options.control_symbols}) {
    for (const std::string& symbol : *list) {
      if (symbol.empty() || symbol.find('\0') != std::string::npos || !valid_utf8(symbol)) {
        refuse("expected symbols of well-formed UTF-8, not empty and without U+0000");
      }
      if (!seen.insert(symbol).second) refuse("the symbol \"" + symbol + "\" is given twice");
    }
  }
  if (!valid_utf8(options.required_characters)) {
    refuse("expected required_characters in well-formed UTF-8");
  }
}

/// Comma separated, each in double quotes, as libsentencepiece's option parser reads lists.
std::string quoted_list(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) {
    if (!list.empty()) list += ',';
    list += '"';
    for (const char c : item) list.append(c == '"' ? 2 : 1, c);
    list += '"';
  }
  return list;
}

const char* model_name(Options::Model model) {
  switch (model) {
    case Options::Model::kUnigram: return "unigram";
    case Options::Model::kBpe: return "bpe";
    case Options::Model::kWord: return "word";
    case Options::Model::kChar: return "char";
  }
  return "unigram";
}

std::unordered_map<std::string, std::string> arguments(const Options& options) {
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  const size_t threads = std::clamp<size_t>(worker_count(options.threads), 1, 128);
  std::unordered_map<std::string, std::string> args = {
      {"minloglevel", "3"},  // fatal only: everything else comes back as a status
      {"model_type", model_name(options.model)},
      {"vocab_size", std::to_string(options.vocab_size)},
      {"hard_vocab_limit", flag(options.hard_vocab_limit)},
      {"character_coverage", std::to_string(options.character_coverage)},
      {"byte_fallback", flag(options.byte_fallback)},
      {"max_sentence_length", std::to_string(options.max_sentence_length)},
      {"max_sentencepiece_length", std::to_string(options.max_piece_length)},
      {"split_by_whitespace", flag(options.split_by_whitespace)},
      {"split_by_number", flag(options.split_by_number)},
      {"split_by_unicode_script", flag(options.split_by_unicode_script)},
      {"split_digits", flag(options.split_digits)},
      {"allow_whitespace_only_pieces", flag(options.allow_whitespace_only_pieces)},
      {"treat_whitespace_as_suffix", flag(options.treat_whitespace_as_suffix)},
      {"normalization_rule_name", options.normalization},
      {"add_dummy_prefix", flag(options.add_dummy_prefix)},
      {"remove_extra_whitespaces", flag(options.remove_extra_whitespaces)},
      {"unk_id", std::to_string(options.unk_id)},
      {"bos_id", std::to_string(options.bos_id)},
      {"eos_id", std::to_string(options.eos_id)},
      {"pad_id", std::to_string(options.pad_id)},
      {"train_extremely_large_corpus", flag(options.very_large_corpus)},
      {"num_threads", std::to_string(threads)},
  };
  if (options.input_sentence_size > 0) {
    args.emplace("input_sentence_size", std::to_string(options.input_sentence_size));
  }
  if (!options.user_defined_symbols.empty()) {
    args.emplace("user_defined_symbols", quoted_list(options.user_defined_symbols));
  }
  if (!options.control_symbols.empty()) {
    args.emplace("control_symbols", quoted_list(options.control_symbols));
  }
  if (!options.required_characters.empty()) {
    args.emplace("required_chars", options.required_characters);
  }
  return args;
}

}  // namespace

SentencePieceTraining train_sentencepiece(const std::vector<std::string>& paths,
                                          const SentencePieceTrainerOptions& options) {
  check_options(options);
  SentencePieceTraining result;
  LineReader reader(paths, options.max_sentence_length);
  Lines lines(reader, options, result);
  lines.rethrow();  // an empty corpus is found before the library is called
  constexpr unsigned kSeed = 20240229;
  sentencepiece::SetRandomGeneratorSeed(kSeed);
  const auto status =
      sentencepiece::SentencePieceTrainer::Train(arguments(options), &lines, &result.model);
  lines.rethrow();
  if (!status.ok()) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string("libsentencepiece refused to train: ") + status.error_message());
  }
  return result;
}

}  // namespace tokrail
