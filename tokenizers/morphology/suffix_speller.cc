#include "tokenizers/morphology/suffix_speller.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr size_t kMaxSuffixes = 4096, kMaxTriggers = 8, kMaxText = 250;

}  // namespace

EndingKey split_tails(std::string& text, const std::string& base_tail,
                      const std::string& changed_tail, SoundState base, SoundState changed,
                      uint8_t trigger) {
  size_t shared = static_cast<size_t>(
      std::mismatch(base_tail.begin(), base_tail.end(), changed_tail.begin(), changed_tail.end())
          .first -
      base_tail.begin());
  const auto inside = [&](const std::string& tail) {
    return shared < tail.size() && is_utf8_continuation(tail[shared]);
  };
  while (shared > 0 && (inside(base_tail) || inside(changed_tail))) --shared;
  text.append(base_tail, 0, shared);
  EndingKey key;
  key.base_tail = base_tail.substr(shared);
  key.changed_tail = changed_tail.substr(shared);
  key.base = base;
  key.changed = changed;
  key.changes = key.base_tail != key.changed_tail || base != changed;
  if (key.changes) key.trigger = trigger;
  return key;
}

SuffixSpeller::SuffixSpeller(const LanguageSource& source, const PackAlphabet& alphabet)
    : source_(source), alphabet_(alphabet) {
  const SourcePlace header{source.code, 0};
  if (source.triggers.size() > kMaxTriggers) fail_in_pack(header, "no more than 8 triggers");
  if (std::set<std::string>(source.triggers.begin(), source.triggers.end()).size() !=
      source.triggers.size()) {
    fail_in_pack(header, "triggers of different names");
  }
  add_archiphonemes();
  if (source.suffixes.size() > kMaxSuffixes) {
    fail_in_pack(source.suffixes.back().place, "no more than 4096 suffixes");
  }
  std::set<std::string_view> names;
  for (const SourceSuffix& suffix : source.suffixes) {
    if (!names.insert(suffix.name).second) {
      fail_in_pack(suffix.place, "one suffix of the name \"" + suffix.name + "\"");
    }
    add_suffix(suffix);
  }
}

void SuffixSpeller::add_archiphonemes() {
  for (const SourceArchiphoneme& sound : source_.archiphonemes) {
    const char32_t symbol = first_letter(sound.symbol);
    if (alphabet_.find(symbol) != nullptr) {
      fail_in_pack(sound.place, "a symbol that is no letter, found \"" + sound.symbol + "\"");
    }
    Archiphoneme compiled;
    compiled.otherwise = sound.otherwise;
    for (const auto& [name, letters] : sound.choices) {
      const PackFeature feature = alphabet_.feature(name, sound.place);
      if (feature.kind == PackFeature::Kind::kFlag) {
        fail_in_pack(sound.place, "a vowel class or sound class, found \"" + name + "\"");
      }
      compiled.choices.emplace_back(feature, letters);
    }
    for (const auto& [feature, letters] : compiled.choices) {
      const std::string foreign = alphabet_.foreign_letter(letters);
      if (!foreign.empty()) fail_in_pack(sound.place, "a letter, found \"" + foreign + "\"");
    }
    const std::string foreign = alphabet_.foreign_letter(compiled.otherwise);
    if (!foreign.empty()) fail_in_pack(sound.place, "a letter, found \"" + foreign + "\"");
    if (!archiphonemes_.emplace(symbol, std::move(compiled)).second) {
      fail_in_pack(sound.place, "one line for the sound \"" + sound.symbol + "\"");
    }
  }
}

uint8_t SuffixSpeller::trigger(const std::string& name, const SourcePlace& place) const {
  const auto found = std::find(source_.triggers.begin(), source_.triggers.end(), name);
  if (found == source_.triggers.end()) {
    fail_in_pack(place, "the name of a trigger, found \"" + name + "\"");
  }
  return static_cast<uint8_t>(found - source_.triggers.begin());
}

uint8_t SuffixSpeller::trigger_bits(const std::vector<std::string>& names,
                                    const SourcePlace& place) const {
  uint8_t bits = 0;
  for (const std::string& name : names) bits |= static_cast<uint8_t>(1u << trigger(name, place));
  return bits;
}

void SuffixSpeller::add_suffix(const SourceSuffix& suffix) {
  Suffix compiled;
  compiled.place = suffix.place;
  compiled.sets = alphabet_.flags(suffix.sets, suffix.place);
  compiled.triggers = trigger_bits(suffix.triggers, suffix.place);
  compiled.not_triggers = trigger_bits(suffix.not_triggers, suffix.place);
  if ((compiled.triggers & compiled.not_triggers) != 0) {
    fail_in_pack(suffix.place, "a trigger in triggers or in not-triggers, not in both");
  }
  if (!suffix.vowel.empty()) compiled.vowel = alphabet_.vowel_class(suffix.vowel, suffix.place);
  compiled.keeps = suffix.keeps;
  for (const SourceForm& form : suffix.forms) compiled.forms.push_back(compile(form, suffix));
  if (compiled.forms.empty()) fail_in_pack(suffix.place, "a form");
  suffixes_.push_back(std::move(compiled));
}

