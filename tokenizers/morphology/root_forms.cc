#include "tokenizers/morphology/root_forms.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr size_t kMaxRoot = 200, kMaxSpellings = 16;

/// The place of the last vowel, or npos.
std::pair<size_t, size_t> last_vowel(const std::string& text, const PackAlphabet& alphabet) {
  std::pair<size_t, size_t> found{std::string::npos, 0};
  for (const auto [position, unit] : utf8_units(text)) {
    if (alphabet.is_vowel(unit.code_point)) found = {position, unit.length};
  }
  return found;
}

std::string last_character(const std::string& text) {
  if (text.empty()) return {};
  const char* const end = text.data() + text.size();
  return text.substr(text.size() - decode_utf8_before(text.data(), end).length);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

RootSpeller::RootSpeller(const LanguageSource& source, const PackAlphabet& alphabet,
                         const SuffixSpeller& suffixes)
    : source_(source), alphabet_(alphabet), suffixes_(suffixes) {
  for (const SourceChange& change : source.changes) {
    (void)suffixes.trigger(change.trigger, change.place);
    if (!changes_.emplace(change.name, &change).second) {
      fail_in_pack(change.place, "one change of the name \"" + change.name + "\"");
    }
    for (const SourceChange::Operation& operation : change.operations) {
      for (const std::string* text : {&operation.from, &operation.to}) {
        const std::string foreign = alphabet.foreign_letter(*text);
        if (!foreign.empty()) fail_in_pack(change.place, "a letter, found \"" + foreign + "\"");
      }
    }
  }
}

const SourceChange& RootSpeller::change(const std::string& name, const SourcePlace& place) const {
  const auto found = changes_.find(name);
  if (found == changes_.end()) {
    fail_in_pack(place, "the name of a change, found \"" + name + "\"");
  }
  return *found->second;
}

bool RootSpeller::apply(const SourceChange& change, std::string& text, bool& drops) const {
  using Kind = SourceChange::Operation::Kind;
  const auto [vowel, length] = last_vowel(text, alphabet_);
  for (const SourceChange::Operation& operation : change.operations) {
    switch (operation.kind) {
      case Kind::kTail:
        if (!text.ends_with(operation.from)) continue;
        text.replace(text.size() - operation.from.size(), operation.from.size(), operation.to);
        return true;
      case Kind::kVowel:
        if (vowel == std::string::npos || text.compare(vowel, length, operation.from) != 0) {
          continue;
        }
        text.replace(vowel, length, operation.to);
        return true;
      case Kind::kDropVowel:
        if (vowel == std::string::npos) continue;
        text.erase(vowel, length);
        drops = true;
        return true;
      case Kind::kDouble:
        if (text.empty()) continue;
        text += last_character(text);
        return true;
    }
  }
  return false;
}

std::string RootSpeller::changed_text(const SourceRoot& root, const std::string& text,
                                      bool& drops) const {
  if (!root.changed.empty()) {
    if (!root.changes.empty()) fail_in_pack(root.place, "change= or changed=, not both");
    return alphabet_.lower(root.changed);
  }
  std::string changed = text;
  for (const std::string& name : root.changes) {
    if (!apply(change(name, root.place), changed, drops)) {
      fail_in_pack(root.place,
                   "a root that change \"" + name + "\" applies to, found \"" + root.text + "\"");
    }
  }
  return changed;
}

uint8_t RootSpeller::trigger_of(const SourceRoot& root) const {
  std::string trigger = root.trigger;
  for (const std::string& name : root.changes) {
    const std::string& other = change(name, root.place).trigger;
    if (trigger.empty()) trigger = other;
    if (other != trigger) {
      fail_in_pack(root.place,
                   "changes of one trigger, found \"" + trigger + "\" and \"" + other + "\"");
    }
  }
  if (!trigger.empty()) return suffixes_.trigger(trigger, root.place);
  if (!root.changed.empty() && source_.triggers.empty()) {
    fail_in_pack(root.place, "a line `trigger` in the pack");
  }
  return 0;
}

std::string RootSpeller::foreign_letter(const SourceRoot& root) const {
  for (const std::string* text : {&root.text, &root.changed, &root.reading}) {
    std::string foreign = alphabet_.foreign_letter(alphabet_.lower(*text));
    if (!foreign.empty()) return foreign;
  }
  return {};
}

size_t RootSpeller::drop_what_does_not_apply(SourceRoot& root) const {
  std::string text = alphabet_.lower(root.text), trigger = root.trigger;
  std::vector<std::string> kept;
  bool drops = false;
  for (std::string& name : root.changes) {
    const SourceChange& wanted = change(name, root.place);
    if (!trigger.empty() && wanted.trigger != trigger) continue;
    if (!apply(wanted, text, drops)) continue;
    trigger = wanted.trigger;
    kept.push_back(std::move(name));
  }
  size_t dropped = root.changes.size() - kept.size();
  root.changes = std::move(kept);
  const std::string heard = alphabet_.lower(root.reading.empty() ? root.text : root.reading);
  if (root.opposite && alphabet_.opposite(alphabet_.after(SoundState(), heard).vowel) == 0) {
    root.opposite = false;
    ++dropped;
  }
  return dropped;
}

std::vector<RootForm> RootSpeller::forms(const SourceRoot& root) const {
  const std::string text = alphabet_.lower(root.text);
  if (text.empty() || text.size() > kMaxRoot) {
    fail_in_pack(root.place, "a root of up to " + std::to_string(kMaxRoot) + " bytes");
  }
  bool drops = false;
  const std::string changed_text = this->changed_text(root, text, drops);
  SoundState base = alphabet_.after(SoundState(), text);
  if (!root.reading.empty()) {
    base = alphabet_.after(SoundState(), alphabet_.lower(root.reading));
  }
  SoundState changed = alphabet_.after(SoundState(), changed_text);
  // The vowel that goes is still heard in the suffixes: vakit, vakti.
  if (drops || !root.reading.empty()) changed.vowel = base.vowel;
  if (changed_text == text) changed = base;
  if (root.opposite) {
    for (SoundState* const state : {&base, &changed}) {
      state->vowel = alphabet_.opposite(state->vowel);
      if (state->vowel == 0) {
        fail_in_pack(root.place,
                     "a root whose last vowel has an opposite, found \"" + root.text + "\"");
      }
    }
  }
  if (!root.vowel.empty()) {
    base.vowel = changed.vowel = alphabet_.vowel_class(root.vowel, root.place);
  }
  base.flags = changed.flags = alphabet_.flags(root.sets, root.place);
  const uint8_t trigger = trigger_of(root);

  std::vector<std::pair<std::string, std::string>> spellings = {{text, changed_text}};
  for (const SourcePair& variant : source_.variants) {
    for (size_t i = 0, count = spellings.size(); i < count; ++i) {
      std::string other = replaced(spellings[i].first, variant.first, variant.second);
      if (other == spellings[i].first || spellings.size() >= kMaxSpellings) continue;
      if (other.size() > kMaxRoot) fail_in_pack(root.place, "a shorter root");
      spellings.emplace_back(std::move(other),
                             replaced(spellings[i].second, variant.first, variant.second));
    }
  }
  std::vector<RootForm> forms;
  for (const auto& [unchanged, other] : spellings) {
    RootForm form;
    form.text = unchanged;
    form.ending = split_tails(form.prefix, unchanged, other, base, changed, trigger);
    forms.push_back(std::move(form));
  }
  return forms;
}

}  // namespace tokrail
