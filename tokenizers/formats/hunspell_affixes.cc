#include "tokenizers/formats/hunspell_affixes.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr size_t kMaxAliases = 10'000'000;
constexpr std::string_view kBlanks = " \t";

/// Takes the next word off the text; empty at its end.
std::string_view take_word(std::string_view& text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return text = {};
  const size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

FlagKind flag_kind(std::string_view name, const NumberedLines& lines) {
  if (name == "UTF-8") return FlagKind::kCharacter;
  if (name == "long") return FlagKind::kPair;
  if (name == "num") return FlagKind::kNumber;
  throw Error(ErrorCode::kUnsupported,
              "expected FLAG UTF-8, long or num, found \"" + std::string(name) + "\"",
              lines.where());
}

/// "AF 3" and then three lines "AF flags".
class AliasTable {
 public:
  explicit AliasTable(const char* keyword) : keyword_(keyword) {}

  /// A line of the table, without the keyword; true where it is an alias and not the count.
  bool line(std::string_view rest, const NumberedLines& lines) {
    if (!counted_) {
      const std::string_view digits = take_word(rest);
      if (!read_count(digits, kMaxAliases, count_)) {
        lines.fail(std::string("expected the number of ") + keyword_ + " lines");
      }
      counted_ = true;
      place_ = lines.where();
      return false;
    }
    if (++found_ > count_) {
      lines.fail(std::string("expected ") + std::to_string(count_) + " " + keyword_ +
                 " lines, as the first of them says, found more");
    }
    return true;
  }

  void end() const {
    if (found_ == count_) return;
    throw Error(ErrorCode::kInvalidFile,
                std::string("expected ") + std::to_string(count_) + " " + keyword_ +
                    " lines, found " + std::to_string(found_),
                place_);
  }

 private:
  const char* keyword_;
  bool counted_ = false;
  size_t count_ = 0, found_ = 0;
  std::string place_;
};

}  // namespace

bool read_count(std::string_view digits, size_t limit, size_t& count) noexcept {
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, count);
  return error == std::errc() && stop == end && count <= limit;
}

bool NumberedLines::next(std::string_view& line) noexcept {
  if (rest_.empty()) return false;
  const size_t end = std::min(rest_.find('\n'), rest_.size());
  line = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (++number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  return true;
}

void NumberedLines::fail(const std::string& message) const {
  throw Error(ErrorCode::kInvalidFile, message, where());
}

struct DictionaryEncoding::Converter {
  UConverter* handle = nullptr;
  ~Converter() { ucnv_close(handle); }
};

DictionaryEncoding::DictionaryEncoding(std::string_view name, const NumberedLines& at)
    : name_(name) {
  if (name == "UTF-8") return;
  if (name.starts_with("microsoft-")) name.remove_prefix(10);
  converter_ = std::make_unique<Converter>();
  UErrorCode status = U_ZERO_ERROR;
  // ICU takes a null-terminated name of bounded length.
  if (!name.empty() && name.size() < 60) {
    converter_->handle = ucnv_open(std::string(name).c_str(), &status);
  }
  if (converter_->handle != nullptr && U_SUCCESS(status)) {
    ucnv_setToUCallBack(converter_->handle, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr,
                        &status);
  }
  if (converter_->handle == nullptr || U_FAILURE(status)) {
    throw Error(ErrorCode::kUnsupported, "expected an encoding, found \"" + name_ + "\"",
                at.where());
  }
}

DictionaryEncoding::~DictionaryEncoding() = default;

std::string DictionaryEncoding::to_utf8(std::string_view bytes, const NumberedLines& at) const {
  const auto refuse = [&] { at.fail("expected text in " + name_ + ", as SET in the .aff says"); };
  if (converter_ == nullptr) {
    if (!valid_utf8(bytes)) refuse();
    return std::string(bytes);
  }
  if (bytes.size() > size_t{1} << 24) at.fail("expected a line of at most 16 MB");
  std::u16string wide(bytes.size() * 2 + 1, u'\0');
  UErrorCode status = U_ZERO_ERROR;
  const int32_t units = ucnv_toUChars(converter_->handle, reinterpret_cast<UChar*>(wide.data()),
                                      static_cast<int32_t>(wide.size()), bytes.data(),
                                      static_cast<int32_t>(bytes.size()), &status);
  if (U_FAILURE(status)) refuse();
  std::string text;
  text.reserve(bytes.size() * 2);
  for (int32_t i = 0; i < units; ++i) {
    char32_t code_point = wide[static_cast<size_t>(i)];
    if (code_point >= 0xD800 && code_point < 0xDC00 && i + 1 < units) {
      code_point =
          0x10000 + ((code_point - 0xD800) << 10) + (wide[static_cast<size_t>(++i)] - 0xDC00);
    }
    append_utf8(code_point, text);
  }
  return text;
}

HunspellAffixes read_hunspell_affixes(const std::filesystem::path& aff) {
  const MappedFile file = MappedFile::open(aff);
  HunspellAffixes affixes;
  // What AM lines say is in the encoding that SET names, which may stand behind them.
  NumberedLines heads(file.bytes(), aff.string());
  std::string_view line;
  while (heads.next(line)) {
    const std::string_view keyword = take_word(line);
    if (keyword == "SET" && affixes.encoding == nullptr) {
      affixes.encoding = std::make_unique<DictionaryEncoding>(take_word(line), heads);
    } else if (keyword == "FLAG") {
      affixes.flags = flag_kind(take_word(line), heads);
    }
  }
  NumberedLines lines(file.bytes(), aff.string());
  if (affixes.encoding == nullptr) {
    affixes.encoding = std::make_unique<DictionaryEncoding>("ISO8859-1", lines);
  }
  AliasTable flags("AF"), fields("AM");
  while (lines.next(line)) {
    const std::string_view keyword = take_word(line);
    if (keyword == "AF") {
      std::string_view rest = line;
      if (flags.line(line, lines)) affixes.flag_aliases.emplace_back(take_word(rest));
    } else if (keyword == "AM") {
      if (fields.line(line, lines)) {
        affixes.field_aliases.push_back(affixes.encoding->to_utf8(trimmed(line), lines));
      }
    }
  }
  flags.end();
  fields.end();
  return affixes;
}

}  // namespace tokrail
