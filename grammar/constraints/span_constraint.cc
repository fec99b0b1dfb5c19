#include "grammar/constraints/span_constraint.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "grammar/constraints/suffix_automaton.h"

namespace tokrail {

namespace {

bool is_word(const Utf8Unit& unit) {
  return unit.valid &&
         (is_letter(unit.code_point) || is_mark(unit.code_point) || is_number(unit.code_point) ||
          general_category(unit.code_point) == GeneralCategory::kConnectorPunctuation);
}

/// Offsets where a span may begin and end, both ends of the text included.
std::vector<uint32_t> edges_of(std::string_view text, const SpanOptions& span) {
  std::vector<uint32_t> edges;
  if (span.edges == SpanEdges::kBytes) return edges;
  const auto size = static_cast<uint32_t>(text.size());
  if (span.edges == SpanEdges::kGiven) {
    edges = span.offsets;
    if (!std::ranges::is_sorted(edges) || (!edges.empty() && edges.back() > size)) {
      throw Error(ErrorCode::kInvalidArgument, "expected ascending offsets inside of the text");
    }
    edges.insert(edges.begin(), 0);
    edges.push_back(size);
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
  }
  bool word_before = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Unit unit = decode_utf8(text.data() + at, text.data() + text.size());
    const bool word = span.edges == SpanEdges::kWords && is_word(unit);
    if (!(word && word_before)) edges.push_back(static_cast<uint32_t>(at));
    word_before = word;
    at += unit.valid ? unit.length : 1;
  }
  edges.push_back(size);
  return edges;
}

/// The states that the bytes so far lead to: one, or several where edges of the same bytes differ
/// from place to place.
using States = std::vector<uint32_t>;

/// place: up to two states of the automaton, behind the last byte and before an edge that may
/// follow; kept: all of them, where they are more. count: bytes taken, as far as they matter.
class SpanLanguage final : public TextLanguage {
 public:
  SpanLanguage(std::string_view text, const SpanOptions& span)
      : marked_(span.edges != SpanEdges::kBytes),
        min_bytes_(std::max<size_t>(1, span.min_bytes)),
        may_be_empty_(span.may_be_empty),
        automaton_(checked(text, span), edges_of(text, span)) {}

  State start() const override {
    const uint32_t first = marked_ ? automaton_.next(SuffixAutomaton::kRoot, SuffixAutomaton::kMark)
                                   : SuffixAutomaton::kRoot;
    return pack({first}, 0);
  }

  bool step(State& state, uint8_t byte) const override {
    // Nearly always there is one state.
    States next;
    const size_t count = state.count + 1;
    for_each_state(state, [&](uint32_t from) {
      add(automaton_.next(from, byte), count, next);
      if (const uint32_t marked = behind_mark(from); marked != SuffixAutomaton::kNone) {
        add(automaton_.next(marked, byte), count, next);
      }
    });
    if (next.empty()) return false;
    state = pack(std::move(next), std::min(count, min_bytes_));
    return true;
  }

  bool is_complete(const State& state) const override {
    if (state.count == 0) return may_be_empty_;
    return state.count >= min_bytes_ && bytes_to_edge(state) == 0;
  }

  ByteSet next_bytes(const State& state) const override {
    ByteSet bytes;
    for_each_state(state, [&](uint32_t from) {
      bytes |= automaton_.next_bytes(from);
      if (const uint32_t marked = behind_mark(from); marked != SuffixAutomaton::kNone) {
        bytes |= automaton_.next_bytes(marked);
      }
    });
    if (state.count + 1 >= min_bytes_) return bytes;
    ByteSet enough;
    bytes.for_each([&](uint8_t byte) {
      State behind = state;
      if (step(behind, byte)) enough.add(byte);
    });
    return enough;
  }

  Shortest shortest(const State& state) const override {
    if (is_complete(state)) return {0, 0};
    const size_t missing = state.count < min_bytes_ ? min_bytes_ - state.count : 0;
    if (!marked_) return {missing, missing};
    const size_t to_edge = bytes_to_edge(state);
    if (missing == 0) return {to_edge, to_edge};
    size_t longest = 0;
    for_each_state(
        state, [&](uint32_t from) { longest = std::max(longest, automaton_.bytes_left(from)); });
    return {std::max(missing, to_edge), longest};
  }
  size_t shortest_limit() const override {
    return marked_ ? min_bytes_ + automaton_.longest_to_mark() : min_bytes_;
  }

 private:
  static std::string_view checked(std::string_view text, const SpanOptions& span) {
    if (text.size() > SuffixAutomaton::kMostSymbols / 2) {
      throw Error(ErrorCode::kUnsupported, "a text for spans has at most 128 MiB");
    }
    const size_t least = std::max<size_t>(1, span.min_bytes);
    if (text.size() < least && !(span.may_be_empty && span.min_bytes <= 1)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "expected a text of at least " + std::to_string(least) +
                      " bytes to take spans of, got " + std::to_string(text.size()));
    }
    return text;
  }

  static constexpr uint32_t kNone = SuffixAutomaton::kNone;

  template <typename Visit>
  static void for_each_state(const State& state, Visit visit) {
    if (state.kept) {
      for (const uint32_t one : *static_cast<const States*>(state.kept.get())) visit(one);
      return;
    }
    visit(static_cast<uint32_t>(state.place));
    if (const auto other = static_cast<uint32_t>(state.place >> 32); other != kNone) visit(other);
  }
  static State pack(States states, size_t count) {
    if (states.size() > 2) return {0, count, std::make_shared<const States>(std::move(states))};
    std::ranges::sort(states);
    const uint32_t other = states.size() == 2 ? states[1] : kNone;
    return {uint64_t{other} << 32 | states[0], count, nullptr};
  }
  uint32_t behind_mark(uint32_t state) const {
    return marked_ ? automaton_.next(state, SuffixAutomaton::kMark) : kNone;
  }
  void add(uint32_t state, size_t count, States& to) const {
    if (state == kNone || count + automaton_.bytes_left(state) < min_bytes_) return;
    if (std::ranges::find(to, state) == to.end()) to.push_back(state);
  }
  size_t bytes_to_edge(const State& state) const {
    if (!marked_) return 0;
    size_t bytes = SuffixAutomaton::kNone;
    for_each_state(state,
                   [&](uint32_t from) { bytes = std::min(bytes, automaton_.bytes_to_mark(from)); });
    return bytes;
  }

  bool marked_;
  size_t min_bytes_;
  bool may_be_empty_;
  SuffixAutomaton automaton_;
};

}  // namespace

SpanConstraint::SpanConstraint(std::shared_ptr<const Vocabulary> vocabulary, std::string_view text,
                               SpanOptions span, TextConstraintOptions options)
    : TextConstraint(std::move(vocabulary), std::make_shared<SpanLanguage>(text, span),
                     std::move(options)) {}

}  // namespace tokrail
