// The Replace step: every match of a literal, of a run of one character, or of a regular
// expression becomes a fixed text.
#include <unicode/regex.h>
#include <unicode/utext.h>
#include <unicode/utypes.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "tokenizers/normalization/normalizer_stage.h"

namespace tokrail::detail {
namespace {

/// Base of the finders below: `find(text, matches)` appends the matches in order, none overlaps.
template <typename Finder>
class ReplaceStage : public NormalizerStage {
 public:
  explicit ReplaceStage(std::string content) : content_(std::move(content)) {}

  void run(std::string_view in, TextEnds /*ends*/, std::string& out) const override {
    std::vector<TextMatch> matches;
    finder().find(in, matches);
    size_t done = 0;
    for (const TextMatch& match : matches) {
      out.append(in, done, match.begin - done).append(content_);
      done = match.end;
    }
    out.append(in, done);
  }
  void run(AlignedText& text, TextEnds /*ends*/) const override {
    std::vector<TextMatch> matches;
    finder().find(text.text(), matches);
    if (!matches.empty()) text.replace(matches, content_);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    std::vector<TextMatch> matches;
    finder().find(text, matches);
    return matches.empty();
  }

 protected:
  const std::string& content() const { return content_; }
  char32_t content_first() const { return unit_at(content_, 0).code_point; }
  char32_t content_last() const {
    return decode_utf8_before(content_.data(), content_.data() + content_.size()).code_point;
  }

 private:
  const Finder& finder() const { return static_cast<const Finder&>(*this); }
  std::string content_;
};

class ReplaceLiteral final : public ReplaceStage<ReplaceLiteral> {
 public:
  ReplaceLiteral(std::string literal, std::string replacement)
      : ReplaceStage(std::move(replacement)), literal_(std::move(literal)) {}

  // A match is also one of code points: a well-formed literal starts with a lead byte.
  void find(std::string_view text, std::vector<TextMatch>& matches) const {
    for (size_t at = text.find(literal_); at != std::string_view::npos;
         at = text.find(literal_, at + literal_.size())) {
      matches.push_back({at, at + literal_.size(), true});
    }
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return text.find(literal_) == std::string_view::npos;
  }
  bool carry(Seam& seam) const override {
    if (seam.left > kMaxCodePoint || content().empty() || !valid_utf8(literal_)) return false;
    std::string left, right;
    append_utf8(seam.left, left);
    append_utf8(seam.right, right);
    if (literal_.find(left + right) != std::string::npos) return false;
    if (literal_ == left) {
      seam.left = content_last();
    } else if (literal_.ends_with(left)) {
      return false;
    }
    if (literal_ == right) {
      seam.right = content_first();
    } else if (literal_.starts_with(right)) {
      return false;
    }
    return true;
  }
  bool is_local_in_ascii() const override { return literal_.size() == 1; }
  bool is_local(char32_t code_point) const override {
    std::string character;
    append_utf8(code_point, character);
    return valid_utf8(literal_) &&
           (literal_ == character || literal_.find(character) == std::string::npos);
  }

 private:
  std::string literal_;
};

/// The regular expressions c+ and c{n,} for one literal character, which models use most.
class ReplaceRun final : public ReplaceStage<ReplaceRun> {
 public:
  ReplaceRun(char character, size_t least, std::string replacement)
      : ReplaceStage(std::move(replacement)), character_(character), least_(least) {}

  void find(std::string_view text, std::vector<TextMatch>& matches) const {
    for (size_t at = text.find(character_); at != std::string_view::npos;) {
      size_t end = at + 1;
      while (end < text.size() && text[end] == character_) ++end;
      if (end - at >= least_) matches.push_back({at, end, true});
      at = text.find(character_, end);
    }
  }
  bool carry(Seam& seam) const override {
    const auto character = static_cast<char32_t>(static_cast<unsigned char>(character_));
    if (seam.left == character) return false;
    if (seam.right != character) return true;
    // The run at the right becomes one content, or stays while it is short.
    if (content().empty() || (least_ > 1 && content_first() != character)) return false;
    seam.right = content_first();
    return true;
  }
  bool is_local(char32_t code_point) const override {
    return code_point != static_cast<unsigned char>(character_);
  }

