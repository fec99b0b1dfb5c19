#include "tokenizers/formats/base64.h"

#include <array>
#include <cstdint>

namespace tokrail {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Six bits at each of the four places of a group, or kBad, which is above the 24 bits of a group.
constexpr uint32_t kBad = 0xFF000000u;
using LetterValues = std::array<uint32_t, 256>;
constexpr std::array<LetterValues, 4> kValues = [] {
  std::array<LetterValues, 4> values{};
  for (uint32_t place = 0; place < 4; ++place) {
    values[place].fill(kBad);
    for (uint32_t i = 0; i < kLetters.size(); ++i) {
      values[place][static_cast<unsigned char>(kLetters[i])] = i << (18 - 6 * place);
    }
  }
  return values;
}();

template <size_t kPlace>
uint32_t value_at(const char* group) noexcept {
  return kValues[kPlace][static_cast<unsigned char>(group[kPlace])];
}

}  // namespace

char* decode_base64(std::string_view text, char* to) noexcept {
  if (text.empty()) return to;
  if (text.size() % 4 != 0) return nullptr;
  const char* from = text.data();
  const char* const last = from + text.size() - 4;
  const bool padded = last[3] == '=';
  uint32_t bad = 0;
  for (; from <= (padded ? last - 1 : last); from += 4, to += 3) {
    const uint32_t bits =
        value_at<0>(from) | value_at<1>(from) | value_at<2>(from) | value_at<3>(from);
    bad |= bits;
    to[0] = static_cast<char>(bits >> 16);
    to[1] = static_cast<char>(bits >> 8);
    to[2] = static_cast<char>(bits);
  }
  if (padded) {
    const bool one_byte = last[2] == '=';
    const uint32_t bits =
        value_at<0>(last) | value_at<1>(last) | (one_byte ? 0 : value_at<2>(last));
    bad |= bits;
    if ((bits & (one_byte ? 0xFFFFu : 0xFFu)) != 0) return nullptr;
    *to++ = static_cast<char>(bits >> 16);
    if (!one_byte) *to++ = static_cast<char>(bits >> 8);
  }
  return (bad & kBad) != 0 ? nullptr : to;
}

bool append_base64(std::string_view text, std::string& out) {
  const size_t before = out.size();
  out.resize(before + text.size() / 4 * 3);
  const char* const end = decode_base64(text, out.data() + before);
  out.resize(end == nullptr ? before : static_cast<size_t>(end - out.data()));
  return end != nullptr;
}

void append_as_base64(std::string_view bytes, std::string& out) {
  const auto byte = [bytes](size_t i) -> uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out.push_back(kLetters[bits >> 18]);
    out.push_back(kLetters[bits >> 12 & 63]);
    out.push_back(i + 1 < bytes.size() ? kLetters[bits >> 6 & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? kLetters[bits & 63] : '=');
  }
}

}  // namespace tokrail
