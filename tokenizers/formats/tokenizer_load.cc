// Tokenizer::load lies here, and not with the rest of Tokenizer, because it needs every reader and
// nothing else of the module does.
#include <filesystem>
#include <string>
#include <system_error>

#include "base/mapped_file.h"
#include "tokenizers/formats/detect.h"
#include "tokenizers/formats/load.h"
#include "tokenizers/formats/tkz.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

Tokenizer Tokenizer::load(const std::string& path, const LoadOptions& options) {
  std::error_code ignored;
  const bool is_tkz =
      std::filesystem::is_regular_file(path, ignored) &&
      detect_format(MappedFile::open(path).bytes().substr(0, 64)) == FileFormat::kTkz;
  return is_tkz ? load_tkz(path) : from_spec(load_spec(path, options));
}

}  // namespace tokrail
