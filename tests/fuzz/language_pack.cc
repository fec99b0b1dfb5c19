// Language packs and compiled languages: an Error, or a language that everything can be asked of.
//
// An input that begins with TKL1 is a compiled language, whose hash is put right. One that begins
// with # is a pack. Any other is a list of changes of 5 bytes each, a place and a value, to the
// compiled file of a small language.
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"
#include "tests/tokenizers/morphology/language_packs.h"
#include "tests/tokenizers/morphology/language_walk.h"
#include "tokenizers/morphology/language_compiler.h"
#include "tokenizers/morphology/language_file.h"

namespace {

using namespace tokrail;

constexpr size_t kHeader = 64;

void change(std::string& file, std::string_view changes) {
  for (; changes.size() >= 5; changes.remove_prefix(5)) {
    uint32_t place;
    std::memcpy(&place, changes.data(), sizeof(place));
    file[kHeader + place % (file.size() - kHeader)] = changes[4];
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string small = compile_language(parse_language(test::kSmallTurkish, "pack"));
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    std::string file;
    if (input.starts_with('#')) {
      file = compile_language(parse_language(input, "pack"));
    } else if (input.starts_with("TKL1") && size >= kHeader) {
      file = with_language_hash(std::string(input));
    } else {
      file = small;
      change(file, input);
      file = with_language_hash(std::move(file));
    }
    (void)test::walk_language(*Language::from_bytes(file, nullptr));
  } catch (const Error&) {
  }
  return 0;
}
