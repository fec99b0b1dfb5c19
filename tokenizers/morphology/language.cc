#include "tokenizers/morphology/language.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/morphology/double_array.h"
#include "tokenizers/morphology/language_file.h"

namespace tokrail {
namespace {

void require(bool holds, const char* expected) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, std::string("expected ") + expected);
}

SoundState sound_state(const uint8_t (&bytes)[4]) {
  return {bytes[0], bytes[1], bytes[2], 0};
}

}  // namespace

struct Language::Tables {
  Tables(std::string_view file_bytes, std::shared_ptr<const void> file_owner);

  std::shared_ptr<const void> owner;
  std::string_view bytes;
  LanguageFile file;
  std::string_view text;
  LanguageInfo info;
  std::span<const LetterRecord> letters;
  std::span<const uint16_t> letter_index, plain_endings, number_endings;
  std::span<const ZeroRecord> zero_endings;
  std::span<const EndingRecord> endings;
  std::span<const CellRecord> cells;
  std::span<const SuffixRecord> suffixes;
  std::span<const FormRecord> forms;
  std::span<const FormId> form_ids;
  std::span<const LexemeRecord> lexemes;
  std::span<const TextRange> pos_names;
  std::span<const TrieUnit> units;
  std::span<const uint32_t> trie_forms;
  std::span<const FormId> trie_form_ids;
  std::span<const StateRecord> states;
  std::span<const MorphArc> arcs;
  std::span<const uint64_t> joins;
  std::span<const TextRange> tags;
  std::span<const MorphState> unknown_states;

  std::string_view at(TextRange range) const noexcept {
    return text.substr(range.begin, range.size);
  }
  std::string_view form_text(const FormRecord& form) const noexcept {
    return text.substr(form.text, form.size);
  }
  size_t state_count() const noexcept { return states.size() - 1; }
  size_t join_words() const noexcept { return (pos_names.size() + 63) / 64; }
  const LetterRecord* letter(char32_t c) const noexcept {
    if (c < kIndexedLetters) {
      const uint16_t number = letter_index[c];
      return number == 0 ? nullptr : &letters[number - 1];
    }
    const auto found = std::lower_bound(
        letters.begin(), letters.end(), c,
        [](const LetterRecord& record, char32_t wanted) { return record.code_point < wanted; });
    return found == letters.end() || found->code_point != c ? nullptr : &*found;
  }

 private:
  bool inside(TextRange range) const noexcept {
    return range.begin <= text.size() && range.size <= text.size() - range.begin;
  }
  void check_info() const;
  void check_letters() const;
  void check_endings() const;
  void check_stems() const;
  void check_trie() const;
  void check_graph() const;
};

Language::Tables::Tables(std::string_view file_bytes, std::shared_ptr<const void> file_owner)
    : owner(std::move(file_owner)), bytes(file_bytes), file(file_bytes) {
  using enum LanguageSection;
  const std::span<const char> characters = file.array<char>(kText);
  text = {characters.data(), characters.size()};
  const auto infos = file.array<LanguageInfo>(kInfo);
  require(infos.size() == 1, "one record of what the language is");
  info = infos[0];
  letters = file.array<LetterRecord>(kLetters);
  letter_index = file.array<uint16_t>(kLetterIndex);
  plain_endings = file.array<uint16_t>(kPlainEndings);
  number_endings = file.array<uint16_t>(kNumberEndings);
  zero_endings = file.array<ZeroRecord>(kZeroEndings);
  endings = file.array<EndingRecord>(kEndings);
  cells = file.array<CellRecord>(kCells);
  suffixes = file.array<SuffixRecord>(kSuffixes);
  forms = file.array<FormRecord>(kForms);
  form_ids = file.array<FormId>(kFormIds);
  lexemes = file.array<LexemeRecord>(kLexemes);
  pos_names = file.array<TextRange>(kPosNames);
  units = file.array<TrieUnit>(kTrieUnits);
  trie_forms = file.array<uint32_t>(kTrieForms);
  trie_form_ids = file.array<FormId>(kTrieFormIds);
  states = file.array<StateRecord>(kStates);
  arcs = file.array<MorphArc>(kArcs);
  joins = file.array<uint64_t>(kJoins);
  tags = file.array<TextRange>(kTags);
  unknown_states = file.array<MorphState>(kUnknownStates);
  check_info();
  check_letters();
  check_endings();
  check_stems();
  check_trie();
  check_graph();
}

