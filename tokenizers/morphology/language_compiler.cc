#include "tokenizers/morphology/language_compiler.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/normalization.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/morphology/double_array.h"
#include "tokenizers/morphology/ending_table.h"
#include "tokenizers/morphology/language_file.h"
#include "tokenizers/morphology/morphotactics.h"
#include "tokenizers/morphology/root_forms.h"

namespace tokrail {
namespace {

/// Texts of the file, each once.
class TextArena {
 public:
  TextRange add(const std::string& text) {
    const auto [found, is_new] = places_.emplace(text, static_cast<uint32_t>(bytes_.size()));
    if (is_new) bytes_ += text;
    return {found->second, static_cast<uint32_t>(text.size())};
  }
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
  std::map<std::string, uint32_t> places_;
};

/// A spelling of a root while endings are still numbers of the table.
struct StemDraft {
  std::string text;
  size_t prefix = 0;
  uint32_t ending = 0;
  size_t root = 0;  ///< of the source
};

class LanguageBuilder {
 public:
  LanguageBuilder(const LanguageSource& source, const LanguageCompileOptions& options)
      : source_(source),
        options_(options),
        alphabet_(source),
        suffixes_(source, alphabet_),
        roots_(source, alphabet_, suffixes_),
        graph_(compile_morphotactics(source)),
        endings_(suffixes_) {
    for (size_t i = 0; i < graph_.pos_names.size(); ++i) {
      pos_numbers_.emplace(graph_.pos_names[i], static_cast<PosId>(i));
    }
  }

  std::string build() {
    add_plain_endings();
    draft_stems();
    endings_.close();
    merge_endings();
    write_info();
    write_letters();
    write_numbers();
    write_endings();
    write_stems();
    write_graph();
    file_.add(LanguageSection::kText, arena_.bytes());
    return file_.finish();
  }

 private:
  // Endings.

  /// The states that letters lead to from nothing, without flags.
  void add_plain_endings() {
    plain_.assign((alphabet_.vowel_classes() + 1) * (alphabet_.sound_classes() + 1), 0);
    std::vector<SoundState> open{SoundState()};
    std::set<std::pair<uint8_t, uint8_t>> seen{{0, 0}};
    for (size_t i = 0; i < open.size(); ++i) {
      for (const auto& [letter, what] : alphabet_.letters()) {
        const SoundState next = alphabet_.after(open[i], letter);
        if (seen.emplace(next.vowel, next.sound).second) open.push_back(next);
      }
    }
    for (const auto& [vowel, sound] : seen) {
      EndingKey key;
      key.base.vowel = key.changed.vowel = vowel;
      key.base.sound = key.changed.sound = sound;
      plain_[plain_index(key.base)] = endings_.add(key);
    }
    plain_end_ = endings_.size();
  }
  size_t plain_index(SoundState state) const {
    return state.vowel * (alphabet_.sound_classes() + 1) + state.sound;
  }
  uint16_t plain_ending(const std::string& text) const {
    const SoundState state = alphabet_.after(SoundState(), alphabet_.lower(text));
    return final_ending(plain_[plain_index(state)]);
  }
  uint16_t final_ending(uint32_t ending) const {
    return static_cast<uint16_t>(final_[classes_[ending]]);
  }

  void leave_out(const SourceRoot& root) { options_.left_out->push_back(root.text); }

  void draft_stems() {
    for (size_t i = 0; i < source_.roots.size(); ++i) {
      const SourceRoot& root = source_.roots[i];
      check_root(root);
      const std::string foreign = roots_.foreign_letter(root);
      if (!foreign.empty()) {
        if (options_.left_out == nullptr) {
          fail_in_pack(root.place, "letters of the alphabet, found \"" + foreign + "\" in \"" +
                                       root.text + "\"");
        }
        leave_out(root);
        continue;
      }
      for (RootForm& form : roots_.forms(root)) {
        drafts_.push_back({std::move(form.text), form.prefix.size(), endings_.add(form.ending), i});
      }
    }
  }
  void check_root(const SourceRoot& root) const {
    if (root.pos.empty()) fail_in_pack(root.place, "a part of speech");
    for (const std::string& pos : root.pos) {
      if (pos_numbers_.find(pos) == pos_numbers_.end()) {
        fail_in_pack(root.place, "the name of a part of speech, found \"" + pos + "\"");
      }
    }
  }

