#include "bindings/cli/bench_grammar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/grammar_case_run.h"
#include "bindings/cli/grammar_cases.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/standard_output.h"
#include "bindings/cli/worker_processes.h"

namespace tokrail::cli {

namespace {

using Fault = InstanceResult::Fault;
using Wanted = GrammarCase::Wanted;

// Keywords by which refusals of schemas are counted.
constexpr std::array kKeywords = {"$ref",
                                  "$dynamicRef",
                                  "$recursiveRef",
                                  "$schema",
                                  "additionalItems",
                                  "additionalProperties",
                                  "allOf",
                                  "anyOf",
                                  "const",
                                  "contains",
                                  "contentSchema",
                                  "dependencies",
                                  "dependentRequired",
                                  "dependentSchemas",
                                  "else",
                                  "enum",
                                  "exclusiveMaximum",
                                  "exclusiveMinimum",
                                  "format",
                                  "if",
                                  "items",
                                  "maxContains",
                                  "maxItems",
                                  "maxLength",
                                  "maxProperties",
                                  "maximum",
                                  "minContains",
                                  "minItems",
                                  "minLength",
                                  "minProperties",
                                  "minimum",
                                  "multipleOf",
                                  "not",
                                  "oneOf",
                                  "pattern",
                                  "patternProperties",
                                  "prefixItems",
                                  "properties",
                                  "propertyNames",
                                  "required",
                                  "then",
                                  "type",
                                  "unevaluatedItems",
                                  "unevaluatedProperties",
                                  "uniqueItems"};

bool is_keyword(std::string_view word) {
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

// The keyword that the message begins with, or the last one of the pointer, or the kind of error.
std::string reason_of(const GrammarCase& one, const CaseResult& result) {
  const auto code = static_cast<ErrorCode>(result.error_code);
  if (one.notation == Notation::kJsonSchema && code != ErrorCode::kBudgetExhausted) {
    const std::string_view message = result.message;
    const std::string_view word = message.substr(0, message.find_first_of(": "));
    if (is_keyword(word)) return std::string(word);
    std::string_view pointer = result.where;
    for (size_t slash; (slash = pointer.rfind('/')) != std::string_view::npos;) {
      if (is_keyword(pointer.substr(slash + 1))) return std::string(pointer.substr(slash + 1));
      pointer = pointer.substr(0, slash);
    }
  }
  return std::string(error_code_name(code));
}

// Mean and percentiles of times or sizes.
class Distribution {
 public:
  void add(double value) { values_.push_back(static_cast<float>(value)); }
  void add(const std::vector<float>& values) {
    values_.insert(values_.end(), values.begin(), values.end());
  }
  size_t size() const { return values_.size(); }
  void sort() { std::sort(values_.begin(), values_.end()); }
  double mean() const {
    const double sum = std::accumulate(values_.begin(), values_.end(), 0.0);
    return values_.empty() ? 0 : sum / static_cast<double>(values_.size());
  }
  /// Of sorted values: the smallest that at least this share of them does not exceed.
  double quantile(double share) const {
    if (values_.empty()) return 0;
    const double rank = share * static_cast<double>(values_.size());
    const auto at = static_cast<size_t>(std::max(0.0, std::ceil(rank) - 1));
    return values_[std::min(at, values_.size() - 1)];
  }

 private:
  std::vector<float> values_;
};

struct Totals {
  size_t schemas = 0, with_tests = 0, right = 0, compiled = 0, refused = 0;
  size_t over_accepts = 0, under_accepts = 0, wrong_masks = 0, no_masks = 0;
  size_t crashes = 0, timeouts = 0, instances = 0;
  std::map<std::string, size_t> refused_by;
  double setup_ms = 0;
  Distribution mask_us, mask_repeat_us, compile_us, refusal_us, first_mask_us, accept_us, memory_kb;
  uint64_t accept_tokens = 0;
  double accept_sum_us = 0;

  void sort() {
    for (Distribution* one : {&mask_us, &mask_repeat_us, &compile_us, &refusal_us, &first_mask_us,
                              &accept_us, &memory_kb}) {
      one->sort();
    }
  }
};

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

// Lines of JSON about single grammars.
class Listing {
 public:
  Listing(const BenchGrammarVerb& verb, StandardOutput& out)
      : all_(verb.list == "all"), wrong_(all_ || verb.list == "wrong"), out_(out) {}

  void ended(const GrammarCase& one, const char* what, std::string_view how) {
    if (wrong_) write(begin(one, what) + text_member("how", how));
  }
  void refused(const GrammarCase& one, const CaseResult& result, const std::string& reason) {
    if (!wrong_) return;
    write(begin(one, "refused") + text_member("by", reason) + text_member("where", result.where) +
          text_member("message", result.message) +
          ",\"compile_ms\":" + number(result.compile_us / 1e3));
  }
  void instance(const GrammarCase& one, size_t index, const char* what, size_t offset) {
    if (!wrong_) return;
    constexpr size_t kShown = 300;
    const std::string& text = one.instances[index].text;
    write(begin(one, what) + ",\"test\":" + std::to_string(index) + ",\"offset\":" +
          std::to_string(offset) + text_member("text", std::string_view(text).substr(0, kShown)) +
          text_member("from", std::string_view(text).substr(std::min(offset, text.size()), 40)));
  }
  void times(const GrammarCase& one, const CaseResult& result) {
    if (!all_ || !result.compiled) return;
    std::string line = begin(one, "times") + ",\"compile_ms\":" + number(result.compile_us / 1e3) +
                       ",\"memory_kb\":" + number(static_cast<double>(result.memory) / 1024) +
                       ",\"first_mask_us\":" + number(result.first_mask_us);
    append_times("mask_us", result.mask_us, line);
    append_times("mask_us_repeated", result.mask_repeat_us, line);
    write(line);
  }

 private:
  static std::string begin(const GrammarCase& one, const char* what) {
    std::string line = "{\"id\":";
    append_json_string(one.id, line);
    return line + ",\"what\":\"" + what + '"';
  }
  static std::string text_member(const char* key, std::string_view text) {
    std::string member = std::string(",\"") + key + "\":";
    append_json_string(text, member);
    return member;
  }
  static void append_times(const char* key, const std::vector<float>& times, std::string& line) {
    if (times.empty()) return;
    Distribution all;
    all.add(times);
    all.sort();
    line += std::string(",\"") + key + "\":{\"n\":" + std::to_string(all.size()) +
            ",\"mean\":" + number(all.mean()) + ",\"p50\":" + number(all.quantile(0.5)) +
            ",\"max\":" + number(all.quantile(1)) + '}';
  }
  void write(const std::string& line) { out_.write(line + "}\n"); }

  bool all_, wrong_;
  StandardOutput& out_;
};

class Tally {
 public:
  Tally(const std::vector<GrammarCase>& cases, Listing listing)
      : cases_(cases), listing_(std::move(listing)) {
    totals_.schemas = cases.size();
    for (const GrammarCase& one : cases) totals_.with_tests += has_tests(one) ? 1 : 0;
  }

  void add(size_t job, JobEnd end, std::string_view answer) {
    const GrammarCase& one = cases_[job];
    if (end == JobEnd::kTimedOut) {
      ++totals_.timeouts;
      listing_.ended(one, "timeout", answer);
    } else if (end == JobEnd::kCrashed) {
      ++totals_.crashes;
      listing_.ended(one, "crash", answer);
    } else {
      add(one, CaseResult::from_bytes(answer));
    }
  }
  Totals take() {
    totals_.sort();
    return std::move(totals_);
  }

 private:
  static bool has_tests(const GrammarCase& one) {
    return !one.instances.empty() || one.wanted != Wanted::kInstances;
  }

  void add(const GrammarCase& one, const CaseResult& result) {
    totals_.setup_ms = result.setup_ms;
    if (one.wanted == Wanted::kRefused) {
      totals_.right += result.compiled ? 0 : 1;
      totals_.compiled += result.compiled ? 1 : 0;
      totals_.over_accepts += result.compiled ? 1 : 0;
      if (result.compiled) listing_.ended(one, "over_accept", "the grammar is not refused");
      return;
    }
    if (!result.compiled) {
      const std::string reason = reason_of(one, result);
      ++totals_.refused;
      ++totals_.refused_by[reason];
      totals_.refusal_us.add(result.compile_us);
      listing_.refused(one, result, reason);
      return;
    }
    ++totals_.compiled;
    add_times(result);
    bool right = true;
    for (size_t i = 0; i < result.instances.size(); ++i) {
      right = add_instance(one, i, result.instances[i]) && right;
    }
    totals_.right += right && has_tests(one) ? 1 : 0;
    listing_.times(one, result);
  }

  bool add_instance(const GrammarCase& one, size_t index, const InstanceResult& result) {
    const GrammarInstance& instance = one.instances[index];
    ++totals_.instances;
    const char* what = nullptr;
    if (result.fault == Fault::kNoMask) {
      ++totals_.no_masks;
      what = "no_mask";
    } else if (result.fault != Fault::kNone) {
      ++totals_.wrong_masks;
      what = result.fault == Fault::kMaskAgainstEnd ? "mask_against_end" : "mask_against_accept";
    } else if (result.accepted && !instance.valid) {
      ++totals_.over_accepts;
      what = "over_accept";
    } else if (instance.valid ? !result.accepted : instance.prefix_is_valid && !result.taken) {
      ++totals_.under_accepts;
      what = "under_accept";
    }
    if (what != nullptr) listing_.instance(one, index, what, result.offset);
    return what == nullptr;
  }

  void add_times(const CaseResult& result) {
    totals_.compile_us.add(result.compile_us);
    totals_.mask_us.add(result.mask_us);
    totals_.mask_repeat_us.add(result.mask_repeat_us);
    totals_.accept_us.add(result.accept_us);
    totals_.accept_tokens += result.accept_tokens;
    totals_.accept_sum_us += result.accept_sum_us;
    if (result.first_mask_us >= 0) totals_.first_mask_us.add(result.first_mask_us);
    totals_.memory_kb.add(static_cast<double>(result.memory) / 1024);
  }

  const std::vector<GrammarCase>& cases_;
  Listing listing_;
  Totals totals_;
};

class CaseWorker : public Worker {
 public:
  CaseWorker(const BenchGrammarVerb& verb, const std::vector<GrammarCase>& cases,
             const CaseRunOptions& options)
      : cases_(cases), runner_(tokenizer_of(verb), options) {}
  std::string run(size_t job) override { return runner_.run(cases_[job]).to_bytes(); }

 private:
  static std::optional<Tokenizer> tokenizer_of(const BenchGrammarVerb& verb) {
    if (verb.tokenizer.path.empty()) return std::nullopt;
    return load_tokenizer(verb.tokenizer);
  }
  const std::vector<GrammarCase>& cases_;
  CaseRunner runner_;
};

Totals run_cases(const BenchGrammarVerb& verb, const std::vector<GrammarCase>& cases,
                 const CaseRunOptions& options, Listing listing, const char* label) {
  Tally tally(cases, std::move(listing));
  Progress progress(label, cases.size(), !verb.no_progress, Progress::Unit::kItems);
  size_t done = 0;
  run_in_processes(
      cases.size(),
      {.workers = verb.threads, .seconds = verb.limit_ms / 1e3, .memory = verb.memory_mb << 20},
      [&] { return std::make_unique<CaseWorker>(verb, cases, options); },
      [&](size_t job, JobEnd end, std::string_view answer) {
        tally.add(job, end, answer);
        progress.update(++done);
      });
  return tally.take();
}

// ,"name":{"n":..,"mean":..,...}
std::string as_json(const char* name, const Distribution& values, double scale = 1,
                    std::optional<double> mean = std::nullopt) {
  std::string out = std::string(",\n \"") + name + "\":{\"n\":" + std::to_string(values.size()) +
                    ",\"mean\":" + number(mean.value_or(values.mean() * scale));
  for (const auto& [key, share] :
       {std::pair<const char*, double>{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}}) {
    out += std::string(",\"") + key + "\":" + number(values.quantile(share) * scale);
  }
  return out + '}';
}

std::string refusals_as_json(const Totals& totals) {
  std::string out = "{";
  for (const auto& [reason, count] : totals.refused_by) {
    if (out.size() > 1) out += ',';
    append_json_string(reason, out);
    out += ':' + std::to_string(count);
  }
  return out + '}';
}

double mean_accept(const Totals& totals) {
  return totals.accept_sum_us / static_cast<double>(std::max<uint64_t>(totals.accept_tokens, 1));
}

std::string as_json(const Totals& totals, const std::optional<Totals>& cold, size_t skipped) {
  std::string out = "{\"schemas\":" + std::to_string(totals.schemas);
  for (const auto& [key, count] : {std::pair<const char*, size_t>{"skipped", skipped},
                                   {"with_tests", totals.with_tests},
                                   {"right", totals.right},
                                   {"compiled", totals.compiled},
                                   {"instances", totals.instances},
                                   {"refused", totals.refused}}) {
    out += std::string(",\"") + key + "\":" + std::to_string(count);
  }
  out += ",\"refused_by\":" + refusals_as_json(totals);
  for (const auto& [key, count] :
       {std::pair<const char*, size_t>{"over_accepts", totals.over_accepts},
        {"under_accepts", totals.under_accepts},
        {"wrong_masks", totals.wrong_masks},
        {"no_masks", totals.no_masks},
        {"crashes", totals.crashes},
        {"timeouts", totals.timeouts}}) {
    out += std::string(",\"") + key + "\":" + std::to_string(count);
  }
  out += ",\"vocab_setup_ms\":" + number(totals.setup_ms) + as_json("mask_us", totals.mask_us);
  if (totals.mask_repeat_us.size() > 0) {
    out += as_json("mask_us_repeated", totals.mask_repeat_us);
  }
  if (cold) {
    out += as_json("mask_us_all_cold", cold->mask_us) +
           as_json("first_mask_us_all_cold", cold->first_mask_us);
  }
  return out + as_json("compile_ms", totals.compile_us, 1e-3) +
         as_json("refusal_ms", totals.refusal_us, 1e-3) +
         as_json("first_mask_us", totals.first_mask_us) +
         as_json("accept_us", totals.accept_us, 1, mean_accept(totals)) +
         as_json("memory_kb", totals.memory_kb) + "}\n";
}

std::string as_line(const char* name, const Distribution& values, double scale = 1,
                    std::optional<double> mean = std::nullopt) {
  if (values.size() == 0) return "";
  char line[200];
  std::snprintf(line, sizeof line,
                "%-18s %9zu  mean %10.3f  p50 %10.3f  p90 %10.3f  p99 %10.3f  max %10.3f\n", name,
                values.size(), mean.value_or(values.mean() * scale), values.quantile(0.5) * scale,
                values.quantile(0.9) * scale, values.quantile(0.99) * scale,
                values.quantile(1) * scale);
  return line;
}

std::string as_text(const Totals& totals, const std::optional<Totals>& cold, size_t skipped) {
  const auto line = [](const char* name, const std::string& value) {
    return std::string(name) +
           std::string(19 - std::min<size_t>(18, std::string(name).size()), ' ') + value + '\n';
  };
  char share[32] = "";
  if (totals.with_tests > 0) {
    std::snprintf(
        share, sizeof share, " (%.2f %%)",
        100.0 * static_cast<double>(totals.right) / static_cast<double>(totals.with_tests));
  }
  std::string out =
      line("grammars", std::to_string(totals.schemas) + ", " + std::to_string(skipped) +
                           " skipped by overrides") +
      line("right", std::to_string(totals.right) + " of " + std::to_string(totals.with_tests) +
                        " with tests" + share) +
      line("refused", std::to_string(totals.refused) + ' ' + refusals_as_json(totals)) +
      line("over_accepts", std::to_string(totals.over_accepts)) +
      line("under_accepts", std::to_string(totals.under_accepts)) +
      line("wrong_masks", std::to_string(totals.wrong_masks)) +
      line("no_masks", std::to_string(totals.no_masks)) +
      line("crashes", std::to_string(totals.crashes)) +
      line("timeouts", std::to_string(totals.timeouts)) +
      line("vocab_setup_ms", number(totals.setup_ms));
  out += as_line("mask_us", totals.mask_us) + as_line("mask_us_repeated", totals.mask_repeat_us);
  if (cold) out += as_line("mask_us_all_cold", cold->mask_us);
  return out + as_line("compile_ms", totals.compile_us, 1e-3) +
         as_line("refusal_ms", totals.refusal_us, 1e-3) +
         as_line("first_mask_us", totals.first_mask_us) +
         as_line("accept_us", totals.accept_us, 1, mean_accept(totals)) +
         as_line("memory_kb", totals.memory_kb);
}

std::optional<KeyOrder> key_order_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  return name == "any" ? KeyOrder::kAny : KeyOrder::kSchema;
}

}  // namespace

int run_bench_grammar(const BenchGrammarVerb& verb) {
  const GrammarCases cases = read_grammar_cases(verb.files, key_order_of(verb.key_order));
  if (cases.cases.empty()) {
    throw Error(ErrorCode::kInvalidFile, "there are no grammars", verb.files.front());
  }
  StandardOutput out;
  CaseRunOptions options{.passes = verb.passes};
  const Totals totals = run_cases(verb, cases.cases, options, Listing(verb, out), "grammars");
  std::optional<Totals> cold;
  if (verb.all_cold) {
    options.fresh_tables = true;
    options.passes = 1;
    const BenchGrammarVerb quiet;
    cold = run_cases(verb, cases.cases, options, Listing(quiet, out), "all cold");
  }
  out.write(verb.json ? as_json(totals, cold, cases.skipped)
                      : as_text(totals, cold, cases.skipped));
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
