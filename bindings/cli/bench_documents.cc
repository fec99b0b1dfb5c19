#include "bindings/cli/bench_documents.h"

#include <cstdio>
#include <random>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"

namespace tokrail::cli {

namespace {

std::vector<std::string_view> cut_at_line_ends(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.size();
    if (begin + kDocumentBytes < text.size()) {
      const size_t line_end = text.find('\n', begin + kDocumentBytes - 1);
      if (line_end != std::string_view::npos) end = line_end + 1;
    }
    parts.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return parts;
}

std::vector<uint32_t> shuffled_numbers(size_t count) {
  std::vector<uint32_t> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<uint32_t>(i);
  std::mt19937_64 random(1);
  for (size_t i = count; i > 1; --i) std::swap(numbers[i - 1], numbers[random() % i]);
  return numbers;
}

}  // namespace

BenchDocuments read_documents(const std::string& path) {
  BenchDocuments documents;
  documents.text = read_file(path);
  documents.parts = cut_at_line_ends(documents.text);
  if (documents.parts.size() < 2) {
    throw Error(ErrorCode::kInvalidFile, "expected lines that give at least two documents of 16 KB",
                path);
  }
  const std::vector<uint32_t> order = shuffled_numbers(documents.parts.size());
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < order.size(); ++i) {
    const bool is_new = seen.insert(documents.parts[order[i]]).second;
    if (i < order.size() / 2) {
      documents.warm_up.push_back(order[i]);
    } else {
      (is_new ? documents.timed : documents.repeated).push_back(order[i]);
    }
  }
  return documents;
}

uint64_t hash_ids(const std::vector<TokenId>& ids, uint64_t hash) noexcept {
  for (const TokenId id : ids) {
    hash ^= id;
    hash *= 1099511628211u;
  }
  return hash;
}

std::string hash_text(uint64_t hash) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

}  // namespace tokrail::cli
