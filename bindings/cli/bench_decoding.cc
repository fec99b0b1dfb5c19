#include "bindings/cli/bench_decoding.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/id_set_constraint.h"
#include "bindings/cli/sampling_report.h"
#include "bindings/cli/standard_output.h"
#include "decoding/rejection/step_sampler.h"
#include "grammar/compiled_grammar.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/frontends/gbnf.h"

namespace tokrail::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Line {
  std::string what;
  std::string way;
  size_t vocab = 0;
  double us = 0;     ///< median of a step
  double tests = 0;  ///< mean
  double ratio = 0;  ///< to what the line names; 0: none
  bool right = true;
};

/// Rows of normal logits of width 3, as models without a strong opinion have them.
class Rows {
 public:
  Rows(size_t vocab, size_t count) {
    std::mt19937_64 random(vocab);
    std::normal_distribution<float> normal(0, 3);
    for (size_t row = 0; row < count; ++row) {
      rows_.emplace_back(vocab);
      for (float& logit : rows_.back()) logit = normal(random);
    }
  }

  /// Moves the logits of the ids in `mask` so that they have the part `mass` of each row.
  void give(std::span<const uint32_t> mask, double mass) {
    for (std::vector<float>& row : rows_) {
      double in = 0;
      double out = 0;
      for (size_t id = 0; id < row.size(); ++id)
        (mask_test(mask, id) ? in : out) += std::exp(double{row[id]});
      const auto shift = static_cast<float>(std::log(mass / (1 - mass) * out / in));
      for (size_t id = 0; id < row.size(); ++id)
        if (mask_test(mask, id)) row[id] += shift;
    }
  }

  PreparedRow prepared(uint32_t step) const {
    const std::vector<float>& logits = rows_[step % rows_.size()];
    PreparedRow row{.logits = {.data = logits.data(),
                               .rows = 1,
                               .vocab = logits.size(),
                               .row_stride = logits.size()},
                    .adjustments = {},
                    .parameters = {}};
    row.parameters.seed = 1;
    row.parameters.position = step;
    return row;
  }

  /// Mass of the ids in `mask`, in doubles.
  double mass(uint32_t step, std::span<const uint32_t> mask) const {
    const std::vector<float>& row = rows_[step % rows_.size()];
    double in = 0;
    double all = 0;
    for (size_t id = 0; id < row.size(); ++id) {
      const double weight = std::exp(double{row[id]});
      all += weight;
      in += mask_test(mask, id) ? weight : 0;
    }
    return in / all;
  }
  size_t count() const { return rows_.size(); }

 private:
  std::vector<std::vector<float>> rows_;
};

/// A way of making steps, and whether the past is forgotten before each.
struct Way {
  std::string name;
  StepOptions options;
  bool forget = false;
};
Way way(const char* name, StepMode mode, bool forget = false) {
  StepOptions options;
  options.mode = mode;
  return {name, options, forget};
}

class DecodingBench {
 public:
  explicit DecodingBench(const BenchDecodingVerb& verb) : verb_(verb) {}

  std::vector<Line> run() {
    for (const size_t vocab : {size_t{32000}, size_t{128256}}) cheap_constraint(vocab);
    if (!verb_.tokenizer.path.empty()) grammar_states();
    return std::move(lines_);
  }

 private:
  /// Nine of ten ids allowed, and the test costs next to nothing: the cost of the step itself.
  void cheap_constraint(size_t vocab) {
    const Rows rows(vocab, 8);
    std::vector<uint8_t> allowed(vocab);
    std::vector<uint32_t> mask(mask_words(vocab));
    for (size_t id = 0; id < vocab; ++id) {
      if (id * 2654435761U % 1024 < 102) continue;
      allowed[id] = 1;
      mask_set(mask, id);
    }
    const IdSetConstraint constraint(allowed);
    const Line line = measure("cheap constraint", way("reject_weighted", StepMode::kRejectWeighted),
                              rows, constraint, mask, verb_.steps);
    lines_.push_back(line);
    if (verb_.no_numpy) return;
    const double numpy = numpy_us(vocab);
    if (numpy <= 0) return;
    lines_.push_back({"cheap constraint", "numpy: Gumbel noise, argsort", vocab, numpy, 0,
                      numpy / line.us, true});
  }

  /// What a step of other systems begins with: noise for every token, and all of them in order.
  static double numpy_us(size_t vocab) {
    const std::string program =
        "import numpy as n,time\n"
        "v=" +
        std::to_string(vocab) +
        "\n"
        "r=n.random.default_rng(1);x=r.normal(0,3,v)\n"
        "t=[]\n"
        "for i in range(25):\n"
        " s=time.perf_counter();k=x+r.gumbel(size=v);o=n.argsort(-k);"
        "t.append(time.perf_counter()-s)\n"
        "print(sorted(t)[12]*1e6)\n";
    for (const char* python : {"python3", "/usr/bin/python3"}) {
      const std::string command = std::string(python) + " -c \"" + program + "\" 2>/dev/null";
      FILE* const pipe = popen(command.c_str(), "r");
      if (pipe == nullptr) continue;
      double us = 0;
      const bool read = std::fscanf(pipe, "%lf", &us) == 1;
      pclose(pipe);
      if (read) return us;
    }
    return 0;
  }

