#include "tokenizers/pretokenization/regex_matcher.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail::detail {
namespace {

using Op = RegexProgram::Op;
using Greed = RegexNode::Greed;

constexpr size_t kMostEntries = size_t{1} << 23;
constexpr uint64_t kMostBits = uint64_t{1} << 28;  // of one kind
constexpr uint32_t kUnset = 0xFFFFFFFFu;
// Steps per byte from which on failures are remembered, and from which on a text is given up.
constexpr uint64_t kSuspiciousSteps = 16, kFreeSteps = 8192;
constexpr uint64_t kHopelessSteps = 5000, kHopelessFreeSteps = 50'000'000;

}  // namespace

// ---------------------------------------------------------------- characters

inline uint32_t RegexMatcher::unit_length(uint32_t position) const {
  if (static_cast<unsigned char>(text_[position]) < 0x80) return 1;
  return decode_utf8(text_.data() + position, text_.data() + text_.size()).length;
}

inline uint32_t RegexMatcher::unit_in_set(const SetTable& set, uint32_t position) const {
  if (position == text_.size()) return 0;
  const auto byte = static_cast<unsigned char>(text_[position]);
  if (byte < 0x80) return set.has_ascii(byte) ? 1 : 0;
  const Utf8Unit unit = decode_utf8(text_.data() + position, text_.data() + text_.size());
  return set.contains(unit.valid ? unit.code_point : kIllFormed) ? unit.length : 0;
}

inline uint32_t RegexMatcher::before(uint32_t position) const {
  if (static_cast<unsigned char>(text_[position - 1]) < 0x80) return position - 1;
  return position - decode_utf8_before(text_.data(), text_.data() + position).length;
}

/// The end of at most `most` characters of the set; `known` is a place where to stop as well.
uint32_t RegexMatcher::scan(const SetTable& set, uint32_t position, uint32_t most,
                            uint32_t known) const {
  const auto size = static_cast<uint32_t>(text_.size());
  for (; most > 0 && position < size && position != known; --most) {
    const uint32_t length = unit_in_set(set, position);
    if (length == 0) break;
    position += length;
  }
  return position;
}

bool RegexMatcher::is_word_at(uint32_t position) const {
  return unit_in_set(program_.sets[program_.word_set], position) != 0;
}

bool RegexMatcher::is_word_before(uint32_t position) const {
  return position > 0 && is_word_at(before(position));
}

bool RegexMatcher::assertion_holds(RegexAssertion assertion, uint32_t position) const {
  const size_t size = text_.size();
  switch (assertion) {
    case RegexAssertion::kTextBegin: return position == 0;
    case RegexAssertion::kTextEnd: return position == size;
    case RegexAssertion::kTextEndOrFinalNewline:
      return position == size || (position + 1 == size && text_[position] == '\n');
    case RegexAssertion::kLineBegin: return position == 0 || text_[position - 1] == '\n';
    case RegexAssertion::kLineBeginNotAtEnd:
      return position == 0 || (position < size && text_[position - 1] == '\n');
    case RegexAssertion::kLineEnd: return position == size || text_[position] == '\n';
    case RegexAssertion::kWordBoundary: return is_word_before(position) != is_word_at(position);
    case RegexAssertion::kNotWordBoundary: return is_word_before(position) == is_word_at(position);
    case RegexAssertion::kSearchBegin: return position == start_;
  }
  return false;
}

bool RegexMatcher::back_reference(const Instruction& in, uint32_t& position) const {
  const uint32_t begin = registers_[in.a], end = registers_[in.a + 1];
  if (begin == kUnset || end == kUnset || end < begin) return false;
  const std::string_view wanted = text_.substr(begin, end - begin);
  if (!in.ignore_case) {
    if (!text_.substr(position).starts_with(wanted)) return false;
    position += end - begin;
    return true;
  }
  uint32_t at = position;
  for (const auto& [unused, unit] : utf8_units(wanted)) {
    if (at == text_.size()) return false;
    const Utf8Unit here = decode_utf8(text_.data() + at, text_.data() + text_.size());
    if (here.valid != unit.valid ||
        simple_lowercase(here.code_point) != simple_lowercase(unit.code_point)) {
      return false;
    }
    at += here.length;
  }
  position = at;
  return true;
}

// ---------------------------------------------------------------- bookkeeping

void RegexMatcher::push(Entry entry) {
  if (stack_.size() == kMostEntries) {
    throw Error(ErrorCode::kBudgetExhausted, "this text needs too much memory to match",
                "regular expression " + quoted_pattern(pattern_));
  }
  entry.trail = static_cast<uint32_t>(trail_.size());
  stack_.push_back(entry);
}

