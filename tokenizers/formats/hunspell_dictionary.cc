#include "tokenizers/formats/hunspell_dictionary.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/formats/hunspell_affixes.h"

namespace tokrail {
namespace {

constexpr size_t kMaxEntries = 1'000'000'000;
constexpr size_t kMaxEndLetters = 4;
constexpr size_t kMinRestLetters = 2;  // of the entry before the rest
constexpr size_t kMinHeadRestLetters = 3;
constexpr size_t kMaxPartLetters = 5;
constexpr size_t kMaxCutLetters = 64;  // longer words are not asked for entries inside them

/// The parts of a line: word/flags and fields.
struct EntryParts {
  std::string word;  // bytes, as in the file
  std::string_view flags, fields;
};

bool is_field_start(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return text.size() >= 3 && lower(text[0]) && lower(text[1]) && text[2] == ':';
}

/// Where the fields begin: behind a tab, or behind a space where "xx:" stands.
size_t end_of_word(std::string_view line) {
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\t') return at;
    if (line[at] == ' ' && is_field_start(line.substr(at + 1))) return at;
  }
  return line.size();
}

EntryParts cut_entry(std::string_view line) {
  EntryParts parts;
  const size_t end = end_of_word(line);
  if (end < line.size()) parts.fields = line.substr(end + 1);
  std::string_view head = line.substr(0, end);
  for (size_t at = 0; at < head.size(); ++at) {
    if (head[at] == '\\' && at + 1 < head.size() && head[at + 1] == '/') {
      parts.word += head[++at];
    } else if (head[at] == '/' && at > 0) {
      parts.flags = head.substr(at + 1);
      break;
    } else {
      parts.word += head[at];
    }
  }
  parts.flags = parts.flags.substr(0, parts.flags.find(' '));
  while (parts.word.ends_with(' ')) parts.word.pop_back();
  return parts;
}

template <typename Function>
void for_each_word(std::string_view text, Function&& function) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(" \t", at), text.size());
    if (end > at) function(text.substr(at, end - at));
    at = end + 1;
  }
}

class DictionaryReader {
 public:
  DictionaryReader(const HunspellAffixes& affixes, NumberedLines& lines)
      : affixes_(affixes), lines_(lines) {}

  std::vector<LexiconEntry> read() {
    std::string_view line;
    size_t count = 0;
    if (!lines_.next(line) || !read_count(first_word(line), kMaxEntries, count)) {
      lines_.fail("expected the number of entries in the first line of a hunspell dictionary");
    }
    std::vector<LexiconEntry> entries;
    while (lines_.next(line)) {
      if (!line.empty() && line[0] != '\t' && line[0] != ' ') entries.push_back(entry(line));
    }
    if (lines_.number() - 1 < count / 2) {
      lines_.fail("expected about " + std::to_string(count) +
                  " entries, as the first line says, before the end of the file");
    }
    return entries;
  }

 private:
  static std::string_view first_word(std::string_view line) {
    return line.substr(0, line.find_first_of(" \t"));
  }

  LexiconEntry entry(std::string_view line) const {
    const EntryParts parts = cut_entry(line);
    LexiconEntry entry;
    entry.place = {lines_.file(), lines_.number()};
    const std::string written = affixes_.encoding->to_utf8(parts.word, lines_);
    if (written.empty()) lines_.fail("expected a word");
    read_case(written, entry);
    read_fields(parts.fields, entry);
    if (!parts.flags.empty()) read_flags(flags_of(parts.flags), entry);
    return entry;
  }

  static void read_case(const std::string& written, LexiconEntry& entry) {
    size_t letters = 0, upper = 0, at_start = 0;
    for (const auto [position, unit] : utf8_units(written)) {
      if (!is_letter(unit.code_point)) continue;
      const bool capital = simple_lowercase(unit.code_point) != unit.code_point;
      if (letters == 0 && capital) at_start = 1;
      ++letters;
      upper += capital;
    }
    entry.text = to_lowercase(written);
    entry.codes.push_back("word:" + entry.text);
    entry.capital = at_start == 1 && upper == 1;
    if (upper > 1 && upper == letters) {
      entry.codes.emplace_back("case:upper");
    } else if (upper > at_start) {
      entry.codes.emplace_back("case:mixed");
    }
  }

  std::string_view alias(std::string_view digits, const std::vector<std::string>& aliases,
                         const char* keyword) const {
    size_t number = 0;
    if (!read_count(digits, aliases.size(), number) || number == 0) {
      lines_.fail(std::string("expected the number of an ") + keyword + " line, at most " +
                  std::to_string(aliases.size()) + ", found " + std::string(digits));
    }
    return aliases[number - 1];
  }

