#include "bindings/cli/bench_logits.h"

#include <hwy/targets.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "base/bitset.h"
#include "base/random.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/plain_sampling.h"
#include "bindings/cli/standard_output.h"
#include "decoding/logits/apply_bitmask.h"
#include "decoding/logits/draw_without_replacement.h"
#include "decoding/logits/sample_masked.h"
#include "decoding/samplers/sampler_chain.h"

namespace tokrail::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Line {
  std::string op;
  size_t vocab = 0;
  const char* dtype = "f32";
  size_t allowed = 0;
  std::string isa = {};
  std::string cache = {};
  double us_median = 0;
  bool equal = true;
};

// Rows of one vocabulary: normal logits of width 3, as models without a strong opinion have them.
struct Rows {
  Rows(size_t vocabulary, size_t count, LogitsType number_type)
      : vocab(vocabulary), type(number_type) {
    std::mt19937_64 random(vocab);
    std::normal_distribution<float> normal(0, 3);
    floats.resize(vocab * count);
    // One row of noise, turned round by another amount for each row: quick to make.
    std::vector<float> noise(vocab);
    for (float& x : noise) x = normal(random);
    for (size_t row = 0; row < count; ++row) {
      std::rotate_copy(noise.begin(), noise.begin() + static_cast<std::ptrdiff_t>(row * 97 % vocab),
                       noise.end(), floats.begin() + static_cast<std::ptrdiff_t>(row * vocab));
    }
    if (type == LogitsType::kF32) return;
    for (float& x : floats) {
      uint32_t bits;
      std::memcpy(&bits, &x, sizeof bits);
      bits &= 0xFFFF0000u;
      std::memcpy(&x, &bits, sizeof x);
      shorts.push_back(static_cast<uint16_t>(bits >> 16));
    }
  }

  size_t count() const { return floats.size() / vocab; }
  std::span<const float> row(size_t number) const {
    return std::span(floats).subspan(number % count() * vocab, vocab);
  }
  LogitsView view(size_t number) const {
    const size_t at = number % count() * vocab;
    const void* data = type == LogitsType::kF32 ? static_cast<const void*>(&floats[at])
                                                : static_cast<const void*>(&shorts[at]);
    return {.data = data, .type = type, .rows = 1, .vocab = vocab, .row_stride = vocab};
  }

  size_t vocab;
  LogitsType type;
  std::vector<float> floats;
  std::vector<uint16_t> shorts;
};

std::vector<uint32_t> mask_of(size_t vocab, size_t allowed) {
  std::vector<uint32_t> words(mask_words(vocab));
  std::mt19937_64 random(allowed);
  if (allowed == vocab) {
    mask_set_all(words, vocab);
    return words;
  }
  for (size_t count = 0; count < allowed;) {
    const size_t id = random() % vocab;
    if (mask_test(words, id)) continue;
    mask_set(words, id);
    ++count;
  }
  return words;
}

// One operation on rows: what is timed, and how it should come out.
struct Operation {
  std::string name;
  std::function<void(size_t row)> prepare;  ///< not timed; may be empty
  std::function<void(size_t row)> run;
  std::function<bool(size_t row)> is_right;  ///< runs it, and looks
  size_t repeats = 1;                        ///< run() does so many of what is counted
};

class LogitsBench {
 public:
  explicit LogitsBench(const BenchLogitsVerb& verb) : verb_(verb) {}

  std::vector<Line> run() {
    constexpr size_t kLarge = 131072;
    constexpr size_t kLlama = 128256;
    constexpr size_t kMask = 128000;
    for (const bool cold : {false, true}) {
      cold_ = cold;
      bitmask(kMask, LogitsType::kF32);
      bitmask(kMask, LogitsType::kBf16);
      for (const LogitsType type : {LogitsType::kF32, LogitsType::kBf16}) {
        masked("sample_masked", kLarge, type, kLarge, kWithLogSumAll);
        masked("sample_masked", kLarge, type, kLarge / 2, kWithLogSumAll);
      }
      masked("sample_masked_only", kLarge, LogitsType::kF32, kLarge / 2, kMaskedOnly);
      masked("sample_masked_sparse", kLarge, LogitsType::kF32, 128, kMaskedOnly);
      const RowParameters warm{.inverse_temperature = 1.25f};
      truncated("sample_minp", kLlama, warm, [](RowParameters& p) { p.min_p = 0.05f; });
      truncated("sample_topp", kLlama, warm, [](RowParameters& p) { p.top_p = 0.95f; });
      truncated("sample_topk", kLlama, warm, [](RowParameters& p) { p.top_k = 40; });
      draws(kLarge);
      greedy(kLlama);
      chain("typical", kLlama, {.typical_p = 0.95f},
            [](std::vector<double>& p) { plain_typical(p, 0.95); });
      for (const int version : {1, 2}) {
        chain(version == 1 ? "mirostat1" : "mirostat2", kLlama, {.mirostat = version},
              [version](std::vector<double>& p) { plain_mirostat(p, version, 5); });
      }
      chain("chain_default", kLlama,
            {.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f},
            [](std::vector<double>& p) {
              plain_top_k(p, 40);
              plain_top_p(p, 0.95);
              plain_min_p(p, 0.05);
              for (double& x : p) x = std::pow(x, 1.25);
            });
      plain_loop(kLarge);
    }
    if (!verb_.no_numpy && verb_.isa.empty()) numpy(kLarge);
    return std::move(lines_);
  }

