#include "bindings/cli/tokenizer_target.h"

#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "tokenizers/formats/tiktoken.h"
#include "tokenizers/formats/tkz.h"
#include "tokenizers/formats/tokenizer_json.h"

namespace tokrail::cli {

std::string target_format(const std::string& path, const std::string& to) {
  if (!to.empty()) return to;
  const std::string_view name(path);
  if (name.ends_with(".json")) return "tokenizer.json";
  if (name.ends_with(".tiktoken")) return "tiktoken";
  if (name.ends_with(".tkz")) return "tkz";
  throw Error(ErrorCode::kInvalidArgument,
              "expected a name that ends in .json, .tiktoken or .tkz, or a format by --to", path);
}

void write_tokenizer(const TokenizerSpec& spec, const std::string& path,
                     const std::string& format) {
  std::string bytes;
  if (format == "tokenizer.json") {
    bytes = write_tokenizer_json(spec);
  } else if (format == "tiktoken") {
    bytes = write_tiktoken(spec);
  } else if (format == "tkz") {
    bytes = write_tkz(spec);
  } else {
    throw Error(ErrorCode::kInvalidArgument, "expected tokenizer.json, tiktoken or tkz", "--to");
  }
  write_file_atomically(path, bytes);
}

}  // namespace tokrail::cli
