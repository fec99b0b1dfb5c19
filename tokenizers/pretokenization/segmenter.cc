#include "tokenizers/pretokenization/segmenter.h"

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

uint32_t checked_end(size_t end) {
  if (end > 0xFFFFFFFFull) {
    throw Error(ErrorCode::kUnsupported, "expected text with a place to cut in every 4 GiB");
  }
  return static_cast<uint32_t>(end);
}

class SpaceSegmenter final : public Segmenter {
 public:
  SpaceSegmenter(Normalizer normalizer, const AsciiPairs& cuts,
                 std::unique_ptr<const CharacterBorders> borders)
      : normalizer_(std::move(normalizer)), cuts_(cuts), borders_(std::move(borders)) {
    for (char32_t c = 0; c < 128; ++c) {
      if (normalizer_.is_stable_before_space(c)) cuts_.set(static_cast<unsigned char>(c), ' ');
    }
  }

  size_t split(std::string_view text, size_t from, uint32_t* ends, size_t capacity) const override {
    const char* const begin = text.data() + from;
    const size_t size = text.size() - from;
    size_t n = 0;
    size_t at = 0;
    while (at < size && n < capacity && at <= 0x7FFFFFFF) {
      at = next_cut(begin, at + 1, size);
      ends[n++] = checked_end(at);
    }
    return n;
  }

 private:
  // The first cut at or behind `at`; size if there is none. Requires at >= 1.
  size_t next_cut(const char* begin, size_t at, size_t size) const {
    auto previous = static_cast<unsigned char>(begin[at - 1]);
    for (; at < size; ++at) {
      const auto current = static_cast<unsigned char>(begin[at]);
      if (cuts_.has(previous, current)) return at;
      if (current == ' ' && previous >= 0x80 && is_stable_end(begin, at)) return at;
      if (borders_ && is_beside_three(begin, at, current) && is_border(begin, at, size)) return at;
      previous = current;
    }
    return size;
  }

  bool is_stable_end(const char* begin, size_t position) const {
    const Utf8Unit unit = decode_utf8_before(begin, begin + position);
    return unit.valid && normalizer_.is_stable_before_space(unit.code_point);
  }

  static bool is_three_byte_lead(unsigned char byte) { return (byte & 0xF0) == 0xE0; }
  static bool is_beside_three(const char* begin, size_t at, unsigned char current) {
    if (is_three_byte_lead(current)) return true;
    return at >= 3 && is_three_byte_lead(static_cast<unsigned char>(begin[at - 3])) &&
           !is_utf8_continuation(static_cast<char>(current));
  }

  bool is_border(const char* begin, size_t at, size_t size) const {
    const Utf8Unit left = decode_utf8_before(begin, begin + at);
    const Utf8Unit right = decode_utf8(begin + at, begin + size);
    return left.valid && right.valid &&
           borders_->may_cut({begin + at - left.length, left.length}, {begin + at, right.length});
  }

  Normalizer normalizer_;
  AsciiPairs cuts_;
  std::unique_ptr<const CharacterBorders> borders_;
};

enum ByteKind : uint8_t { kWordByte, kPunctuationByte, kSpaceByte, kLeadByte };

struct ByteKinds {
  ByteKind of[256] = {};
  constexpr ByteKinds() {
    for (int c = 0x21; c < 0x7F; ++c) {
      const bool alphanumeric = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
      if (!alphanumeric) of[c] = kPunctuationByte;
    }
    of[static_cast<int>(' ')] = of[static_cast<int>('\t')] = kSpaceByte;
    of[static_cast<int>('\n')] = of[static_cast<int>('\r')] = kSpaceByte;
    for (int c = 0xE2; c <= 0xE9; ++c) of[c] = kLeadByte;
  }
};
constexpr ByteKinds kByteKinds;

class WordSegmenter final : public Segmenter {
 public:
  explicit WordSegmenter(bool cuts_ideographs) : cuts_ideographs_(cuts_ideographs) {}

  size_t split(std::string_view text, size_t from, uint32_t* ends, size_t capacity) const override {
    const auto* const begin = reinterpret_cast<const unsigned char*>(text.data()) + from;
    const size_t size = text.size() - from;
    size_t n = 0;
    size_t at = 0;
    while (at < size && n < capacity && at <= 0x7FFFFFFF) {
      while (at < size && kByteKinds.of[begin[at]] == kSpaceByte) ++at;
      at = word_end(begin, at, size);
      ends[n++] = checked_end(at);
    }
    return n;
  }

 private:
  size_t word_end(const unsigned char* begin, size_t at, size_t size) const {
    if (at == size || kByteKinds.of[begin[at]] == kPunctuationByte) return at < size ? at + 1 : at;
    if (is_alone(begin, at, size)) return at + 3;
    do {
      ++at;
      while (at < size && kByteKinds.of[begin[at]] == kWordByte) ++at;
    } while (at < size && kByteKinds.of[begin[at]] == kLeadByte && !is_alone(begin, at, size));
    return at;
  }

  // A character of three bytes that is a word by itself: the ideographs that BERT puts spaces
  // around, and punctuation of the blocks that East Asian text takes it from. None of them changes
  // in canonical normalisation, or changes what stands beside it.
  bool is_alone(const unsigned char* begin, size_t at, size_t size) const {
    if (kByteKinds.of[begin[at]] != kLeadByte || size - at < 3) return false;
    if ((begin[at + 1] & 0xC0) != 0x80 || (begin[at + 2] & 0xC0) != 0x80) return false;
    const uint32_t c =
        (begin[at] & 0x0Fu) << 12 | (begin[at + 1] & 0x3Fu) << 6 | (begin[at + 2] & 0x3Fu);
    if (c >= 0x3400) return cuts_ideographs_ && c <= 0x9FFF && (c <= 0x4DBF || c >= 0x4E00);
    if (c >= 0x3000) return (c >= 0x3001 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3011);
    return c >= 0x2010 && c <= 0x2027;
  }

  bool cuts_ideographs_;
};

}  // namespace

std::unique_ptr<const Segmenter> make_space_segmenter(
    const Normalizer& normalizer, const AsciiPairs& cuts,
    std::unique_ptr<const CharacterBorders> borders) {
  return std::make_unique<SpaceSegmenter>(normalizer, cuts, std::move(borders));
}

std::unique_ptr<const Segmenter> make_word_segmenter(bool cuts_ideographs) {
  return std::make_unique<WordSegmenter>(cuts_ideographs);
}

}  // namespace tokrail
