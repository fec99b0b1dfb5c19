#include "tokenizers/evaluation/premiums.h"

#include <atomic>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "tokenizers/evaluation/plain_encoding.h"

namespace tokrail {

namespace {

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  const MappedFile file = MappedFile::open(path);
  std::string_view bytes = file.bytes();
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = bytes.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return lines;
}

}  // namespace

AlignedTexts AlignedTexts::read(const std::vector<std::filesystem::path>& paths) {
  if (paths.size() < 2) {
    throw Error(ErrorCode::kInvalidArgument, "expected a base and at least one other file",
                "aligned texts");
  }
  AlignedTexts texts;
  for (const std::filesystem::path& path : paths) {
    texts.names.push_back(path.filename().string());
    texts.lines.push_back(read_lines(path));
    if (texts.lines.back().size() != texts.lines.front().size()) {
      throw Error(ErrorCode::kInvalidFile,
                  "expected " + std::to_string(texts.lines.front().size()) + " lines as in " +
                      texts.names.front() + ", got " + std::to_string(texts.lines.back().size()),
                  path.string());
    }
  }
  return texts;
}

std::vector<uint64_t> count_tokens(const Tokenizer& tokenizer, const AlignedTexts& texts) {
  constexpr size_t kGrain = 256;
  std::vector<uint64_t> tokens;
  for (const std::vector<std::string>& lines : texts.lines) {
    std::atomic<uint64_t> sum = 0;
    parallel_for(0, lines.size(), kGrain, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) sum += tokenizer.count(lines[i], plain_encoding());
    });
    tokens.push_back(sum);
  }
  return tokens;
}

double Premiums::of(size_t tokenizer, size_t file, size_t base_tokenizer) const {
  const uint64_t base = tokens[base_tokenizer].front();
  if (base == 0) return 0;
  return static_cast<double>(tokens[tokenizer][file]) / static_cast<double>(base);
}

}  // namespace tokrail
