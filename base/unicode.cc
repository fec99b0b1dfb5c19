#include "base/unicode.h"

#include <algorithm>

#include "base/unicode_case.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

using detail::SpecialCasing;

struct CategoryName {
  std::string_view abbreviation;
  std::string_view name;
  CategorySet categories;
};

constexpr CategorySet one(GeneralCategory category) {
  return detail::category_bit(category);
}

// The first 30 are the categories in the order of the enumeration.
constexpr CategoryName kCategoryNames[] = {
    {"Lu", "Uppercase_Letter", one(GeneralCategory::kUppercaseLetter)},
    {"Ll", "Lowercase_Letter", one(GeneralCategory::kLowercaseLetter)},
    {"Lt", "Titlecase_Letter", one(GeneralCategory::kTitlecaseLetter)},
    {"Lm", "Modifier_Letter", one(GeneralCategory::kModifierLetter)},
    {"Lo", "Other_Letter", one(GeneralCategory::kOtherLetter)},
    {"Mn", "Nonspacing_Mark", one(GeneralCategory::kNonspacingMark)},
    {"Mc", "Spacing_Mark", one(GeneralCategory::kSpacingMark)},
    {"Me", "Enclosing_Mark", one(GeneralCategory::kEnclosingMark)},
    {"Nd", "Decimal_Number", one(GeneralCategory::kDecimalNumber)},
    {"Nl", "Letter_Number", one(GeneralCategory::kLetterNumber)},
    {"No", "Other_Number", one(GeneralCategory::kOtherNumber)},
    {"Pc", "Connector_Punctuation", one(GeneralCategory::kConnectorPunctuation)},
    {"Pd", "Dash_Punctuation", one(GeneralCategory::kDashPunctuation)},
    {"Ps", "Open_Punctuation", one(GeneralCategory::kOpenPunctuation)},
    {"Pe", "Close_Punctuation", one(GeneralCategory::kClosePunctuation)},
    {"Pi", "Initial_Punctuation", one(GeneralCategory::kInitialPunctuation)},
    {"Pf", "Final_Punctuation", one(GeneralCategory::kFinalPunctuation)},
    {"Po", "Other_Punctuation", one(GeneralCategory::kOtherPunctuation)},
    {"Sm", "Math_Symbol", one(GeneralCategory::kMathSymbol)},
    {"Sc", "Currency_Symbol", one(GeneralCategory::kCurrencySymbol)},
    {"Sk", "Modifier_Symbol", one(GeneralCategory::kModifierSymbol)},
    {"So", "Other_Symbol", one(GeneralCategory::kOtherSymbol)},
    {"Zs", "Space_Separator", one(GeneralCategory::kSpaceSeparator)},
    {"Zl", "Line_Separator", one(GeneralCategory::kLineSeparator)},
    {"Zp", "Paragraph_Separator", one(GeneralCategory::kParagraphSeparator)},
    {"Cc", "Control", one(GeneralCategory::kControl)},
    {"Cf", "Format", one(GeneralCategory::kFormat)},
    {"Cs", "Surrogate", one(GeneralCategory::kSurrogate)},
    {"Co", "Private_Use", one(GeneralCategory::kPrivateUse)},
    {"Cn", "Unassigned", one(GeneralCategory::kUnassigned)},
    {"L", "Letter", kLetterCategories},
    {"LC", "Cased_Letter",
     one(GeneralCategory::kUppercaseLetter) | one(GeneralCategory::kLowercaseLetter) |
         one(GeneralCategory::kTitlecaseLetter)},
    {"L&", "Cased_Letter",
     one(GeneralCategory::kUppercaseLetter) | one(GeneralCategory::kLowercaseLetter) |
         one(GeneralCategory::kTitlecaseLetter)},
    {"M", "Mark", kMarkCategories},
    {"M", "Combining_Mark", kMarkCategories},
    {"N", "Number", kNumberCategories},
    {"Nd", "digit", one(GeneralCategory::kDecimalNumber)},
    {"P", "Punctuation", kPunctuationCategories},
    {"P", "punct", kPunctuationCategories},
    {"S", "Symbol", kSymbolCategories},
    {"Z", "Separator", kSeparatorCategories},
    {"C", "Other", kOtherCategories},
    {"Cc", "cntrl", one(GeneralCategory::kControl)},
};
static_assert(std::size(kCategoryNames) > kGeneralCategories);