  void grammar_states() {
    const Tokenizer tokenizer = load_tokenizer(verb_.tokenizer);
    auto tables = std::make_shared<MaskTables>(tokenizer.shared_vocabulary());
    const auto state = [&](const char* what, const char* gbnf, const char* prefix, double mass) {
      Matcher matcher(CompiledGrammar::compile(read_gbnf(gbnf), tables));
      if (!matcher.accept_bytes(prefix))
        throw Error(ErrorCode::kInternal, "the grammar refuses its own text");
      grammar_state(what, GrammarConstraint(std::move(matcher)), mass);
    };
    state("loose: JSON string",
          "root ::= \"\\\"\" ([^\"\\\\\\x00-\\x1f] | \"\\\\\" [\"\\\\/bfnrt])* \"\\\"\"", "\"abc",
          0);
    state("tight: one of four words",
          "root ::= \"\\\"\" (\"red\" | \"green\" | \"blue\" | \"transparent\") \"\\\"\"", "\"", 0);
    state("1 % of the mass: a number", "root ::= [0-9]+ (\".\" [0-9]+)?", "", 0.01);
  }

  void grammar_state(const std::string& what, const GrammarConstraint& constraint, double mass) {
    const size_t vocab = constraint.vocab_size();
    std::vector<uint32_t> mask(mask_words(vocab));
    if (constraint.fill_mask(mask) != MaskStatus::kOk)
      throw Error(ErrorCode::kInternal, "no mask for the state");
    Rows rows(vocab, 8);
    if (mass > 0) rows.give(mask, mass);
    const Line by_mask =
        measure(what, way("mask", StepMode::kMask), rows, constraint, mask, verb_.steps);
    // Where little is allowed, rejection alone takes thousands of tests a step.
    const uint32_t few = std::max<uint32_t>(verb_.steps / 20, 5);
    const Line by_tests = measure(what, way("reject_weighted", StepMode::kRejectWeighted), rows,
                                  constraint, mask, few);
    const double better = std::min(by_mask.us, by_tests.us);
    lines_.push_back(by_mask);
    lines_.push_back(by_tests);
    for (const bool forget : {false, true}) {
      Line line =
          measure(what, way(forget ? "adaptive, no past" : "adaptive", StepMode::kAdaptive, forget),
                  rows, constraint, mask, verb_.steps);
      line.ratio = line.us / better;
      lines_.push_back(line);
    }
  }

  Line measure(const std::string& what, const Way& of, const Rows& rows,
               const Constraint& constraint, std::span<const uint32_t> mask, uint32_t steps) const {
    StepSampler sampler(of.options);
    std::vector<double> times;
    std::vector<double> exact;
    for (uint32_t row = 0; row < rows.count(); ++row) exact.push_back(rows.mass(row, mask));
    Line line{what, of.name, constraint.vocab_size(), 0, 0, 0, true};
    double sum = 0;
    for (uint32_t step = 0; step < steps; ++step) {
      if (of.forget) sampler.reset();
      const PreparedRow row = rows.prepared(step);
      const auto start = Clock::now();
      const StepResult result = sampler.sample(row, &constraint);
      times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
      line.tests += result.report.tests;
      line.right = line.right && result.status == StepStatus::kOk && mask_test(mask, result.token);
      // In units of the row's own mass the weights have mean 1, and are 1 where they are exact.
      const double weight = std::exp(result.log_weight) / exact[step % rows.count()];
      if (result.report.weight_is_exact) line.right = line.right && std::fabs(weight - 1) < 1e-4;
      sum += weight;
    }
    line.tests /= steps;
    // Weights are between 0 and 1 with mean Z, so their variance is at most Z (1 - Z); a sample's
    // own spread does not show what rare large weights add.
    const double least = *std::min_element(exact.begin(), exact.end());
    line.right = line.right &&
                 std::fabs(sum / steps - 1) <= 5 * std::sqrt((1 - least) / least / steps) + 1e-4;
    std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2),
                     times.end());
    line.us = times[times.size() / 2];
    return line;
  }

  const BenchDecodingVerb& verb_;
  std::vector<Line> lines_;
};

std::string as_text(const std::vector<Line>& lines) {
  std::string text =
      "what                        way                           vocabulary       us   "
      "tests  ratio\n";
  for (const Line& line : lines) {
    char one[240];
    std::snprintf(one, sizeof one, "%-27s %-29s %10zu %8.1f %7.1f", line.what.c_str(),
                  line.way.c_str(), line.vocab, line.us, line.tests);
    text += one;
    if (line.ratio > 0) {
      std::snprintf(one, sizeof one, " %6.2f", line.ratio);
      text += one;
    }
    text += line.right ? "\n" : "  WRONG\n";
  }
  return text;
}

std::string as_json(const std::vector<Line>& lines) {
  std::string text = "[";
  for (const Line& line : lines) {
    text += &line == lines.data() ? "\n" : ",\n";
    text += "{\"what\":\"" + line.what + "\",\"way\":\"" + line.way +
            "\",\"vocab\":" + std::to_string(line.vocab) +
            ",\"us_median\":" + short_number(line.us, 6) +
            ",\"tests\":" + short_number(line.tests, 6) +
            ",\"ratio\":" + (line.ratio > 0 ? short_number(line.ratio, 6) : "null") +
            ",\"right\":" + (line.right ? "true}" : "false}");
  }
  return text + "\n]\n";
}

}  // namespace

int run_bench_decoding(const BenchDecodingVerb& verb) {
  const std::vector<Line> lines = DecodingBench(verb).run();
  StandardOutput out;
  out.write(verb.json ? as_json(lines) : as_text(lines));
  out.flush();
  return std::ranges::all_of(lines, &Line::right) ? kOk : kNo;
}

}  // namespace tokrail::cli
