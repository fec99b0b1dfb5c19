#include "tests/support/property.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iterator>

#include "base/utf8.h"

namespace tokrail::test {
namespace {

constexpr uint64_t kFixedSeed = 20240229;
constexpr size_t kDefaultBytes = 200;

uint64_t environment_number(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

struct CodePointRange {
  char32_t first;
  char32_t last;
};

// Where code points behave differently from each other in tokenizers: scripts with and without
// case or spaces, marks, Hangul, variation selectors, tags, private and unassigned planes, and
// both sides of each change of length in UTF-8.
constexpr CodePointRange kRanges[] = {
    {0x00, 0x7F},       {0x80, 0xFF},       {0x100, 0x24F},     {0x2B0, 0x36F},
    {0x370, 0x3FF},     {0x400, 0x4FF},     {0x531, 0x58F},     {0x591, 0x5F4},
    {0x600, 0x6FF},     {0x7F0, 0x80F},     {0x900, 0x97F},     {0x980, 0x9FE},
    {0xC00, 0xC7F},     {0xE01, 0xE5B},     {0x1000, 0x109F},   {0x10A0, 0x10FF},
    {0x1100, 0x11FF},   {0x1780, 0x17F9},   {0x1E00, 0x1EFF},   {0x1F00, 0x1FFE},
    {0x2000, 0x206F},   {0x2070, 0x20CF},   {0x20D0, 0x20F0},   {0x2100, 0x218B},
    {0x2190, 0x22FF},   {0x2460, 0x24FF},   {0x2600, 0x27BF},   {0x3000, 0x303F},
    {0x3041, 0x30FF},   {0x3130, 0x318E},   {0x4E00, 0x9FFF},   {0xAC00, 0xD7A3},
    {0xD7B0, 0xD7FF},   {0xE000, 0xE010},   {0xF900, 0xFAD9},   {0xFB00, 0xFB4F},
    {0xFE00, 0xFE0F},   {0xFE20, 0xFE6F},   {0xFF00, 0xFFEF},   {0xFFF0, 0xFFFF},
    {0x10000, 0x1000F}, {0x10330, 0x1034A}, {0x10400, 0x1044F}, {0x105C0, 0x105F3},
    {0x11380, 0x113E2}, {0x16100, 0x16139}, {0x16D40, 0x16D79}, {0x1D100, 0x1D1EA},
    {0x1D400, 0x1D7FF}, {0x1E900, 0x1E95F}, {0x1F1E6, 0x1F1FF}, {0x1F300, 0x1F6FF},
    {0x20000, 0x20010}, {0x2F800, 0x2F810}, {0xE0020, 0xE007F}, {0x10FFF0, 0x10FFFF},
};

constexpr std::string_view kWords[] = {
    "the",
    "The",
    "THE",
    "don't",
    "I'll",
    "we'Ve",
    "IT'S",
    "tokenizer",
    "a",
    "Hello",
    "camelCase",
    "x86_64",
    "naïve",
    "İstanbul",
    "kitabı",
    "straße",
    "Übergrößenträger",
    "слово",
    "Москва",
    "λόγος",
    "ὀδύσσεια",
    "עִברִית",
    "العربية",
    "हिन्दी",
    "ไทย",
    "中文",
    "日本語",
    "カタカナ",
    "한국어",
    "ﬁn",
    "e\u0301",
    "Å",
    "½",
    "Ⅳ",
    "²",
};
constexpr std::string_view kSpaces[] = {
    " ",   " ",  " ",    "  ",   "    ",   "\n",     "\n\n",   "\r\n",   "\t",         " \n",
    "\n ", "\r", "\v\f", "\x1c", "\u00A0", "\u3000", "\u2028", "\u0085", "          ", "\u200B",
};
constexpr std::string_view kMarks[] = {
    ".",  ",",  "!",  "?",  "...", "'", "\"", "(", ")", "{", "}",   "=>", "->", "//",
    "/*", "_",  "__", "-",  "--",  "$", "%",  "&", "@", "#", "\\",  "|",  "<",  ">",
    "「", "」", "。", "、", "—",   "“", "”",  "’", "€", "+", "\\n", "▁",  "Ġ",  "¿",
};
constexpr std::string_view kEmoji[] = {
    "😀",
    "👍🏽",
    "👨‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇹🇷",
    "🇹🇷🇩",
    "❤️",
    "☃",
    "1️⃣",
    "🏴\U000E0067\U000E0062\U000E007F",
    "\u200D",
    "\uFE0F",
};
constexpr std::string_view kSpecialLike[] = {
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|endof", "|>",     "[CLS]",  "[SEP]", "[MASK]",
    "[UNK]",         "<s>",          "</s>",       "<unk>",   "<0x41>", "<0xFF>", "##ing", "<pad>",
};
constexpr std::string_view kBroken[] = {
    "\x80",         "\xBF",
    "\xC0\x80",     "\xC2",
    "\xE2\x82",     "\xED\xA0\x80",
    "\xF0\x9F\x98", "\xF0\x9F",
    "\xF0",         "\xF8\x88",
    "\xFF",         "\xFE",
    "\xE0\x80\x80", "\xF4\x90\x80\x80",
    "\xED\xB0\x80", "\xC3(",
    "\xE2\x28\xA1", "\xF0\x80\x80\x80",
};

template <size_t N>
std::string_view pick(Random& random, const std::string_view (&list)[N]) {
  return list[below(random, N)];
}

void append_random_code_point(Random& random, std::string& out) {
  const CodePointRange range = kRanges[below(random, std::size(kRanges))];
  append_utf8(range.first + static_cast<char32_t>(below(random, range.last - range.first + 1)),
              out);
}

void append_digits(Random& random, std::string& out) {
  const size_t length = 1 + below(random, below(random, 8) == 0 ? 30 : 5);
  for (size_t i = 0; i < length; ++i) out += static_cast<char>('0' + below(random, 10));
}

void append_run(Random& random, std::string& out, size_t longest) {
  std::string unit;
  switch (below(random, 4)) {
    case 0: unit = static_cast<char>('a' + below(random, 26)); break;
    case 1: unit = pick(random, kSpaces); break;
    case 2: unit = pick(random, kMarks); break;
    default: append_random_code_point(random, unit); break;
  }
  const size_t limit = out.size() + 1 + below(random, longest + 1);
  while (out.size() < limit) out += unit;
}

void append_well_formed(Random& random, std::string& out) {
  switch (below(random, 12)) {
    case 0:
    case 1:
    case 2: out += pick(random, kWords); break;
    case 3:
    case 4:
    case 5: out += pick(random, kSpaces); break;
    case 6: append_digits(random, out); break;
    case 7: out += pick(random, kMarks); break;
    case 8: out += pick(random, kEmoji); break;
    case 9: append_run(random, out, 20); break;
    default: append_random_code_point(random, out); break;
  }
}

std::string random_ascii(Random& random, size_t n) {
  std::string out;
  while (out.size() < n) {
    switch (below(random, 4)) {
      case 0: out += ' '; break;
      case 1: out += static_cast<char>(below(random, 128)); break;
      case 2: append_digits(random, out); break;
      default:
        for (size_t i = 1 + below(random, 9); i > 0; --i) {
          out += static_cast<char>((below(random, 6) == 0 ? 'A' : 'a') + below(random, 26));
        }
    }
  }
  return out;
}

bool holds_quietly(const TextProperty& holds, const std::string& text, std::string& thrown) {
  try {
    thrown.clear();
    return holds(text);
  } catch (const std::exception& error) {
    thrown = error.what();
    return false;
  }
}

}  // namespace

uint64_t property_seed() {
  const char* const value = std::getenv("TOKRAIL_SEED");
  if (value != nullptr && std::string_view(value) == "time") {
    return static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  }
  return environment_number("TOKRAIL_SEED", kFixedSeed);
}

size_t property_bytes() {
  return environment_number("TOKRAIL_PROPERTY_BYTES", kDefaultBytes);
}

// Modulo instead of a distribution: the standard leaves distributions to the implementation, and
// a seed must give the same inputs everywhere.
size_t below(Random& random, size_t bound) {
  return static_cast<size_t>(random() % bound);
}

std::string random_bytes(Random& random, size_t n) {
  std::string out(n, '\0');
  for (char& byte : out) byte = static_cast<char>(random());
  return out;
}

std::string random_utf8(Random& random, size_t n) {
  std::string out;
  while (out.size() < n) append_well_formed(random, out);
  return out;
}

std::string random_broken_utf8(Random& random, size_t n) {
  std::string out;
  while (out.size() < n) {
    if (below(random, 4) == 0) {
      out += pick(random, kBroken);
    } else {
      append_well_formed(random, out);
    }
  }
  return out;
}

std::string random_text(Random& random, size_t n) {
  std::string out;
  switch (below(random, 8)) {
    case 0: return random_bytes(random, n);
    case 1: return random_ascii(random, n);
    case 2: return random_broken_utf8(random, n);
    case 3: append_run(random, out, n); return out;
    case 4:
      while (out.size() < n) {
        if (below(random, 3) == 0) out += pick(random, kSpecialLike);
        append_well_formed(random, out);
      }
      return out;
    case 5:
      while (out.size() < n) out += random_text(random, n / 4);
      return out;
    default: return random_utf8(random, n);
  }
}

std::string escaped(std::string_view bytes) {
  constexpr size_t kShown = 400;
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes.size() > 2 * kShown && i == kShown) {
      out += "\" ... " + std::to_string(bytes.size() - 2 * kShown) + " bytes ... \"";
      i = bytes.size() - kShown;
    }
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\') {
      out += bytes[i];
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out + "\"";
}

void report_failure(std::string_view name, std::string_view value, uint64_t seed, int number) {
  ADD_FAILURE() << "property '" << name << "' fails for\n  " << value << "\ncase " << number
                << "; TOKRAIL_SEED=" << seed << " repeats it";
}

bool check_texts(std::string_view name, int cases, const TextProperty& holds,
                 const TextGenerator& generate) {
  const uint64_t seed = property_seed();
  const size_t longest = property_bytes();
  Random random(seed);
  std::string thrown;
  for (int number = 0; number < cases; ++number) {
    // The lengths grow over the run: small failures come first.
    const size_t bound = 1 + longest * static_cast<size_t>(number + 1) / static_cast<size_t>(cases);
    const std::string text = generate(random, below(random, bound + 1));
    if (holds_quietly(holds, text, thrown)) continue;
    const std::string smallest = shrink<std::string>(text, [&](const std::string& candidate) {
      return holds_quietly(holds, candidate, thrown);
    });
    holds_quietly(holds, smallest, thrown);
    report_failure(name, escaped(smallest) + (thrown.empty() ? "" : "\nwhich throws: " + thrown),
                   seed, number);
    return false;
  }
  return true;
}

}  // namespace tokrail::test
