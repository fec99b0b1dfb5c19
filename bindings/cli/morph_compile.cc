#include "bindings/cli/morph_compile.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <utility>

#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "tokenizers/morphology/language_compiler.h"

namespace tokrail::cli {

namespace {

using Counts = std::vector<std::pair<const char*, size_t>>;

size_t arc_count(const Language& language) {
  size_t count = 0;
  for (size_t state = 0; state < language.state_count(); ++state) {
    count += language.arcs(static_cast<MorphState>(state)).size();
  }
  return count;
}

Counts counts_of(const Language& language, size_t roots, size_t left_out) {
  return {{"roots", roots},
          {"forms", language.form_count()},
          {"lexemes", language.lexeme_count()},
          {"endings", language.ending_count()},
          {"suffixes", language.suffix_count()},
          {"states", language.state_count()},
          {"arcs", arc_count(language)},
          {"left_out", left_out},
          {"bytes", language.bytes().size()}};
}

Counts counts_of(const LexiconReport& report) {
  return {{"entries", report.entries},
          {"added", report.counts.added},
          {"skipped", report.counts.skipped},
          {"without_pos", report.counts.without_pos},
          {"outside_alphabet", report.counts.outside_alphabet},
          {"duplicates", report.counts.duplicates},
          {"changes_dropped", report.counts.changes_dropped}};
}

void append_json(const Counts& counts, std::string& out) {
  for (const auto& [name, count] : counts) {
    out += std::string(",\"") + name + "\":" + std::to_string(count);
  }
}

/// How long it takes to open the file, which checks it whole: the median of some openings.
size_t load_microseconds(const std::string& path) {
  std::array<size_t, 15> spent;
  for (size_t& microseconds : spent) {
    const auto begin = std::chrono::steady_clock::now();
    (void)Language::load(path);
    const auto time = std::chrono::steady_clock::now() - begin;
    microseconds =
        static_cast<size_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  }
  std::nth_element(spent.begin(), spent.begin() + spent.size() / 2, spent.end());
  return spent[spent.size() / 2];
}

std::string as_json(const Language& language, const Counts& counts,
                    const std::vector<LexiconReport>& lexicons,
                    const std::vector<std::string>& left_out) {
  std::string out = "{\"language\":";
  append_json_string(language.code(), out);
  append_json(counts, out);
  out += ",\"hash\":\"" + language.hash().hex() + "\",\"lexicons\":[";
  for (size_t i = 0; i < lexicons.size(); ++i) {
    out += i > 0 ? ",{\"format\":" : "{\"format\":";
    append_json_string(lexicons[i].format, out);
    out += ",\"path\":";
    append_json_string(lexicons[i].path, out);
    append_json(counts_of(lexicons[i]), out);
    out += '}';
  }
  out += "],\"roots_left_out\":[";
  for (size_t i = 0; i < left_out.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(left_out[i], out);
  }
  return out + "]}\n";
}

void append_text(const Counts& counts, std::string& out) {
  for (size_t i = 0; i < counts.size(); ++i) {
    std::string name = counts[i].first;
    for (char& c : name) {
      if (c == '_') c = ' ';
    }
    out += (i > 0 ? ", " : "") + std::to_string(counts[i].second) + " " + name;
  }
  out += '\n';
}

std::string as_text(const Language& language, const Counts& counts,
                    const std::vector<LexiconReport>& lexicons) {
  std::string out = std::string(language.name()) + " (" + std::string(language.code()) + "): ";
  append_text(counts, out);
  for (const LexiconReport& lexicon : lexicons) {
    append_escaped(lexicon.path, out);
    out += ": ";
    append_text(counts_of(lexicon), out);
  }
  return out;
}

/// On standard error: what a pack loses is seen without a look at the counts.
void tell_left_out(const std::vector<std::string>& left_out) {
  constexpr size_t kShown = 10;
  if (left_out.empty()) return;
  std::string line = "tokrail: left out (letters outside the alphabet, or rare endings): ";
  for (size_t i = 0; i < std::min(left_out.size(), kShown); ++i) {
    if (i > 0) line += ", ";
    append_escaped(left_out[i], line);
  }
  if (left_out.size() > kShown) line += ", ..";
  std::cerr << line << "; --strict makes the first an error with its line\n";
}

}  // namespace

int run_morph_compile(const MorphCompileVerb& verb) {
  LanguageChoice choice;
  choice.language = verb.packs.front();
  choice.more_packs.assign(verb.packs.begin() + 1, verb.packs.end());
  choice.lexicons = verb.lexicons;
  choice.no_lexicon = verb.no_lexicon;
  std::vector<LexiconReport> lexicons;
  const LanguageSource source = load_language_source(choice, &lexicons);
  std::vector<std::string> left_out;
  LanguageCompileOptions options;
  options.max_endings = verb.max_endings;
  if (!verb.strict) options.left_out = &left_out;
  const auto language = own_language(compile_language(source, options), verb.output);
  if (verb.output == "-") {
    StandardOutput out;
    out.write(language->bytes());
    out.flush();
    return kOk;
  }
  write_file_atomically(verb.output, language->bytes());
  Counts counts = counts_of(*language, source.roots.size(), left_out.size());
  if (verb.json) counts.emplace_back("load_us", load_microseconds(verb.output));
  StandardOutput out;
  out.write(verb.json ? as_json(*language, counts, lexicons, left_out)
                      : as_text(*language, counts, lexicons));
  out.flush();
  if (!verb.json) tell_left_out(left_out);
  return kOk;
}

}  // namespace tokrail::cli