  /// Merges endings that behave alike and, if there are too many, chooses those of most roots.
  void merge_endings() {
    classes_ = endings_.classes();
    check_suffixes_differ();
    const uint32_t count = *std::max_element(classes_.begin(), classes_.end()) + 1;
    std::vector<bool> taken(count);
    size_t size = 0;
    // Takes all classes that an ending leads to, or none.
    const auto take = [&](const std::vector<uint32_t>& from) {
      std::set<uint32_t> wanted;
      for (const uint32_t ending : endings_.reachable(from)) {
        if (!taken[classes_[ending]]) wanted.insert(classes_[ending]);
      }
      if (size + wanted.size() > std::min<size_t>(options_.max_endings, 0xFFFF)) return false;
      for (const uint32_t ending : wanted) taken[ending] = true;
      size += wanted.size();
      return true;
    };
    std::vector<uint32_t> plain(plain_end_);
    for (uint32_t i = 0; i < plain_end_; ++i) plain[i] = i;
    if (!take(plain)) fail_too_many(count);
    std::map<uint32_t, std::pair<size_t, uint32_t>> uses;  // class -> roots, an ending
    for (const StemDraft& draft : drafts_) {
      auto& use = uses.try_emplace(classes_[draft.ending], 0, draft.ending).first->second;
      ++use.first;
    }
    std::vector<std::tuple<size_t, uint32_t, uint32_t>> order;  // fewer than, class, ending
    for (const auto& [number, use] : uses) {
      order.emplace_back(drafts_.size() - use.first, number, use.second);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [rest, number, ending] : order) {
      if (taken[number] || take({ending})) continue;
      if (options_.left_out == nullptr) fail_too_many(count);
    }
    leave_out_stems_without_ending(taken);
    number_endings(taken);
  }
  void leave_out_stems_without_ending(const std::vector<bool>& taken) {
    std::set<size_t> roots;
    std::erase_if(drafts_, [&](const StemDraft& draft) {
      if (taken[classes_[draft.ending]]) return false;
      roots.insert(draft.root);
      return true;
    });
    for (const size_t root : roots) leave_out(source_.roots[root]);
  }
  void number_endings(const std::vector<bool>& taken) {
    final_.assign(taken.size(), kNoIndex);
    for (uint32_t ending = 0; ending < endings_.size(); ++ending) {
      uint32_t& number = final_[classes_[ending]];
      if (!taken[classes_[ending]] || number != kNoIndex) continue;
      number = static_cast<uint32_t>(first_.size());
      first_.push_back(ending);
    }
  }
  [[noreturn]] void fail_too_many(size_t count) const {
    throw Error(ErrorCode::kInvalidFile,
                "expected no more than " + std::to_string(options_.max_endings) +
                    " endings, found " + std::to_string(count),
                source_.code);
  }

  void check_suffixes_differ() const {
    std::map<std::vector<uint32_t>, size_t> columns;
    std::vector<uint32_t> column;
    for (size_t suffix = 0; suffix < suffixes_.suffix_count(); ++suffix) {
      column.clear();
      for (uint32_t ending = 0; ending < endings_.size(); ++ending) {
        const EndingTable::Cell& cell = endings_.cell(ending, suffix);
        column.push_back(cell.text << 2 | (cell.changes_left ? 2u : 0u) | (cell.allowed ? 1u : 0u));
        column.push_back(classes_[cell.end]);
      }
      const auto [found, is_new] = columns.emplace(column, suffix);
      if (is_new) continue;
      const SourceSuffix& other = source_.suffixes[found->second];
      fail_in_pack(source_.suffixes[suffix].place,
                   "one name for suffixes that are spelled alike, found " +
                       source_.suffixes[suffix].name + " and " + other.name + " (" +
                       other.place.str() + ")");
    }
  }

