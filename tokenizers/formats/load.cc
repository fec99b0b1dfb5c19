#include "tokenizers/formats/load.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "tokenizers/formats/detect.h"
#include "tokenizers/formats/gguf.h"
#include "tokenizers/formats/gzip.h"
#include "tokenizers/formats/model_configuration.h"
#include "tokenizers/formats/sentencepiece.h"
#include "tokenizers/formats/tiktoken.h"
#include "tokenizers/formats/tkz.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/formats/vocabulary_files.h"

namespace tokrail {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// Bytes of a file, unpacked where they are compressed.
class FileBytes {
 public:
  explicit FileBytes(const fs::path& path) : mapped_(MappedFile::open(path)) {
    if (detect_format(mapped_.bytes()) != FileFormat::kGzip) return;
    unpacked_ = unpack_gzip(mapped_.bytes(), kLargestUnpackedFile, path.string());
  }
  std::string_view bytes() const { return unpacked_ ? *unpacked_ : mapped_.bytes(); }

 private:
  MappedFile mapped_;
  std::optional<std::string> unpacked_;
};

TokenizerSpec read_pair(const fs::path& vocabulary, const fs::path& merges,
                        const BytePairOptions& options) {
  const FileBytes vocabulary_bytes(vocabulary);
  const FileBytes merges_bytes(merges);
  return read_vocab_and_merges(vocabulary_bytes.bytes(), merges_bytes.bytes(),
                               vocabulary.parent_path().string(), options);
}

// vocab.json and merges.txt stand beside each other.
TokenizerSpec read_half_of_pair(const fs::path& path, FileFormat format) {
  const bool is_vocabulary = format == FileFormat::kVocabularyJson;
  const fs::path other = path.parent_path() / (is_vocabulary ? "merges.txt" : "vocab.json");
  if (!is_file(other)) {
    throw Error(ErrorCode::kNotFound,
                is_vocabulary ? "a vocab.json needs a merges.txt beside it"
                              : "a merges.txt needs a vocab.json beside it",
                path.string());
  }
  return is_vocabulary ? read_pair(path, other, {}) : read_pair(other, path, {});
}

TokenizerSpec load_file(const fs::path& path, const LoadOptions& options) {
  const FileBytes file(path);
  const FileFormat format = detect_format(file.bytes());
  if (format == FileFormat::kVocabularyJson || format == FileFormat::kMerges) {
    return read_half_of_pair(path, format);
  }
  return read_spec(file.bytes(), path.string(), options);
}

// The files of a directory with an ending, in alphabetical order.
std::vector<fs::path> files_ending(const fs::path& directory, std::string_view ending) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_file(entry->path()) && entry->path().filename().string().ends_with(ending)) {
      files.push_back(entry->path());
    }
  }
  if (error) {
    throw Error(ErrorCode::kIo, "cannot list the directory: " + error.message(),
                directory.string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<fs::path> only_file_ending(const fs::path& directory, std::string_view ending) {
  const std::vector<fs::path> files = files_ending(directory, ending);
  if (files.empty()) return std::nullopt;
  if (files.size() == 1) return files[0];
  throw Error(ErrorCode::kInvalidArgument,
              "the directory has several files *" + std::string(ending) + ", name one of them",
              directory.string());
}

TokenizerSpec read_directory_files(const fs::path& directory,
                                   const ModelConfiguration& configuration,
                                   const LoadOptions& options) {
  for (const char* const name : {"tokenizer.json", "tokenizer.model", "tekken.json"}) {
    if (is_file(directory / name)) return load_file(directory / name, options);
  }
  if (is_file(directory / "vocab.json") && is_file(directory / "merges.txt")) {
    return read_pair(directory / "vocab.json", directory / "merges.txt",
                     configuration.byte_pair_options());
  }
  if (is_file(directory / "vocab.txt")) {
    const fs::path path = directory / "vocab.txt";
    return read_vocab_text(FileBytes(path).bytes(), path.string(),
                           configuration.word_piece_options());
  }
  for (const char* const ending : {".gguf", ".tiktoken", "tiktoken.model", ".model"}) {
    if (const auto path = only_file_ending(directory, ending)) return load_file(*path, options);
  }
  throw Error(ErrorCode::kNotFound, "the directory has no tokenizer file", directory.string());
}

}  // namespace

TokenizerSpec read_spec(std::string_view bytes, std::string_view name, const LoadOptions& options) {
  const FileFormat format = detect_format(bytes);
  switch (format) {
    case FileFormat::kGzip: {
      const std::string unpacked = unpack_gzip(bytes, kLargestUnpackedFile, name);
      if (detect_format(unpacked) == FileFormat::kGzip) break;  // once is enough
      return read_spec(unpacked, name, options);
    }
    case FileFormat::kTokenizerJson: return read_tokenizer_json(bytes, name);
    case FileFormat::kTekken: return read_tekken(bytes, name);
    case FileFormat::kTiktoken: return read_tiktoken(bytes, name, {.pattern = options.pattern});
    case FileFormat::kSentencePiece: return read_sentencepiece(bytes, name);
    case FileFormat::kGguf: return read_gguf(bytes, name);
    case FileFormat::kVocabularyText: return read_vocab_text(bytes, name);
    case FileFormat::kVocabularyJson:
    case FileFormat::kMerges:
      throw Error(ErrorCode::kInvalidArgument,
                  "a vocab.json and a merges.txt make a tokenizer together, not alone",
                  std::string(name));
    case FileFormat::kTkz: return read_tkz(bytes, name);
    case FileFormat::kUnknown: break;
  }
  throw Error(ErrorCode::kUnsupported,
              bytes.empty() ? "expected a tokenizer file, this one is empty"
                            : "expected a tokenizer file, found none of the known formats",
              std::string(name));
}

TokenizerSpec load_spec(const std::string& path, const LoadOptions& options) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return load_file(path, options);
  const ModelConfiguration configuration{fs::path(path)};
  TokenizerSpec spec = read_directory_files(path, configuration, options);
  configuration.apply(spec);
  return spec;
}

}  // namespace tokrail
