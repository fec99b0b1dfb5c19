// data/languages/turkish.lang, compiled: with a test's own roots, or with the lexicon it names.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/mapped_file.h"
#include "tests/support/shared_data.h"
#include "tokenizers/formats/zemberek_roots.h"
#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/language_compiler.h"
#include "tokenizers/morphology/language_source.h"

namespace tokrail::test {

inline std::shared_ptr<const Language> compiled(const LanguageSource& source) {
  auto bytes = std::make_shared<const std::string>(compile_language(source));
  return Language::from_bytes(*bytes, bytes, "turkish.lang");
}

inline LanguageSource turkish_source() {
  return parse_language(read_file(source_path("data/languages/turkish.lang")), "turkish.lang");
}

/// The pack's own roots and `roots`, lines of the syntax of packs.
inline std::shared_ptr<const Language> turkish_with_roots(std::string_view roots) {
  LanguageSource source = turkish_source();
  parse_language_into(roots, "test roots", source);
  return compiled(source);
}

/// With Debian's lexicon; null where its package is not installed.
inline std::shared_ptr<const Language> turkish_with_lexicon() {
  LanguageSource source = turkish_source();
  const std::filesystem::path path = source.lexicons.at(0).path;
  if (!std::filesystem::exists(path)) return nullptr;
  add_lexicon(read_zemberek_roots(path), source);
  return compiled(source);
}

}  // namespace tokrail::test