SuffixSpeller::Form SuffixSpeller::compile(const SourceForm& form,
                                           const SourceSuffix& suffix) const {
  Form compiled;
  for (const std::string& condition : form.conditions) {
    compiled.conditions.push_back(compile_condition(condition, suffix.place));
  }
  if (form.text.size() + form.base_tail.size() + form.changed_tail.size() > kMaxText) {
    fail_in_pack(suffix.place, "forms of up to 250 bytes");
  }
  compiled.text = symbols(form.text, suffix);
  compiled.base_tail = symbols(form.base_tail, suffix);
  compiled.changed_tail = symbols(form.changed_tail, suffix);
  compiled.changes = form.changes;
  if (form.changes && suffix.keeps) {
    fail_in_pack(suffix.place, "no tail that changes in a suffix that keeps what stands before it");
  }
  if (form.changes) {
    if (source_.triggers.empty()) fail_in_pack(suffix.place, "a line `trigger` in the pack");
    if (!form.trigger.empty()) compiled.trigger = trigger(form.trigger, suffix.place);
  }
  return compiled;
}

std::vector<SuffixSpeller::Term> SuffixSpeller::compile_condition(const std::string& text,
                                                                  const SourcePlace& place) const {
  std::vector<Term> terms;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('/', at), text.size());
    std::string_view name = std::string_view(text).substr(at, end - at);
    Term term;
    term.negated = name.starts_with('!');
    if (term.negated) name.remove_prefix(1);
    term.feature = alphabet_.feature(name, place);
    terms.push_back(term);
    at = end + 1;
  }
  return terms;
}

std::vector<SuffixSpeller::Symbol> SuffixSpeller::symbols(const std::string& text,
                                                          const SourceSuffix& suffix) const {
  std::vector<Symbol> all;
  for (const auto [position, unit] : utf8_units(text)) {
    const auto found = archiphonemes_.find(unit.code_point);
    if (found != archiphonemes_.end()) {
      all.push_back({0, &found->second});
      continue;
    }
    if (alphabet_.find(unit.code_point) == nullptr && !suffix.keeps) {
      fail_in_pack(suffix.place, "a letter or archiphoneme in suffix " + suffix.name +
                                     ", found \"" + text.substr(position, unit.length) + "\"");
    }
    all.push_back({unit.code_point, nullptr});
  }
  return all;
}

std::pair<const SuffixSpeller::Form*, bool> SuffixSpeller::choose(const Suffix& suffix,
                                                                  SoundState state) const {
  for (const Form& form : suffix.forms) {
    const bool holds = std::all_of(
        form.conditions.begin(), form.conditions.end(), [&](const std::vector<Term>& terms) {
          return std::any_of(terms.begin(), terms.end(), [&](const Term& term) {
            return term.feature.holds(state) != term.negated;
          });
        });
    if (holds) return {&form, true};
  }
  return {&suffix.forms.back(), false};
}

SoundState SuffixSpeller::write(const std::vector<Symbol>& symbols, SoundState state,
                                std::string& out) const {
  for (const Symbol& symbol : symbols) {
    if (symbol.archiphoneme == nullptr) {
      append_utf8(symbol.letter, out);
      state = alphabet_.after(state, symbol.letter);
      continue;
    }
    const std::string* letters = &symbol.archiphoneme->otherwise;
    for (const auto& [feature, choice] : symbol.archiphoneme->choices) {
      if (!feature.holds(state)) continue;
      letters = &choice;
      break;
    }
    out += *letters;
    state = alphabet_.after(state, *letters);
  }
  return state;
}

bool SuffixSpeller::sets_off(const Suffix& suffix, const EndingKey& left) const {
  if (!left.changes || suffix.keeps) return false;
  if ((suffix.triggers >> left.trigger & 1) != 0) return true;
  if (left.trigger != 0 || (suffix.not_triggers & 1) != 0) return false;
  const Form& form = *choose(suffix, left.changed).first;
  std::string text;
  const SoundState state = write(form.text, left.changed, text);
  (void)write(form.base_tail, state, text);
  return !text.empty() && alphabet_.is_vowel(first_letter(text));
}

SpelledSuffix SuffixSpeller::spell(const EndingKey& left, size_t index) const {
  const Suffix& suffix = suffixes_[index];
  SpelledSuffix result;
  result.changes_left = sets_off(suffix, left);
  const SoundState before = result.changes_left ? left.changed : left.base;
  const auto [form, allowed] = choose(suffix, before);
  result.allowed = allowed;
  SoundState state = write(form->text, before, result.text);
  if (suffix.keeps) {
    result.end.base = result.end.changed = before;
    return result;
  }
  state.flags = suffix.sets;
  std::string base_tail, changed_tail;
  SoundState base = write(form->base_tail, state, base_tail);
  SoundState changed = write(form->changed_tail, state, changed_tail);
  if (suffix.vowel != 0) base.vowel = changed.vowel = suffix.vowel;
  if (!form->changes) {
    result.end.base = result.end.changed = base;
    return result;
  }
  result.end = split_tails(result.text, base_tail, changed_tail, base, changed, form->trigger);
  if (result.text.size() > kMaxText) fail_in_pack(suffix.place, "forms of up to 250 bytes");
  return result;
}

std::string SuffixSpeller::pattern(size_t index) const {
  const std::vector<SourceForm>& forms = source_.suffixes[index].forms;
  const std::string last = forms.back().text + forms.back().base_tail;
  for (auto form = forms.rbegin(); form != forms.rend(); ++form) {
    const std::string other = form->text + form->base_tail;
    if (other.size() > last.size() && other.ends_with(last)) {
      return "(" + other.substr(0, other.size() - last.size()) + ")" + last;
    }
  }
  return last;
}

}  // namespace tokrail
