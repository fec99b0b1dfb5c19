#include "tokenizers/morphology/hybrid_spec.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace tokrail {
namespace {

void require(bool holds, const std::string& expected) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, "a hybrid tokenizer: expected " + expected);
}

void check_ranges(const HybridSpec& spec, size_t vocabulary_size) {
  TokenId end = 0;
  for (const IdRange& range : {spec.specials, spec.bytes, spec.marks, spec.suffixes, spec.chains,
                               spec.numerals, spec.stems, spec.pieces}) {
    require(range.begin == end && range.end >= range.begin,
            "ranges of ids one behind the other, from 0 on");
    end = range.end;
  }
  require(end <= vocabulary_size, "ranges inside of the vocabulary's " +
                                      std::to_string(vocabulary_size) + " ids, found " +
                                      std::to_string(end));
  require(spec.bytes.size() == 256, "256 ids of bytes");
  require(spec.marks.size() == 3 || spec.marks.size() == 0, "three marks or none");
  require(spec.suffixes.size() == spec.language->suffix_count(),
          "an id for each of the language's " + std::to_string(spec.language->suffix_count()) +
              " suffixes");
  require(spec.chains.size() == spec.chain_suffixes.size(), "the suffixes of each chain");
  require(spec.stems.size() == spec.stem_tokens.size(), "a stem for each stem id");
}

void check_chains(const HybridSpec& spec) {
  const size_t suffixes = spec.language->suffix_count();
  for (const std::vector<SuffixId>& chain : spec.chain_suffixes) {
    require(chain.size() >= 2 && chain.size() <= HybridSpec::kMaxChain,
            "chains of 2 to " + std::to_string(HybridSpec::kMaxChain) + " suffixes");
    require(std::ranges::all_of(chain, [suffixes](SuffixId id) { return id < suffixes; }),
            "chains of the language's suffixes");
  }
}

}  // namespace

void check_hybrid_spec(const HybridSpec& spec, size_t vocabulary_size) {
  require(spec.language != nullptr, "a language");
  check_ranges(spec, vocabulary_size);
  check_chains(spec);
  const size_t forms = spec.language->form_count();
  for (const StemToken& stem : spec.stem_tokens) {
    require(stem.form < forms && stem.letter_case <= StemCase::kUpper,
            "stems of the language, in lower case, with a capital letter or in capitals");
  }
  const std::string_view misfit = spec.costs.misfit(*spec.language);
  require(misfit.empty(), std::string(misfit));
}

}  // namespace tokrail