  // The file.

  void write_info() {
    LanguageInfo info;
    info.code = arena_.add(source_.code);
    info.name = arena_.add(source_.name);
    info.version = source_.version;
    info.vowel_classes = static_cast<uint32_t>(alphabet_.vowel_classes());
    info.sound_classes = static_cast<uint32_t>(alphabet_.sound_classes());
    info.numeral_state = graph_.numeral;
    file_.add(LanguageSection::kInfo, std::span(&info, 1));
  }

  void write_letters() {
    std::map<char32_t, LetterRecord> records;
    const auto record = [&](char32_t letter) -> LetterRecord& {
      LetterRecord& found = records[letter];
      found.code_point = letter;
      if (found.lower == 0) found.lower = simple_lowercase(letter);
      if (found.upper == 0) found.upper = simple_uppercase(letter);
      return found;
    };
    const auto set_classes = [&](char32_t letter, const PackLetter& what) {
      LetterRecord& entry = record(letter);
      entry.vowel = what.vowel;
      entry.sound = what.sound;
      entry.transparent = what.transparent ? 1 : 0;
    };
    for (const auto& [letter, what] : alphabet_.letters()) set_classes(letter, what);
    for (const auto& [letter, what] : foreign_letters()) set_classes(letter, what);
    for (const auto& [lower, upper] : alphabet_.upper_of()) record(lower).upper = upper;
    for (const auto& [upper, lower] : alphabet_.lower_of()) record(upper).lower = lower;
    for (const SourcePair& name : source_.letter_names) {
      const char32_t letter = first_letter(name.first);
      if (alphabet_.find(letter) == nullptr) {
        fail_in_pack(name.place, "a letter of the alphabet, found \"" + name.first + "\"");
      }
      if (record(letter).name_ending != 0) {
        fail_in_pack(name.place, "one name of the letter \"" + name.first + "\"");
      }
      record(letter).name_ending = named_ending(name.second, name.place);
    }
    std::vector<LetterRecord> letters;
    std::vector<uint16_t> index(kIndexedLetters);
    for (const auto& [letter, entry] : records) {
      letters.push_back(entry);
      if (letter < kIndexedLetters) index[letter] = static_cast<uint16_t>(letters.size());
    }
    file_.add(LanguageSection::kLetters, letters);
    file_.add(LanguageSection::kLetterIndex, index);
    std::vector<uint16_t> plain;
    for (const uint32_t ending : plain_) plain.push_back(final_ending(ending));
    file_.add(LanguageSection::kPlainEndings, plain);
  }
  /// Latin letters with marks that the alphabet lacks sound like the letter without them.
  std::map<char32_t, PackLetter> foreign_letters() const {
    std::map<char32_t, PackLetter> letters;
    const std::pair<char32_t, char32_t> ranges[] = {{0xC0, 0x250}, {0x1E00, 0x1F00}};
    for (const auto& [begin, end] : ranges) {
      for (char32_t letter = begin; letter < end; ++letter) {
        if (!is_letter(letter) || simple_lowercase(letter) != letter) continue;
        if (alphabet_.find(letter) != nullptr) continue;
        std::string text;
        append_utf8(letter, text);
        const PackLetter* const plain =
            alphabet_.find(first_letter(normalize(NormalizationForm::kNfd, text)));
        if (plain != nullptr) letters.emplace(letter, *plain);
      }
    }
    return letters;
  }
  uint16_t named_ending(const std::string& name, const SourcePlace& place) const {
    const std::string foreign = alphabet_.foreign_letter(alphabet_.lower(name));
    if (!foreign.empty()) {
      fail_in_pack(place, "a name in letters of the alphabet, found \"" + foreign + "\"");
    }
    return plain_ending(name);
  }

