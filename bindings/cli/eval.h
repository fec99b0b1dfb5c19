// tokrail eval: what tokenizers make of text and of gold segmentations, side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tokrail::cli {

struct EvalVerb {
  std::vector<std::string> tokenizers;
  std::string pattern;  ///< for .tiktoken files
  std::vector<std::string> texts;
  std::vector<std::string> gold;
  std::vector<std::string> parallel;
  std::string oracle_tr, oracle_pure;
  std::string half;       ///< a, b or empty: both
  std::string locale;     ///< how list words and tokens are lowered
  std::string html;       ///< file to write
  uint64_t samples = 12;  ///< lines shown in it
  uint64_t errors = 0;    ///< words that are cut wrong, so many per tokenizer
  bool json = false;
  int threads = 0;
  bool no_progress = false;
};

int run_eval(const EvalVerb& verb);

}  // namespace tokrail::cli
