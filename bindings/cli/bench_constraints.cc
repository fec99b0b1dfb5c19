#include "bindings/cli/bench_constraints.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "bindings/cli/catalogue_build.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/made_up_names.h"
#include "bindings/cli/standard_output.h"
#include "bindings/cli/thread_clock.h"
#include "grammar/constraints/catalogue_constraint.h"
#include "grammar/constraints/span_constraint.h"
#include "grammar/constraints/stop_constraint.h"

namespace tokrail::cli {

namespace {

constexpr uint64_t kSeed = 1;
/// Tokens of one text, at most.
constexpr size_t kLongestWalk = 40;
/// Texts whose masks are held against allows() before anything is timed.
constexpr size_t kCheckedWalks = 3;

struct Row {
  std::string name;
  double build_ms = 0, bytes_per_item = 0;
  double start_us = 0;       ///< the first mask of all
  std::vector<float> masks;  ///< microseconds, behind the start state
  double accept_us = 0;
};

double milliseconds_of(const std::function<void()>& work) {
  const ThreadClock clock;
  const double begin = clock.now();
  work();
  return clock.since(begin) / 1e3;
}

TokenId draw(NameSource& source, const std::vector<uint32_t>& mask) {
  uint32_t skip = source.below(static_cast<uint32_t>(mask_count(mask)));
  size_t id = mask_find_next(mask, 0);
  for (; skip > 0; --skip) id = mask_find_next(mask, id + 1);
  return static_cast<TokenId>(id);
}

/// Every bit against allows(), which walks the token's bytes alone.
void check(const Constraint& constraint, const std::vector<uint32_t>& mask) {
  for (TokenId id = 0; id < constraint.vocab_size(); ++id) {
    if (constraint.allows(id) != mask_test(mask, id)) {
      throw Error(ErrorCode::kInternal, "a mask and allows() differ at id " + std::to_string(id));
    }
  }
}

void walk(Constraint& constraint, size_t walks, bool checks, Row* row) {
  const ThreadClock clock;
  NameSource source(kSeed);
  std::vector<uint32_t> mask(mask_words(constraint.vocab_size()));
  double accepts_us = 0;
  size_t accepts = 0;
  for (size_t i = 0; i < walks; ++i) {
    constraint.reset();
    for (size_t step = 0; step < kLongestWalk && !constraint.is_ended(); ++step) {
      const double begin = clock.now();
      const MaskStatus status = constraint.fill_mask(mask);
      const double spent = clock.since(begin);
      if (status != MaskStatus::kOk) break;
      if (checks) check(constraint, mask);
      const TokenId id = draw(source, mask);
      const double before = clock.now();
      constraint.accept(id);
      accepts_us += clock.since(before);
      ++accepts;
      if (row != nullptr && step > 0) row->masks.push_back(static_cast<float>(spent));
    }
  }
  constraint.reset();
  if (row == nullptr) return;
  row->accept_us = accepts_us / static_cast<double>(std::max<size_t>(accepts, 1));
  std::ranges::sort(row->masks);
}

using Make = std::function<std::unique_ptr<Constraint>()>;

/// Checks one constraint and times another, so that nothing is known beforehand.
Row measure(std::string name, double build_ms, double bytes_per_item, size_t walks,
            const Make& make) {
  Row row;
  row.name = std::move(name);
  row.bytes_per_item = bytes_per_item;
  walk(*make(), kCheckedWalks, true, nullptr);
  std::unique_ptr<Constraint> constraint;
  row.build_ms = build_ms + milliseconds_of([&] { constraint = make(); });
  std::vector<uint32_t> mask(mask_words(constraint->vocab_size()));
  const ThreadClock clock;
  const double begin = clock.now();
  constraint->fill_mask(mask);
  row.start_us = clock.since(begin);
  walk(*constraint, walks, false, &row);
  return row;
}

double mean(const Row& row) {
  return std::accumulate(row.masks.begin(), row.masks.end(), 0.0) /
         static_cast<double>(std::max<size_t>(row.masks.size(), 1));
}

double quantile(const Row& row, double share) {
  if (row.masks.empty()) return 0;
  const auto at = static_cast<size_t>(share * static_cast<double>(row.masks.size()));
  return row.masks[std::min(at, row.masks.size() - 1)];
}

void print(const Row& row, bool json, StandardOutput& out) {
  char line[400];
  std::snprintf(line, sizeof line,
                json ? "{\"constraint\":\"%s\",\"build_ms\":%.2f,\"bytes_per_item\":%.2f,"
                       "\"start_us\":%.2f,\"masks\":%zu,\"mean_us\":%.3f,\"p50_us\":%.3f,"
                       "\"p99_us\":%.3f,\"max_us\":%.2f,\"accept_us\":%.3f}\n"
                     : "%-24s build %9.2f ms, %5.1f bytes each; masks: start %8.2f us, %7zu others "
                       "mean %6.2f p50 %6.2f p99 %6.2f max %7.2f; accept %5.2f us\n",
                row.name.c_str(), row.build_ms, row.bytes_per_item, row.start_us, row.masks.size(),
                mean(row), quantile(row, 0.5), quantile(row, 0.99), quantile(row, 1),
                row.accept_us);
  out.write(line);
  out.flush();
}

void measure_catalogue(const BenchConstraintsVerb& verb, const std::string& name,
                       const std::vector<std::string>& names,
                       const std::shared_ptr<const Vocabulary>& vocabulary, StandardOutput& out) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::shared_ptr<const Catalogue> catalogue;
  const double build_ms = milliseconds_of(
      [&] { catalogue = std::make_shared<const Catalogue>(Catalogue::build(views)); });
  for (const std::string_view view : views) {
    if (!catalogue->contains(view)) {
      throw Error(ErrorCode::kInternal, "a string is not in its catalogue");
    }
  }
  const double bytes =
      static_cast<double>(catalogue->memory()) / static_cast<double>(catalogue->size());
  print(measure(name, build_ms, bytes, verb.walks,
                [&] { return std::make_unique<CatalogueConstraint>(vocabulary, catalogue); }),
        verb.json, out);
  CatalogueList list;
  list.at_most = std::min<size_t>(10, catalogue->size());
  print(measure(name + ", lists", build_ms, bytes, verb.walks,
                [&] { return std::make_unique<CatalogueConstraint>(vocabulary, catalogue, list); }),
        verb.json, out);
}

std::string text_of(const BenchConstraintsVerb& verb) {
  std::string text;
  if (!verb.text.empty()) {
    text = read_text_file(verb.text);
  } else {
    while (text.size() < verb.text_bytes) {
      for (const std::string& name : product_names(100, kSeed + text.size())) text += name + '\n';
    }
  }
  text.resize(std::min(text.size(), verb.text_bytes));
  return text;
}

}  // namespace

