// The syntax tree of a regular expression as a RegexSet expression.
//
// What anchors mean depends on where a part of the pattern stands in the string: whether it begins
// where the string does, and whether it ends there. A part with anchors is therefore four
// expressions, one for each case; a part without is one. More cases being true only adds strings,
// so the four of a sequence are unions of products of those of its parts.
#include "grammar/frontends/regex_notation.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "grammar/frontends/regex_characters.h"
#include "grammar/frontends/regex_syntax.h"

namespace tokrail {
namespace {

using Kind = RegexSyntaxNode::Kind;
using Ranges = std::vector<CodePointRange>;

/// The strings of a part by [begins at the beginning][ends at the end].
struct Variants {
  std::array<std::array<RegexId, 2>, 2> at;

  explicit Variants(RegexId all) : at{{{all, all}, {all, all}}} {}
  bool same() const { return at[0][0] == at[0][1] && at[0][0] == at[1][0] && at[0][0] == at[1][1]; }
};

struct RangesLess {
  bool operator()(const Ranges& a, const Ranges& b) const {
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
          return std::pair(x.first, x.last) < std::pair(y.first, y.last);
        });
  }
};

Ranges scalar_values(const detail::CodePointSet& set) {
  static constexpr std::pair<char32_t, char32_t> kParts[] = {{0, 0xD7FF}, {0xE000, 0x10FFFF}};
  Ranges out;
  for (const auto& range : set.ranges()) {
    for (const auto& [low, high] : kParts) {
      const char32_t first = std::max(range.first, low), last = std::min(range.last, high);
      if (first <= last) out.push_back({first, last});
    }
  }
  return out;
}

using SpelledSets = std::map<Ranges, RegexId, RangesLess>;

class Lowering {
 public:
  Lowering(RegexSet& set, const RegexSyntax& syntax, const RegexOptions& options,
           SpelledSets& spelled)
      : set_(set), syntax_(syntax), options_(options), spelled_(spelled) {}

  RegexId run() {
    // Children come before their parents. Characters are looked at by their parents.
    values_.reserve(syntax_.nodes.size());
    for (const RegexSyntaxNode& node : syntax_.nodes) values_.push_back(lower(node));
    Variants whole = value(static_cast<uint32_t>(syntax_.nodes.size() - 1));
    if (options_.search) {
      const Variants any(set_.star(spelled(Ranges{{0, 0x10FFFF}})));
      whole = join(any, join(whole, any));
    }
    return whole.at[1][1];
  }

 private:
  Variants lower(const RegexSyntaxNode& node) {
    switch (node.kind) {
      case Kind::kCharacter: return Variants(RegexSet::kNothing);
      case Kind::kSet: return Variants(spelled(scalar_values(syntax_.sets[node.value])));
      case Kind::kStart: {
        Variants out(RegexSet::kNothing);
        out.at[1] = {RegexSet::kEmpty, RegexSet::kEmpty};
        return out;
      }
      case Kind::kEnd: {
        Variants out(RegexSet::kNothing);
        out.at[0][1] = out.at[1][1] = RegexSet::kEmpty;
        return out;
      }
      case Kind::kSequence: return sequence(syntax_.children(node));
      case Kind::kChoice: return choice(syntax_.children(node));
      case Kind::kRepeat: return repeat(value(syntax_.children(node)[0]), node.min, node.max);
    }
    return Variants(RegexSet::kNothing);
  }

  Variants value(uint32_t index) {
    const RegexSyntaxNode& node = syntax_.nodes[index];
    return node.kind == Kind::kCharacter ? Variants(character(node.value)) : values_[index];
  }

  RegexId character(char32_t c) { return spelled(scalar_values(detail::CodePointSet(c, c))); }

  RegexId spelled(Ranges ranges) {
    if (ranges.empty()) return RegexSet::kNothing;
    const auto known = spelled_.find(ranges);
    if (known != spelled_.end()) return known->second;
    const RegexId id =
        options_.spelling ? options_.spelling(set_, ranges) : set_.characters(ranges);
    spelled_.emplace(std::move(ranges), id);
    return id;
  }

  /// The characters from `from` on that stand for their bytes, as one literal.
  std::string run_of_characters(std::span<const uint32_t> children, size_t from) const {
    std::string bytes;
    for (; from < children.size() && !options_.spelling; ++from) {
      const RegexSyntaxNode& node = syntax_.nodes[children[from]];
      if (node.kind != Kind::kCharacter || !is_scalar_value(node.value)) break;
      append_utf8(node.value, bytes);
    }
    return bytes;
  }

