#include "grammar/regex_file.h"

#include <string>

namespace tokrail {

namespace {

using Kind = RegexSet::Kind;

constexpr uint32_t kFixed = 3;  // kNothing, kEmpty, kAnything have their numbers everywhere

/// Builds expressions from what a file says. The constructors of RegexSet take any operands, so
/// whatever the file holds is some language; what is looked at here is that a small file cannot
/// make them work for long.
class RegexFileReader {
 public:
  RegexFileReader(FileReader& in, RegexSet& set) : in_(in), set_(set) {}

  std::vector<RegexId> read() {
    ids_ = {RegexSet::kNothing, RegexSet::kEmpty, RegexSet::kAnything};
    lengths_ = {0, 0, 0};
    const uint32_t count = in_.count(kLeastBytes);
    const size_t most = set_.size() + 4 * size_t{count} + 4096;
    for (uint32_t i = 0; i < count; ++i) {
      length_ = 0;
      ids_.push_back(expression());
      lengths_.push_back(length_);
      if (set_.size() > most) in_.fail("expressions in their final form");
    }
    return std::move(ids_);
  }

 private:
  static constexpr size_t kLeastBytes = 5;
  /// Bytes of literals that choices and intersections may compare, all together.
  static constexpr size_t kMostCompared = size_t{1} << 28;

  uint32_t operand_number() { return in_.below(ids_.size(), "an expression that came before"); }
  RegexId operand() { return ids_[operand_number()]; }

  RegexId expression() {
    switch (static_cast<Kind>(in_.number<uint8_t>())) {
      case Kind::kBytes: return bytes();
      case Kind::kLiteral: return literal();
      case Kind::kConcat: return concat();
      case Kind::kAlternate: return set_.alternate(list());
      case Kind::kIntersect: return set_.intersect(list());
      case Kind::kComplement: return set_.complement(operand());
      case Kind::kRepeat: {
        const RegexId what = operand();
        const uint32_t min = in_.u32(), max = in_.u32();
        if (min > max || min == RegexSet::kUnbounded) in_.fail("a repetition with min <= max");
        return set_.repeat(what, min, max);
      }
      default: in_.fail("a known kind of expression");
    }
  }

  RegexId bytes() {
    ByteSet set;
    for (unsigned word = 0; word < 4; ++word) {
      const auto bits = in_.number<uint64_t>();
      for (unsigned bit = 0; bit < 64; ++bit) {
        if ((bits >> bit & 1) != 0) set.add(static_cast<uint8_t>(word * 64 + bit));
      }
    }
    return set_.bytes(set);
  }

  bool is_single_byte(RegexId id) const {
    return set_.kind(id) == Kind::kBytes && set_.byte_set(id).single().has_value();
  }

  // Literals that meet were joined before they were written: joining them again and again would
  // copy their bytes each time.
  RegexId literal() {
    const std::string_view bytes = in_.text();
    const RegexId rest = operand();
    if (set_.kind(rest) == Kind::kLiteral || is_single_byte(rest)) {
      in_.fail("a literal that is not followed by another");
    }
    length_ = bytes.size();
    return set_.concat({set_.literal(bytes), rest});
  }

  RegexId concat() {
    const RegexId first = operand(), rest = operand();
    const Kind kind = set_.kind(first);
    if (kind == Kind::kConcat || kind == Kind::kLiteral || is_single_byte(first)) {
      in_.fail("a sequence that begins with neither a sequence nor a literal");
    }
    return set_.concat({first, rest});
  }

  std::vector<RegexId> list() {
    std::vector<RegexId> all(in_.count(sizeof(uint32_t)));
    for (RegexId& id : all) {
      const uint32_t number = operand_number();
      id = ids_[number];
      compared_ += lengths_[number];
    }
    if (compared_ > kMostCompared) in_.fail("choices of shorter literals");
    return all;
  }

  FileReader& in_;
  RegexSet& set_;
  std::vector<RegexId> ids_;
  std::vector<size_t> lengths_;  ///< bytes of literals
  size_t length_ = 0, compared_ = 0;
};

}  // namespace

RegexFileWriter::RegexFileWriter(const RegexSet& set, std::span<const RegexId> wanted) : set_(set) {
  for (const RegexId id : {RegexSet::kNothing, RegexSet::kEmpty, RegexSet::kAnything}) {
    numbers_[id] = id;
  }
  static_assert(RegexSet::kAnything == kFixed - 1);
  std::vector<RegexId> work;
  for (const RegexId root : wanted) {
    work.push_back(root);
    while (!work.empty()) {
      const RegexId id = work.back();
      if (numbers_.contains(id)) {
        work.pop_back();
        continue;
      }
      const size_t before = work.size();
      for (const RegexId part : set.operands(id)) {
        if (!numbers_.contains(part)) work.push_back(part);
      }
      if (work.size() > before) continue;
      work.pop_back();
      numbers_[id] = kFixed + static_cast<uint32_t>(order_.size());
      order_.push_back(id);
    }
  }
}

void RegexFileWriter::write(FileWriter& out) const {
  out.count(order_.size());
  for (const RegexId id : order_) write(out, id);
}

void RegexFileWriter::write(FileWriter& out, RegexId id) const {
  const Kind kind = set_.kind(id);
  out.number(static_cast<uint8_t>(kind));
  switch (kind) {
    case Kind::kBytes:
      for (const uint64_t word : set_.byte_set(id).words()) out.number(word);
      return;
    case Kind::kLiteral: out.text(set_.literal_bytes(id)); break;
    case Kind::kAlternate:
    case Kind::kIntersect: out.count(set_.operands(id).size()); break;
    default: break;
  }
  for (const RegexId part : set_.operands(id)) out.number(number(part));
  if (kind == Kind::kRepeat) {
    const auto [min, max] = set_.bounds(id);
    out.number(min);
    out.number(max);
  }
}

std::vector<RegexId> read_regex_file(FileReader& in, RegexSet& set) {
  return RegexFileReader(in, set).read();
}

}  // namespace tokrail
