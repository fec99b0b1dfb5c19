#include "base/code_point_set.h"

#include <unicode/uchar.h>
#include <unicode/uset.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "base/alphabetic_marks.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail::detail {
namespace {

using Category = GeneralCategory;

constexpr CategorySet kNd = detail::category_bit(Category::kDecimalNumber);
constexpr CategorySet kNl = detail::category_bit(Category::kLetterNumber);
constexpr CategorySet kPc = detail::category_bit(Category::kConnectorPunctuation);

/// UAX #44-LM3: what does not count in names.
std::string loose_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

/// Case folding is not the union of the case mappings: dotted and dotless i map, but do not fold.
bool folds_to_itself_only(char32_t c) {
  return c == 0x130 || c == 0x131;
}

/// A binary property as ICU knows it: for the rare ones that have no table in base/unicode.h. For
/// characters newer than that ICU the answer is no.
CodePointSet icu_binary_property(UProperty property) {
  CodePointSet out;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<USet, decltype(&uset_close)> set(uset_openEmpty(), &uset_close);
  uset_applyIntPropertyValue(set.get(), property, 1, &status);
  if (U_FAILURE(status)) return out;
  for (int32_t i = 0; i < uset_getItemCount(set.get()); ++i) {
    UChar32 first = 0, last = 0;
    UErrorCode ignored = U_ZERO_ERROR;
    uset_getItem(set.get(), i, &first, &last, nullptr, 0, &ignored);
    out.add(static_cast<char32_t>(first), static_cast<char32_t>(last));
  }
  return out;
}

std::optional<CodePointSet> binary_property(std::string_view name) {
  const UProperty property = u_getPropertyEnum(std::string(name).c_str());
  if (property < UCHAR_BINARY_START || property >= UCHAR_BINARY_LIMIT) return std::nullopt;
  CodePointSet set = icu_binary_property(property);
  set.normalize();
  return set;
}

/// By long name, or by the four letters of ISO 15924, which base/unicode.h leaves to ICU.
std::optional<Script> script_of_name(std::string_view name) {
  if (const auto found = find_script(name)) return found;
  const int32_t value = u_getPropertyValueEnum(UCHAR_SCRIPT, std::string(name).c_str());
  if (value == UCHAR_INVALID_CODE) return std::nullopt;
  const char* const long_name = u_getPropertyValueName(UCHAR_SCRIPT, value, U_LONG_PROPERTY_NAME);
  return long_name == nullptr ? std::nullopt : find_script(long_name);
}

}  // namespace

void CodePointSet::add(const CodePointSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
}

void CodePointSet::normalize() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  size_t kept = 0;
  for (const Range& range : ranges_) {
    if (kept > 0 && range.first <= ranges_[kept - 1].last + 1) {
      ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
    } else {
      ranges_[kept++] = range;
    }
  }
  ranges_.resize(kept);
}

bool CodePointSet::contains(char32_t code_point) const noexcept {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), code_point,
                       [](char32_t c, const Range& range) { return c < range.first; });
  return after != ranges_.begin() && code_point <= (after - 1)->last;
}

std::optional<char32_t> CodePointSet::single() const noexcept {
  if (ranges_.size() != 1 || ranges_[0].first != ranges_[0].last) return std::nullopt;
  if (!is_scalar_value(ranges_[0].first)) return std::nullopt;
  return ranges_[0].first;
}

CodePointSet CodePointSet::complement() const {
  CodePointSet out;
  char32_t next = 0;
  for (const Range& range : ranges_) {
    if (range.first > next) out.add(next, range.first - 1);
    next = range.last + 1;
  }
  if (next <= kIllFormed) out.add(next, kIllFormed);
  return out;
}

CodePointSet CodePointSet::intersection(const CodePointSet& other) const {
  CodePointSet out;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const char32_t first = std::max(a->first, b->first);
    const char32_t last = std::min(a->last, b->last);
    if (first <= last) out.add(first, last);
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return out;
}

UnicodeSets::UnicodeSets() {
  // Blocks that repeat a uniform block need no look at their 128 code points.
  constexpr char32_t kBlock = 1 << kUnicodeBlockBits;
  int previous_index = -1;
  bool uniform = false;
  for (char32_t block = 0; block <= kMaxCodePoint; block += kBlock) {
    const int index = kCategoryIndex[block >> kUnicodeBlockBits];
    if (uniform && index == previous_index) {
      runs_.back().last += kBlock;
      continue;
    }
    previous_index = index;
    const uint8_t* const bytes =
        kCategoryBlocks + (static_cast<size_t>(index) << kUnicodeBlockBits);
    uniform = false;
    for (char32_t begin = 0, end = 0; begin < kBlock; begin = end) {
      const uint8_t byte = bytes[begin];
      for (++end; end < kBlock && bytes[end] == byte;) ++end;
      if (end - begin == kBlock) uniform = true;
      add_run(block + begin, block + end - 1, byte);
    }
  }
  white_space_.normalize();
}