  Variants sequence(std::span<const uint32_t> children) {
    std::vector<Variants> parts;
    std::vector<RegexId> plain;  // the parts without anchors since the last with some
    const auto close = [&] {
      if (!plain.empty()) parts.emplace_back(set_.concat(plain));
      plain.clear();
    };
    for (size_t i = 0; i < children.size(); ++i) {
      if (const std::string bytes = run_of_characters(children, i); !bytes.empty()) {
        plain.push_back(set_.literal(bytes));
        i += count_code_points(bytes) - 1;
        continue;
      }
      const Variants part = value(children[i]);
      if (part.same()) {
        plain.push_back(part.at[0][0]);
      } else {
        close();
        parts.push_back(part);
      }
    }
    close();
    if (parts.empty()) return Variants(RegexSet::kEmpty);
    Variants whole = parts.back();
    for (size_t i = parts.size() - 1; i-- > 0;) whole = join(parts[i], whole);
    return whole;
  }

  Variants join(const Variants& a, const Variants& b) {
    if (a.same() && b.same()) return Variants(set_.concat(a.at[0][0], b.at[0][0]));
    Variants out(RegexSet::kNothing);
    for (int s = 0; s < 2; ++s) {
      for (int e = 0; e < 2; ++e) {
        std::vector<RegexId> ways = {set_.concat(a.at[s][0], b.at[0][e])};
        // Where one of them is empty the other stands at both ends.
        if (set_.is_nullable(a.at[s][0])) ways.push_back(b.at[s][e]);
        if (set_.is_nullable(b.at[0][e])) ways.push_back(a.at[s][e]);
        if (set_.is_nullable(a.at[s][e]) && set_.is_nullable(b.at[s][e])) {
          ways.push_back(RegexSet::kEmpty);
        }
        if (b.at[s][e] == b.at[0][e] && a.at[s][e] == a.at[s][0]) ways.resize(1);
        out.at[s][e] = set_.alternate(ways);
      }
    }
    return out;
  }

  Variants choice(std::span<const uint32_t> children) {
    Variants out(RegexSet::kNothing);
    std::array<std::vector<RegexId>, 4> choices;
    bool same = true;
    for (const uint32_t child : children) {
      const Variants part = value(child);
      same = same && part.same();
      for (size_t i = 0; i < 4; ++i) choices[i].push_back(part.at[i / 2][i % 2]);
    }
    if (same) return Variants(set_.alternate(choices[0]));
    for (size_t i = 0; i < 4; ++i) out.at[i / 2][i % 2] = set_.alternate(choices[i]);
    return out;
  }

  Variants repeat(const Variants& body, uint32_t min, uint32_t max) {
    if (body.same()) return Variants(set_.repeat(body.at[0][0], min, max));
    if (max == 0) return Variants(RegexSet::kEmpty);
    Variants out(RegexSet::kNothing);
    for (int s = 0; s < 2; ++s) {
      for (int e = 0; e < 2; ++e) {
        // Rounds without a byte can stand before the first round with some, or behind the last.
        const RegexId alone = body.at[s][e], first = body.at[s][0], last = body.at[0][e];
        const bool padded = set_.is_nullable(first) || set_.is_nullable(last);
        const uint32_t least = padded ? 0 : min;
        std::vector<RegexId> ways;
        if (min == 0 || set_.is_nullable(alone)) ways.push_back(RegexSet::kEmpty);
        if (least <= 1) ways.push_back(alone);
        if (max >= 2) {
          const uint32_t inner = max == RegexSet::kUnbounded ? max : max - 2;
          const RegexId middle = set_.repeat(body.at[0][0], least < 2 ? 0 : least - 2, inner);
          ways.push_back(set_.concat({first, middle, last}));
        }
        out.at[s][e] = set_.alternate(ways);
      }
    }
    return out;
  }

  RegexSet& set_;
  const RegexSyntax& syntax_;
  const RegexOptions& options_;
  std::vector<Variants> values_;
  SpelledSets& spelled_;
};

}  // namespace

struct RegexReader::Impl {
  RegexSet& set;
  RegexCharacters characters = {};
  SpelledSets in_utf8 = {};
};

RegexReader::RegexReader(RegexSet& set) : impl_(new Impl{set}) {}
RegexReader::~RegexReader() = default;
RegexReader::RegexReader(RegexReader&&) noexcept = default;
RegexReader& RegexReader::operator=(RegexReader&&) noexcept = default;

RegexId RegexReader::read(std::string_view pattern, const RegexOptions& options) {
  const RegexSyntax syntax = parse_regex_syntax(pattern, options, impl_->characters);
  SpelledSets spelled;  // what another pattern's spelling made is of no use here
  return Lowering(impl_->set, syntax, options, options.spelling ? spelled : impl_->in_utf8).run();
}

RegexId parse_regex(RegexSet& set, std::string_view pattern, const RegexOptions& options) {
  return RegexReader(set).read(pattern, options);
}

}  // namespace tokrail
