#include "tokenizers/detokenization/hybrid_endings.h"

#include <unordered_map>
#include <utility>

#include "base/stable_hash.h"

namespace tokrail {

HybridEndings::HybridEndings(const Language& language)
    : language_(language), suffix_count_(language.suffix_count()) {
  const size_t count = language.ending_count();
  endings_.reserve(count);
  for (size_t id = 0; id < count; ++id)
    endings_.push_back(language.ending(static_cast<EndingId>(id)));
  in_plain_.resize(count);
  in_capitals_.resize(count);
  rows_.assign(count, kNoIndex);
  classes_.resize(count);
}

EndingId HybridEndings::closed(EndingId id, std::string_view text) const noexcept {
  if (!has_tail(id)) return id;
  for (size_t other = 0; other < endings_.size(); ++other) {
    const auto found = static_cast<EndingId>(other);
    if (!has_tail(found) && found != kNoEnding && endings_[found].base == endings_[id].base) {
      return found;
    }
  }
  const EndingId by_letters = language_.ending_of(text);
  return has_tail(by_letters) ? kNoEnding : by_letters;
}

EndingId HybridEndings::behind_letters(std::string_view text) const {
  const std::string lower = language_.lower(text);
  return closed(language_.ending_of(lower), lower);
}

EndingId HybridEndings::behind_number(std::string_view digits) const noexcept {
  return closed(language_.ending_of_number(digits), {});
}

void HybridEndings::find_classes() {
  in_plain_[kNoEnding] = true;
  reach_through_suffixes();
  // Refined until nothing splits: the sign of an ending is its own, then those it leads to.
  std::vector<uint64_t> signs(endings_.size());
  for (const EndingId id : reached_) signs[id] = first_sign(id);
  for (size_t before = static_cast<size_t>(-1); before != firsts_.size();) {
    before = firsts_.size();
    firsts_.clear();
    std::unordered_map<uint64_t, Class> by_sign;
    for (const EndingId id : reached_) {
      const auto [at, is_new] = by_sign.try_emplace(signs[id], static_cast<Class>(firsts_.size()));
      if (is_new) firsts_.push_back(id);
      classes_[id] = at->second;
    }
    for (const EndingId id : reached_) {
      StableHash sign;
      sign.add(uint64_t{classes_[id]});
      for (const Realised& suffix : realised(id)) sign.add(uint64_t{classes_[suffix.end]});
      signs[id] = sign.value().low;
    }
  }
  class_in_plain_.resize(firsts_.size());
  class_in_capitals_.resize(firsts_.size());
  for (const EndingId id : reached_) {
    if (in_plain_[id]) class_in_plain_[classes_[id]] = true;
    if (in_capitals_[id]) class_in_capitals_[classes_[id]] = true;
  }
}

void HybridEndings::reach_through_suffixes() {
  const auto visit = [this](EndingId id) {
    if (rows_[id] != kNoIndex) return;
    rows_[id] = static_cast<uint32_t>(reached_.size());
    reached_.push_back(id);
    for (size_t suffix = 0; suffix < suffix_count_; ++suffix) {
      realised_.push_back(language_.realise(id, static_cast<SuffixId>(suffix)));
    }
  };
  visit(kNoEnding);
  for (size_t id = 0; id < endings_.size(); ++id) {
    if (in_plain_[id] || in_capitals_[id]) visit(static_cast<EndingId>(id));
  }
  for (size_t i = 0; i < reached_.size(); ++i) {
    for (size_t suffix = 0; suffix < suffix_count_; ++suffix) {
      visit(realised_[i * suffix_count_ + suffix].end);
    }
  }
  for (auto* const in : {&in_plain_, &in_capitals_}) {
    for (bool changed = true; std::exchange(changed, false);) {
      for (const EndingId id : reached_) {
        if (!(*in)[id]) continue;
        for (const Realised& suffix : realised(id)) {
          if ((*in)[suffix.end]) continue;
          (*in)[suffix.end] = changed = true;
        }
      }
    }
  }
}

uint64_t HybridEndings::first_sign(EndingId id) const {
  StableHash sign;
  sign.add(endings_[id].base_tail);
  std::string text;
  for (const Realised& suffix : realised(id)) {
    text.assign(released(id, suffix)).append(suffix.text);
    sign.add(text);
  }
  return sign.value().low;
}

}  // namespace tokrail