  void write_numbers() {
    const SourcePlace place =
        source_.numeral.empty() ? SourcePlace{source_.code, 0} : source_.numeral_place;
    std::vector<uint16_t> numbers;
    for (const std::string& name : source_.digits) numbers.push_back(named_ending(name, place));
    for (const std::string& name : source_.tens) numbers.push_back(named_ending(name, place));
    std::map<uint32_t, uint32_t> by_zeros;
    for (const auto& [zeros, name] : source_.zeros) by_zeros[zeros] = named_ending(name, place);
    std::vector<ZeroRecord> zeros;
    for (const auto& [count, ending] : by_zeros) zeros.push_back({count, ending});
    for (size_t i = 0; i < numbers.size() && !source_.numeral.empty(); ++i) {
      if (numbers[i] == 0 && i != 10) {
        fail_in_pack(place, "lines `digit` 0 to 9 and `tens` 1 to 9 for the state of numerals");
      }
    }
    if (!source_.numeral.empty() && zeros.empty()) {
      fail_in_pack(place, "a line `zeros 2` for the state of numerals");
    }
    file_.add(LanguageSection::kNumberEndings, numbers);
    file_.add(LanguageSection::kZeroEndings, zeros);
  }

  static void put_state(SoundState state, uint8_t (&bytes)[4]) {
    bytes[0] = state.vowel;
    bytes[1] = state.sound;
    bytes[2] = state.flags;
  }
  void write_endings() {
    std::vector<EndingRecord> endings;
    std::vector<CellRecord> cells;
    for (const uint32_t ending : first_) {
      const EndingKey& key = endings_.key(ending);
      EndingRecord record;
      record.base_tail = arena_.add(key.base_tail);
      record.changed_tail = arena_.add(key.changed_tail);
      put_state(key.base, record.base);
      put_state(key.changed, record.changed);
      record.changes = key.changes ? 1 : 0;
      endings.push_back(record);
      for (size_t suffix = 0; suffix < suffixes_.suffix_count(); ++suffix) {
        const EndingTable::Cell& cell = endings_.cell(ending, suffix);
        const TextRange text = arena_.add(endings_.text(cell.text));
        cells.push_back({text.begin, final_ending(cell.end), static_cast<uint8_t>(text.size),
                         static_cast<uint8_t>((cell.changes_left ? kChangesLeft : 0) |
                                              (cell.allowed ? kAllowed : 0))});
      }
    }
    file_.add(LanguageSection::kEndings, endings);
    file_.add(LanguageSection::kCells, cells);
    std::vector<SuffixRecord> suffixes;
    for (size_t i = 0; i < source_.suffixes.size(); ++i) {
      suffixes.push_back({arena_.add(source_.suffixes[i].name), arena_.add(suffixes_.pattern(i))});
    }
    file_.add(LanguageSection::kSuffixes, suffixes);
  }

  /// A form while its lexemes are collected.
  struct FormDraft {
    size_t prefix = 0;
    std::set<PosId> pos;
    bool proper = true, upper = true;
  };