 private:
  bool wanted(const std::string& name) const { return verb_.op.empty() || verb_.op == name; }

  std::vector<std::string> isas() const {
    std::vector<std::string> names;
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      names.emplace_back(hwy::TargetName(target));
    }
    return names;
  }

  // As many rows as do not fit the caches, or one.
  size_t row_count(size_t vocab) const {
    return cold_ ? std::max<size_t>(2, (size_t{192} << 20) / (vocab * sizeof(float))) : 1;
  }

  double uniform(size_t row) const { return CounterRandom(1).uniform(name_of(row)); }
  static DrawName name_of(size_t row) { return {.position = static_cast<uint32_t>(row)}; }
  static RowParameters placed(RowParameters p, size_t row) {
    p.seed = 1;
    p.position = static_cast<uint32_t>(row);
    return p;
  }

  // Medians of single runs.
  double median_us(const Operation& operation) const {
    std::vector<double> times;
    size_t row = 0;
    for (; row < 3; ++row) {
      if (operation.prepare) operation.prepare(row);
      operation.run(row);
    }
    const auto end = Clock::now() + std::chrono::duration<double, std::milli>(verb_.milliseconds);
    while (times.size() < 5 || (Clock::now() < end && times.size() < 100000)) {
      if (operation.prepare) operation.prepare(row);
      const auto start = Clock::now();
      operation.run(row);
      const std::chrono::duration<double, std::micro> time = Clock::now() - start;
      times.push_back(time.count() / static_cast<double>(operation.repeats));
      ++row;
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  }

  void measure(const Operation& operation, const Rows& rows, size_t allowed) {
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      const std::string isa = hwy::TargetName(target);
      if (!verb_.isa.empty() && verb_.isa != isa) continue;
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(target);
      Line line{.op = operation.name, .vocab = rows.vocab, .allowed = allowed, .isa = isa};
      line.dtype = rows.type == LogitsType::kF32 ? "f32" : "bf16";
      line.cache = cold_ ? "cold" : "l2";
      for (size_t row = 0; row < kChecked; ++row)
        line.equal = line.equal && operation.is_right(row);
      line.us_median = median_us(operation);
      lines_.push_back(line);
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }

  void bitmask(size_t vocab, LogitsType type) {
    if (!wanted("apply_bitmask")) return;
    Rows rows(vocab, row_count(vocab), type);
    const std::vector<uint32_t> mask = mask_of(vocab, vocab / 2);
    const MaskView view{mask.data(), mask.size()};
    const auto apply = [&](size_t row) {
      LogitsView one = rows.view(row);
      apply_bitmask({const_cast<void*>(one.data), one.type, one.device, 1, vocab, vocab}, view, 1);
    };
    const auto is_right = [&](size_t row) {
      apply(row);
      const float kInf = std::numeric_limits<float>::infinity();
      for (size_t id = 0; id < vocab; ++id) {
        float expected = mask_test(mask, id) ? rows.row(row)[id] : -kInf;
        const size_t at = row % rows.count() * vocab + id;
        if (type == LogitsType::kF32) {
          if (rows.floats[at] != expected) return false;
        } else if (rows.shorts[at] != std::bit_cast<uint32_t>(expected) >> 16) {
          return false;
        }
      }
      return true;
    };
    measure({"apply_bitmask", {}, apply, is_right}, rows, vocab / 2);
  }

  void masked(const char* name, size_t vocab, LogitsType type, size_t allowed, uint32_t outputs) {
    if (!wanted(name)) return;
    const Rows rows(vocab, row_count(vocab), type);
    const std::vector<uint32_t> mask = mask_of(vocab, allowed);
    sample(name, rows, allowed == vocab ? nullptr : &mask, allowed, {}, outputs,
           [](std::vector<double>&) {});
  }

  void truncated(const char* name, size_t vocab, RowParameters p,
                 const std::function<void(RowParameters&)>& change) {
    if (!wanted(name)) return;
    const Rows rows(vocab, row_count(vocab), LogitsType::kF32);
    change(p);
    sample(name, rows, nullptr, vocab, p, kMaskedOnly, [p](std::vector<double>& t) {
      if (p.min_p > 0) plain_min_p(t, static_cast<double>(p.min_p));
      if (p.top_k > 0) plain_top_k(t, p.top_k);
      if (p.top_p < 1) plain_top_p(t, static_cast<double>(p.top_p));
    });
  }

  void sample(const char* name, const Rows& rows, const std::vector<uint32_t>* mask, size_t allowed,
              const RowParameters& parameters, uint32_t outputs,
              const std::function<void(std::vector<double>&)>& filter) {
    std::vector<RowResult> results(1);
    const auto run = [&](size_t row) {
      const RowParameters p = placed(parameters, row);
      SampleBatch batch{.logits = rows.view(row), .parameters = &p, .outputs = outputs};
      if (mask != nullptr) batch.masks = {mask->data(), mask->size()};
      sample_masked(batch, results, 1);
    };
    const auto is_right = [&](size_t row) {
      std::vector<double> p =
          plain_softmax(rows.row(row), mask == nullptr ? nullptr : mask->data(),
                        parameters.inverse_temperature == kGreedy
                            ? 1
                            : static_cast<double>(parameters.inverse_temperature));
      filter(p);
      run(row);
      return plain_draws(p, uniform(row), results[0].token);
    };
    measure({name, {}, run, is_right}, rows, allowed);
  }

  // One further draw from a row that has been read.
  void draws(size_t vocab) {
    if (!wanted("draw_without_replacement")) return;
    constexpr size_t kDraws = 32;
    const Rows rows(vocab, row_count(vocab), LogitsType::kF32);
    RowDraws draws;
    std::vector<Draw> drawn(kDraws);
    Draw first;
    const auto prepare = [&](size_t row) {
      const RowParameters p = placed({}, row);
      draws.reset({.logits = rows.view(row), .parameters = &p}, 0);
      first = draws.next(uniform(row));
    };
    const auto run = [&](size_t row) {
      const CounterRandom random(row);
      for (size_t i = 0; i < kDraws; ++i) {
        drawn[i] = draws.next(random.uniform({.draw = static_cast<uint32_t>(i)}));
      }
    };
    const auto is_right = [&](size_t row) {
      prepare(row);
      std::vector<double> p = plain_softmax(rows.row(row), nullptr, 1);
      if (!plain_draws(p, uniform(row), first.token)) return false;
      p[first.token] = 0;
      run(row);
      for (size_t i = 0; i < kDraws; ++i) {
        const double u = CounterRandom(row).uniform({.draw = static_cast<uint32_t>(i)});
        if (!plain_draws(p, u, drawn[i].token)) return false;
        p[drawn[i].token] = 0;
      }
      return true;
    };
    measure({"draw_without_replacement", prepare, run, is_right, kDraws}, rows, vocab);
  }

  void greedy(size_t vocab) {
    if (!wanted("greedy")) return;
    const Rows rows(vocab, row_count(vocab), LogitsType::kF32);
    sample("greedy", rows, nullptr, vocab, {.inverse_temperature = kGreedy}, kTokenOnly,
           [](std::vector<double>& p) { plain_top_k(p, 1); });
  }

  // A chain of samplers, then the draw.
  void chain(const char* name, size_t vocab, const SamplingOptions& options,
             const std::function<void(std::vector<double>&)>& filter) {
    if (!wanted(name)) return;
    const Rows rows(vocab, row_count(vocab), LogitsType::kF32);
    const SamplerChain fresh = SamplerChain::preset(FilterOrder::kLlamaCpp, options);
    SamplerChain chain = fresh;
    std::vector<RowResult> results(1);
    const auto run = [&](size_t row) {
      const PreparedRow prepared =
          chain.prepare(rows.view(row), 0, {}, {},
                        {.seed = 1, .stream = 0, .position = static_cast<uint32_t>(row)});
      sample_masked({.logits = prepared.logits,
                     .adjustments = prepared.adjustments,
                     .parameters = &prepared.parameters},
                    results, 1);
    };
    const auto is_right = [&](size_t row) {
      chain = fresh;
      std::vector<double> p = plain_softmax(rows.row(row), nullptr, 1);
      filter(p);
      run(row);
      return plain_draws(p, uniform(row), results[0].token);
    };
    measure({name, {}, run, is_right}, rows, vocab);
  }

  // What the others are compared with: three passes in plain C++.
  void plain_loop(size_t vocab) {
    if (!wanted("sample_masked") || !verb_.isa.empty()) return;
    const Rows rows(vocab, row_count(vocab), LogitsType::kF32);
    std::vector<float> scratch;
    for (const size_t allowed : {vocab, vocab / 2}) {
      const std::vector<uint32_t> mask = mask_of(vocab, allowed);
      Line line{.op = "sample_masked", .vocab = vocab, .allowed = allowed, .isa = "three passes"};
      line.cache = cold_ ? "cold" : "l2";
      volatile uint32_t token = 0;
      const auto run = [&](size_t row) {
        token = three_passes(rows.row(row), mask.data(), uniform(row), scratch);
      };
      line.us_median = median_us({line.op, {}, run, {}});
      lines_.push_back(line);
    }
  }

  // Masked softmax and cumulative sum as numpy programs do it; nothing where there is no numpy.
  void numpy(size_t vocab) {
    if (!wanted("sample_masked")) return;
    const std::string program =
        "import numpy as n,time\n"
        "v=" +
        std::to_string(vocab) +
        "\n"
        "r=n.random.default_rng(1);x=r.normal(0,3,v).astype('f4');m=r.random(v)<.5\n"
        "def f(u):\n"
        " y=n.where(m,x,-n.inf);y=n.exp(y-y.max());c=n.cumsum(y);\n"
        " return n.searchsorted(c,u*c[-1])\n"
        "t=[]\n"
        "for i in range(30):\n"
        " s=time.perf_counter();f(r.random());t.append(time.perf_counter()-s)\n"
        "print(sorted(t)[15]*1e6)\n";
    const std::string command = "python3 -c \"" + program + "\" 2>/dev/null";
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return;
    double us = 0;
    const bool read = std::fscanf(pipe, "%lf", &us) == 1;
    pclose(pipe);
    if (!read) return;
    Line line{.op = "sample_masked", .vocab = vocab, .allowed = vocab / 2, .isa = "numpy"};
    line.cache = "l2";
    line.us_median = us;
    lines_.push_back(line);
  }

  static constexpr size_t kChecked = 4;

  BenchLogitsVerb verb_;
  bool cold_ = false;
  std::vector<Line> lines_;
};