constexpr bool is_ignored(char c) {
  return c == '_' || c == '-' || c == ' ';
}
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Loose matching of property values (UAX #44-LM3, without the rule for a leading "is").
bool same_name(std::string_view a, std::string_view b) noexcept {
  size_t i = 0;
  size_t j = 0;
  while (true) {
    while (i < a.size() && is_ignored(a[i])) ++i;
    while (j < b.size() && is_ignored(b[j])) ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (ascii_lower(a[i++]) != ascii_lower(b[j++])) return false;
  }
}

// The tables of one direction of case mapping.
struct CaseTables {
  const uint16_t* index;
  const uint8_t* blocks;
  const int32_t* distances;
  const SpecialCasing* special;
  size_t special_size;
  char first_ascii;  // of the 26 ASCII letters that change
};

CaseTables lowercase_tables() noexcept {
  return {detail::kLowercaseIndex,   detail::kLowercaseBlocks,      detail::kLowercaseDistances,
          detail::kLowercaseSpecial, detail::kLowercaseSpecialSize, 'A'};
}

CaseTables uppercase_tables() noexcept {
  return {detail::kUppercaseIndex,   detail::kUppercaseBlocks,      detail::kUppercaseDistances,
          detail::kUppercaseSpecial, detail::kUppercaseSpecialSize, 'a'};
}

struct CaseMapping {
  char32_t simple;
  const SpecialCasing* special;  // null where the full mapping is the simple one
};

CaseMapping map_case(const CaseTables& tables, char32_t code_point) noexcept {
  if (code_point > kMaxCodePoint) return {code_point, nullptr};
  const uint8_t kind = detail::unicode_table(tables.index, tables.blocks, code_point);
  if (kind != detail::kIsSpecialCasing) {
    const auto mapped = static_cast<int32_t>(code_point) + tables.distances[kind];
    return {static_cast<char32_t>(mapped), nullptr};
  }
  const SpecialCasing* const entry = std::lower_bound(
      tables.special, tables.special + tables.special_size, code_point,
      [](const SpecialCasing& special, char32_t value) { return special.from < value; });
  return {entry->simple, entry};
}

void append_case(const CaseTables& tables, char32_t code_point, std::string& out) {
  const CaseMapping mapping = map_case(tables, code_point);
  if (mapping.special == nullptr) {
    append_utf8(mapping.simple, out);
    return;
  }
  for (char32_t mapped : mapping.special->full) {
    if (mapped != 0) append_utf8(mapped, out);
  }
}

// The letters of the two cases differ in one bit in ASCII.
void append_ascii_case(const CaseTables& tables, std::string_view text, std::string& out) {
  const size_t begin = out.size();
  out.append(text);
  for (char* p = out.data() + begin; p < out.data() + out.size(); ++p) {
    const auto letter = static_cast<unsigned char>(*p - tables.first_ascii);
    *p = static_cast<char>(*p ^ (letter < 26 ? 0x20 : 0));
  }
}

std::string convert_case(const CaseTables& tables, std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t ascii = ascii_prefix_length(text);
    append_ascii_case(tables, text.substr(0, ascii), out);
    text.remove_prefix(ascii);
    if (text.empty()) break;
    const Utf8Unit unit = decode_utf8(text.data(), text.data() + text.size());
    if (unit.valid) {
      append_case(tables, unit.code_point, out);
    } else {
      out.append(text.substr(0, unit.length));
    }
    text.remove_prefix(unit.length);
  }
  return out;
}

// What the rules of UAX #29 need to remember of the cluster so far.
class ClusterState {
 public:
  explicit ClusterState(char32_t first) noexcept { take(first); }

  /// Whether the cluster goes on with this code point; takes it if so.
  bool extends_with(char32_t next) noexcept {
    if (is_boundary_before(next)) return false;
    take(next);
    return true;
  }

 private:
  static bool is_control(GraphemeBreak kind) noexcept {
    return kind == GraphemeBreak::kControl || kind == GraphemeBreak::kCr ||
           kind == GraphemeBreak::kLf;
  }

  bool is_boundary_before(char32_t next) const noexcept {
    const GraphemeBreak right = grapheme_break(next);
    if (left_ == GraphemeBreak::kCr && right == GraphemeBreak::kLf) return false;  // GB3
    if (is_control(left_) || is_control(right)) return true;                       // GB4, GB5
    if (joins_hangul(right)) return false;                                         // GB6 to GB8
    if (right == GraphemeBreak::kExtend || right == GraphemeBreak::kZwj) return false;  // GB9
    if (right == GraphemeBreak::kSpacingMark) return false;                             // GB9a
    if (left_ == GraphemeBreak::kPrepend) return false;                                 // GB9b
    if (conjunct_ == Conjunct::kLinked && conjunct_break(next) == ConjunctBreak::kConsonant) {
      return false;  // GB9c
    }
    if (emoji_ == Emoji::kJoined && is_extended_pictographic(next)) return false;  // GB11
    return !(right == GraphemeBreak::kRegionalIndicator && odd_indicators_);       // GB12, GB13
  }

