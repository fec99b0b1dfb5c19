#include "bindings/cli/language_choice.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "tokenizers/formats/hunspell_dictionary.h"
#include "tokenizers/formats/load.h"
#include "tokenizers/formats/zemberek_roots.h"
#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/morphology/language_compiler.h"

namespace tokrail::cli {

namespace fs = std::filesystem;

namespace {

/// Packs are text written by people.
constexpr size_t kLargestPack = size_t{256} << 20;

/// Where shipped packs may be: the working directory, and beside or above the program.
std::vector<fs::path> shipped_folders() {
  std::vector<fs::path> folders = {fs::path("data") / "languages"};
  std::error_code error;
  fs::path above = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int i = 0; i < 4 && !above.empty(); ++i, above = above.parent_path()) {
    folders.push_back(above / "data" / "languages");
    folders.push_back(above / "share" / "tokrail" / "languages");
  }
  return folders;
}

/// Whether the pack's line `language` names this code or language.
bool names_language(const fs::path& pack, const std::string& wanted) {
  if (pack.stem() == wanted) return true;
  const std::string text = read_file(pack, kLargestPack);
  const std::string line = "language " + wanted;
  for (size_t at = text.find(line); at != std::string::npos; at = text.find(line, at + 1)) {
    const size_t end = at + line.size();
    if ((at == 0 || text[at - 1] == '\n') && (end == text.size() || text[end] == ' ')) return true;
  }
  return false;
}

/// A file, or the shipped pack of that code or name.
fs::path find_language(const std::string& wanted) {
  std::error_code error;
  if (fs::is_regular_file(wanted, error)) return wanted;
  if (fs::is_directory(wanted, error)) {
    throw Error(ErrorCode::kInvalidArgument, "expected a file, found a folder", wanted);
  }
  const bool is_name = wanted.find_first_of("/.") == std::string::npos;
  for (const fs::path& folder : is_name ? shipped_folders() : std::vector<fs::path>()) {
    std::vector<fs::path> packs;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".lang") packs.push_back(entry.path());
    }
    std::sort(packs.begin(), packs.end());
    for (const fs::path& pack : packs) {
      if (names_language(pack, wanted)) return pack;
    }
  }
  throw Error(ErrorCode::kNotFound,
              is_name ? "expected a file, or the code of a language whose pack is in data/languages"
                      : "no such file",
              wanted);
}

std::vector<LexiconEntry> read_lexicon(const LanguageSource::Lexicon& lexicon) {
  try {
    if (lexicon.format == "zemberek") return read_zemberek_roots(lexicon.path);
    if (lexicon.format == "hunspell") return read_hunspell_dictionary(lexicon.path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound || lexicon.package.empty()) throw;
    throw Error(ErrorCode::kNotFound,
                error.message() + "; Debian's package " + lexicon.package +
                    " has it (apt install " + lexicon.package + "), or go without: --no-lexicon",
                error.where());
  }
  throw Error(ErrorCode::kUnsupported,
              "expected a lexicon of format zemberek or hunspell, found \"" + lexicon.format + "\"",
              lexicon.place.line > 0 ? lexicon.place.str() : std::string());
}

std::vector<LanguageSource::Lexicon> chosen_lexicons(const LanguageChoice& choice,
                                                     const LanguageSource& source) {
  if (choice.no_lexicon) return {};
  if (choice.lexicons.empty()) return source.lexicons;
  std::vector<LanguageSource::Lexicon> lexicons;
  for (const std::string& text : choice.lexicons) {
    const size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "expected --lexicon FORMAT:PATH, found \"" + text + "\"");
    }
    lexicons.push_back({text.substr(0, colon), text.substr(colon + 1), {}, {}});
  }
  return lexicons;
}

LoadedLanguage with_flat_costs(std::shared_ptr<const Language> language) {
  auto costs = std::make_shared<const MorphCosts>(MorphCosts::flat(*language));
  return {std::move(language), std::move(costs)};
}

std::string first_bytes(const fs::path& path) {
  return std::string(MappedFile::open(path).bytes().substr(0, 4));
}

}  // namespace

LanguageSource load_language_source(const LanguageChoice& choice,
                                    std::vector<LexiconReport>* reports) {
  const fs::path path = find_language(choice.language);
  LanguageSource source = parse_language(read_file(path, kLargestPack), path.string());
  for (const std::string& pack : choice.more_packs) {
    parse_language_into(read_file(pack, kLargestPack), pack, source);
  }
  for (const LanguageSource::Lexicon& lexicon : chosen_lexicons(choice, source)) {
    const std::vector<LexiconEntry> entries = read_lexicon(lexicon);
    const LexiconCounts counts = add_lexicon(entries, source);
    if (lexicon.format == "zemberek") {
      source.common_words = read_zemberek_common_words(lexicon.path);
    }
    if (reports != nullptr) {
      reports->push_back({lexicon.format, lexicon.path, entries.size(), counts});
    }
  }
  return source;
}

std::shared_ptr<const Language> own_language(std::string bytes, const std::string& name) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return Language::from_bytes(*owner, owner, name);
}

LoadedLanguage load_language(const LanguageChoice& choice) {
  const fs::path path = find_language(choice.language);
  const std::string magic = first_bytes(path);
  if (magic == "TKL1") return with_flat_costs(Language::load(path));
  const bool is_json = magic.starts_with('{');
  if (magic == "TKZ1" || is_json) {
    const std::shared_ptr<const HybridSpec> hybrid =
        is_json ? nullptr : load_spec(path.string()).hybrid;
    if (hybrid == nullptr) {
      throw Error(ErrorCode::kInvalidArgument, "expected a hybrid tokenizer or a language pack",
                  path.string());
    }
    return {hybrid->language, std::shared_ptr<const MorphCosts>(hybrid, &hybrid->costs)};
  }
  std::vector<std::string> left_out;
  LanguageCompileOptions options;
  options.left_out = &left_out;
  return with_flat_costs(
      own_language(compile_language(load_language_source(choice), options), path.string()));
}

}  // namespace tokrail::cli
