#include "tokenizers/added_tokens.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/prefix_scan.h"

namespace tokrail {
namespace {

/// \w of the Rust regex crate (UTS #18): Alphabetic, marks, decimal digits, connectors, joiners.
bool is_word_character(char32_t c) noexcept {
  const CategorySet categories = kLetterCategories | kMarkCategories |
                                 detail::category_bit(GeneralCategory::kDecimalNumber) |
                                 detail::category_bit(GeneralCategory::kLetterNumber) |
                                 detail::category_bit(GeneralCategory::kConnectorPunctuation);
  if (is_in(c, categories)) return true;
  // Join_Control, and the symbols that are Other_Alphabetic: circled and squared letters.
  return c == 0x200C || c == 0x200D || (c >= 0x24B6 && c <= 0x24E9) ||
         (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
         (c >= 0x1F170 && c <= 0x1F189);
}

bool touches_word(std::string_view text, size_t begin, size_t end) noexcept {
  const char* const data = text.data();
  if (begin > 0) {
    const Utf8Unit before = decode_utf8_before(data, data + begin);
    if (before.valid && is_word_character(before.code_point)) return true;
  }
  if (end < text.size()) {
    const Utf8Unit behind = decode_utf8(data + end, data + text.size());
    if (behind.valid && is_word_character(behind.code_point)) return true;
  }
  return false;
}

size_t skip_space(std::string_view text, size_t at) noexcept {
  while (at < text.size()) {
    const Utf8Unit unit = decode_utf8(text.data() + at, text.data() + text.size());
    if (!is_white_space(unit.code_point)) break;
    at += unit.length;
  }
  return at;
}

/// Start of the white space that ends at `at`, not before `lowest`.
size_t skip_space_back(std::string_view text, size_t at, size_t lowest) noexcept {
  while (at > lowest) {
    const Utf8Unit unit = decode_utf8_before(text.data(), text.data() + at);
    if (!is_white_space(unit.code_point) || at - unit.length < lowest) break;
    at -= unit.length;
  }
  return at;
}

}  // namespace

// ---------------------------------------------------------------- SpecialText

SpecialText SpecialText::allow_some(std::vector<TokenId> ids, bool forbid_others) {
  std::sort(ids.begin(), ids.end());
  return SpecialText(Mode::kAllowSome, std::move(ids), forbid_others);
}

bool SpecialText::allows(TokenId id) const noexcept {
  return mode_ == Mode::kAllowAll ||
         (mode_ == Mode::kAllowSome && std::binary_search(ids_.begin(), ids_.end(), id));
}

bool SpecialText::forbids(TokenId id) const noexcept {
  return mode_ == Mode::kForbid || (forbid_others_ && !allows(id));
}

// ---------------------------------------------------------------- the automaton

/// Aho-Corasick with sparse edges. The search enters it only at candidates of the scan and leaves
/// it when it is back at the root.
struct AddedTokenMatcher::Automaton {
  static constexpr uint32_t kRoot = 0;
  static constexpr uint32_t kNone = 0xFFFFFFFFu;

  struct Pattern {
    std::string spelling;
    TokenId id;
    bool single_word, lstrip, rstrip, special;
  };
  struct State {
    uint32_t first_edge = 0;
    uint32_t edge_count = 0;
    uint32_t fail = kRoot;
    uint32_t depth = 0;
    uint32_t pattern = kNone;  ///< the longest pattern that ends in this state
  };
  struct Hit {
    size_t begin, end;
    uint32_t pattern;
  };

  std::vector<Pattern> patterns;
  std::vector<State> states;
  std::vector<uint8_t> edge_bytes;
  std::vector<uint32_t> edge_targets;
  PrefixScan scan;
  AfterText after_text = AfterText::kEnd;

