#include "bindings/cli/catalogue_build.h"

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/standard_output.h"

namespace tokrail::cli {

namespace {

constexpr size_t kLargestFile = size_t{1} << 36;

}  // namespace

std::string read_text_file(const std::string& path) {
  return read_file(path == "-" ? "/dev/stdin" : path, kLargestFile);
}

Catalogue load_catalogue(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  const bool maps = std::filesystem::is_regular_file(path);
  const auto bytes = std::make_shared<const std::string>(maps ? "" : read_text_file(path));
  try {
    if (!maps) {
      return Catalogue::is_catalogue(*bytes) ? Catalogue::from_bytes(*bytes, bytes)
                                             : Catalogue::from_lines(*bytes);
    }
    const auto file = std::make_shared<const MappedFile>(MappedFile::open(path));
    return Catalogue::is_catalogue(file->bytes()) ? Catalogue::from_bytes(file->bytes(), file)
                                                  : Catalogue::from_lines(file->bytes());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kIo) throw;
    throw error.within(name);
  }
}

int run_catalogue(const CatalogueVerb& verb) {
  const Catalogue catalogue = load_catalogue(verb.file);
  if (!verb.output.empty()) catalogue.save(verb.output);
  const std::string strings = std::to_string(catalogue.size());
  const std::string bytes = std::to_string(catalogue.memory());
  const std::string longest = std::to_string(catalogue.longest());
  StandardOutput out;
  out.write(verb.json ? "{\"strings\":" + strings + ",\"bytes\":" + bytes +
                            ",\"arcs\":" + std::to_string(catalogue.arc_count()) +
                            ",\"longest\":" + longest + "}\n"
                      : strings + " strings, " + bytes + " bytes, the longest string has " +
                            longest + "\n");
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
