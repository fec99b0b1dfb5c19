#include "tokenizers/detokenization/hybrid_words.h"

#include <map>
#include <utility>

#include "base/ascii.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

/// Characters that a word follows without a space.
bool opens(char32_t c) noexcept {
  // Brackets, slash, hyphens and dashes, and quotes that are written before a word.
  static constexpr std::u32string_view kOpening =
      U"([{/-\u2010\u2011\u2012\u2013\u2014\u2015\u201E\u201C\u2018\u00AB";
  return is_white_space(c) || kOpening.find(c) != std::u32string_view::npos;
}

}  // namespace

AfterText after_text(std::string_view text, const HybridEndings& endings) {
  if (text.empty()) return {};
  const auto before = [&](size_t end) {
    return decode_utf8_before(text.data(), text.data() + end);
  };
  const Utf8Unit last = before(text.size());
  if (!last.valid) return {};
  if (opens(last.code_point) || text == " \"" || text == " '") return {true, kNoEnding};
  size_t begin = text.size();
  while (begin > 0) {
    const Utf8Unit unit = before(begin);
    if (!unit.valid || !is_letter(unit.code_point)) break;
    begin -= unit.length;
  }
  if (begin == text.size()) return {};
  return {false, endings.behind_letters(text.substr(begin))};
}

// A tail cannot stay open where it would be spelled in another case than what follows, or where the
// letter that a mark changes is in it: there the stem is spelled whole, unchanged.
StemSpellings spell_stem(const StemToken& token, const Language& language,
                         const HybridEndings& endings) {
  const StemForm form = language.form(token.form);
  const std::string_view open = form.text.substr(0, form.prefix);
  const auto closed = [&] { return endings.closed(form.ending, form.text); };
  StemSpelling lower{std::string(open), form.ending, false};
  StemSpelling capital{{}, form.ending, false};
  if (open.empty() && !form.text.empty()) {
    language.append_capital(form.text, capital.text);
    capital.ending = closed();
  } else {
    language.append_capital(open, capital.text);
  }
  StemSpelling upper{{}, form.ending, true};
  language.append_upper(open, upper.text);
  switch (token.letter_case) {
    case StemCase::kLower: return {lower, capital, upper};
    case StemCase::kCapital: return {capital, lower, upper};
    case StemCase::kUpper: break;
  }
  StemSpelling alone{{}, closed(), false};
  language.append_upper(form.text, alone.text);
  return {alone, lower, upper};
}

// ---------------------------------------------------------------- numbers

bool is_digits(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_ascii_digit);
}

NumberEnd NumberEnd::of(std::string_view digits) noexcept {
  const size_t last = digits.find_last_not_of('0');
  if (last == std::string_view::npos) return NumberEnd{}.with_zeros(digits.size());
  const NumberEnd end{static_cast<uint32_t>(digits[last] - '0'), 0};
  return end.with_zeros(digits.size() - last - 1);
}

NumberEnd NumberEnd::followed_by(std::string_view digits) const noexcept {
  const NumberEnd end = of(digits);
  return end.digit != 0 ? end : with_zeros(digits.size());
}

std::string NumberEnd::digits() const {
  std::string text;
  if (digit != 0) text.push_back(static_cast<char>('0' + digit));
  return text.append(zeros, '0');
}

void HybridNumbers::add_numeral(std::string_view text) {
  if (!is_digits(text)) return;
  const NumberEnd end = NumberEnd::of(text);
  reached_[end.index()] = true;
  if (end.digit == 0 && std::ranges::find(zero_lengths_, text.size()) == zero_lengths_.end()) {
    zero_lengths_.push_back(text.size());
  }
}

void HybridNumbers::reach(HybridEndings& endings) {
  // Zeros only lead to more zeros, so one pass in ascending order reaches all.
  for (size_t i = 0; i < NumberEnd::kCount; ++i) {
    if (!reached_[i]) continue;
    const NumberEnd end = NumberEnd::at(i);
    for (const size_t zeros : zero_lengths_) reached_[end.with_zeros(zeros).index()] = true;
    endings_[i] = endings.behind_number(end.digits());
    endings.reach(endings_[i], false);
  }
}

void HybridNumbers::find_classes(const HybridEndings& endings) {
  // Refined until nothing splits, as with endings; the signs are short enough to be compared.
  std::array<std::vector<size_t>, NumberEnd::kCount> signs;
  for (size_t i = 0; i < NumberEnd::kCount; ++i) {
    if (reached_[i]) signs[i] = {endings.class_of(endings_[i])};
  }
  for (size_t before = static_cast<size_t>(-1); before != firsts_.size();) {
    before = firsts_.size();
    firsts_.clear();
    std::map<std::vector<size_t>, uint16_t> by_sign;
    for (size_t i = 0; i < NumberEnd::kCount; ++i) {
      if (!reached_[i]) continue;
      const auto next = static_cast<uint16_t>(firsts_.size());
      const auto [at, is_new] = by_sign.try_emplace(signs[i], next);
      if (is_new) firsts_.push_back(NumberEnd::at(i));
      classes_[i] = at->second;
    }
    for (size_t i = 0; i < NumberEnd::kCount; ++i) {
      if (!reached_[i]) continue;
      signs[i] = {endings.class_of(endings_[i]), classes_[i]};
      for (const size_t zeros : zero_lengths_) {
        signs[i].push_back(classes_[NumberEnd::at(i).with_zeros(zeros).index()]);
      }
    }
  }
  find_point_classes();
}

void HybridNumbers::find_point_classes() {
  std::map<std::vector<size_t>, uint16_t> by_sign;
  for (const NumberEnd& end : firsts_) {
    std::vector<size_t> sign;
    for (const size_t zeros : zero_lengths_) sign.push_back(class_of(end.with_zeros(zeros)));
    const auto next = static_cast<uint16_t>(point_firsts_.size());
    const auto [at, is_new] = by_sign.try_emplace(std::move(sign), next);
    if (is_new) point_firsts_.push_back(end);
    point_classes_.push_back(at->second);
  }
}

}  // namespace tokrail