  void build();
  void link_failures();
  uint32_t child(uint32_t state, uint8_t byte) const noexcept;
  uint32_t step(uint32_t state, uint8_t byte) const noexcept;
  std::optional<Hit> find(std::string_view text, size_t from) const noexcept;
};

uint32_t AddedTokenMatcher::Automaton::child(uint32_t state, uint8_t byte) const noexcept {
  const State& s = states[state];
  const uint8_t* const first = edge_bytes.data() + s.first_edge;
  const uint8_t* const last = first + s.edge_count;
  const uint8_t* const at = std::lower_bound(first, last, byte);
  return at != last && *at == byte ? edge_targets[static_cast<size_t>(at - edge_bytes.data())]
                                   : kNone;
}

uint32_t AddedTokenMatcher::Automaton::step(uint32_t state, uint8_t byte) const noexcept {
  for (;;) {
    if (const uint32_t next = child(state, byte); next != kNone) return next;
    if (state == kRoot) return kRoot;
    state = states[state].fail;
  }
}

void AddedTokenMatcher::Automaton::build() {
  std::vector<std::map<uint8_t, uint32_t>> children(1);
  states.resize(1);
  for (uint32_t i = 0; i < patterns.size(); ++i) {
    uint32_t state = kRoot;
    for (const char c : patterns[i].spelling) {
      const auto byte = static_cast<uint8_t>(c);
      const auto fresh = static_cast<uint32_t>(states.size());
      const auto [at, is_new] = children[state].emplace(byte, fresh);
      const uint32_t depth = states[state].depth + 1;
      state = at->second;
      if (is_new) {
        states.push_back({0, 0, kRoot, depth, kNone});
        children.emplace_back();
      }
    }
    if (states[state].pattern == kNone) states[state].pattern = i;
  }
  for (uint32_t state = 0; state < states.size(); ++state) {
    states[state].first_edge = static_cast<uint32_t>(edge_bytes.size());
    states[state].edge_count = static_cast<uint32_t>(children[state].size());
    for (const auto& [byte, target] : children[state]) {
      edge_bytes.push_back(byte);
      edge_targets.push_back(target);
    }
  }
  link_failures();
  std::vector<std::string_view> spellings;
  for (const Pattern& pattern : patterns) spellings.emplace_back(pattern.spelling);
  scan = PrefixScan(spellings);
}

void AddedTokenMatcher::Automaton::link_failures() {
  std::vector<uint32_t> queue = {kRoot};
  for (size_t at = 0; at < queue.size(); ++at) {
    const uint32_t parent = queue[at];
    for (uint32_t i = 0; i < states[parent].edge_count; ++i) {
      const uint32_t edge = states[parent].first_edge + i;
      State& state = states[edge_targets[edge]];
      if (parent != kRoot) state.fail = step(states[parent].fail, edge_bytes[edge]);
      if (state.pattern == kNone) state.pattern = states[state.fail].pattern;
      queue.push_back(edge_targets[edge]);
    }
  }
}

std::optional<AddedTokenMatcher::Automaton::Hit> AddedTokenMatcher::Automaton::find(
    std::string_view text, size_t from) const noexcept {
  std::optional<Hit> best;
  uint32_t state = kRoot;
  for (size_t at = from;;) {
    if (state == kRoot) at = scan.find(text, at);
    if (at >= text.size()) return best;
    state = step(state, static_cast<uint8_t>(text[at++]));
    // What the automaton follows now began behind the best match: nothing can begin earlier.
    if (best && at - states[state].depth > best->begin) return best;
    const uint32_t pattern = states[state].pattern;
    if (pattern == kNone) continue;
    const size_t begin = at - patterns[pattern].spelling.size();
    if (!best || begin <= best->begin) best = Hit{begin, at, pattern};
  }
}

// ---------------------------------------------------------------- matcher and scanner

AddedTokenMatcher::AddedTokenMatcher() : AddedTokenMatcher({}, Stage::kAll) {}

AddedTokenMatcher::AddedTokenMatcher(std::span<const AddedToken> tokens, Stage stage,
                                     const Normalize& normalize, AfterText after_text) {
  auto automaton = std::make_shared<Automaton>();
  for (const AddedToken& token : tokens) {
    if (stage == Stage::kRaw && token.normalized) continue;
    if (stage == Stage::kNormalized && !token.normalized) continue;
    std::string spelling = token.normalized && normalize ? normalize(token.content) : token.content;
    if (spelling.empty()) continue;
    automaton->patterns.push_back({std::move(spelling), token.id, token.single_word, token.lstrip,
                                   token.rstrip, token.special});
  }
  automaton->after_text = after_text;
  automaton->build();
  automaton_ = std::move(automaton);
}

bool AddedTokenMatcher::empty() const noexcept {
  return automaton_->patterns.empty();
}

std::optional<AddedTokenMatch> AddedTokenScanner::next() {
  const AddedTokenMatcher::Automaton& automaton = *matcher_->automaton_;
  if (automaton.patterns.empty()) return std::nullopt;
  while (const auto hit = automaton.find(text_, search_)) {
    const auto& pattern = automaton.patterns[hit->pattern];
    search_ = hit->end;
    if (pattern.special && !policy_->allows(pattern.id)) {
      if (policy_->forbids(pattern.id)) {
        throw Error(ErrorCode::kTextRefused,
                    "the text contains the special token \"" + pattern.spelling +
                        "\", which this call does not allow",
                    "byte " + std::to_string(hit->begin));
      }
      if (automaton.after_text == AddedTokenMatcher::AfterText::kNextByte) search_ = hit->begin + 1;
      continue;
    }
    if (pattern.single_word && touches_word(text_, hit->begin, hit->end)) continue;
    AddedTokenMatch match = {hit->begin, hit->end, pattern.id};
    if (pattern.lstrip) {
      const size_t begin = skip_space_back(text_, match.begin, covered_);
      match.begin = std::min(std::max(begin, covered_), match.end);
    }
    if (pattern.rstrip) {
      // A long run that many tokens end in is walked once.
      if (match.end < space_begin_ || match.end > space_end_) {
        space_begin_ = match.end;
        space_end_ = skip_space(text_, match.end);
      }
      match.end = space_end_;
    }
    covered_ = match.end;
    return match;
  }
  search_ = text_.size();
  return std::nullopt;
}

std::vector<AddedTokenMatch> AddedTokenMatcher::find_all(std::string_view text,
                                                         const SpecialText& policy) const {
  std::vector<AddedTokenMatch> matches;
  AddedTokenScanner scanner(*this, text, policy);
  while (const auto match = scanner.next()) matches.push_back(*match);
  return matches;
}

std::vector<AddedTokenSegment> AddedTokenMatcher::split(std::string_view text,
                                                        const SpecialText& policy) const {
  std::vector<AddedTokenSegment> segments;
  size_t covered = 0;
  AddedTokenScanner scanner(*this, text, policy);
  while (const auto match = scanner.next()) {
    if (covered < match->begin) segments.push_back({covered, match->begin, std::nullopt});
    segments.push_back({match->begin, match->end, match->id});
    covered = match->end;
  }
  if (covered != text.size()) segments.push_back({covered, text.size(), std::nullopt});
  return segments;
}

}  // namespace tokrail