  static bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  }

  void read_fields(std::string_view bytes, LexiconEntry& entry) const {
    const std::string fields = affixes_.encoding->to_utf8(bytes, lines_);
    size_t found = 0;
    const auto add = [&](std::string_view field) {
      const size_t colon = field.find(':');
      if (colon == std::string_view::npos) return;  // a note, which hunspell lets stand here
      ++found;
      entry.codes.emplace_back(field);
      // A word may name itself as its stem, and then is no form of another one.
      if (field.substr(0, colon) == "st" && field.substr(colon + 1) == entry.text) return;
      std::string some = std::string(field.substr(0, colon + 1)) + '*';
      if (std::find(entry.codes.begin(), entry.codes.end(), some) == entry.codes.end()) {
        entry.codes.push_back(std::move(some));
      }
    };
    for_each_word(fields, [&](std::string_view field) {
      if (!affixes_.field_aliases.empty() && is_number(field)) {
        for_each_word(alias(field, affixes_.field_aliases, "AM"), add);
      } else {
        add(field);
      }
    });
    if (found == 0) entry.codes.emplace_back("no-fields");
  }

  std::string_view flags_of(std::string_view written) const {
    if (affixes_.flag_aliases.empty() || !is_number(written)) return written;
    return alias(written, affixes_.flag_aliases, "AF");
  }

  void read_flags(std::string_view flags, LexiconEntry& entry) const {
    std::string all = "flags:";
    const auto add = [&](std::string flag) {
      all += flag;
      entry.codes.push_back("flag:" + std::move(flag));
    };
    switch (affixes_.flags) {
      case FlagKind::kByte:
        for (const char byte : flags) add(byte_flag(byte));
        break;
      case FlagKind::kCharacter:
        if (!valid_utf8(flags)) lines_.fail("expected flags in UTF-8, as FLAG in the .aff says");
        for (const auto [at, unit] : utf8_units(flags)) {
          add(std::string(flags.substr(at, unit.length)));
        }
        break;
      case FlagKind::kPair:
        if (flags.size() % 2 != 0) {
          lines_.fail("expected flags of two characters, as FLAG in the .aff says");
        }
        for (size_t at = 0; at < flags.size(); at += 2) {
          add(byte_flag(flags[at]) + byte_flag(flags[at + 1]));
        }
        break;
      case FlagKind::kNumber:
        for (size_t at = 0; at <= flags.size();) {
          const size_t end = std::min(flags.find(',', at), flags.size());
          size_t number = 0;
          if (!read_count(flags.substr(at, end - at), 65535, number) || number == 0) {
            lines_.fail("expected flags from 1 to 65535 with commas between them");
          }
          if (at > 0) all += ',';
          add(std::to_string(number));
          at = end + 1;
        }
        break;
    }
    entry.codes.push_back(std::move(all));
  }

  static std::string byte_flag(char byte) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(byte);
    if (value > 0x20 && value < 0x7F) return std::string(1, byte);
    return {'<', kHex[value >> 4], kHex[value & 15], '>'};
  }

  const HunspellAffixes& affixes_;
  NumberedLines& lines_;
};

/// Adds what the letters of an entry say: ends:, rest: and parts:.
class EntryCuts {
 public:
  explicit EntryCuts(const std::vector<LexiconEntry>& entries) {
    words_.reserve(entries.size());
    for (const LexiconEntry& entry : entries) {
      if (is_stem(entry)) words_.insert(entry.text);
    }
  }

  void add_codes(LexiconEntry& entry) {
    const std::string_view text = entry.text;
    starts_.clear();
    for (const auto [at, unit] : utf8_units(text)) starts_.push_back(at);
    const size_t letters = starts_.size();
    entry.codes.push_back("letters:" + std::to_string(letters));
    for (size_t n = 1; n <= kMaxEndLetters && n < letters; ++n) {
      entry.codes.push_back("ends:" + std::string(text.substr(starts_[letters - n])));
    }
    if (letters > kMaxCutLetters) return;
    size_t shortest = 0;
    std::vector<std::string> cuts;
    for (size_t n = kMinRestLetters; n < letters; ++n) {
      const std::string_view head = text.substr(0, starts_[n]), rest = text.substr(starts_[n]);
      if (!words_.contains(head) || (letters - n == 1 && n <= kMinRestLetters)) continue;
      cuts.push_back("rest:" + std::string(rest));
      cuts.push_back("rest:" + std::string(head.substr(starts_[n - 1])) + "+" + std::string(rest));
      if (!words_.contains(rest)) continue;
      shortest = std::max(shortest, std::min(n, letters - n));
      if (letters - n >= kMinHeadRestLetters) cuts.push_back("head:" + std::string(head));
    }
    for (std::string& cut : cuts) entry.codes.push_back(std::move(cut));
    for (size_t n = kMinRestLetters; n <= std::min(shortest, kMaxPartLetters); ++n) {
      entry.codes.push_back("parts:" + std::to_string(n));
    }
  }

 private:
  /// Neither a name or an abbreviation nor a form of another entry, and known to be a word.
  static bool is_stem(const LexiconEntry& entry) {
    if (entry.capital) return false;
    return std::none_of(entry.codes.begin(), entry.codes.end(), [](const std::string& code) {
      return code == "no-fields" || code == "st:*" || code.starts_with("case:");
    });
  }

  std::unordered_set<std::string_view> words_;  // of the entries, whose texts stay where they are
  std::vector<size_t> starts_;
};

}  // namespace

std::vector<LexiconEntry> read_hunspell_dictionary(const std::filesystem::path& dic) {
  const MappedFile file = MappedFile::open(dic);
  std::filesystem::path aff = dic;
  aff.replace_extension(".aff");
  const HunspellAffixes affixes = read_hunspell_affixes(aff);
  NumberedLines lines(file.bytes(), dic.string());
  std::vector<LexiconEntry> entries = DictionaryReader(affixes, lines).read();
  EntryCuts cuts(entries);
  for (LexiconEntry& entry : entries) cuts.add_codes(entry);
  return entries;
}

}  // namespace tokrail
