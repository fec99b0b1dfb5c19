#include "bindings/cli/doctor.h"

#include <hwy/targets.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/process_memory.h"
#include "bindings/cli/standard_output.h"
#include "bindings/cli/version.h"
#include "decoding/logits/backend.h"

namespace tokrail::cli {

namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

// Best first. Highway's best target decides what the SIMD code runs on.
std::string instruction_sets() {
  std::string out;
  const int64_t supported = hwy::SupportedTargets();
  for (int bit = 0; bit < 63; ++bit) {
    const int64_t target = int64_t{1} << bit;
    if ((supported & target) == 0) continue;
    if (!out.empty()) out += ' ';
    out += hwy::TargetName(target);
  }
  return out;
}

}  // namespace

int run_doctor(const DoctorVerb& verb) {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back("processor", processor_name());
  facts.emplace_back("instruction_sets", instruction_sets());
  facts.emplace_back("threads", std::to_string(available_threads()));
  facts.emplace_back("memory_mb", std::to_string(physical_bytes() / 1000000));
  std::string why;
  const Backend* const cuda = Backend::cuda(&why);
  facts.emplace_back("gpu", cuda == nullptr ? "none: " + why : cuda->name());
  facts.emplace_back("logit_backend", Backend::best().name());
  facts.emplace_back("versions", version_text());

  std::string text;
  if (verb.json) text += '{';
  for (const auto& [key, value] : facts) {
    if (verb.json) {
      if (text.size() > 1) text += ',';
      text += '"' + key + "\":";
      append_json_string(value, text);
    } else if (key == "versions") {
      text += value + '\n';
    } else {
      text += key + std::string(18 - key.size(), ' ') + value + '\n';
    }
  }
  if (verb.json) text += "}\n";
  StandardOutput out;
  out.write(text);
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
