#include "tests/oracle/slow_language.h"

#include <algorithm>

#include "base/utf8.h"

namespace tokrail::test {

namespace {

std::vector<std::string> letters_of(const std::string& text) {
  std::vector<std::string> letters;
  for (const auto [position, unit] : utf8_units(text)) {
    letters.push_back(text.substr(position, unit.length));
  }
  return letters;
}

std::string joined(const std::vector<std::string>& letters, size_t from = 0) {
  std::string text;
  for (size_t i = from; i < letters.size(); ++i) text += letters[i];
  return text;
}

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Cuts what two spellings share off their tails.
std::string share(SlowLeft& left) {
  const std::vector<std::string> base = letters_of(left.base_tail);
  const std::vector<std::string> changed = letters_of(left.changed_tail);
  size_t shared = 0;
  while (shared < base.size() && shared < changed.size() && base[shared] == changed[shared]) {
    ++shared;
  }
  left.base_tail = joined(base, shared);
  left.changed_tail = joined(changed, shared);
  left.changes = left.base_tail != left.changed_tail || left.base != left.changed;
  if (!left.changes) left.trigger.clear();
  return joined({base.begin(), base.begin() + static_cast<std::ptrdiff_t>(shared)});
}

}  // namespace

std::string SlowLanguage::vowel_class_of(const std::string& letter) const {
  for (const SourceClass& vowels : source_.vowel_classes) {
    if (has(vowels.letters, letter)) return vowels.name;
  }
  return {};
}

std::string SlowLanguage::sound_class_of(const std::string& letter) const {
  for (const SourceClass& sounds : source_.sound_classes) {
    if (has(sounds.letters, letter)) return sounds.name;
  }
  return {};
}

SlowContext SlowLanguage::after(SlowContext context, const std::string& text) const {
  for (const std::string& letter : letters_of(text)) {
    const std::string vowel = vowel_class_of(letter), sound = sound_class_of(letter);
    if (!sound.empty()) context.sound_class = sound;
    if (vowel.empty()) continue;
    if (context.vowel_class.empty() || !has(source_.transparent, letter)) {
      context.vowel_class = vowel;
    }
  }
  return context;
}

SlowLeft SlowLanguage::behind(const std::string& text) const {
  SlowLeft left;
  left.base = left.changed = after({}, text);
  return left;
}

SlowStem SlowLanguage::stem(const SourceRoot& root) const {
  std::vector<std::string> letters = letters_of(root.text);
  bool vowel_went = false;
  SlowLeft left;
  left.trigger = root.trigger;
  if (!root.changed.empty()) letters = letters_of(root.changed);
  for (const std::string& name : root.changes) {
    const auto change = std::find_if(source_.changes.begin(), source_.changes.end(),
                                     [&](const SourceChange& c) { return c.name == name; });
    left.trigger = change->trigger;
    for (const SourceChange::Operation& operation : change->operations) {
      using Kind = SourceChange::Operation::Kind;
      size_t vowel = letters.size();
      for (size_t i = 0; i < letters.size(); ++i) {
        if (!vowel_class_of(letters[i]).empty()) vowel = i;
      }
      const std::string now = joined(letters);
      if (operation.kind == Kind::kTail && now.ends_with(operation.from)) {
        letters = letters_of(now.substr(0, now.size() - operation.from.size()) + operation.to);
        break;
      }
      if (operation.kind == Kind::kVowel && vowel < letters.size() &&
          letters[vowel] == operation.from) {
        letters[vowel] = operation.to;
        break;
      }
      if (operation.kind == Kind::kDropVowel) {
        letters.erase(letters.begin() + static_cast<std::ptrdiff_t>(vowel));
        vowel_went = true;
        break;
      }
      if (operation.kind == Kind::kDouble) {
        letters.push_back(letters.back());
        break;
      }
    }
  }
  if (left.trigger.empty() && !source_.triggers.empty()) left.trigger = source_.triggers[0];
  left.base_tail = root.text;
  left.changed_tail = joined(letters);
  left.base = after({}, root.reading.empty() ? root.text : root.reading);
  left.changed = after({}, left.changed_tail);
  if (vowel_went || !root.reading.empty()) left.changed.vowel_class = left.base.vowel_class;
  if (left.base_tail == left.changed_tail) left.changed = left.base;
  for (SlowContext* const context : {&left.base, &left.changed}) {
    if (root.opposite) {
      const auto pair = std::find_if(
          source_.opposites.begin(), source_.opposites.end(),
          [&](const SourcePair& opposite) { return opposite.first == context->vowel_class; });
      context->vowel_class = pair->second;
    }
    if (!root.vowel.empty()) context->vowel_class = root.vowel;
    context->flags.insert(root.sets.begin(), root.sets.end());
  }
  SlowStem stem;
  stem.prefix = share(left);
  stem.left = left;
  return stem;
}

bool SlowLanguage::holds(const std::vector<std::string>& conditions,
                         const SlowContext& context) const {
  for (const std::string& condition : conditions) {
    bool one = false;
    std::string rest = condition + "/";
    while (!rest.empty()) {
      std::string name = rest.substr(0, rest.find('/'));
      rest.erase(0, name.size() + 1);
      const bool negated = name[0] == '!';
      if (negated) name.erase(0, 1);
      const bool is = name == context.vowel_class || name == context.sound_class ||
                      context.flags.contains(name);
      if (is != negated) one = true;
    }
    if (!one) return false;
  }
  return true;
}

const SourceForm& SlowLanguage::form(const SourceSuffix& suffix, const SlowContext& context,
                                     bool& allowed) const {
  allowed = true;
  for (const SourceForm& form : suffix.forms) {
    if (holds(form.conditions, context)) return form;
  }
  allowed = false;
  return suffix.forms.back();
}

std::string SlowLanguage::spell(const std::string& text, SlowContext& context) const {
  std::string spelled;
  for (const std::string& symbol : letters_of(text)) {
    std::string letter = symbol;
    for (const SourceArchiphoneme& sound : source_.archiphonemes) {
      if (sound.symbol != symbol) continue;
      letter = sound.otherwise;
      for (const auto& [name, choice] : sound.choices) {
        if (name != context.vowel_class && name != context.sound_class) continue;
        letter = choice;
        break;
      }
    }
    spelled += letter;
    context = after(context, letter);
  }
  return spelled;
}

SlowStep SlowLanguage::step(const SlowLeft& left, const SourceSuffix& suffix) const {
  SlowStep step;
  if (left.changes && !suffix.keeps) {
    step.changes_left = has(suffix.triggers, left.trigger);
    if (!step.changes_left && left.trigger == source_.triggers[0] &&
        !has(suffix.not_triggers, left.trigger)) {
      bool allowed;
      SlowContext context = left.changed;
      const SourceForm& form = this->form(suffix, context, allowed);
      const auto letters = letters_of(spell(form.text + form.base_tail, context));
      step.changes_left = !letters.empty() && !vowel_class_of(letters[0]).empty();
    }
  }
  SlowContext context = step.changes_left ? left.changed : left.base;
  const SlowContext before = context;
  const SourceForm& form = this->form(suffix, context, step.allowed);
  step.text = spell(form.text, context);
  if (suffix.keeps) {
    step.left.base = step.left.changed = before;
    return step;
  }
  context.flags = {suffix.sets.begin(), suffix.sets.end()};
  step.left.base = step.left.changed = context;
  step.left.base_tail = spell(form.base_tail, step.left.base);
  step.left.changed_tail =
      spell(form.changes ? form.changed_tail : form.base_tail, step.left.changed);
  if (!suffix.vowel.empty()) {
    step.left.base.vowel_class = step.left.changed.vowel_class = suffix.vowel;
  }
  step.left.trigger = form.trigger;
  if (form.trigger.empty() && !source_.triggers.empty()) step.left.trigger = source_.triggers[0];
  step.text += share(step.left);
  return step;
}

std::set<std::string> SlowLanguage::with_empty_arcs(const std::string& state) const {
  std::set<std::string> all{state};
  for (size_t before = 0; before != all.size();) {
    before = all.size();
    for (const SourceArc& arc : source_.arcs) {
      if (arc.suffix.empty() && all.contains(arc.from)) all.insert(arc.to);
    }
  }
  return all;
}

std::set<std::vector<std::string>> SlowLanguage::arcs(const std::string& state) const {
  std::set<std::vector<std::string>> all;
  const std::set<std::string> states = with_empty_arcs(state);
  for (const SourceArc& arc : source_.arcs) {
    if (arc.suffix.empty() || !states.contains(arc.from)) continue;
    all.insert({arc.suffix, arc.to, arc.tag.empty() ? arc.suffix : arc.tag});
  }
  return all;
}

bool SlowLanguage::is_final(const std::string& state) const {
  const std::set<std::string> states = with_empty_arcs(state);
  return std::any_of(source_.finals.begin(), source_.finals.end(),
                     [&](const auto& final) { return states.contains(final.first); });
}

}  // namespace tokrail::test
