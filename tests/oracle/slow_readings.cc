#include "tests/oracle/slow_readings.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {

namespace {

class Reader {
 public:
  Reader(const Language& language, const MorphLattice::Options& options, std::string_view word)
      : language_(language), options_(options), word_(word) {}

  std::vector<std::vector<Morph>> run() {
    if (word_.empty()) return {};
    if (word_.size() <= MorphLattice::kMaxBytes) {
      add_stems(0, [](PosId) { return true; });
      add_number();
    }
    if (options_.unknown_stems) add_unknown();
    return std::move(found_);
  }

 private:
  // The word before `at` is decided, the ending's tail is open.
  void extend(size_t at, EndingId ending_id, MorphState state, bool may_end) {
    const Ending ending = language_.ending(ending_id);
    if (may_end && word_.substr(at) == ending.base_tail) {
      found_.push_back(morphs_);
      for (size_t i = 0; i < morphs_.size(); ++i) {
        found_.back()[i].end =
            i + 1 < morphs_.size() ? morphs_[i + 1].begin : static_cast<uint32_t>(word_.size());
      }
    }
    if (state == Language::kNoState) return;
    for (const MorphArc& arc : language_.arcs(state)) {
      const Realised realised = language_.realise(ending_id, arc.suffix);
      if (!realised.allowed || may_spell_nothing(realised)) continue;
      const std::string_view tail = realised.changes_left ? ending.changed_tail : ending.base_tail;
      const std::string spelled = std::string(tail) + std::string(realised.text);
      if (!word_.substr(at).starts_with(spelled)) continue;
      morphs_.push_back(
          {Morph::Kind::kSuffix, arc.tag, arc.suffix, static_cast<uint32_t>(at + tail.size()), 0});
      extend(at + spelled.size(), realised.end, arc.to, language_.is_final(arc.to));
      morphs_.pop_back();
    }
    if (word_.substr(at).starts_with(ending.base_tail)) {
      add_stems(at + ending.base_tail.size(),
                [this, state](PosId pos) { return language_.joins(state, pos); });
    }
  }

  bool may_spell_nothing(const Realised& realised) const {
    const Ending end = language_.ending(realised.end);
    return realised.text.empty() &&
           (end.base_tail.empty() || (end.changes && end.changed_tail.empty()));
  }

  template <typename Wanted>
  void add_stems(size_t begin, Wanted wanted) {
    for (FormId id = 0; id < language_.form_count(); ++id) {
      const StemForm form = language_.form(id);
      const std::string_view prefix = form.text.substr(0, form.prefix);
      if (!word_.substr(begin).starts_with(prefix)) continue;
      for (uint32_t i = 0; i < form.lexeme_count; ++i) {
        const Lexeme lexeme = language_.lexeme(form.first_lexeme + i);
        if (!wanted(lexeme.pos)) continue;
        morphs_.push_back(
            {Morph::Kind::kLexeme, 0, form.first_lexeme + i, static_cast<uint32_t>(begin), 0});
        extend(begin + prefix.size(), form.ending, lexeme.state, language_.is_final(lexeme.state));
        morphs_.pop_back();
      }
    }
  }

  void add_number() {
    // The longest beginning that is digits, with a point or comma between some of them.
    std::string digits;
    size_t end = 0;
    const auto is_digit = [this](size_t i) {
      return i < word_.size() && word_[i] >= '0' && word_[i] <= '9';
    };
    while (is_digit(end) ||
           (end > 0 && end < word_.size() && (word_[end] == '.' || word_[end] == ',') &&
            is_digit(end - 1) && is_digit(end + 1))) {
      if (is_digit(end)) digits += word_[end];
      ++end;
    }
    const MorphState state = language_.numeral_state();
    if (end == 0 || state == Language::kNoState) return;
    morphs_.push_back({Morph::Kind::kNumber, 0, 0, 0, 0});
    extend(end, language_.ending_of_number(digits), state, language_.is_final(state));
    morphs_.pop_back();
  }

