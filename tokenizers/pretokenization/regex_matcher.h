// Runs a RegexProgram over texts: backtracking that remembers what failed.
//
// Whether the rest of a pattern matches from a choice at a position does not depend on how the
// matcher came there (no back references), so each such state is explored at most once:
//   - a span (a repeated class) keeps the last interval of positions from which going on failed;
//   - once a text takes suspiciously many steps, a bit per state says that it failed, or, inside
//     look-around, that it succeeded. The bits survive from one match attempt to the next.
// Choices wait on a stack of its own; recursion is as deep as look-around and atomic groups nest.
// Method: bit-state search as in RE2 (R. Cox, "Regular Expression Matching: the Virtual Machine
// Approach", 2009), extended to look-around and to many searches of one text.
//
// Private to the regular expressions. One thread at a time; memory is kept between texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/pretokenization/regex_finder.h"
#include "tokenizers/pretokenization/regex_program.h"

namespace tokrail::detail {

class RegexMatcher {
 public:
  RegexMatcher(const RegexProgram& program, std::string_view pattern)
      : program_(program), pattern_(pattern) {}

  void find_all(std::string_view text, std::vector<TextRange>& out);

 private:
  enum class Mode : uint8_t { kSearch, kLookAhead, kLookBehind, kAtomic };
  using Instruction = RegexProgram::Instruction;

  /// What waits to be tried.
  struct Entry {
    enum : uint32_t { kGreedySpan = 0, kLazySpan = 0xFFFFFFFFu, kRestore = 0xFFFFFFFEu };
    uint32_t at;        // instruction; kRestore: register
    uint32_t branches;  // of a split, those left (never all bits); or a kind
    uint32_t position;  // spans: the last position tried; kRestore: the old value
    uint32_t limit;     // spans: the lowest position; lazy and bounded: how many may be added
    uint32_t trail;
  };
  struct SpanMemory {
    uint32_t run_begin = 0xFFFFFFFFu, run_end = 0;  // the run of the class around here
    uint32_t failed_from = 1, failed_to = 0;        // going on failed at all these positions
  };

  void begin_text(std::string_view text);
  void begin_attempt();
  bool run(uint32_t at, uint32_t position, Mode mode, uint32_t target = 0);
  bool backtrack(size_t base, Mode mode, uint32_t& at, uint32_t& position);
  bool try_span(const Instruction& in, uint32_t at, uint32_t& position, Mode mode);
  bool retry_greedy_span(Entry& entry, uint32_t& position);
  bool retry_lazy_span(Entry& entry, uint32_t& position, bool known);
  void note_failed_span(const Entry& entry);
  static bool knows_failures(const Instruction& in, Mode mode);
  bool try_split(const Instruction& in, uint32_t at, uint32_t position, uint32_t& next);
  bool try_look(const Instruction& in, uint32_t position);
  bool look_behind(const Instruction& in, uint32_t position);
  bool try_atomic(const Instruction& in, uint32_t& position, Mode mode);
  bool assertion_holds(RegexAssertion assertion, uint32_t position) const;
  bool back_reference(const Instruction& in, uint32_t& position) const;
  bool is_word_at(uint32_t position) const;
  bool is_word_before(uint32_t position) const;

  uint32_t unit_in_set(const SetTable& set, uint32_t position) const;
  uint32_t unit_length(uint32_t position) const;
  uint32_t before(uint32_t position) const;
  uint32_t scan(const SetTable& set, uint32_t position, uint32_t most, uint32_t known) const;
  uint32_t span_end(const Instruction& in, uint32_t position);

  void save_register(uint32_t slot, uint32_t value);
  void push(Entry entry);
  void count_step();
  void start_remembering();

  // States: kUnknown, or what became of them. Only with remembering_.
  enum class Fate : uint8_t { kUnknown, kFailed, kSucceeded };
  Fate enter_state(uint32_t memo, uint32_t position, Mode mode);
  void settle_success(size_t trail_base, Mode mode);

  const RegexProgram& program_;
  std::string_view pattern_;
  std::string_view text_;
  uint32_t start_ = 0;  // of this attempt
  uint32_t end_ = 0;    // of what run() matched
  std::vector<Entry> stack_;
  std::vector<uint32_t> registers_;
  std::vector<SpanMemory> spans_;

  bool remembering_ = false;
  uint32_t window_begin_ = 0, window_size_ = 0;  // positions that have bits
  std::vector<uint64_t> failed_, succeeded_;
  std::vector<uint32_t> trail_;  // states entered and not failed yet, in order

  uint64_t steps_ = 0, remember_at_ = 0, most_steps_ = 0;
};

}  // namespace tokrail::detail