void Language::Tables::check_info() const {
  require(inside(info.code) && inside(info.name), "a code and a name inside the texts");
  require(info.vowel_classes <= 15 && info.sound_classes <= 31, "15 and 31 classes at most");
  require(!states.empty() && states.size() <= size_t{kNoState}, "1 to 65535 state records");
  require(info.numeral_state == kNoState || info.numeral_state < state_count(),
          "a state of numerals");
  require(pos_names.size() <= 255 && suffixes.size() < 0xFFFF && tags.size() <= 0xFFFF,
          "counts of parts of speech, suffixes and tags in their range");
  for (const TextRange name : pos_names) require(inside(name), "names inside the texts");
  for (const TextRange name : tags) require(inside(name), "tags inside the texts");
}

void Language::Tables::check_letters() const {
  require(letter_index.size() == kIndexedLetters, "an index of letters");
  for (const uint16_t number : letter_index) require(number <= letters.size(), "known letters");
  for (size_t i = 0; i < letters.size(); ++i) {
    const LetterRecord& letter = letters[i];
    require(i == 0 || letters[i - 1].code_point < letter.code_point, "letters in order");
    require(letter.vowel <= info.vowel_classes && letter.sound <= info.sound_classes,
            "letters of known classes");
    require(letter.name_ending < endings.size(), "letters with known endings");
  }
  require(plain_endings.size() == (info.vowel_classes + 1) * (info.sound_classes + 1),
          "an ending for every pair of classes");
  require(number_endings.size() == 20, "endings of 20 numbers");
  for (const uint16_t ending : plain_endings) require(ending < endings.size(), "known endings");
  for (const uint16_t ending : number_endings) require(ending < endings.size(), "known endings");
  for (size_t i = 0; i < zero_endings.size(); ++i) {
    require(zero_endings[i].ending < endings.size(), "known endings");
    require(i == 0 || zero_endings[i - 1].zeros < zero_endings[i].zeros, "zeros in order");
  }
}

void Language::Tables::check_endings() const {
  require(!endings.empty() && endings.size() <= 0xFFFF, "1 to 65535 endings");
  for (const EndingRecord& ending : endings) {
    require(inside(ending.base_tail) && inside(ending.changed_tail), "tails inside the texts");
  }
  require(cells.size() == endings.size() * suffixes.size(), "a cell per ending and suffix");
  for (const CellRecord& cell : cells) {
    require(inside({cell.text, cell.size}) && cell.end < endings.size(),
            "cells with texts and endings");
  }
  for (const SuffixRecord& suffix : suffixes) {
    require(inside(suffix.name) && inside(suffix.pattern), "names inside the texts");
  }
}

void Language::Tables::check_stems() const {
  require(forms.size() < kNoIndex && lexemes.size() < kNoIndex, "counts below 2^32");
  require(form_ids.size() == forms.size(), "an id per form");
  size_t next_lexeme = 0;
  for (size_t i = 0; i < forms.size(); ++i) {
    const FormRecord& form = forms[i];
    require(form_ids[i] == i && inside({form.text, form.size}), "forms inside the texts");
    require(form.ending < endings.size(), "forms with known endings");
    require(form.prefix + endings[form.ending].base_tail.size == form.size,
            "forms that are a prefix and a tail");
    require(form.first_lexeme == next_lexeme && form.lexeme_count <= lexemes.size() - next_lexeme,
            "lexemes in order of their forms");
    for (size_t k = 0; k < form.lexeme_count; ++k) {
      require(lexemes[next_lexeme + k].form == i, "lexemes in order of their forms");
    }
    next_lexeme += form.lexeme_count;
  }
  require(next_lexeme == lexemes.size(), "a form for each lexeme");
  for (const LexemeRecord& lexeme : lexemes) {
    require(lexeme.pos < pos_names.size() && lexeme.state < state_count(),
            "lexemes with known states");
  }
}

void Language::Tables::check_trie() const {
  require(!units.empty() && units.size() % 256 == 0 && units.size() < kNoIndex,
          "a trie of blocks of 256");
  uint32_t highest = 0;
  for (const TrieUnit& unit : units) highest = std::max(highest, unit.base);
  require(highest < units.size(), "nodes inside the trie");
  require(trie_forms.size() == units.size() + 1, "forms for each node");
  bool in_order = trie_forms.front() == 0 && trie_forms.back() == trie_form_ids.size();
  for (size_t i = 1; i < trie_forms.size(); ++i) in_order &= trie_forms[i - 1] <= trie_forms[i];
  require(in_order, "forms in order of their nodes");
  for (const FormId form : trie_form_ids) require(form < forms.size(), "known forms in the trie");
}