  void add_unknown() {
    const auto states = language_.unknown_states();
    bool ends = false;
    for (const MorphState state : states) ends = ends || language_.is_final(state);
    size_t characters = 0;
    bool has_mark = false;
    for (const auto [position, unit] : utf8_units(word_)) {
      const size_t size = position + unit.length;
      ++characters;
      if (unit.valid && is_punctuation(unit.code_point)) has_mark = true;
      const bool whole = size == word_.size();
      if (!whole && (has_mark || characters < options_.min_unknown_characters ||
                     word_.size() > MorphLattice::kMaxBytes)) {
        continue;
      }
      const EndingId ending = language_.ending_of(word_.substr(0, size));
      const size_t rounds = states.empty() ? 1 : states.size();
      for (size_t i = 0; i < rounds; ++i) {
        const bool last_resort = whole && !ends && i == 0;
        const MorphState state = states.empty() ? Language::kNoState : states[i];
        if (states.empty() && !whole) continue;
        morphs_.push_back(
            {Morph::Kind::kUnknown, 0, states.empty() ? kNoIndex : static_cast<uint32_t>(i), 0, 0});
        extend(size, ending, state,
               last_resort || (state != Language::kNoState && language_.is_final(state)));
        morphs_.pop_back();
      }
    }
  }

  const Language& language_;
  const MorphLattice::Options& options_;
  std::string_view word_;
  std::vector<Morph> morphs_;
  std::vector<std::vector<Morph>> found_;
};

MorphClass class_of(const Language& language, const Morph& morph) {
  const MorphClasses classes(language);
  switch (morph.kind) {
    case Morph::Kind::kLexeme: return classes.of_pos(language.lexeme(morph.index).pos);
    case Morph::Kind::kSuffix: return classes.of_suffix(static_cast<SuffixId>(morph.index));
    case Morph::Kind::kNumber: return classes.number();
    default: return classes.unknown();
  }
}

// Where a morph ends is where the next one begins, but for stems in no lexicon.
auto order_key(const Morph& morph) {
  const bool unknown = morph.kind == Morph::Kind::kUnknown;
  return std::tuple(morph.kind, morph.index, morph.tag, morph.begin, unknown ? morph.end : 0);
}

}  // namespace

std::vector<std::vector<Morph>> slow_readings(const Language& language,
                                              const MorphLattice::Options& options,
                                              std::string_view word) {
  return Reader(language, options, word).run();
}

MorphCost slow_cost(const Language& language, const MorphCosts& costs, std::string_view word,
                    const std::vector<Morph>& morphs) {
  const MorphClasses classes(language);
  MorphCost cost = 0;
  for (size_t i = 0; i < morphs.size(); ++i) {
    const Morph& morph = morphs[i];
    if (morph.kind == Morph::Kind::kSuffix) {
      cost +=
          costs
              .steps[class_of(language, morphs[i - 1]) * classes.count + class_of(language, morph)];
    } else if (morph.kind == Morph::Kind::kLexeme) {
      cost += costs.lexemes[morph.index] + (i > 0 ? costs.join : 0U);
    } else if (morph.kind == Morph::Kind::kNumber) {
      cost += costs.number;
    } else {
      MorphCost characters = 0;
      for ([[maybe_unused]] const auto unit :
           utf8_units(word.substr(morph.begin, morph.end - morph.begin))) {
        ++characters;
      }
      cost += costs.unknown_stem + costs.unknown_letter * characters;
      if (morph.index != kNoIndex) cost += costs.unknown_states[morph.index];
    }
  }
  if (!morphs.empty()) {
    cost += costs.steps[class_of(language, morphs.back()) * classes.count + classes.end()];
  }
  return cost;
}

std::vector<Analysis> slow_ranking(const Language& language, const MorphCosts& costs,
                                   std::string_view word,
                                   std::vector<std::vector<Morph>> readings) {
  std::vector<Analysis> out;
  for (std::vector<Morph>& reading : readings) {
    const MorphCost cost = slow_cost(language, costs, word, reading);
    out.push_back({std::move(reading), cost});
  }
  const auto before = [](const Analysis& a, const Analysis& b) {
    if (a.cost != b.cost) return a.cost < b.cost;
    if (a.morphs.size() != b.morphs.size()) return a.morphs.size() < b.morphs.size();
    return std::lexicographical_compare(
        a.morphs.begin(), a.morphs.end(), b.morphs.begin(), b.morphs.end(),
        [](const Morph& x, const Morph& y) { return order_key(x) < order_key(y); });
  };
  std::sort(out.begin(), out.end(), before);
  out.erase(std::unique(out.begin(), out.end(),
                        [](const Analysis& a, const Analysis& b) { return a.morphs == b.morphs; }),
            out.end());
  return out;
}

}  // namespace tokrail
