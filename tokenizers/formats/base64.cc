#include "tokenizers/formats/base64.h"

#include <array>
#include <cstdint>

namespace tokrail {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Six bits, or kBad. Any letter that is not base64 makes the sum of a group exceed 24 bits.
constexpr uint32_t kBad = 0xFF000000u;
constexpr std::array<uint32_t, 256> kValues = [] {
  std::array<uint32_t, 256> values{};
  values.fill(kBad);
  for (uint32_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = i;
  }
  return values;
}();

uint32_t value_of(char letter) {
  return kValues[static_cast<unsigned char>(letter)];
}

}  // namespace

bool append_base64(std::string_view text, std::string& out) {
  if (text.empty()) return true;
  if (text.size() % 4 != 0) return false;
  const size_t before = out.size();
  size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(before + text.size() / 4 * 3);

  char* to = out.data() + before;
  const char* from = text.data();
  const char* const full_end = text.data() + text.size() - (padding == 0 ? 0 : 4);
  uint32_t bad = 0;
  for (; from < full_end; from += 4, to += 3) {
    const uint32_t a = value_of(from[0]), b = value_of(from[1]);
    const uint32_t c = value_of(from[2]), d = value_of(from[3]);
    bad |= a | b | c | d;
    const uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    to[0] = static_cast<char>(bits >> 16);
    to[1] = static_cast<char>(bits >> 8);
    to[2] = static_cast<char>(bits);
  }
  if (padding != 0) {
    const uint32_t a = value_of(from[0]), b = value_of(from[1]);
    const uint32_t c = padding == 2 ? 0 : value_of(from[2]);
    bad |= a | b | c;
    const uint32_t bits = a << 18 | b << 12 | c << 6;
    if ((bits & (padding == 2 ? 0xFFFFu : 0xFFu)) != 0) bad |= kBad;
    *to++ = static_cast<char>(bits >> 16);
    if (padding == 1) *to++ = static_cast<char>(bits >> 8);
  }
  if ((bad & kBad) != 0) {
    out.resize(before);
    return false;
  }
  out.resize(static_cast<size_t>(to - out.data()));
  return true;
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