int run_bench_constraints(const BenchConstraintsVerb& verb) {
  const Tokenizer tokenizer = load_tokenizer(verb.tokenizer);
  const auto vocabulary = tokenizer.shared_vocabulary();
  (void)vocabulary->tries(vocabulary->inside_context());
  StandardOutput out;
  measure_catalogue(verb, "streets", street_names(verb.strings, kSeed), vocabulary, out);
  measure_catalogue(verb, "products", product_names(verb.strings, kSeed), vocabulary, out);
  const std::string text = text_of(verb);
  for (const auto& [name, edges] :
       {std::pair<const char*, SpanEdges>{"span, bytes", SpanEdges::kBytes},
        {"span, characters", SpanEdges::kCharacters},
        {"span, words", SpanEdges::kWords}}) {
    SpanOptions span;
    span.edges = edges;
    print(measure(name, 0, 0, verb.walks,
                  [&] { return std::make_unique<SpanConstraint>(vocabulary, text, span); }),
          verb.json, out);
  }
  const StopStrings stops{.stops = {"\n\n", "</answer>"}, .banned = {"http://", "foo", "as an"}};
  print(measure("stop strings", 0, 0, verb.walks,
                [&] { return std::make_unique<StopConstraint>(vocabulary, stops); }),
        verb.json, out);
  return kOk;
}

}  // namespace tokrail::cli
