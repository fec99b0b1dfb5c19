#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "base/parallel.h"
#include "bindings/cli/eval_report.h"

namespace tokrail::cli {

namespace {

std::string with_bars(const std::string& word, const std::vector<uint32_t>& cuts) {
  std::string out;
  size_t begin = 0;
  for (const uint32_t cut : cuts) {
    out.append(word, begin, cut - begin) += '|';
    begin = cut;
  }
  return out.append(word, begin);
}

// What is wrong with each word, in order; words that are right have no text.
std::vector<EvalError> compare_words(const Tokenizer& tokenizer, size_t number,
                                     const std::vector<GoldWord>& gold) {
  constexpr size_t kGrain = 256;
  std::vector<EvalError> errors(gold.size());
  parallel_for(0, gold.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const std::vector<uint32_t> right = gold_cuts(gold[i]);
      const std::vector<uint32_t> predicted = predicted_cuts(tokenizer, gold[i].word);
      if (right == predicted) continue;
      errors[i] = {number, gold[i].word, with_bars(gold[i].word, right),
                   with_bars(gold[i].word, predicted), gold[i].count};
    }
  });
  return errors;
}

}  // namespace

std::vector<EvalError> list_errors(const std::vector<Tokenizer>& tokenizers,
                                   const std::vector<GoldWord>& gold, size_t most) {
  std::vector<EvalError> result;
  for (size_t t = 0; t < tokenizers.size(); ++t) {
    std::map<std::pair<std::string, std::string>, EvalError> together;
    for (EvalError& error : compare_words(tokenizers[t], t, gold)) {
      if (error.word.empty()) continue;
      const uint64_t count = error.count;
      EvalError& sum = together[{error.gold, error.predicted}];
      if (sum.count == 0) {
        sum = std::move(error);
      } else {
        sum.count += count;
      }
    }
    std::vector<EvalError> errors;
    for (auto& [cuts, error] : together) errors.push_back(std::move(error));
    std::sort(errors.begin(), errors.end(), [](const EvalError& a, const EvalError& b) {
      return std::tie(b.count, a.gold, a.predicted) < std::tie(a.count, b.gold, b.predicted);
    });
    errors.resize(std::min(errors.size(), most));
    std::move(errors.begin(), errors.end(), std::back_inserter(result));
  }
  return result;
}

}  // namespace tokrail::cli