void UnicodeSets::add_run(char32_t first, char32_t last, uint8_t byte) {
  if ((byte & kWhiteSpaceBit) != 0) white_space_.add(first, last);
  const Run run = {first, last, static_cast<uint8_t>(byte & 0x1F), (byte & kLowercaseBit) != 0,
                   (byte & kUppercaseBit) != 0};
  Run* const before = runs_.empty() ? nullptr : &runs_.back();
  if (before != nullptr && before->category == run.category && before->lowercase == run.lowercase &&
      before->uppercase == run.uppercase) {
    before->last = last;
  } else {
    runs_.push_back(run);
  }
}

template <typename Test>
CodePointSet UnicodeSets::where(Test test) const {
  CodePointSet set;
  for (const Run& run : runs_) {
    if (test(run)) set.add(run.first, run.last);
  }
  set.normalize();
  return set;
}

CodePointSet UnicodeSets::categories(uint32_t category_set) const {
  CodePointSet set =
      where([category_set](const Run& run) { return (category_set >> run.category & 1) != 0; });
  if ((category_set & category_bit(Category::kUnassigned)) != 0) {
    set.add(kIllFormed, kIllFormed);
    set.normalize();
  }
  return set;
}

CodePointSet UnicodeSets::alphabetic() const {
  CodePointSet set = cased_or_letter();
  for (const MarkRange& range : kAlphabeticMarks) set.add(range.first, range.last);
  set.normalize();
  return set;
}

CodePointSet UnicodeSets::cased_or_letter() const {
  return where([](const Run& run) {
    return ((kLetterCategories | kNl) >> run.category & 1) != 0 || run.lowercase || run.uppercase;
  });
}

CodePointSet UnicodeSets::word(bool joiners) const {
  CodePointSet set = categories(kMarkCategories | kNd | kPc);
  set.add(cased_or_letter());
  if (joiners) set.add(0x200C, 0x200D);
  set.normalize();
  return set;
}

std::optional<CodePointSet> UnicodeSets::posix(std::string_view name) const {
  const std::string key = loose_name(name);
  const CodePointSet blank = [this] {
    CodePointSet set = categories(category_bit(Category::kSpaceSeparator));
    set.add('\t', '\t');
    set.normalize();
    return set;
  }();
  if (key == "alpha") return alphabetic();
  if (key == "digit") return categories(kNd);
  if (key == "alnum") {
    CodePointSet set = categories(kNd);
    set.add(alphabetic());
    set.normalize();
    return set;
  }
  if (key == "space") return white_space_;
  if (key == "blank") return blank;
  if (key == "upper") return where([](const Run& run) { return run.uppercase; });
  if (key == "lower") return where([](const Run& run) { return run.lowercase; });
  if (key == "punct") return categories(kPunctuationCategories | kSymbolCategories);
  if (key == "cntrl") return categories(category_bit(Category::kControl));
  if (key == "word") return word(false);
  if (key == "ascii") return CodePointSet(0, 0x7F);
  if (key == "xdigit") {
    CodePointSet set('0', '9');
    set.add('A', 'F');
    set.add('a', 'f');
    set.normalize();
    return set;
  }
  const CategorySet invisible = category_bit(Category::kControl) |
                                category_bit(Category::kSurrogate) |
                                category_bit(Category::kUnassigned);
  if (key == "graph" || key == "print") {
    CodePointSet set = categories(invisible);
    set.add(white_space_);
    set.normalize();
    set = set.complement();
    if (key == "print") set.add(categories(category_bit(Category::kSpaceSeparator)));
    set.normalize();
    return set;
  }
  return std::nullopt;
}

std::optional<CodePointSet> UnicodeSets::property(std::string_view name) const {
  // "gc=Lu", "Script=Greek", "sc:Grek" as Rust and ICU write it; or the value alone.
  const size_t sign = name.find_first_of("=:");
  std::string_view value = name;
  bool categories_too = true;
  if (sign != std::string_view::npos) {
    const std::string key = loose_name(name.substr(0, sign));
    value = name.substr(sign + 1);
    if (key == "sc" || key == "script") {
      categories_too = false;
    } else if (key != "gc" && key != "generalcategory") {
      return std::nullopt;
    }
  }
  if (categories_too) {
    const std::string key = loose_name(value);
    if (key == "any") return CodePointSet::everything();
    if (key == "assigned") return categories(category_bit(Category::kUnassigned)).complement();
    if (const auto set = find_categories(value)) return categories(*set);
    if (key == "whitespace") return white_space_;
    if (key == "alphabetic") return alphabetic();
    if (key == "lowercase") return posix("lower");
    if (key == "uppercase") return posix("upper");
    if (auto set = posix(key)) return set;
  }
  const auto wanted = script_of_name(value);
  if (!wanted) return categories_too ? binary_property(value) : std::nullopt;
  CodePointSet set;
  for (char32_t c = 0; c <= kMaxCodePoint; ++c) {
    if (script(c) != *wanted) continue;
    const char32_t first = c;
    while (c < kMaxCodePoint && script(c + 1) == *wanted) ++c;
    set.add(first, c);
  }
  return set;
}