void Language::Tables::check_graph() const {
  bool in_order = states.front().first_arc == 0 && states.back().first_arc == arcs.size();
  for (size_t i = 0; i < states.size(); ++i) {
    require(inside(states[i].name), "names inside the texts");
    in_order &= i == 0 || states[i - 1].first_arc <= states[i].first_arc;
  }
  require(in_order, "arcs in order of their states");
  for (const MorphArc& arc : arcs) {
    require(arc.suffix < suffixes.size() && arc.to < state_count() && arc.tag < tags.size(),
            "arcs with known suffixes, states and tags");
  }
  require(joins.size() == state_count() * join_words(), "joins for each state");
  for (const MorphState state : unknown_states) require(state < state_count(), "known states");
}

Language::Language() = default;
Language::~Language() = default;

std::shared_ptr<const Language> Language::from_bytes(std::string_view bytes,
                                                     std::shared_ptr<const void> owner,
                                                     std::string_view name) {
  struct Opened final : Language {};
  auto language = std::make_shared<Opened>();
  try {
    language->tables_ = std::make_unique<const Tables>(bytes, std::move(owner));
  } catch (const Error& error) {
    if (name.empty()) throw;
    throw error.within(name);
  }
  return language;
}

std::shared_ptr<const Language> Language::load(const std::filesystem::path& path) {
  auto file = std::make_shared<const MappedFile>(MappedFile::open(path));
  const std::string_view bytes = file->bytes();
  return from_bytes(bytes, std::move(file), path.string());
}

std::string_view Language::code() const noexcept {
  return tables_->at(tables_->info.code);
}
std::string_view Language::name() const noexcept {
  return tables_->at(tables_->info.name);
}
uint32_t Language::version() const noexcept {
  return tables_->info.version;
}
Hash128 Language::hash() const noexcept {
  return tables_->file.hash();
}
std::string_view Language::bytes() const noexcept {
  return tables_->bytes;
}

char32_t Language::to_lower(char32_t c) const noexcept {
  const LetterRecord* const letter = tables_->letter(c);
  return letter != nullptr ? letter->lower : simple_lowercase(c);
}

char32_t Language::to_upper(char32_t c) const noexcept {
  const LetterRecord* const letter = tables_->letter(c);
  return letter != nullptr ? letter->upper : simple_uppercase(c);
}

void Language::append_upper(std::string_view text, std::string& out) const {
  for (const auto [position, unit] : utf8_units(text)) {
    if (unit.valid) {
      append_utf8(to_upper(unit.code_point), out);
    } else {
      out += text.substr(position, unit.length);
    }
  }
}

void Language::append_capital(std::string_view text, std::string& out) const {
  if (text.empty()) return;
  const size_t first = decode_utf8(text.data(), text.data() + text.size()).length;
  append_upper(text.substr(0, first), out);
  out += text.substr(first);
}

std::string Language::lower(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  for (const auto [position, unit] : utf8_units(text)) {
    if (unit.valid) {
      append_utf8(to_lower(unit.code_point), out);
    } else {
      out += text.substr(position, unit.length);
    }
  }
  return out;
}

bool Language::is_vowel(char32_t c) const noexcept {
  const LetterRecord* const letter = tables_->letter(c);
  return letter != nullptr && letter->vowel != 0;
}

EndingId Language::ending_of(std::string_view text) const noexcept {
  uint32_t vowel = 0, sound = 0, named = 0;
  bool all_named = true;
  for (const auto [position, unit] : utf8_units(text)) {
    const LetterRecord* const letter = unit.valid ? tables_->letter(unit.code_point) : nullptr;
    if (letter == nullptr || letter->sound == 0) {
      all_named = false;
      continue;
    }
    sound = letter->sound;
    if (letter->vowel != 0 && (letter->transparent == 0 || vowel == 0)) vowel = letter->vowel;
    named = letter->name_ending;
    all_named = all_named && named != 0;
  }
  if (vowel == 0 && all_named && named != 0) return static_cast<EndingId>(named);
  return tables_->plain_endings[vowel * (tables_->info.sound_classes + 1) + sound];
}

EndingId Language::ending_of_number(std::string_view digits) const noexcept {
  const size_t last = digits.find_last_not_of('0');
  if (last == std::string_view::npos) return tables_->number_endings[0];
  const size_t zeros = digits.size() - 1 - last;
  const unsigned digit = static_cast<unsigned char>(digits[last]) - unsigned{'0'};
  if (digit > 9) return kNoEnding;
  if (zeros == 0) return tables_->number_endings[digit];
  if (zeros == 1) return tables_->number_endings[10 + digit];
  uint32_t ending = kNoEnding;
  for (const ZeroRecord& record : tables_->zero_endings) {
    if (record.zeros <= zeros) ending = record.ending;
  }
  return static_cast<EndingId>(ending);
}

