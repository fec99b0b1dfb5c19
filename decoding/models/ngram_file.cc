#include "decoding/models/ngram_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace tokrail {
namespace {

static_assert(std::endian::native == std::endian::little, "files are mapped as they stand");

size_t padded(size_t bytes) noexcept {
  return (bytes + 7) & ~size_t{7};
}

// FNV-1a over words of 8 bytes; files are a multiple of 8.
uint64_t checksum(std::string_view bytes) noexcept {
  uint64_t hash = 0xCBF29CE484222325u;
  for (size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    hash = (hash ^ word) * 0x100000001B3u;
    hash ^= hash >> 32;
  }
  return hash;
}

template <typename T>
void append(std::string& out, const std::vector<T>& values) {
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  out.resize(padded(out.size()));
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidFile, "not an n-gram model: " + what);
}

void check(bool good, const char* what) {
  if (!good) {
    refuse(what);
  }
}

// Takes arrays off a file one after the other.
class Parts {
 public:
  explicit Parts(std::string_view bytes) : bytes_(bytes), at_(sizeof(NgramHeader)) {}

  template <typename T>
  std::span<const T> take(size_t count) {
    const size_t size = padded(count * sizeof(T));
    if (size > bytes_.size() - at_) {
      refuse("it ends at byte " + std::to_string(bytes_.size()) + ", within an array that needs " +
             std::to_string(at_ + size));
    }
    const std::span<const T> part(reinterpret_cast<const T*>(bytes_.data() + at_), count);
    at_ += size;
    return part;
  }
  size_t at() const noexcept { return at_; }

 private:
  std::string_view bytes_;
  size_t at_;
};

bool rises_to(std::span<const uint32_t> firsts, uint32_t begin, uint64_t end) {
  return firsts.front() == begin && firsts.back() == end && std::ranges::is_sorted(firsts);
}

bool sorted_groups(std::span<const uint32_t> firsts, std::span<const uint32_t> values) {
  for (size_t i = 0; i + 1 < firsts.size(); ++i) {
    const auto group = values.subspan(firsts[i], firsts[i + 1] - firsts[i]);
    if (!std::ranges::is_sorted(group, std::ranges::less_equal{})) {
      return false;  // less_equal: strictly rising
    }
  }
  return true;
}

bool are_log_probs(std::span<const float> values) {
  return std::ranges::all_of(values, [](float x) { return std::isfinite(x) && x <= 1e-3f; });
}

void check_contents(const NgramParts& parts) {
  const NgramHeader& header = parts.header;
  // Children come behind their parents, so that walks end.
  check(rises_to(parts.first_child, 1, header.contexts), "child ranges are out of order");
  check(rises_to(parts.first_successor, 0, header.successors), "successor ranges are out of order");
  for (size_t i = 0; i < header.contexts; ++i) {
    check(parts.first_child[i] > i || parts.first_child[i] == parts.first_child[i + 1],
          "a context is its own descendant");
  }
  check(parts.first_successor[1] == 0, "the empty context has successors of its own");
  const auto below_vocab = [&](uint32_t id) { return id < header.vocab; };
  check(std::ranges::all_of(parts.tokens.subspan(1), below_vocab) &&
            std::ranges::all_of(parts.successors, below_vocab),
        "a token is not below the size of the vocabulary");
  check(sorted_groups(parts.first_child, parts.tokens) &&
            sorted_groups(parts.first_successor, parts.successors),
        "tokens are not in rising order");
  check(are_log_probs(parts.unigrams) && are_log_probs(parts.log_backoff) &&
            are_log_probs(parts.log_probs),
        "a number is no logarithm of a probability");
}

}  // namespace

std::string write_ngram_file(const NgramArrays& arrays, uint32_t order, TokenId boundary,
                             uint64_t vocabulary_hash, std::string_view tokenizer) {
  NgramHeader header{};
  std::memcpy(header.magic, kNgramMagic, sizeof header.magic);
  header.order = order;
  header.vocab = static_cast<uint32_t>(arrays.unigrams.size());
  header.boundary = boundary;
  header.vocabulary_hash = vocabulary_hash;
  header.contexts = arrays.tokens.size();
  header.successors = arrays.successors.size();
  header.tokenizer_bytes = tokenizer.size();
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  append(out, arrays.unigrams);
  append(out, arrays.tokens);
  append(out, arrays.first_child);
  append(out, arrays.first_successor);
  append(out, arrays.log_backoff);
  append(out, arrays.successors);
  append(out, arrays.log_probs);
  out.append(tokenizer);
  out.resize(padded(out.size()));
  const uint64_t sum = checksum(out);
  out.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return out;
}

NgramParts read_ngram_file(std::string_view bytes) {
  check(bytes.size() >= sizeof(NgramHeader) + 8, "it is too short");
  NgramParts parts{};
  std::memcpy(&parts.header, bytes.data(), sizeof parts.header);
  const NgramHeader& header = parts.header;
  check(std::memcmp(header.magic, kNgramMagic, sizeof header.magic) == 0,
        "expected TKNGRAM1 at byte 0");
  check(header.order >= 1 && header.order <= kMaxNgramOrder, "expected an order from 1 to 8");
  check(header.vocab > 0 && header.boundary < header.vocab,
        "expected a boundary token below the "
        "size of the vocabulary");
  // Counts beyond the file's size are refused before they are multiplied.
  check(header.contexts >= 1 && header.contexts < bytes.size() &&
            header.successors < bytes.size() && header.vocab < bytes.size(),
        "it is shorter than its header says");
  Parts reader(bytes.substr(0, bytes.size() - 8));
  const auto contexts = static_cast<size_t>(header.contexts);
  const auto successors = static_cast<size_t>(header.successors);
  parts.unigrams = reader.take<float>(header.vocab);
  parts.tokens = reader.take<uint32_t>(contexts);
  parts.first_child = reader.take<uint32_t>(contexts + 1);
  parts.first_successor = reader.take<uint32_t>(contexts + 1);
  parts.log_backoff = reader.take<float>(contexts);
  parts.successors = reader.take<uint32_t>(successors);
  parts.log_probs = reader.take<float>(successors);
  const auto tokenizer = reader.take<char>(static_cast<size_t>(header.tokenizer_bytes));
  parts.tokenizer = {tokenizer.data(), tokenizer.size()};
  check(reader.at() + 8 == bytes.size(), "it is longer than its header says");
  uint64_t sum = 0;
  std::memcpy(&sum, bytes.data() + reader.at(), sizeof sum);
  check(sum == checksum(bytes.substr(0, reader.at())), "its checksum is wrong");
  check_contents(parts);
  return parts;
}

uint32_t find_child(const NgramParts& parts, uint32_t context, TokenId token) noexcept {
  const uint32_t begin = parts.first_child[context];
  const auto children = parts.tokens.subspan(begin, parts.first_child[context + 1] - begin);
  const auto found = std::ranges::lower_bound(children, token);
  return found != children.end() && *found == token
             ? begin + static_cast<uint32_t>(found - children.begin())
             : 0;
}

}  // namespace tokrail
