// A catalogue file with changed bytes: an Error, or a catalogue whose strings and indexes agree.
//
// An input that begins like a catalogue is a file. Any other begins with a byte that says what it
// is: lines to build one of, or changes of 5 bytes each, a place and a value, to a small file.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "grammar/constraints/catalogue.h"

namespace {

using namespace tokrail;

constexpr size_t kMostStrings = 2000;

void expect(bool holds) {
  if (!holds) std::abort();
}

void check(const Catalogue& catalogue) {
  std::string before;
  for (size_t i = 0; i < catalogue.size() && i < kMostStrings; ++i) {
    const std::string string = catalogue.string(i);
    expect(i == 0 || before < string);
    expect(catalogue.index(string) == i);
    expect(string.size() <= catalogue.longest());
    before = string;
  }
  expect(catalogue.shortest(catalogue.root()) <= catalogue.longest());
}

std::string changed(std::string_view changes) {
  std::string file = Catalogue::from_lines("ab\nabc\nb\nbc\nxyz\nxyzxyz\nzz\n").to_bytes();
  for (; changes.size() >= 5; changes.remove_prefix(5)) {
    uint32_t place;
    std::memcpy(&place, changes.data(), sizeof(place));
    file[place % file.size()] = changes[4];
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    if (!Catalogue::is_catalogue(input) && !input.empty() && input[0] % 2 == 0) {
      const Catalogue lines = Catalogue::from_lines(input.substr(1));
      check(lines);
      const std::string bytes = lines.to_bytes();
      check(Catalogue::from_bytes(bytes, nullptr));
      return 0;
    }
    const std::string file = Catalogue::is_catalogue(input)
                                 ? std::string(input)
                                 : changed(input.substr(input.empty() ? 0 : 1));
    check(Catalogue::from_bytes(file, nullptr));
  } catch (const Error&) {
  }
  return 0;
}
