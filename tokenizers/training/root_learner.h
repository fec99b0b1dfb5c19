// learn_roots: stems that a lexicon lacks, from counted words.
//
// Words that the language reads best through a stem in no lexicon are collected. Each of their
// beginnings that the graph can continue to the end of the word is a candidate; soft EM shares the
// words out among the candidates, so that a beginning that many words have in common wins over
// those that explain one word each (a Dirichlet process whose base is letters, with a discount).
// A candidate becomes a root if what it was given occurs often enough and goes on in different ways
// (bare, and with different suffixes), or if it is frequent bare.
//
// A root's part of speech is that of the state of the graph where its readings begin. It is marked
// `capital` or `upper` if it is nearly always written so. Stems seen both with and without a change
// of their last letters that the pack knows (diyalog, diyaloğ-u) become one root with that change.
//
// The same words give the same roots, whatever the number of threads. Complexity: that of reading
// all words, and of some iterations over those in question. Errors: kCancelled.
// Goldwater, Griffiths, Johnson: Interpolating between types and tokens by estimating power-law
// generators (2006).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/language_source.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {

/// How often a word was written in which letter case.
struct WordCases {
  uint64_t lower = 0, capital = 0, upper = 0, other = 0;
};

struct RootLearnerOptions {
  uint64_t min_count = 3;        ///< occurrences of a root in all its words
  uint64_t min_bare_count = 12;  ///< of a root that is seen in one way only
  size_t iterations = 8;
  double letter_cost = 2.6;  ///< nats per character of the base measure
  double discount = 0.5;     ///< of damped words, per candidate
  double count_power = 0.5;
  int threads = 0;
  std::stop_token stop;
};

/// `words` are lower case, without spaces; `cases` are theirs.
std::vector<SourceRoot> learn_roots(const Analyser& analyser, const LanguageSource& source,
                                    const WordCounts& words, std::span<const WordCases> cases,
                                    const RootLearnerOptions& options);

}  // namespace tokrail
