// Runs a fuzz target without libFuzzer: over every file in the folders given as arguments (folders
// that do not exist are fine) and over mutations of them, the same ones in every run. So every
// build executes the fuzz targets, also with compilers that have no fuzzer.
//
//   fuzz_x [folder...]      TOKRAIL_FUZZ_RUNS=n (default 2000), TOKRAIL_FUZZ_SECONDS=n (default 5)
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kLongestInput = size_t{1} << 20;

uint64_t environment_number(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

// Sorted by path, so that the mutations do not depend on the order of the file system.
std::vector<std::string> read_inputs(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(argv[i], ignored)) paths.emplace_back(argv[i]);
    for (std::filesystem::recursive_directory_iterator entry(argv[i], ignored), end; entry != end;
         entry.increment(ignored)) {
      if (entry->is_regular_file(ignored)) paths.push_back(entry->path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& inputs) : inputs_(inputs) {}

  std::string next() {
    std::string bytes = inputs_.empty() ? std::string() : inputs_[below(inputs_.size())];
    for (size_t steps = 1 + below(6); steps > 0; --steps) mutate(bytes);
    bytes.resize(std::min(bytes.size(), kLongestInput));
    return bytes;
  }

 private:
  size_t below(size_t bound) { return static_cast<size_t>(random_() % bound); }

  void mutate(std::string& bytes) {
    const size_t at = below(bytes.size() + 1);
    const size_t length = std::min(bytes.size() - at, below(16) + 1);
    switch (below(8)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random_());
        break;
      case 1:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2: bytes.erase(at, length); break;
      case 3: bytes.insert(at, bytes.substr(at, length)); break;
      case 4: bytes.resize(at); break;  // a truncated file
      case 5:                           // the edges of integers, as counts and lengths in headers
        for (size_t i = at; i < std::min(bytes.size(), at + (size_t{1} << below(4))); ++i) {
          bytes[i] = static_cast<char>(at % 2 == 0 ? 0xFF : i == at ? 0x80 : 0x00);
        }
        break;
      case 6: {
        std::string noise(1 + below(24), '\0');
        for (char& byte : noise) byte = static_cast<char>(random_());
        bytes.insert(at, noise);
        break;
      }
      default:
        if (!inputs_.empty()) {
          const std::string& other = inputs_[below(inputs_.size())];
          const size_t from = below(other.size() + 1);
          bytes.insert(at, other, from, below(64));
        }
    }
  }

  const std::vector<std::string>& inputs_;
  std::mt19937_64 random_{1};
};

void run(const std::string& bytes) {
  // A copy of exactly this size, so that a sanitizer sees a read past the end.
  const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> inputs = read_inputs(argc, argv);
  for (const std::string& input : inputs) run(input);
  run({});

  const uint64_t runs = environment_number("TOKRAIL_FUZZ_RUNS", 2000);
  const std::chrono::seconds limit(environment_number("TOKRAIL_FUZZ_SECONDS", 5));
  const auto start = std::chrono::steady_clock::now();
  Mutator mutator(inputs);
  uint64_t mutations = 0;
  while (mutations < runs && std::chrono::steady_clock::now() - start < limit) {
    run(mutator.next());
    ++mutations;
  }
  std::printf("%zu files, 1 empty input and %llu mutations run\n", inputs.size(),
              static_cast<unsigned long long>(mutations));
  return 0;
}
