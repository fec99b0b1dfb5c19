// Slow and obvious decoders: lists of strings in, lists of strings out, step by step.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

using Strings = std::vector<std::string>;

inline std::string oracle_replace(std::string text, const std::string& from,
                                  const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

inline std::string oracle_cleanup(std::string text) {
  const std::pair<const char*, const char*> rules[] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : rules) text = oracle_replace(text, from, to);
  return text;
}

inline std::string oracle_join(const Strings& tokens) {
  std::string out;
  for (const std::string& token : tokens) out += token;
  return out;
}

/// The character for each byte, written out from the definition of the alphabet.
inline std::vector<std::string> oracle_alphabet() {
  std::vector<std::string> letters(256);
  char32_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) ||
                           (byte >= 0xAE && byte <= 0xFF);
    append_utf8(printable ? static_cast<char32_t>(byte) : next++,
                letters[static_cast<size_t>(byte)]);
  }
  return letters;
}

inline std::string oracle_letters_to_bytes(const std::string& token) {
  static const std::vector<std::string> letters = oracle_alphabet();
  std::string bytes;
  for (auto [position, unit] : utf8_units(token)) {
    const std::string letter = token.substr(position, unit.length);
    size_t byte = 0;
    while (byte < 256 && letters[byte] != letter) ++byte;
    if (byte == 256) return token;
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

inline Strings oracle_byte_fallback(const Strings& tokens) {
  Strings out;
  std::string run;
  const auto flush = [&] {
    if (valid_utf8(run)) {
      if (!run.empty()) out.push_back(run);
    } else {
      for (size_t i = 0; i < run.size(); ++i) out.push_back("\xEF\xBF\xBD");
    }
    run.clear();
  };
  for (const std::string& token : tokens) {
    const bool is_byte = token.size() == 6 && token.starts_with("<0x") && token.ends_with(">") &&
                         token.find_first_not_of("0123456789abcdefABCDEF", 3) == 5;
    if (is_byte) {
      run.push_back(static_cast<char>(std::stoi(token.substr(3, 2), nullptr, 16)));
    } else {
      flush();
      out.push_back(token);
    }
  }
  flush();
  return out;
}

inline Strings oracle_ctc(const DecoderStep& step, const Strings& tokens) {
  Strings out;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && tokens[i] == tokens[i - 1]) continue;
    std::string text = oracle_replace(tokens[i], step.pad_token, "");
    if (step.cleanup) text = oracle_replace(oracle_cleanup(text), step.word_delimiter_token, " ");
    if (!text.empty()) out.push_back(text);
  }
  return out;
}

inline Strings oracle_decode_step(const DecoderStep& step, Strings tokens) {
  using Kind = DecoderStep::Kind;
  if (step.kind == Kind::kFuse) return {oracle_join(tokens)};
  if (step.kind == Kind::kByteFallback) return oracle_byte_fallback(tokens);
  if (step.kind == Kind::kCtc) return oracle_ctc(step, tokens);
  if (step.kind == Kind::kByteLevel) {
    std::string bytes;
    for (const std::string& token : tokens) bytes += oracle_letters_to_bytes(token);
    return {replace_invalid_utf8(bytes)};
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::string& token = tokens[i];
    switch (step.kind) {
      case Kind::kWordPiece:
        if (i > 0)
          token = token.starts_with(step.prefix) ? token.substr(step.prefix.size()) : " " + token;
        if (step.cleanup) token = oracle_cleanup(token);
        break;
      case Kind::kMetaspace:
        token = oracle_replace(token, step.replacement,
                               i == 0 && step.prepend_scheme != PrependScheme::kNever ? "" : " ");
        break;
      case Kind::kBpe:
        token = oracle_replace(token, step.suffix, i + 1 == tokens.size() ? "" : " ");
        break;
      case Kind::kReplace: token = oracle_replace(token, step.pattern.text, step.text); break;
      case Kind::kStrip:
        for (uint32_t n = 0; n < step.start && token.starts_with(step.text); ++n) {
          token.erase(0, step.text.size());
        }
        for (uint32_t n = 0; n < step.stop && token.ends_with(step.text); ++n) {
          token.resize(token.size() - step.text.size());
        }
        break;
      default: break;
    }
  }
  return tokens;
}

/// What tokenizer.json decodes token texts to.
inline std::string oracle_decode(const std::vector<DecoderStep>& steps, Strings tokens) {
  if (steps.empty()) {
    std::string out;
    for (size_t i = 0; i < tokens.size(); ++i) out += (i > 0 ? " " : "") + tokens[i];
    return out;
  }
  for (const DecoderStep& step : steps) tokens = oracle_decode_step(step, std::move(tokens));
  return oracle_join(tokens);
}

/// llama.cpp's clean-up as it is defined: three passes over the whole text.
inline std::string oracle_clean_spaces(const std::string& text) {
  std::string one;
  for (size_t i = 0; i < text.size(); ++i) {
    const char x = text[i];
    if (i > 0 && text[i - 1] == ' ' && (x == '?' || x == '!' || x == '.' || x == ',')) {
      one.pop_back();
    }
    one.push_back(x);
  }
  std::string two;
  bool cut = false;  // the character before was a space that went
  for (size_t i = 0; i < one.size(); ++i) {
    const bool space_before = i > 0 && one[i - 1] == ' ' && !cut;
    cut = false;
    if (space_before && one[i] == '\'' && i + 1 < one.size() && one[i + 1] == ' ') {
      two.back() = '\'';
      ++i;
      cut = true;
      continue;
    }
    two.push_back(one[i]);
  }
  std::string three;
  for (size_t i = 0; i < two.size(); ++i) {
    if (i > 0 && two[i - 1] == ' ' && two[i] == '\'' && i + 1 < two.size()) {
      const std::string next = two.substr(i + 1, 2);
      if (next[0] == 's' || next[0] == 'm' || next == "re" || next == "ve") three.pop_back();
    }
    three.push_back(two[i]);
  }
  return three;
}

}  // namespace tokrail::test
