#include "tokenizers/detokenization/decode_steps.h"

#include <unicode/regex.h>
#include <unicode/utext.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

using Kind = DecoderStep::Kind;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string replace_all(std::string_view text, std::string_view pattern,
                        std::string_view replacement) {
  std::string out;
  if (pattern.empty()) {
    for (auto [position, unit] : utf8_units(text)) {
      out.append(replacement).append(text.substr(position, unit.length));
    }
    return out.append(replacement);
  }
  size_t at = 0;
  for (;;) {
    const size_t found = text.find(pattern, at);
    if (found == std::string_view::npos) return out.append(text.substr(at));
    out.append(text.substr(at, found - at)).append(replacement);
    at = found + pattern.size();
  }
}

std::string clean_up_english(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kRules[] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
  };
  std::string out(text);
  if (text.find(' ') == std::string_view::npos) return out;
  for (const auto& [pattern, replacement] : kRules) {
    if (out.find(pattern) != std::string::npos) out = replace_all(out, pattern, replacement);
  }
  return out;
}

std::optional<uint8_t> byte_of_token(std::string_view text) noexcept {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return std::nullopt;
  const int high = hex_digit(text[3]);
  const int low = hex_digit(text[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<uint8_t>(high * 16 + low);
}

std::string replace_each_byte(std::string_view bytes) {
  std::string out;
  const char* const end = bytes.data() + bytes.size();
  for (const char* p = bytes.data(); p < end;) {
    const Utf8Unit unit = decode_utf8(p, end);
    if (unit.valid) {
      out.append(p, unit.length);
      p += unit.length;
    } else {
      out.append(kReplacement);
      ++p;
    }
  }
  return out;
}

std::string replace_whole_run(std::string_view bytes) {
  if (valid_utf8(bytes)) return std::string(bytes);
  std::string out;
  for (size_t i = 0; i < bytes.size(); ++i) out.append(kReplacement);
  return out;
}

bool edits_single_tokens(Kind kind) noexcept {
  return kind == Kind::kWordPiece || kind == Kind::kMetaspace || kind == Kind::kReplace ||
         kind == Kind::kStrip;
}

// ---------------------------------------------------------------- TokenEdit

struct TokenEdit::Regex {
  std::unique_ptr<icu::RegexPattern> pattern;

  explicit Regex(const std::string& text) {
    UErrorCode status = U_ZERO_ERROR;
    UParseError place = {};
    pattern.reset(icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(text), place, status));
    if (U_FAILURE(status) != 0) {
      throw Error(ErrorCode::kInvalidFile,
                  "the decoder's regular expression does not compile: " + text);
    }
  }

  std::string replace(std::string_view token, std::string_view replacement) const {
    UErrorCode status = U_ZERO_ERROR;
    UText* const text =
        utext_openUTF8(nullptr, token.data(), static_cast<int64_t>(token.size()), &status);
    const std::unique_ptr<UText, UText* (*)(UText*)> closer(text, utext_close);
    const std::unique_ptr<icu::RegexMatcher> matcher(pattern->matcher(status));
    if (U_FAILURE(status) != 0) throw Error(ErrorCode::kInternal, "ICU cannot match a token");
    matcher->reset(text);
    std::string out;
    size_t at = 0;
    while (matcher->find(status) != 0 && U_FAILURE(status) == 0) {
      const auto begin = static_cast<size_t>(matcher->start64(status));
      const auto end = static_cast<size_t>(matcher->end64(status));
      out.append(token.substr(at, begin - at)).append(replacement);
      at = end;
    }
    if (U_FAILURE(status) != 0) {
      throw Error(ErrorCode::kBudgetExhausted, "the decoder's regular expression takes too long");
    }
    return out.append(token.substr(at));
  }
};

TokenEdit::TokenEdit(const DecoderStep& step) : step_(step) {
  if (step.kind == Kind::kReplace && step.pattern.is_regex) {
    regex_ = std::make_shared<const Regex>(step.pattern.text);
  }
  if (step.kind == Kind::kStrip && count_code_points(step.text) != 1) {
    throw Error(ErrorCode::kInvalidFile,
                "the decoder step Strip must name one character, not \"" + step.text + "\"");
  }
}

bool TokenEdit::depends_on_place() const noexcept {
  return step_.kind == Kind::kWordPiece ||
         (step_.kind == Kind::kMetaspace && step_.prepend_scheme != PrependScheme::kNever);
}

std::string TokenEdit::strip(std::string_view token) const {
  const std::string_view content = step_.text;
  for (uint32_t i = 0; i < step_.start && token.starts_with(content); ++i) {
    token.remove_prefix(content.size());
  }
  for (uint32_t i = 0; i < step_.stop && token.ends_with(content); ++i) {
    token.remove_suffix(content.size());
  }
  return std::string(token);
}

std::string TokenEdit::apply(std::string_view token, bool first) const {
  switch (step_.kind) {
    case Kind::kWordPiece: {
      std::string out;
      if (first) {
        out = token;
      } else if (token.starts_with(step_.prefix)) {
        out = token.substr(step_.prefix.size());
      } else {
        out.append(" ").append(token);
      }
      return step_.cleanup ? clean_up_english(out) : out;
    }
    case Kind::kMetaspace: {
      const bool drop = first && step_.prepend_scheme != PrependScheme::kNever;
      return replace_all(token, step_.replacement, drop ? "" : " ");
    }
    case Kind::kReplace:
      return regex_ ? regex_->replace(token, step_.text)
                    : replace_all(token, step_.pattern.text, step_.text);
    case Kind::kStrip: return strip(token);
    default: return std::string(token);
  }
}

}  // namespace tokrail