  void write_stems() {
    std::map<std::pair<std::string, uint16_t>, FormDraft> drafts;
    for (const StemDraft& stem : drafts_) {
      const SourceRoot& root = source_.roots[stem.root];
      FormDraft& draft = drafts[{stem.text, final_ending(stem.ending)}];
      draft.prefix = stem.prefix;
      for (const std::string& pos : root.pos) draft.pos.insert(pos_numbers_.find(pos)->second);
      draft.proper = draft.proper && root.proper;
      draft.upper = draft.upper && root.upper;
    }
    std::vector<FormRecord> forms;
    std::vector<LexemeRecord> lexemes;
    std::vector<uint32_t> ids;
    std::map<std::string, std::vector<uint32_t>> by_prefix;
    for (const auto& [key, draft] : drafts) {
      const auto form = static_cast<FormId>(forms.size());
      FormRecord record;
      const TextRange text = arena_.add(key.first);
      record.text = text.begin;
      record.size = static_cast<uint8_t>(text.size);
      record.prefix = static_cast<uint8_t>(draft.prefix);
      record.ending = key.second;
      record.first_lexeme = static_cast<uint32_t>(lexemes.size());
      record.lexeme_count = static_cast<uint16_t>(draft.pos.size());
      record.bits =
          static_cast<uint16_t>((draft.proper ? kProper : 0) | (draft.upper ? kUpper : 0));
      forms.push_back(record);
      ids.push_back(form);
      for (const PosId pos : draft.pos) {
        lexemes.push_back({form, pos, 0, graph_.pos_states[pos]});
      }
      by_prefix[key.first.substr(0, draft.prefix)].push_back(form);
    }
    file_.add(LanguageSection::kForms, forms);
    file_.add(LanguageSection::kFormIds, ids);
    file_.add(LanguageSection::kLexemes, lexemes);
    write_trie(by_prefix);
    std::vector<TextRange> names;
    for (const std::string& name : graph_.pos_names) names.push_back(arena_.add(name));
    file_.add(LanguageSection::kPosNames, names);
  }
  void write_trie(const std::map<std::string, std::vector<uint32_t>>& by_prefix) {
    std::vector<std::string> keys;
    for (const auto& [prefix, forms] : by_prefix) keys.push_back(prefix);
    const DoubleArray trie = build_double_array(keys);
    std::map<uint32_t, const std::vector<uint32_t>*> by_node;
    for (size_t i = 0; i < keys.size(); ++i) by_node[trie.nodes[i]] = &by_prefix.at(keys[i]);
    std::vector<uint32_t> begins, ids;
    for (uint32_t node = 0; node < trie.units.size(); ++node) {
      begins.push_back(static_cast<uint32_t>(ids.size()));
      const auto found = by_node.find(node);
      if (found != by_node.end())
        ids.insert(ids.end(), found->second->begin(), found->second->end());
    }
    begins.push_back(static_cast<uint32_t>(ids.size()));
    file_.add(LanguageSection::kTrieUnits, trie.units);
    file_.add(LanguageSection::kTrieForms, begins);
    file_.add(LanguageSection::kTrieFormIds, ids);
  }

  void write_graph() {
    std::vector<StateRecord> states;
    std::vector<MorphArc> arcs;
    const size_t words = (graph_.pos_names.size() + 63) / 64;
    std::vector<uint64_t> joins(graph_.states.size() * words);
    for (size_t i = 0; i < graph_.states.size(); ++i) {
      const Morphotactics::State& state = graph_.states[i];
      StateRecord record;
      record.name = arena_.add(state.name);
      record.first_arc = static_cast<uint32_t>(arcs.size());
      record.is_final = state.is_final ? 1 : 0;
      record.joins_any = state.joins.empty() ? 0 : 1;
      states.push_back(record);
      arcs.insert(arcs.end(), state.arcs.begin(), state.arcs.end());
      for (const PosId pos : state.joins) joins[i * words + pos / 64] |= uint64_t{1} << pos % 64;
    }
    StateRecord last;
    last.first_arc = static_cast<uint32_t>(arcs.size());
    states.push_back(last);
    std::vector<TextRange> tags;
    for (const std::string& tag : graph_.tags) tags.push_back(arena_.add(tag));
    file_.add(LanguageSection::kStates, states);
    file_.add(LanguageSection::kArcs, arcs);
    file_.add(LanguageSection::kJoins, joins);
    file_.add(LanguageSection::kTags, tags);
    file_.add(LanguageSection::kUnknownStates, graph_.unknown);
  }

  const LanguageSource& source_;
  const LanguageCompileOptions& options_;
  const PackAlphabet alphabet_;
  const SuffixSpeller suffixes_;
  const RootSpeller roots_;
  const Morphotactics graph_;
  std::map<std::string, PosId, std::less<>> pos_numbers_;
  EndingTable endings_;
  std::vector<uint32_t> plain_;  ///< endings of plain states
  size_t plain_end_ = 0;         ///< endings before this are plain
  std::vector<StemDraft> drafts_;
  std::vector<uint32_t> classes_;  ///< of endings
  std::vector<uint32_t> final_;    ///< by class: number in the file
  std::vector<uint32_t> first_;    ///< by number in the file: an ending of the class
  TextArena arena_;
  LanguageFileWriter file_;
};

}  // namespace

std::string compile_language(const LanguageSource& source, const LanguageCompileOptions& options) {
  return LanguageBuilder(source, options).build();
}

}  // namespace tokrail
