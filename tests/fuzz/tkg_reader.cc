// A .tkg file with changed numbers: an Error, or a grammar that checks, prints and writes itself.
//
// An input that begins with TKG1 is a file. Any other is a list of changes of 5 bytes each, a place
// and a value, to the file of a small grammar. Size and checksum are put right in both cases, so
// that what is behind them is reached.
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/stable_hash.h"
#include "grammar/compiled_file.h"
#include "grammar/frontends/lark.h"

namespace {

using namespace tokrail;

constexpr size_t kHeader = 24;  // magic, version, size, checksum

std::string small_file() {
  return write_compiled({.grammar = read_lark(R"lark(
start[capture="all"]: item+ (<|a|> | <[1-3]>)? NAME
item: NAME "=" value{2,5} ";" | "if" value
value: NUMBER | NAME | %json {"required": ["k"], "properties": {"k": {"maxLength": 9}, "l": {}}}
NAME.3: /[a-z_]+/ & ~/x.*/
NUMBER[max_tokens=5]: /[0-9]+(\.[0-9]{1,20})?/
%ignore /[ \n]+/
)lark")});
}

void change(std::string& file, std::string_view changes) {
  for (; changes.size() >= 5; changes.remove_prefix(5)) {
    uint32_t place;
    std::memcpy(&place, changes.data(), sizeof(place));
    file[kHeader + place % (file.size() - kHeader)] = changes[4];
  }
}

void put_right(std::string& file) {
  StableHash hash;
  hash.add(std::string_view(file).substr(kHeader));
  const uint64_t numbers[] = {file.size(), hash.value().low};
  for (size_t i = 0; i < 16; ++i) {
    file[8 + i] = static_cast<char>(numbers[i / 8] >> (8 * (i % 8)) & 0xFF);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string small = small_file();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const bool is_file = input.starts_with("TKG1") && size >= kHeader;
  std::string file(is_file ? input : small);
  if (!is_file) change(file, input);
  put_right(file);
  try {
    const CompiledFile read = read_compiled(file);
    read.grammar.check();
    (void)read.grammar.to_string();
    (void)read_compiled(write_compiled(read));
  } catch (const Error&) {
  }
  return 0;
}
