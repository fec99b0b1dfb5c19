#include "tokenizers/formats/zemberek_roots.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/formats/zip_archive.h"

namespace tokrail {
namespace {

constexpr size_t kMaxUnpacked = size_t{64} << 20;

constexpr uint8_t kAbbreviation = 13;
constexpr uint8_t kProperNoun = 11;
constexpr uint8_t kReadingEndsInConsonant = 25;

class Records {
 public:
  Records(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  bool at_end() const noexcept { return at_ == bytes_.size(); }
  size_t offset() const noexcept { return at_; }
  uint32_t number(size_t width) {
    uint32_t value = 0;
    for (const char byte : take(width)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  std::string_view text() {
    const size_t begin = at_;
    const std::string_view text = take(number(2));
    if (!valid_utf8(text)) fail(begin, "expected a text in UTF-8");
    return text;
  }
  std::string_view take(size_t count) {
    if (bytes_.size() - at_ < count) {
      fail(at_, "expected " + std::to_string(count) + " more bytes of a record, found " +
                    std::to_string(bytes_.size() - at_));
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  [[noreturn]] void fail(size_t at, const std::string& message) const {
    throw Error(ErrorCode::kInvalidFile, message,
                std::string(name_) + ": byte " + std::to_string(at));
  }

 private:
  std::string_view bytes_, name_;
  size_t at_ = 0;
};

bool is_vowel(char32_t c) noexcept {
  return std::u32string_view(U"aeıioöuüâîû").find(c) != std::u32string_view::npos;
}

std::string utf8(char32_t c) {
  std::string text;
  append_utf8(c, text);
  return text;
}

// Codes that follow from the spelling: what a verb's aorist and causative depend on, for one.
void add_spelling_codes(LexiconEntry& entry) {
  size_t vowels = 0;
  char32_t last = 0;
  for (const auto& [position, unit] : utf8_units(entry.text)) {
    vowels += is_vowel(unit.code_point);
    last = unit.code_point;
  }
  entry.codes.push_back("syllables:" + std::to_string(vowels));
  if (vowels >= 2) entry.codes.emplace_back("syllables:many");
  entry.codes.push_back("ends:" + utf8(last));
  entry.codes.push_back("word:" + entry.text);
}

void add_original_codes(std::string_view original, LexiconEntry& entry) {
  size_t uppers = 0, others = 0;
  for (const auto& [position, unit] : utf8_units(original)) {
    uppers += is_uppercase(unit.code_point);
    others += is_lowercase(unit.code_point);
  }
  if (uppers >= 2 && others == 0) entry.codes.emplace_back("upper");
  if (original.find('.') != std::string_view::npos) entry.codes.emplace_back("dotted");
}

LexiconEntry read_record(Records& records, std::string_view name) {
  LexiconEntry entry;
  entry.place.file = name;
  entry.text = records.text();
  if (entry.text.empty()) records.fail(records.offset(), "expected a root that is not empty");
  const std::string_view original = records.text();
  const uint32_t pos = records.number(1);
  const char32_t letter = records.number(2);
  const std::string_view flags = records.take(records.number(1));
  records.number(4);
  entry.capital = pos == kProperNoun;
  entry.codes.push_back("pos:" + std::to_string(pos));
  for (const char flag : flags) {
    entry.codes.push_back("flag:" + std::to_string(static_cast<unsigned char>(flag)));
  }
  add_spelling_codes(entry);
  add_original_codes(original, entry);
  if (pos == kAbbreviation && is_vowel(letter)) {
    entry.reading = utf8(letter);
    if (flags.find(static_cast<char>(kReadingEndsInConsonant)) != std::string_view::npos) {
      size_t last = entry.text.size() - 1;
      while (last > 0 && is_utf8_continuation(entry.text[last])) --last;
      entry.reading += std::string_view(entry.text).substr(last);
    }
  }
  return entry;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<LexiconEntry> parse_records(std::string_view bytes, std::string_view name) {
  std::vector<LexiconEntry> entries;
  Records records(bytes, name);
  while (!records.at_end()) {
    entries.push_back(read_record(records, name));
    entries.back().place.line = static_cast<uint32_t>(entries.size());
  }
  return entries;
}

bool is_named(std::string_view path, std::string_view begin, std::string_view end) {
  const size_t slash = path.rfind('/');
  const std::string_view base = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return base.starts_with(begin) && base.ends_with(end);
}

std::vector<LexiconEntry> parse_jar(std::string_view bytes, std::string_view name) {
  std::string roots, frequent;
  bool found = false;
  for (const ZipMember& member : zip_members(bytes, name)) {
    if (is_named(member.name, "kokler_", ".bin")) {
      roots = unpack_zip_member(bytes, member, kMaxUnpacked, name);
      found = true;
    } else if (is_named(member.name, "kelime_cebi_", ".txt")) {
      frequent = unpack_zip_member(bytes, member, kMaxUnpacked, name);
    }
  }
  if (!found) {
    throw Error(ErrorCode::kInvalidFile, "expected roots (kokler_*.bin) in the archive",
                std::string(name));
  }
  std::vector<LexiconEntry> entries = parse_records(roots, name);
  const std::vector<std::string_view> lines = lines_of(frequent);
  const std::unordered_set<std::string_view> common(lines.begin(), lines.end());
  for (LexiconEntry& entry : entries) {
    if (common.contains(entry.text)) entry.codes.emplace_back("common");
  }
  return entries;
}

}  // namespace

std::vector<LexiconEntry> parse_zemberek_roots(std::string_view bytes, std::string_view name) {
  return bytes.starts_with("PK\3\4") ? parse_jar(bytes, name) : parse_records(bytes, name);
}

std::vector<LexiconEntry> read_zemberek_roots(const std::filesystem::path& path) {
  const MappedFile file = MappedFile::open(path);
  return parse_zemberek_roots(file.bytes(), path.string());
}

std::vector<std::string> read_zemberek_common_words(const std::filesystem::path& path) {
  const MappedFile file = MappedFile::open(path);
  std::vector<std::string> words;
  if (!file.bytes().starts_with("PK\3\4")) return words;
  for (const ZipMember& member : zip_members(file.bytes(), path.string())) {
    if (!is_named(member.name, "kelime_cebi_", ".txt")) continue;
    const std::string list = unpack_zip_member(file.bytes(), member, kMaxUnpacked, path.string());
    for (const std::string_view line : lines_of(list)) {
      if (!line.empty()) words.emplace_back(line);
    }
  }
  return words;
}

}  // namespace tokrail
