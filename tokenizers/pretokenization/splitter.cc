#include "tokenizers/pretokenization/splitter.h"

#include <utility>

#include "base/error.h"
#include "tokenizers/pretokenization/split_scanner.h"
#include "tokenizers/pretokenization/splitter_simd.h"

namespace tokrail {
namespace {

template <size_t kIndex>
class RulesSplitter final : public Splitter {
 public:
  RulesSplitter() : Splitter(kCompiledRules[kIndex]), split_blocks_(split_blocks_for(kIndex)) {}

  size_t split(std::string_view text, size_t from, uint32_t* ends, size_t capacity) const override {
    size_t consumed = 0;
    size_t n = 0;
    if (split_blocks_) {
      n = split_blocks_(text.data() + from, text.size() - from, ends, capacity, consumed);
      // A whole buffer of pieces is worth returning; what is left is for the next call.
      if (n + 64 > capacity && n > 0) return n;
    }
    return scan(text.substr(from), consumed, ends, n, capacity);
  }

  size_t split_scalar(std::string_view text, size_t from, uint32_t* ends,
                      size_t capacity) const override {
    return scan(text.substr(from), 0, ends, 0, capacity);
  }

  size_t piece_end(std::string_view text, size_t from, PieceWatch& watch) const override {
    WatchedEnd end(text, from, watch);
    const char* const stop =
        SplitScanner<kCompiledRules[kIndex], WatchedEnd&>::piece_end(text.data() + from, end);
    return static_cast<size_t>(stop - text.data());
  }

 private:
  static size_t scan(std::string_view text, size_t at, uint32_t* ends, size_t n, size_t capacity) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* p = begin + at;
    while (p < end && n < capacity && p - begin < 0x7FFFFFFF) {
      p = SplitScanner<kCompiledRules[kIndex]>::piece_end(p, end);
      if (p - begin > 0xFFFFFFFFll) {
        throw Error(ErrorCode::kUnsupported, "expected pieces shorter than 4 GiB");
      }
      ends[n++] = static_cast<uint32_t>(p - begin);
    }
    return n;
  }

  SplitBlocks split_blocks_;
};

template <size_t... kIndices>
std::unique_ptr<const Splitter> make(const SplitRules& rules, std::index_sequence<kIndices...>) {
  std::unique_ptr<const Splitter> splitter;
  ((kCompiledRules[kIndices] == rules ? void(splitter = std::make_unique<RulesSplitter<kIndices>>())
                                      : void()),
   ...);
  return splitter;
}

}  // namespace

std::unique_ptr<const Splitter> Splitter::for_rules(const SplitRules& rules) {
  return make(rules, std::make_index_sequence<std::size(kCompiledRules)>());
}

std::unique_ptr<const Splitter> Splitter::for_pattern(std::string_view regex) {
  const auto rules = known_split_rules(regex);
  return rules ? for_rules(*rules) : nullptr;
}

bool Splitter::reads_like_oniguruma(std::string_view regex) noexcept {
  if (regex.find('$') != regex.npos) return false;
  for (size_t at = 1; at + 1 < regex.size(); ++at) {
    // A brace that ends a count, not that of "\p{L}".
    const char before = regex[at - 1];
    const bool ends_count = regex[at] == '}' && ((before >= '0' && before <= '9') || before == ',');
    if (ends_count && regex[at + 1] == '+') return false;
  }
  return true;
}

}  // namespace tokrail