size_t Language::ending_count() const noexcept {
  return tables_->endings.size();
}

Ending Language::ending(EndingId id) const noexcept {
  const EndingRecord& record = tables_->endings[id];
  return {tables_->at(record.base_tail), tables_->at(record.changed_tail), record.changes != 0,
          sound_state(record.base), sound_state(record.changed)};
}

size_t Language::suffix_count() const noexcept {
  return tables_->suffixes.size();
}
std::string_view Language::suffix_name(SuffixId id) const noexcept {
  return tables_->at(tables_->suffixes[id].name);
}
std::string_view Language::suffix_pattern(SuffixId id) const noexcept {
  return tables_->at(tables_->suffixes[id].pattern);
}
SuffixId Language::suffix(std::string_view name) const noexcept {
  for (size_t i = 0; i < suffix_count(); ++i) {
    if (suffix_name(static_cast<SuffixId>(i)) == name) return static_cast<SuffixId>(i);
  }
  return 0xFFFF;
}

Realised Language::realise(EndingId left, SuffixId suffix) const noexcept {
  const CellRecord& cell = tables_->cells[left * tables_->suffixes.size() + suffix];
  return {tables_->text.substr(cell.text, cell.size), cell.end, (cell.bits & kChangesLeft) != 0,
          (cell.bits & kAllowed) != 0};
}

size_t Language::form_count() const noexcept {
  return tables_->forms.size();
}
StemForm Language::form(FormId id) const noexcept {
  const FormRecord& form = tables_->forms[id];
  return {
      tables_->form_text(form),  form.prefix,       form.ending,      (form.bits & kProper) != 0,
      (form.bits & kUpper) != 0, form.first_lexeme, form.lexeme_count};
}
size_t Language::lexeme_count() const noexcept {
  return tables_->lexemes.size();
}
Lexeme Language::lexeme(LexemeId id) const noexcept {
  const LexemeRecord& lexeme = tables_->lexemes[id];
  return {lexeme.form, lexeme.pos, lexeme.state};
}
size_t Language::pos_count() const noexcept {
  return tables_->pos_names.size();
}
std::string_view Language::pos_name(PosId id) const noexcept {
  return tables_->at(tables_->pos_names[id]);
}

std::span<const FormId> Language::forms_with_text(std::string_view text) const noexcept {
  const Tables& tables = *tables_;
  const auto begin = std::lower_bound(
      tables.forms.begin(), tables.forms.end(), text,
      [&](const FormRecord& form, std::string_view key) { return tables.form_text(form) < key; });
  auto end = begin;
  while (end != tables.forms.end() && tables.form_text(*end) == text) ++end;
  return tables.form_ids.subspan(static_cast<size_t>(begin - tables.forms.begin()),
                                 static_cast<size_t>(end - begin));
}

size_t Language::state_count() const noexcept {
  return tables_->state_count();
}
std::string_view Language::state_name(MorphState state) const noexcept {
  return tables_->at(tables_->states[state].name);
}
std::span<const MorphArc> Language::arcs(MorphState state) const noexcept {
  const uint32_t begin = tables_->states[state].first_arc;
  return tables_->arcs.subspan(begin, tables_->states[state + 1u].first_arc - begin);
}
bool Language::is_final(MorphState state) const noexcept {
  return tables_->states[state].is_final != 0;
}
std::string_view Language::tag(uint16_t tag) const noexcept {
  return tables_->at(tables_->tags[tag]);
}
bool Language::joins(MorphState state, PosId pos) const noexcept {
  return (tables_->joins[state * tables_->join_words() + pos / 64u] >> (pos % 64u) & 1) != 0;
}
bool Language::joins_any(MorphState state) const noexcept {
  return tables_->states[state].joins_any != 0;
}
std::span<const MorphState> Language::unknown_states() const noexcept {
  return tables_->unknown_states;
}
MorphState Language::numeral_state() const noexcept {
  return static_cast<MorphState>(tables_->info.numeral_state);
}

bool Language::step(StemWalk& walk, unsigned char byte) const noexcept {
  const std::span<const TrieUnit> units = tables_->units;
  const uint32_t next = units[walk.node].base ^ byte;
  if (units[next].check != walk.node) return false;
  walk.node = next;
  return true;
}

std::span<const FormId> Language::forms_at(StemWalk walk) const noexcept {
  const uint32_t begin = tables_->trie_forms[walk.node];
  return tables_->trie_form_ids.subspan(begin, tables_->trie_forms[walk.node + 1] - begin);
}

}  // namespace tokrail
