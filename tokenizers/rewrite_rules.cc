#include "tokenizers/rewrite_rules.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "tokenizers/normalizer_stage.h"

namespace tokrail::detail {
namespace {

constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";

bool ends_in_word(std::string_view text) noexcept {
  if (text.empty()) return false;
  const Utf8Unit last = decode_utf8_before(text.data(), text.data() + text.size());
  return last.valid && !is_space_like(last.code_point);
}

}  // namespace

RewriteRules::RewriteRules(Charsmap map, std::span<const std::string_view> symbols,
                           Utf8Reading reading)
    : map_(std::move(map)), reading_(reading) {
  std::vector<ByteTrieEntry> entries;
  for (const std::string_view symbol : symbols) {
    if (symbol.empty()) continue;
    entries.push_back({symbol, 0});
    look_at_key(symbol, symbol);
  }
  has_symbols_ = !entries.empty();
  symbols_ = ByteTrie::build(entries);
  std::array<bool, 128> before_ascii{}, before_other{};
  const bool is_trie = map_.for_each([&](std::string_view key, std::string_view replacement) {
    look_at_key(key, replacement);
    const auto first = static_cast<unsigned char>(key[0]);
    if (first >= 128) return true;
    const bool is_ascii = key.size() == 1 || static_cast<unsigned char>(key[1]) < 128;
    (is_ascii ? before_ascii : before_other)[first] = true;
    return true;
  });
  if (!is_trie) has_seams_ = false;
  std::ranges::sort(unstable_);
  for (const std::string_view symbol : symbols) {
    if (symbol.empty() || static_cast<unsigned char>(symbol[0]) >= 128) continue;
    before_ascii[static_cast<unsigned char>(symbol[0])] = true;
  }
  for (unsigned byte = 0; byte < 128; ++byte) {
    starts_[byte] = !is_trie || before_ascii[byte] || byte == ' ' ? Start::kRule
                    : before_other[byte]                          ? Start::kMaybe
                                                                  : Start::kPlain;
  }
}

void RewriteRules::look_at_key(std::string_view key, std::string_view replacement) {
  if (!valid_utf8(key)) {
    has_seams_ = false;
    return;
  }
  char32_t previous = 0;
  size_t count = 0;
  for (const auto [position, unit] : utf8_units(key)) {
    if (position > 0 && unit.code_point == U' ') unstable_.push_back(previous);
    previous = unit.code_point;
    ++count;
  }
  if (count > 1 && !ends_in_word(replacement)) unstable_.push_back(previous);
}

size_t RewriteRules::code_point_length(std::string_view text) const noexcept {
  const char* const p = text.data();
  if (reading_ == Utf8Reading::kStrict) {
    const Utf8Unit unit = decode_utf8(p, p + text.size());
    return unit.valid ? unit.length : 0;
  }
  const auto lead = static_cast<unsigned char>(*p);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xC0 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF8 ? 4
                                      : 0;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!is_utf8_continuation(p[i])) return 0;
  }
  return length;
}

RewriteRules::Step RewriteRules::next(std::string_view text) const noexcept {
  if (has_symbols_) {
    size_t length = 0;
    symbols_.view().longest_prefix(text, length);
    if (length != 0) return {text.substr(0, length), length};
  }
  if (const auto rule = map_.longest_prefix(text)) return {rule->replacement, rule->length};
  const size_t length = code_point_length(text);
  if (length == 0) return {kReplacementUtf8, 1};
  return {text.substr(0, length), length};
}

size_t RewriteRules::plain_prefix_length(std::string_view text) const noexcept {
  size_t length = 0;
  for (; length < text.size(); ++length) {
    const auto byte = static_cast<unsigned char>(text[length]);
    if (byte >= 128 || starts_[byte] == Start::kRule) break;
    const bool is_followed_by_other =
        length + 1 < text.size() && static_cast<unsigned char>(text[length + 1]) >= 128;
    if (starts_[byte] == Start::kMaybe && is_followed_by_other) break;
  }
  return length;
}

bool RewriteRules::is_stable_before_space(char32_t code_point) const noexcept {
  if (!has_seams_ || !is_scalar_value(code_point)) return false;
  if (std::ranges::binary_search(unstable_, code_point)) return false;
  char bytes[4] = {};
  const std::string_view text(bytes, encode_utf8(code_point, bytes));
  return ends_in_word(next(text).replacement);
}

}  // namespace tokrail::detail
