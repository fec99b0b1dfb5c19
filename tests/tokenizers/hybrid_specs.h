// Hybrid vocabularies made of a language: some of its stems in all cases, random chains, and pieces
// that end in everything that text may end in.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/property.h"
#include "tests/tokenizers/morphology/toy_language.h"
#include "tokenizers/training/hybrid_spec_builder.h"

namespace tokrail::test {

struct HybridSizes {
  size_t stems = 60, chains = 12, pieces = 200;
  NumberChunks numbers = NumberChunks::kSingle;
};

inline std::vector<std::string> hybrid_pieces(Random& random, size_t count) {
  std::vector<std::string> pieces = {
      " \"",     " '",      "\n\n",   " \t",
      "\u00A0",  "\u2019",  "\u201C", " (",
      "\u201E",  "\u2014",  ".,",     "...",
      "\xC4",    "\xB1",    "TL",     "Kİ",
      " ev",     "ler",     "x2",     " 19",
      "r'n",     "İş/",     "\xFF",   "a\xC3",
      "кот",     "e\u0301", "ğ",      " a piece of more than fifteen bytes",
      "b\u201D", "\u00AB",  "kita",   "p",
      "ım",      " kitap",  "''"};
  static const std::vector<std::string> parts = {"a", "e",  "ı", "i",  "o", "ö", "u", "ü", "l",
                                                 "k", "r",  "z", "d",  " ", "-", "'", "B", "T",
                                                 "5", "\"", ".", "\n", "ş", "(", "é", "h", "\xE2"};
  while (pieces.size() < count) {
    std::string piece;
    for (size_t n = 2 + below(random, 4); n > 0; --n) piece += parts[below(random, parts.size())];
    pieces.push_back(std::move(piece));
  }
  pieces.resize(count);
  return pieces;
}

inline TokenizerSpec hybrid_spec(std::shared_ptr<const Language> language, Random& random,
                                 HybridSizes sizes = {}) {
  HybridParts parts;
  parts.costs = MorphCosts::flat(*language);
  const size_t forms = language->form_count();
  for (size_t i = 0; i < sizes.stems && forms > 0; ++i) {
    const size_t form = sizes.stems >= forms * 3 ? i / 3 % forms : below(random, forms);
    parts.stems.push_back({static_cast<FormId>(form), static_cast<StemCase>(i % 3)});
  }
  for (size_t i = 0; i < sizes.chains; ++i) {
    std::vector<SuffixId> chain;
    // Some begin like the one before, as those of real texts do.
    if (i > 0 && below(random, 3) == 0) chain = parts.chains.back();
    while (chain.size() < 2 || (chain.size() < 6 && below(random, 3) == 0)) {
      chain.push_back(static_cast<SuffixId>(below(random, language->suffix_count())));
    }
    parts.chains.push_back(std::move(chain));
  }
  parts.pieces = hybrid_pieces(random, sizes.pieces);
  parts.language = std::move(language);
  HybridTrainerOptions options;
  options.vocab_size = 0;
  options.special_tokens = {"<|endoftext|>", "<|start|>"};
  options.numbers = sizes.numbers;
  return build_hybrid_spec(std::move(parts), options);
}

}  // namespace tokrail::test
