#include "bindings/cli/grammar_enumerate.h"

#include <iostream>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "grammar/matcher.h"

namespace tokrail::cli {

namespace {

constexpr size_t kBytes = 256;  // ids of the byte vocabulary below its end id

// Prefixes in the order of the length that their strings have at least: bytes so far, and bytes
// that must follow. Of equal length, complete texts come first, then by bytes.
class Enumeration {
 public:
  Enumeration(std::shared_ptr<const CompiledGrammar> grammar, const GrammarEnumerateVerb& verb)
      : verb_(verb), mask_(mask_words(grammar->vocabulary().size())) {
    add(Matcher(std::move(grammar)), "");
  }

  /// False where there are no more within the limits.
  bool next(std::string& text) {
    while (!queue_.empty()) {
      Prefix prefix = std::move(const_cast<Prefix&>(queue_.top()));
      queue_.pop();
      if (prefix.is_text) {
        text = std::move(prefix.text);
        return true;
      }
      if (++expanded_ > verb_.max_prefixes) {
        gave_up_ = true;
        return false;
      }
      expand(prefix);
    }
    return false;
  }
  bool gave_up() const { return gave_up_; }

 private:
  struct Prefix {
    size_t length;  // at least, of the whole string
    bool is_text;   // an answer, not to be continued
    std::string text;
    Matcher matcher;
    friend bool operator<(const Prefix& a, const Prefix& b) {  // the greatest is taken first
      if (a.length != b.length) return a.length > b.length;
      if (a.is_text != b.is_text) return b.is_text;
      return a.text > b.text;
    }
  };

  void add(Matcher matcher, std::string text) {
    const std::string forced = matcher.forced_bytes();
    if (!forced.empty()) matcher.accept_bytes(forced);
    text += forced;
    if (verb_.max_bytes != 0 && text.size() > verb_.max_bytes) return;
    if (matcher.is_complete()) queue_.push({text.size(), true, text, matcher});
    if (!matcher.is_finished()) {
      const size_t length = text.size() + 1;
      queue_.push({length, false, std::move(text), std::move(matcher)});
    }
  }

  void expand(const Prefix& prefix) {
    const MaskStatus status = prefix.matcher.fill_mask(mask_);
    if (status == MaskStatus::kFuel) {
      throw Error(ErrorCode::kBudgetExhausted, "the mask takes more steps than are allowed");
    }
    for (size_t byte = mask_find_next(mask_, 0); byte < kBytes;
         byte = mask_find_next(mask_, byte + 1)) {
      Matcher matcher = prefix.matcher.fork();
      const char letter = static_cast<char>(byte);
      if (!matcher.accept_bytes({&letter, 1})) continue;
      add(std::move(matcher), prefix.text + letter);
    }
  }

  const GrammarEnumerateVerb& verb_;
  std::vector<uint32_t> mask_;
  std::priority_queue<Prefix> queue_;
  size_t expanded_ = 0;
  bool gave_up_ = false;
};

}  // namespace

int run_grammar_enumerate(const GrammarEnumerateVerb& verb) {
  Enumeration enumeration(load_compiled(verb.grammar, std::nullopt), verb);
  StandardOutput out;
  std::string text, line;
  size_t found = 0;
  while (found < verb.count && enumeration.next(text)) {
    ++found;
    line.clear();
    if (verb.json) {
      append_json_string(text, line);
    } else {
      append_escaped(text, line);
    }
    out.write(line + '\n');
  }
  out.flush();
  if (!enumeration.gave_up()) return kOk;
  std::cerr << "tokrail: given up after " << verb.max_prefixes << " prefixes, with " << found
            << " strings found (--max-prefixes)\n";
  return kNo;
}

}  // namespace tokrail::cli