  bool joins_hangul(GraphemeBreak right) const noexcept {
    switch (left_) {
      case GraphemeBreak::kL:
        return right == GraphemeBreak::kL || right == GraphemeBreak::kV ||
               right == GraphemeBreak::kLv || right == GraphemeBreak::kLvt;
      case GraphemeBreak::kLv:
      case GraphemeBreak::kV: return right == GraphemeBreak::kV || right == GraphemeBreak::kT;
      case GraphemeBreak::kLvt:
      case GraphemeBreak::kT: return right == GraphemeBreak::kT;
      default: return false;
    }
  }

  void take(char32_t code_point) noexcept {
    left_ = grapheme_break(code_point);
    odd_indicators_ = left_ == GraphemeBreak::kRegionalIndicator && !odd_indicators_;
    // GB11: pictograph, then marks, then a joiner.
    if (is_extended_pictographic(code_point)) {
      emoji_ = Emoji::kPictograph;
    } else if (left_ == GraphemeBreak::kZwj) {
      emoji_ = emoji_ == Emoji::kPictograph ? Emoji::kJoined : Emoji::kNone;
    } else if (left_ != GraphemeBreak::kExtend || emoji_ == Emoji::kJoined) {
      emoji_ = Emoji::kNone;
    }
    // GB9c: consonant, then marks and linkers with at least one linker.
    switch (conjunct_break(code_point)) {
      case ConjunctBreak::kConsonant: conjunct_ = Conjunct::kConsonant; break;
      case ConjunctBreak::kLinker:
        if (conjunct_ != Conjunct::kNone) conjunct_ = Conjunct::kLinked;
        break;
      case ConjunctBreak::kExtend: break;
      case ConjunctBreak::kNone: conjunct_ = Conjunct::kNone; break;
    }
  }

  enum class Emoji : uint8_t { kNone, kPictograph, kJoined };
  enum class Conjunct : uint8_t { kNone, kConsonant, kLinked };
  GraphemeBreak left_ = GraphemeBreak::kOther;
  Emoji emoji_ = Emoji::kNone;
  Conjunct conjunct_ = Conjunct::kNone;
  bool odd_indicators_ = false;
};

}  // namespace

std::string_view category_name(GeneralCategory category) noexcept {
  const auto at = static_cast<size_t>(category);
  return at < kGeneralCategories ? kCategoryNames[at].abbreviation : std::string_view("Cn");
}

std::string_view script_name(Script script) noexcept {
  const auto at = static_cast<size_t>(script);
  return detail::kScriptNames[at < kScripts ? at : 0];
}

std::optional<CategorySet> find_categories(std::string_view name) noexcept {
  for (const CategoryName& entry : kCategoryNames) {
    if (same_name(name, entry.abbreviation) || same_name(name, entry.name)) {
      return entry.categories;
    }
  }
  return std::nullopt;
}

std::optional<Script> find_script(std::string_view name) noexcept {
  for (int i = 0; i < kScripts; ++i) {
    if (same_name(name, detail::kScriptNames[i])) return static_cast<Script>(i);
  }
  return std::nullopt;
}

char32_t simple_lowercase(char32_t code_point) noexcept {
  return map_case(lowercase_tables(), code_point).simple;
}

char32_t simple_uppercase(char32_t code_point) noexcept {
  return map_case(uppercase_tables(), code_point).simple;
}

void append_lowercase(char32_t code_point, std::string& out) {
  append_case(lowercase_tables(), code_point, out);
}

void append_uppercase(char32_t code_point, std::string& out) {
  append_case(uppercase_tables(), code_point, out);
}

std::string to_lowercase(std::string_view text) {
  return convert_case(lowercase_tables(), text);
}

std::string to_uppercase(std::string_view text) {
  return convert_case(uppercase_tables(), text);
}

size_t next_grapheme(std::string_view text, size_t position) noexcept {
  if (position >= text.size()) return text.size();
  const char* const end = text.data() + text.size();
  const char* p = text.data() + position;
  // Between two ASCII characters there is always a boundary, except in CR LF.
  const auto is_ascii = [](char byte) { return static_cast<unsigned char>(byte) < 0x80; };
  if (is_ascii(*p) && *p != '\r' && end - p > 1 && is_ascii(p[1])) return position + 1;
  Utf8Unit unit = decode_utf8(p, end);
  ClusterState cluster(unit.code_point);
  p += unit.length;
  while (p < end) {
    unit = decode_utf8(p, end);
    if (!cluster.extends_with(unit.code_point)) break;
    p += unit.length;
  }
  return static_cast<size_t>(p - text.data());
}

size_t count_graphemes(std::string_view text) noexcept {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); at = next_grapheme(text, at)) ++count;
  return count;
}

}  // namespace tokrail
