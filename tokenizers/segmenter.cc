#include "tokenizers/segmenter.h"

#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101ull;
constexpr uint64_t kHigh = 0x8080808080808080ull;

/// The high bit of every byte of `word` that equals `byte`; exact for every byte.
uint64_t bytes_equal(uint64_t word, uint8_t byte) noexcept {
  const uint64_t difference = word ^ kOnes * byte;
  return ~(((difference & ~kHigh) + ~kHigh) | difference | ~kHigh);
}

uint32_t checked_end(size_t end) {
  if (end > 0xFFFFFFFFull) {
    throw Error(ErrorCode::kUnsupported, "expected text with a place to cut in every 4 GiB");
  }
  return static_cast<uint32_t>(end);
}

class SpaceSegmenter final : public Segmenter {
 public:
  SpaceSegmenter(Normalizer normalizer, bool cut_newlines)
      : normalizer_(std::move(normalizer)), cut_newlines_(cut_newlines) {
    for (char32_t c = 0; c < 128; ++c) stable_[c] = normalizer_.is_stable_before_space(c);
  }

  size_t split(std::string_view text, size_t from, uint32_t* ends,
               size_t capacity) const override {
    const char* const begin = text.data() + from;
    const char* const end = text.data() + text.size();
    if (begin == end) return 0;
    size_t n = 0;
    size_t at = 1;  // a cut at the very beginning cuts nothing
    const auto size = static_cast<size_t>(end - begin);
    while (n < capacity && n < kMaxPerCall) {
      at = next_seam(begin, at, size);
      ends[n++] = checked_end(at);
      if (at == size || at > 0x7FFFFFFF) break;
      ++at;
    }
    return n;
  }

 private:
  static constexpr size_t kMaxPerCall = size_t{1} << 20;

  // The first position >= at where a space follows a stable code point; size if there is none.
  size_t next_seam(const char* begin, size_t at, size_t size) const {
    while (at + 8 <= size) {
      uint64_t word;
      std::memcpy(&word, begin + at, 8);
      uint64_t spaces = bytes_equal(word, ' ');
      if (cut_newlines_) spaces |= bytes_equal(word, '\n');
      while (spaces != 0) {
        const size_t position = at + static_cast<size_t>(std::countr_zero(spaces)) / 8;
        if (is_seam(begin, position)) return position;
        spaces &= spaces - 1;
      }
      at += 8;
    }
    for (; at < size; ++at) {
      if ((begin[at] == ' ' || (cut_newlines_ && begin[at] == '\n')) && is_seam(begin, at)) {
        return at;
      }
    }
    return size;
  }

  bool is_seam(const char* begin, size_t position) const {
    const auto previous = static_cast<unsigned char>(begin[position - 1]);
    if (previous < 0x80) return stable_[previous] && (begin[position] == ' ' || previous > ' ');
    if (begin[position] != ' ') return false;
    const Utf8Unit unit = decode_utf8_before(begin, begin + position);
    return unit.valid && normalizer_.is_stable_before_space(unit.code_point);
  }

  Normalizer normalizer_;
  bool cut_newlines_;
  bool stable_[128];
};

enum AsciiKind : uint8_t { kWordByte, kPunctuationByte, kSpaceByte };

struct AsciiKinds {
  AsciiKind of[256] = {};
  constexpr AsciiKinds() {
    for (int c = 0x21; c < 0x7F; ++c) {
      const bool alphanumeric = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
      if (!alphanumeric) of[c] = kPunctuationByte;
    }
    of[static_cast<int>(' ')] = of[static_cast<int>('\t')] = kSpaceByte;
    of[static_cast<int>('\n')] = of[static_cast<int>('\r')] = kSpaceByte;
  }
};
constexpr AsciiKinds kAsciiKinds;

class WordSegmenter final : public Segmenter {
 public:
  size_t split(std::string_view text, size_t from, uint32_t* ends,
               size_t capacity) const override {
    const auto* const begin = reinterpret_cast<const unsigned char*>(text.data()) + from;
    const size_t size = text.size() - from;
    size_t n = 0;
    size_t at = 0;
    while (at < size && n < capacity && at <= 0x7FFFFFFF) {
      while (at < size && kAsciiKinds.of[begin[at]] == kSpaceByte) ++at;
      if (at < size && kAsciiKinds.of[begin[at++]] == kWordByte) {
        while (at < size && kAsciiKinds.of[begin[at]] == kWordByte) ++at;
      }
      ends[n++] = checked_end(at);
    }
    return n;
  }
};

}  // namespace

std::unique_ptr<const Segmenter> make_space_segmenter(const Normalizer& normalizer,
                                                      bool cut_newlines) {
  return std::make_unique<SpaceSegmenter>(normalizer, cut_newlines);
}

std::unique_ptr<const Segmenter> make_word_segmenter() {
  return std::make_unique<WordSegmenter>();
}

}  // namespace tokrail
