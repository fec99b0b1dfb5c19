// train_sentencepiece: unigram and BPE models in sentencepiece's own format, by libsentencepiece.
//
// That library reads lines, normalises them and fits a model; this header adds what it leaves to
// the reader of its log: which lines were not used and why, errors as Error, and no output on
// stderr. The result is the bytes of a .model file, which every sentencepiece reader takes.
//
//   SentencePieceTrainerOptions options;
//   options.model = SentencePieceTrainerOptions::Model::kUnigram;
//   options.vocab_size = 8000;
//   SentencePieceTraining trained = train_sentencepiece({"corpus.txt"}, options);
//   if (trained.lines_too_long > 0) std::cerr << trained.lines_too_long << " lines left out\n";
//   write_file("my.model", trained.model);
//
// Memory: all lines that are used, several times over; unigram also a suffix array of 16 bytes per
// character. Complexity: that library's. Thread safety: one training at a time per process, because
// libsentencepiece keeps its log level in a global (it is set to "fatal only" and stays so).
// Progress: kReading with bytes, then one kFitting without numbers. A stop is heeded while reading
// only; fitting runs to its end. Errors: those of TextSource; kInvalidArgument with
// libsentencepiece's own words for options it refuses (a vocabulary too large for the text, say);
// kInvalidArgument where no line is usable; kCancelled.
// Kudo, Richardson: SentencePiece (2018); Kudo: Subword Regularization (2018), section 3.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "tokenizers/training/training_progress.h"

namespace tokrail {

struct SentencePieceTrainerOptions {
  enum class Model : uint8_t { kUnigram, kBpe, kWord, kChar };

  Model model = Model::kUnigram;
  size_t vocab_size = 8000;
  bool hard_vocab_limit = true;        ///< false: fewer pieces than vocab_size are no error
  double character_coverage = 0.9995;  ///< 0.98 to 1: rarer characters become unknown
  bool byte_fallback = false;          ///< unknown characters are spelled as <0xNN> pieces
  /// Lines longer than this many bytes are left out (libsentencepiece's rule), and counted.
  size_t max_sentence_length = 4192;
  size_t max_piece_length = 16;  ///< in characters
  bool split_by_whitespace = true;
  bool split_by_number = true;
  bool split_by_unicode_script = true;
  bool split_digits = false;
  bool allow_whitespace_only_pieces = false;
  bool treat_whitespace_as_suffix = false;
  std::string normalization = "nmt_nfkc";  ///< nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf, identity
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  std::vector<std::string> user_defined_symbols;        ///< always one piece, printed as text
  std::vector<std::string> control_symbols;             ///< ids that no text gives
  std::string required_characters;                      ///< kept whatever the coverage
  int unk_id = 0, bos_id = 1, eos_id = 2, pad_id = -1;  ///< -1: none (unk is needed)
  /// Fit on a random sample of that many lines; 0: on all. The sample is the same on every run.
  size_t input_sentence_size = 0;
  bool very_large_corpus = false;  ///< unigram on more than 2^31 characters
  int threads = 0;                 ///< 0: all of the machine, at most 128; unigram only
  TrainingProgressCallback progress;
  std::stop_token stop;
};

struct SentencePieceTraining {
  std::string model;            ///< the bytes of a .model file
  uint64_t lines = 0;           ///< lines read, empty ones left aside
  uint64_t lines_too_long = 0;  ///< longer than max_sentence_length, left out
  uint64_t lines_reserved = 0;  ///< with U+2585 or U+0000, which the library refuses
  uint64_t bytes = 0;           ///< of all lines
  uint64_t bytes_left_out = 0;  ///< of the lines left out
};

/// Files as open_text_files() takes them; gzip files are unpacked.
SentencePieceTraining train_sentencepiece(const std::vector<std::string>& paths,
                                          const SentencePieceTrainerOptions& options);

}  // namespace tokrail
