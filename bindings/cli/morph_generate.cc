#include "bindings/cli/morph_generate.h"

#include <string_view>

#include "base/utf8.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "tokenizers/morphology/morph_text.h"

namespace tokrail::cli {

namespace {

// Lower case but for the part of speech, which is a name.
std::string lower_lemma(const Language& language, std::string_view lemma) {
  const size_t slash = std::min(lemma.rfind('/'), lemma.size());
  return language.lower(lemma.substr(0, slash)) + std::string(lemma.substr(slash));
}

bool begins_with_capital(const Language& language, std::string_view text) {
  if (text.empty()) return false;
  const Utf8Unit unit = decode_utf8(text.data(), text.data() + text.size());
  return unit.valid && language.to_lower(unit.code_point) != unit.code_point;
}

}  // namespace

int run_morph_generate(const MorphGenerateVerb& verb) {
  const LoadedLanguage loaded = load_language(verb.language);
  const Language& language = *loaded.language;
  std::vector<std::string> surfaces =
      generate_surfaces(language, lower_lemma(language, verb.lemma), verb.tags);
  if (begins_with_capital(language, verb.lemma)) {
    for (std::string& surface : surfaces) {
      std::string capital;
      language.append_capital(surface, capital);
      surface = std::move(capital);
    }
  }
  StandardOutput out;
  std::string line;
  if (verb.json) {
    line += "{\"lemma\":";
    append_json_string(verb.lemma, line);
    line += ",\"surfaces\":[";
    for (size_t i = 0; i < surfaces.size(); ++i) {
      if (i > 0) line += ',';
      append_json_string(surfaces[i], line);
    }
    line += "]}\n";
  } else {
    for (const std::string& surface : surfaces) {
      append_escaped(surface, line);
      line += '\n';
    }
  }
  out.write(line);
  out.flush();
  return surfaces.empty() ? kNo : kOk;
}

}  // namespace tokrail::cli
