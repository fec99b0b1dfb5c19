#include "bindings/cli/verify_sampling.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "bindings/cli/estimator_law.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/sampling_cases.h"
#include "bindings/cli/sampling_report.h"
#include "bindings/cli/sequence_checks.h"
#include "bindings/cli/standard_output.h"
#include "bindings/cli/token_checks.h"

namespace tokrail::cli {
namespace {

struct Skipped {
  std::string file;
  std::string reason;
};

class SamplingVerification {
 public:
  explicit SamplingVerification(const VerifySamplingVerb& verb) : verb_(verb) {}

  int run() {
    for (const std::filesystem::path& path : files()) check_file(path);
    if (verb_.json) {
      out_.write("{\"ok\":" + std::string(failed_ == 0 ? "true" : "false") + ",\"cases\":[" +
                 json_ + "],\"skipped\":[" + skipped_json() + "]}\n");
    } else {
      write_end();
    }
    out_.flush();
    return failed_ == 0 && cases_ > 0 ? kOk : kNo;
  }

 private:
  /// What lies in the folder, in order of name.
  std::vector<std::filesystem::path> files() const {
    std::error_code error;
    std::vector<std::filesystem::path> paths;
    std::filesystem::directory_iterator entries(verb_.folder, error);
    if (error) throw Error(ErrorCode::kNotFound, "expected a folder", verb_.folder);
    for (const auto& entry : entries) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void check_file(const std::filesystem::path& path) {
    const std::string file = path.filename().string();
    if (std::filesystem::is_directory(path)) return skip(file, "a folder");
    if (path.extension() != ".json") return skip(file, "not JSON");
    SamplingCases cases = read_sampling_cases(path);
    if (const auto* skipped = std::get_if<SkippedCases>(&cases)) return skip(file, skipped->reason);
    if (const auto* tokens = std::get_if<std::vector<TokenCase>>(&cases)) {
      for (const TokenCase& one : *tokens) report(file, check_token_case(one, sizes()));
    } else {
      report(file, check_sequence_case(std::get<SequenceCase>(std::move(cases)), sizes()));
    }
  }

  CheckSizes sizes() const { return {.draws = verb_.draws, .seed = verb_.seed}; }

  void skip(std::string file, std::string reason) {
    skipped_.push_back({std::move(file), std::move(reason)});
  }

  void report(const std::string& file, CaseReport report) {
    report.file = file;
    ++cases_;
    numbers_ += report.checks.size();
    failed_ += report.failed();
    if (verb_.json) {
      json_ += (json_.empty() ? "" : ",") + report_json(report);
    } else {
      out_.write(report_text(report));
      if (out_.is_terminal()) out_.flush();
    }
  }

  std::string skipped_json() const {
    std::string text;
    for (const Skipped& skipped : skipped_) {
      text += text.empty() ? "{\"file\":" : ",{\"file\":";
      append_json_string(skipped.file, text);
      text += ",\"reason\":";
      append_json_string(skipped.reason, text);
      text += '}';
    }
    return text;
  }

  void write_end() {
    std::string text;
    for (const Skipped& skipped : skipped_)
      text += "skipped " + skipped.file + ": " + skipped.reason + '\n';
    append_number(cases_, text);
    text += " cases, ";
    append_number(numbers_, text);
    text += " numbers, ";
    append_number(failed_, text);
    text += " wrong, ";
    append_number(skipped_.size(), text);
    text += " files skipped\n";
    if (cases_ == 0) text += "no case was found\n";
    out_.write(text);
  }

  const VerifySamplingVerb& verb_;
  StandardOutput out_;
  std::string json_;
  std::vector<Skipped> skipped_;
  size_t cases_ = 0;
  size_t numbers_ = 0;
  size_t failed_ = 0;
};

}  // namespace

int run_verify_sampling(const VerifySamplingVerb& verb) {
  if (verb.draws < 1000)
    throw Error(ErrorCode::kInvalidArgument, "expected at least 1000", "--draws");
  return SamplingVerification(verb).run();
}

}  // namespace tokrail::cli
