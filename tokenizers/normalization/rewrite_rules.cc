#include "tokenizers/normalization/rewrite_rules.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "tokenizers/normalization/normalizer_stage.h"

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
    if (!symbol.empty()) entries.push_back({symbol, 0});
  }
  has_symbols_ = !entries.empty();
  symbols_ = ByteTrie::build(entries);
  find_unstable(symbols);
  find_starts(symbols);
}

/// `prefix` is the beginning of a key and ends in a space: no cut before it, if it is inside.
void RewriteRules::add_unstable_before_space(std::string_view prefix) {
  if (prefix.size() > 1) add_unstable_end(prefix.substr(0, prefix.size() - 1));
}

void RewriteRules::add_unstable_end(std::string_view key) {
  const Utf8Unit last = decode_utf8_before(key.data(), key.data() + key.size());
  if (!last.valid) has_seams_ = false;  // keys are code points; these are not, so give up
  unstable_.push_back(last.code_point);
}

void RewriteRules::find_unstable(std::span<const std::string_view> symbols) {
  for (const std::string_view symbol : symbols) {
    if (!symbol.empty() && !ends_in_word(symbol)) add_unstable_end(symbol);
    for (size_t at = symbol.find(' '); at != std::string_view::npos;
         at = symbol.find(' ', at + 1)) {
      add_unstable_before_space(symbol.substr(0, at + 1));
    }
  }
  const auto is_bad = [](std::string_view replacement) { return !ends_in_word(replacement); };
  const bool is_trie = map_.for_each_rule(is_bad, [this](std::string_view key,
                                                         std::string_view /*replacement*/) {
    add_unstable_end(key);
    return true;
  }) && map_.for_each_prefix_that_ends_in(' ', [this](std::string_view prefix) {
    add_unstable_before_space(prefix);
    return true;
  });
  if (!is_trie) has_seams_ = false;
  std::ranges::sort(unstable_);
  const auto repeated = std::ranges::unique(unstable_);
  unstable_.erase(repeated.begin(), repeated.end());
}

void RewriteRules::find_starts(std::span<const std::string_view> symbols) {
  for (unsigned byte = 1; byte < 128; ++byte) {
    char key[2] = {static_cast<char>(byte), 0};
    if (byte == ' ' || map_.longest_prefix({key, 1})) continue;
    starts_[byte] = Start::kPlain;
    if (!map_.can_start({key, 1})) continue;
    for (unsigned next = 255; next > 0 && starts_[byte] != Start::kRule; --next) {
      key[1] = static_cast<char>(next);
      if (map_.can_start({key, 2})) starts_[byte] = next < 128 ? Start::kRule : Start::kMaybe;
    }
  }
  for (const std::string_view symbol : symbols) {
    const bool is_ascii = !symbol.empty() && static_cast<unsigned char>(symbol[0]) < 128;
    if (is_ascii) starts_[static_cast<unsigned char>(symbol[0])] = Start::kRule;
  }
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
  const Step step = next(text);
  return step.consumed == text.size() && ends_in_word(step.replacement);
}

}  // namespace tokrail::detail