inline void RegexMatcher::count_step() {
  if (++steps_ < remember_at_) return;
  if (steps_ >= most_steps_) {
    throw Error(ErrorCode::kBudgetExhausted, "this text needs too many steps to match",
                "regular expression " + quoted_pattern(pattern_));
  }
  if (program_.memos > 0 && !remembering_) start_remembering();
  remember_at_ = most_steps_;
}

void RegexMatcher::start_remembering() {
  remembering_ = true;
  window_begin_ = start_;
  const uint64_t positions = text_.size() + 1 - start_;
  window_size_ = static_cast<uint32_t>(std::min(positions, kMostBits / program_.memos));
  const size_t words = (uint64_t{window_size_} * program_.memos + 63) / 64;
  failed_.assign(words, 0);
  if (program_.has_looks) succeeded_.assign(words, 0);
}

RegexMatcher::Fate RegexMatcher::enter_state(uint32_t memo, uint32_t position, Mode mode) {
  // A look-behind asks for a match that ends somewhere: other questions, other answers.
  if (mode == Mode::kLookBehind || memo == RegexProgram::kNoMemo) return Fate::kUnknown;
  if (position < window_begin_ || position - window_begin_ >= window_size_) return Fate::kUnknown;
  const uint32_t state = (position - window_begin_) * program_.memos + memo;
  uint64_t& word = failed_[state >> 6];
  const uint64_t bit = uint64_t{1} << (state & 63);
  if ((word & bit) != 0) return Fate::kFailed;
  if (mode == Mode::kLookAhead && (succeeded_[state >> 6] & bit) != 0) return Fate::kSucceeded;
  // Until it turns out otherwise; the trail knows it to be open.
  word |= bit;
  trail_.push_back(state);
  return Fate::kUnknown;
}

void RegexMatcher::settle_success(size_t trail_base, Mode mode) {
  for (size_t i = trail_base; i < trail_.size(); ++i) {
    const uint64_t bit = uint64_t{1} << (trail_[i] & 63);
    failed_[trail_[i] >> 6] &= ~bit;
    if (mode == Mode::kLookAhead) succeeded_[trail_[i] >> 6] |= bit;
  }
  trail_.resize(trail_base);
}

void RegexMatcher::save_register(uint32_t slot, uint32_t value) {
  push({slot, Entry::kRestore, registers_[slot], 0, 0});
  registers_[slot] = value;
}

// ---------------------------------------------------------------- choices

bool RegexMatcher::try_split(const Instruction& in, uint32_t at, uint32_t position,
                             uint32_t& next) {
  const size_t byte =
      position < text_.size() ? static_cast<unsigned char>(text_[position]) : size_t{256};
  uint32_t branches = program_.dispatch[in.c][byte];
  if (branches == 0) return false;
  next = program_.branches[in.a + static_cast<uint32_t>(std::countr_zero(branches))];
  branches &= branches - 1;
  if (branches != 0) push({at, branches, position, 0, 0});
  return true;
}

/// Where the longest run of the span from here ends.
uint32_t RegexMatcher::span_end(const Instruction& in, uint32_t position) {
  const SetTable& set = program_.sets[in.a];
  if (in.c != kUnboundedRepeat) return scan(set, position, in.c, kUnset);
  SpanMemory& memory = spans_[in.d];
  if (position >= memory.run_begin && position <= memory.run_end) return memory.run_end;
  // A run that reaches the known one goes on to its end.
  const uint32_t end = scan(set, position, in.c, memory.run_begin);
  if (end != memory.run_begin) memory.run_end = end;
  memory.run_begin = position;
  return memory.run_end;
}

bool RegexMatcher::try_span(const Instruction& in, uint32_t at, uint32_t& position, Mode mode) {
  const SetTable& set = program_.sets[in.a];
  const uint32_t begin = position;
  const bool lazy = in.greed == Greed::kLazy;
  const uint32_t end = lazy ? scan(set, begin, in.b, kUnset) : span_end(in, begin);
  uint32_t low = begin;
  for (uint32_t i = 0; i < in.b; ++i) {
    if (low == end) return false;
    low += unit_length(low);
  }
  if (in.greed == Greed::kPossessive || (!lazy && low == end)) {
    position = end;
    return true;
  }
  const SpanMemory& memory = spans_[in.d];
  const bool known = knows_failures(in, mode);
  if (lazy) {
    if (known && low >= memory.failed_from && low <= memory.failed_to) return false;
    push({at, Entry::kLazySpan, low, in.c == kUnboundedRepeat ? low : in.c - in.b, 0});
    position = low;
    return true;
  }
  if (known && end == memory.failed_to && memory.failed_from <= end) {
    if (low >= memory.failed_from) return false;
    // From failed_from on there is nothing to be found; begin below.
    push({at, Entry::kGreedySpan, memory.failed_from, low, 0});
    return false;
  }
  push({at, Entry::kGreedySpan, end, low, 0});
  position = end;
  return true;
}

