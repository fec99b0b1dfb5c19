// What llama.cpp does for each name of the GGUF key tokenizer.ggml.pre (byte-pair vocabularies).
//
// llama.cpp compiles the pre-tokenizers of known models in; a GGUF file only names one. The table
// here gives the same pieces as patterns for RegexFinder (dialect kOniguruma): applied in order,
// each isolates its matches inside the pieces the pattern before left, text between matches being
// pieces too. Where llama.cpp's std::regex reads a pattern otherwise than its author meant (\d and
// \b are ASCII, \p{Lu} is any letter, \p{S} lacks "~", white space beyond ASCII matches no
// literal), the pattern here says what it does.
//
//   if (auto pre = find_gguf_pre("qwen2")) {
//     for (std::string_view pattern : pre->patterns) ...   // Split, isolated
//   }
//
// Source: src/llama-vocab.cpp and src/unicode.cpp of ggml-org/llama.cpp, late 2026.
// Complexity: a search in some 80 names. Thread safety: pure. Errors: none.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace tokrail {

struct GgufPre {
  std::string_view name;
  std::span<const std::string_view> patterns;
  bool ignore_merges = false;   ///< a piece that is a token is that token, merges or not
  bool clean_spaces = true;     ///< decoding removes spaces before punctuation
  bool byte_encode = true;      ///< pieces are written in the byte-level alphabet
  bool escape_spaces = false;   ///< spaces are written "▁"
  bool add_bos = false;         ///< unless the file says otherwise
  bool add_sep = false;         ///< unless the file says otherwise
  bool no_bos = false;          ///< no default beginning-of-text id (GLM-4)
  bool newline_tokens = false;  ///< a piece of line feeds only that is a token is that token
};

/// What the name stands for; nothing for a name llama.cpp does not know either. An absent name is
/// "default".
std::optional<GgufPre> find_gguf_pre(std::string_view name) noexcept;

/// All names, in alphabetical order.
std::span<const GgufPre> gguf_pre_table() noexcept;

}  // namespace tokrail