void UnicodeSets::build_case_classes() {
  // Classes of what maps to each other; simple folding is the same relation but for the two i's
  // and three pairs of letters whose mappings are not simple.
  std::map<char32_t, char32_t> parent;
  const auto root = [&parent](char32_t c) {
    for (auto at = parent.find(c); at != parent.end() && at->second != c; at = parent.find(c)) {
      c = at->second;
    }
    return c;
  };
  const auto join = [&](char32_t a, char32_t b) {
    parent.try_emplace(a, a);
    parent.try_emplace(b, b);
    const char32_t ra = root(a), rb = root(b);
    if (ra != rb) parent[std::max(ra, rb)] = std::min(ra, rb);
  };
  for (const Run& run : runs_) {
    // Only these have case; ideographs and syllables are other letters without it.
    constexpr CategorySet kMayHaveCase =
        kLetterCategories | kMarkCategories | kNl | category_bit(Category::kOtherSymbol);
    if ((kMayHaveCase >> run.category & 1) == 0) continue;
    if (run.category == static_cast<uint8_t>(Category::kOtherLetter) && run.first >= 0x2E80) {
      continue;
    }
    for (char32_t c = run.first; c <= run.last; ++c) {
      if (folds_to_itself_only(c)) continue;
      const char32_t lower = simple_lowercase(c), upper = simple_uppercase(c);
      if (lower != c && !folds_to_itself_only(lower)) join(c, lower);
      if (upper != c && !folds_to_itself_only(upper)) join(c, upper);
    }
  }
  join(0x390, 0x1FD3);
  join(0x3B0, 0x1FE3);
  join(0xFB05, 0xFB06);
  std::map<char32_t, std::vector<char32_t>> classes;
  for (const auto& [c, unused] : parent) classes[root(c)].push_back(c);
  for (const auto& [unused, members] : classes) {
    for (const char32_t a : members) {
      for (const char32_t b : members) {
        if (a != b) case_pairs_.push_back({a, b});
      }
    }
  }
  std::sort(case_pairs_.begin(), case_pairs_.end());
}

void UnicodeSets::close_over_case(CodePointSet& set) {
  if (case_pairs_.empty()) build_case_classes();
  const std::vector<CodePointSet::Range> before = set.ranges();
  for (const CodePointSet::Range& range : before) {
    auto at = std::lower_bound(case_pairs_.begin(), case_pairs_.end(), CasePair{range.first, 0});
    for (; at != case_pairs_.end() && at->from <= range.last; ++at) set.add(at->to, at->to);
  }
  set.normalize();
}

uint16_t SetTable::find_or_add(const std::array<uint64_t, 4>& bits) {
  const auto known = std::find(blocks_.begin(), blocks_.end(), bits);
  if (known == blocks_.end()) {
    blocks_.push_back(bits);
    return static_cast<uint16_t>(blocks_.size() - 1);
  }
  return static_cast<uint16_t>(known - blocks_.begin());
}

SetTable::SetTable(const CodePointSet& set) {
  blocks_.push_back({});  // nothing
  blocks_.push_back({~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}});
  ill_formed_ = set.contains(kIllFormed);
  // Ranges come in order: whole blocks at once, and the block that is being filled bit by bit.
  std::array<uint64_t, 4> bits{};
  char32_t open_block = 0;
  const auto close = [&] {
    if (bits == blocks_[0]) return;
    index_[open_block] = find_or_add(bits);
    bits = {};
  };
  for (const auto& range : set.ranges()) {
    const char32_t end = std::min<char32_t>(range.last, kMaxCodePoint);
    for (char32_t c = range.first; c <= end;) {
      const char32_t block = c >> 8, last = std::min<char32_t>(end, c | 0xFF);
      if (block != open_block) {
        close();
        open_block = block;
      }
      if ((c & 0xFF) == 0 && (last & 0xFF) == 0xFF) {
        index_[block] = 1;
      } else {
        for (char32_t bit = c; bit <= last; ++bit) bits[bit >> 6 & 3] |= uint64_t{1} << (bit & 63);
      }
      c = last + 1;
    }
  }
  close();
  ascii_ = {blocks_[index_[0]][0], blocks_[index_[0]][1]};
  const auto lead = [this](unsigned char byte) { leads_[byte >> 6] |= uint64_t{1} << (byte & 63); };
  for (const auto& range : set.ranges()) {
    // Bytes of leads grow with the code point, so the ends of a range bound its leads.
    const char32_t end = std::min<char32_t>(range.last, kMaxCodePoint);
    if (range.first > end) continue;
    const auto lead_of = [](char32_t c) -> unsigned {
      return c < 0x80      ? c
             : c < 0x800   ? 0xC0 | c >> 6
             : c < 0x10000 ? 0xE0 | c >> 12
                           : 0xF0 | c >> 18;
    };
    for (unsigned byte = lead_of(range.first); byte <= lead_of(end); ++byte) {
      lead(static_cast<unsigned char>(byte));
    }
  }
  if (ill_formed_) {
    for (unsigned byte = 0x80; byte <= 0xFF; ++byte) lead(static_cast<unsigned char>(byte));
  }
}

}  // namespace tokrail::detail