  /// The step for this expression, if it is of that form.
  static std::unique_ptr<ReplaceRun> parse(std::string_view expression,
                                           const std::string& content) {
    if (expression.size() < 2) return nullptr;
    const char character = expression[0];
    const bool is_plain = character == ' ' || character == '-' || character == '_' ||
                          (character >= '0' && character <= '9') ||
                          (character >= 'a' && character <= 'z') ||
                          (character >= 'A' && character <= 'Z');
    if (!is_plain) return nullptr;
    const std::string_view count = expression.substr(1);
    if (count == "+") return std::make_unique<ReplaceRun>(character, 1, content);
    const bool is_count = count.size() == 4 && count[0] == '{' && count[1] >= '1' &&
                          count[1] <= '9' && count.substr(2) == ",}";
    if (!is_count) return nullptr;
    return std::make_unique<ReplaceRun>(character, static_cast<size_t>(count[1] - '0'), content);
  }

 private:
  char character_;
  size_t least_;
};

/// A UText over UTF-8, closed in the end.
class TextView {
 public:
  TextView(std::string_view text, UErrorCode& status) {
    utext_openUTF8(&text_, text.data(), static_cast<int64_t>(text.size()), &status);
  }
  ~TextView() { utext_close(&text_); }
  TextView(const TextView&) = delete;
  TextView& operator=(const TextView&) = delete;
  UText* get() { return &text_; }

 private:
  UText text_ = UTEXT_INITIALIZER;
};

class ReplaceRegex final : public ReplaceStage<ReplaceRegex> {
 public:
  ReplaceRegex(const std::string& expression, std::string replacement)
      : ReplaceStage(std::move(replacement)) {
    UErrorCode status = U_ZERO_ERROR;
    UParseError place = {};
    TextView text(expression, status);
    pattern_.reset(icu::RegexPattern::compile(text.get(), kFlags, place, status));
    if (U_FAILURE(status)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Replace: expected a regular expression, got \"" + expression +
                      "\": " + u_errorName(status),
                  "character " + std::to_string(place.offset));
    }
  }

  void find(std::string_view text, std::vector<TextMatch>& matches) const {
    if (text.empty()) return;
    UErrorCode status = U_ZERO_ERROR;
    TextView view(text, status);
    const std::unique_ptr<icu::RegexMatcher> matcher(pattern_->matcher(status));
    if (U_SUCCESS(status)) {
      matcher->reset(view.get());
      matcher->setStackLimit(kMostStackBytes, status);
      matcher->setTimeLimit(step_limit(text.size()), status);
    }
    while (U_SUCCESS(status) && matcher->find(status)) {
      add(matcher->start64(status), matcher->end64(status), matches);
    }
    if (U_FAILURE(status)) {
      throw Error(ErrorCode::kBudgetExhausted,
                  std::string("Replace: the regular expression gave up on this text: ") +
                      u_errorName(status));
    }
  }
  bool carry(Seam& /*seam*/) const override { return false; }

 private:
  // As in the reference's engine, ^ and $ look at lines, and only a line feed ends a line.
  static constexpr uint32_t kFlags = UREGEX_MULTILINE | UREGEX_UNIX_LINES;
  static constexpr int32_t kMostStackBytes = 256 << 20;

  // In units of about 10,000 steps of ICU's engine: a second or two, and what a long text needs
  // when it is matched without going back far.
  static int32_t step_limit(size_t bytes) {
    return static_cast<int32_t>(std::min<size_t>(5'000 + bytes / 500, 1 << 30));
  }

  // An empty match right after a match is none.
  static void add(int64_t begin, int64_t end, std::vector<TextMatch>& matches) {
    const auto first = static_cast<size_t>(begin);
    if (begin == end && !matches.empty() && matches.back().end == first) return;
    matches.push_back({first, static_cast<size_t>(end), true});
  }

  std::unique_ptr<const icu::RegexPattern> pattern_;
};

}  // namespace

void add_replace_stage(const NormalizerStep& step, std::vector<StagePointer>& stages) {
  const std::string& pattern = step.pattern.text;
  if (!step.pattern.is_regex && !pattern.empty()) {
    stages.push_back(std::make_unique<ReplaceLiteral>(pattern, step.text));
    return;
  }
  // An empty literal matches between all characters, as the empty expression does.
  if (auto run = ReplaceRun::parse(pattern, step.text)) {
    stages.push_back(std::move(run));
    return;
  }
  stages.push_back(std::make_unique<ReplaceRegex>(pattern, step.text));
}

}  // namespace tokrail::detail