std::string as_json(const std::vector<Line>& lines) {
  std::string text = "[";
  for (const Line& line : lines) {
    char one[400];
    std::snprintf(
        one, sizeof one,
        "%s\n{\"op\":\"%s\",\"vocab\":%zu,\"dtype\":\"%s\",\"allowed\":%zu,\"isa\":\"%s\","
        "\"device\":\"cpu\",\"cache\":\"%s\",\"us_median\":%.3f,\"equal\":%s}",
        &line == lines.data() ? "" : ",", line.op.c_str(), line.vocab, line.dtype, line.allowed,
        line.isa.c_str(), line.cache.c_str(), line.us_median, line.equal ? "true" : "false");
    text += one;
  }
  return text + "\n]\n";
}

std::string as_table(const std::vector<Line>& lines) {
  std::string text =
      "operation                 vocabulary type  allowed isa          cache     us\n";
  for (const Line& line : lines) {
    char one[200];
    std::snprintf(one, sizeof one, "%-25s %10zu %-4s %8zu %-12s %-5s %6.2f%s\n", line.op.c_str(),
                  line.vocab, line.dtype, line.allowed, line.isa.c_str(), line.cache.c_str(),
                  line.us_median, line.equal ? "" : "  NOT EQUAL");
    text += one;
  }
  return text;
}

}  // namespace

int run_bench_logits(const BenchLogitsVerb& verb) {
  const std::vector<Line> lines = LogitsBench(verb).run();
  StandardOutput out;
  out.write(verb.json ? as_json(lines) : as_table(lines));
  out.flush();
  const bool equal = std::all_of(lines.begin(), lines.end(), [](const Line& x) { return x.equal; });
  return equal ? kOk : kNo;
}

}  // namespace tokrail::cli