/// Gives one more character back, or as many as it takes to where the rest can begin.
bool RegexMatcher::retry_greedy_span(Entry& entry, uint32_t& position) {
  const Instruction& in = program_.code[entry.at];
  const FirstBytes& first = program_.first[in.next];
  uint32_t at = entry.position;
  while (at > entry.limit) {
    at = before(at);
    if (!first.has(static_cast<unsigned char>(text_[at]))) continue;
    entry.position = position = at;
    return true;
  }
  return false;
}

bool RegexMatcher::retry_lazy_span(Entry& entry, uint32_t& position, bool known) {
  const Instruction& in = program_.code[entry.at];
  const FirstBytes& first = program_.first[in.next];
  const SetTable& set = program_.sets[in.a];
  const SpanMemory& memory = spans_[in.d];
  const bool bounded = in.c != kUnboundedRepeat;
  while (!bounded || entry.limit > 0) {
    const uint32_t length = unit_in_set(set, entry.position);
    if (length == 0) return false;
    entry.position += length;
    if (bounded) --entry.limit;
    if (known && entry.position >= memory.failed_from && entry.position <= memory.failed_to) {
      entry.position = memory.failed_to;
      return false;
    }
    const bool possible = entry.position == text_.size()
                              ? first.at_end
                              : first.has(static_cast<unsigned char>(text_[entry.position]));
    if (!possible) continue;
    position = entry.position;
    return true;
  }
  return false;
}

/// Every way to go on after the span has failed: remember where.
void RegexMatcher::note_failed_span(const Entry& entry) {
  SpanMemory& memory = spans_[program_.code[entry.at].d];
  if (entry.branches == Entry::kLazySpan) {
    memory.failed_from = entry.limit;
    memory.failed_to = entry.position;
  } else if (memory.run_begin <= entry.limit && entry.limit <= memory.run_end) {
    memory.failed_from = entry.limit;
    memory.failed_to = memory.run_end;
  }
}

/// Whether what failed behind a span holds for other attempts too.
bool RegexMatcher::knows_failures(const Instruction& in, Mode mode) {
  return in.c == kUnboundedRepeat && in.memo != RegexProgram::kNoMemo && mode != Mode::kLookBehind;
}

/// Goes on with what waits above `base`; false when nothing is left there.
bool RegexMatcher::backtrack(size_t base, Mode mode, uint32_t& at, uint32_t& position) {
  while (stack_.size() > base) {
    count_step();
    Entry& entry = stack_.back();
    trail_.resize(std::min<size_t>(trail_.size(), entry.trail));
    if (entry.branches == Entry::kRestore) {
      registers_[entry.at] = entry.position;
      stack_.pop_back();
      continue;
    }
    const Instruction& in = program_.code[entry.at];
    if (in.op == Op::kSplit) {
      at = program_.branches[in.a + static_cast<uint32_t>(std::countr_zero(entry.branches))];
      position = entry.position;
      entry.branches &= entry.branches - 1;
      if (entry.branches == 0) stack_.pop_back();
      return true;
    }
    const bool known = knows_failures(in, mode);
    const bool greedy = entry.branches == Entry::kGreedySpan;
    if (greedy ? retry_greedy_span(entry, position) : retry_lazy_span(entry, position, known)) {
      at = in.next;
      return true;
    }
    if (known) note_failed_span(entry);
    stack_.pop_back();
  }
  return false;
}

// ---------------------------------------------------------------- programs inside the program

bool RegexMatcher::try_look(const Instruction& in, uint32_t position) {
  const std::vector<uint32_t> registers = registers_;
  const bool found = in.behind ? look_behind(in, position) : run(in.a, position, Mode::kLookAhead);
  if (found && !in.negated) {
    // What was captured inside holds outside, until the matcher goes back over this.
    for (uint32_t slot = 0; slot < registers.size(); ++slot) {
      if (registers_[slot] == registers[slot]) continue;
      push({slot, Entry::kRestore, registers[slot], 0, 0});
    }
  } else if (!registers.empty()) {
    registers_ = registers;
  }
  return found != in.negated;
}

bool RegexMatcher::look_behind(const Instruction& in, uint32_t position) {
  uint32_t begin = position;
  for (uint32_t back = 0;; ++back) {
    if (back >= in.b && run(in.a, begin, Mode::kLookBehind, position)) return true;
    if (back == in.c || begin == 0) return false;
    begin = before(begin);
    count_step();
  }
}

bool RegexMatcher::try_atomic(const Instruction& in, uint32_t& position, Mode mode) {
  const std::vector<uint32_t> registers = registers_;
  // A look-behind's end may lie inside the group's reach, so nothing is remembered there either.
  const Mode inner = mode == Mode::kLookBehind ? Mode::kLookBehind : Mode::kAtomic;
  if (!run(in.a, position, inner, kUnset)) return false;
  position = end_;
  for (uint32_t slot = 0; slot < registers.size(); ++slot) {
    if (registers_[slot] != registers[slot]) push({slot, Entry::kRestore, registers[slot], 0, 0});
  }
  return true;
}

// ---------------------------------------------------------------- the machine

/// Matches the program at `at` from `position`; end_ is where the match ends. In a look-behind the
/// match has to end at `target` (kUnset: anywhere).
bool RegexMatcher::run(uint32_t at, uint32_t position, Mode mode, uint32_t target) {
  const size_t base = stack_.size(), trail_base = trail_.size();
  for (;;) {
    const Instruction& in = program_.code[at];
    bool ok = true;
    uint32_t next = in.next;
    if (remembering_ && in.memo != RegexProgram::kNoMemo) {
      const Fate fate = enter_state(in.memo, position, mode);
      if (fate == Fate::kSucceeded) {
        settle_success(trail_base, mode);
        stack_.resize(base);
        return true;
      }
      ok = fate != Fate::kFailed;
    }
    if (ok) {
      switch (in.op) {
        case Op::kMatch:
          if (mode == Mode::kLookBehind && target != kUnset && position != target) {
            ok = false;
            break;
          }
          settle_success(trail_base, mode);
          stack_.resize(base);
          end_ = position;
          return true;
        case Op::kText: {
          const std::string_view wanted(program_.texts.data() + in.a, in.b);
          ok = text_.substr(position).starts_with(wanted);
          position += in.b;
          break;
        }
        case Op::kSet: {
          const uint32_t length = unit_in_set(program_.sets[in.a], position);
          ok = length != 0;
          position += length;
          break;
        }
        case Op::kSpan: ok = try_span(in, at, position, mode); break;
        case Op::kSplit:
          count_step();
          ok = try_split(in, at, position, next);
          break;
        case Op::kLook: ok = try_look(in, position); break;
        case Op::kAtomic: ok = try_atomic(in, position, mode); break;
        case Op::kAssertion:
          ok = assertion_holds(static_cast<RegexAssertion>(in.a), position);
          break;
        case Op::kSave: save_register(in.a, position); break;
        case Op::kProgress:
          if (registers_[in.a] == position) next = in.b;
          break;
        case Op::kBackReference: ok = back_reference(in, position); break;
        case Op::kGrapheme:
          ok = position < text_.size();
          if (ok) position = static_cast<uint32_t>(next_grapheme(text_, position));
          break;
      }
    }
    if (ok) {
      at = next;
    } else if (!backtrack(base, mode, at, position)) {
      trail_.resize(trail_base);
      return false;
    }
  }
}

void RegexMatcher::begin_text(std::string_view text) {
  if (text.size() >= kUnset - 1) {
    throw Error(ErrorCode::kUnsupported, "texts of 4 GiB and more cannot be searched",
                "regular expression " + quoted_pattern(pattern_));
  }
  text_ = text;
  stack_.clear();
  trail_.clear();
  registers_.assign(program_.registers, kUnset);
  spans_.assign(program_.spans, {});
  remembering_ = false;
  steps_ = 0;
  most_steps_ = kHopelessFreeSteps + kHopelessSteps * text.size();
}

void RegexMatcher::begin_attempt() {
  stack_.clear();
  trail_.clear();
  std::fill(registers_.begin(), registers_.end(), kUnset);
  if (!remembering_) {
    remember_at_ = std::min(most_steps_, kSuspiciousSteps * start_ + kFreeSteps);
  } else if (start_ - window_begin_ > window_size_ / 2 &&
             window_begin_ + window_size_ <= text_.size()) {
    start_remembering();
  }
}

void RegexMatcher::find_all(std::string_view text, std::vector<TextRange>& out) {
  begin_text(text);
  const FirstBytes& first = program_.first[program_.start];
  const auto size = static_cast<uint32_t>(text.size());
  uint32_t last_end = kUnset;
  for (uint32_t at = 0; at <= size;) {
    const bool possible =
        at < size ? first.has(static_cast<unsigned char>(text[at])) : first.at_end;
    if (possible) {
      start_ = at;
      begin_attempt();
      if (run(program_.start, at, Mode::kSearch) && !(end_ == at && last_end == at)) {
        out.push_back({at, end_});
        at = last_end = end_;
        continue;
      }
    }
    at += at < size ? unit_length(at) : 1;
  }
}

}  // namespace tokrail::detail
