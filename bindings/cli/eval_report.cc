#include "bindings/cli/eval_report.h"

#include <algorithm>
#include <cstdio>
#include <functional>

namespace tokrail::cli {

namespace {

using Better = EvalMeasure::Better;
using Value = std::function<std::optional<double>(const TokenizerScores&, uint64_t size)>;

class MeasureList {
 public:
  MeasureList(const std::vector<TokenizerScores>& scores, const std::vector<uint64_t>& sizes)
      : scores_(scores), sizes_(sizes) {}

  void begin(std::string group, std::string prefix = {}) {
    group_ = std::move(group);
    prefix_ = std::move(prefix);
  }

  void share(const char* key, const char* label, const char* what, Better better,
             const Value& value) {
    add(key, label, what, better, value);
    measures_.back().is_share = true;
  }

  void number(const char* key, const char* label, const char* what, int decimals, Better better,
              const Value& value) {
    add(key, label, what, better, value);
    measures_.back().decimals = decimals;
  }

  /// The last one is also shown as bars.
  void as_bars() { measures_.back().is_main = true; }
  /// The last one is close to a whole that must not be rounded to.
  void exactly() { measures_.back().decimals = 3; }

  std::vector<EvalMeasure> take() { return std::move(measures_); }

 private:
  void add(const char* key, const char* label, const char* what, Better better,
           const Value& value) {
    EvalMeasure measure;
    measure.group = group_;
    measure.key = prefix_ + key;
    measure.label = label;
    measure.what = what;
    measure.better = better;
    for (size_t i = 0; i < scores_.size(); ++i) {
      measure.values.push_back(value(scores_[i], sizes_[i]));
    }
    measures_.push_back(std::move(measure));
  }

  const std::vector<TokenizerScores>& scores_;
  const std::vector<uint64_t>& sizes_;
  std::string group_, prefix_;
  std::vector<EvalMeasure> measures_;
};

// A value that is made of one part of the scores, where that part is there.
template <typename Part, typename Function>
Value of(std::optional<Part> TokenizerScores::*part, Function&& function) {
  return [part, function](const TokenizerScores& s, uint64_t) -> std::optional<double> {
    const std::optional<Part>& counted = s.*part;
    if (!counted) return std::nullopt;
    return static_cast<double>(std::invoke(function, *counted));
  };
}

template <typename Function>
Value of_text(Function&& function) {
  return [function](const TokenizerScores& s, uint64_t) -> std::optional<double> {
    return static_cast<double>(std::invoke(function, s.text));
  };
}

void add_text(MeasureList& list) {
  list.begin("text");
  list.number("tokens_per_word", "tokens per word",
              "Tokens of whole lines over words between white space.", 3, Better::kLower,
              of_text(&TextScores::tokens_per_word));
  list.as_bars();
  list.number("bytes_per_token", "bytes per token", "UTF-8 bytes of the text over tokens.", 3,
              Better::kHigher, of_text(&TextScores::bytes_per_token));
  list.as_bars();
  list.number("characters_per_token", "characters per token", "Code points over tokens.", 3,
              Better::kHigher, of_text(&TextScores::characters_per_token));
  list.number("tokens", "tokens", "Tokens of the whole text.", 0, Better::kLower,
              of_text(&TextScores::tokens));
  list.number("unique_tokens", "different ids", "Ids that occur at all.", 0, Better::kNeither,
              of_text(&TextScores::unique_tokens));
  list.share("renyi_efficiency", "Rényi efficiency",
             "Rényi entropy (order 2.5) of the ids over the logarithm of the vocabulary's size.",
             Better::kHigher, [](const TokenizerScores& s, uint64_t size) -> std::optional<double> {
               return s.text.renyi_efficiency(size);
             });
  list.as_bars();
  list.share("lines_returned", "lines that return", "Decoding gives the very bytes of the line.",
             Better::kHigher, of_text(&TextScores::lines_returned_share));
  list.exactly();
  list.as_bars();
  list.share("words_returned", "words that return",
             "Words of lines that return, and of others those that return alone.", Better::kHigher,
             of_text(&TextScores::words_returned_share));
  list.exactly();
}

void add_characters(MeasureList& list) {
  const auto held = [](size_t first, size_t last) {
    return of_text([first, last](const TextScores& s) { return s.held_share(first, last); });
  };
  list.begin("characters");
  list.number("token_length_of_character", "length of a character's token",
              "Mean length, in characters, of the token that holds a character.", 2,
              Better::kNeither, of_text(&TextScores::mean_held_length));
  list.as_bars();
  list.share("characters_in_1", "in tokens of 1", "Characters that are tokens of their own.",
             Better::kNeither, held(1, 1));
  list.share("characters_in_2_3", "in tokens of 2 to 3", "Characters in such tokens.",
             Better::kNeither, held(2, 3));
  list.share("characters_in_4_6", "in tokens of 4 to 6", "Characters in such tokens.",
             Better::kNeither, held(4, 6));
  list.share("characters_in_7", "in tokens of 7 and more", "Characters in such tokens.",
             Better::kNeither, held(7, TextScores::kLengths));
  list.share("characters_parted", "parted characters", "Characters in more than one token.",
             Better::kLower, of_text(&TextScores::parted_share));
}

void add_digits(MeasureList& list) {
  list.begin("digits");
  list.number("tokens_per_digit_run", "tokens per number", "Tokens that touch a run of digits.", 2,
              Better::kNeither, of_text(&TextScores::tokens_per_run));
  list.number("digits_per_token", "digits per token", "Digits over tokens that hold digits.", 2,
              Better::kNeither, of_text(&TextScores::digits_per_token));
  list.share("numbers_in_threes", "long numbers cut in threes",
             "Numbers of four digits and more that are cut at every multiple of three from the "
             "right and nowhere else.",
             Better::kHigher, of_text(&TextScores::grouped_share));
  list.as_bars();
}

void add_boundaries(MeasureList& list, const char* group, const char* prefix,
                    std::optional<SegmentationScores> TokenizerScores::*part, bool bars) {
  list.begin(group, prefix);
  list.share("f1", "boundary F1", "Harmonic mean of precision and recall of cuts inside words.",
             Better::kHigher, of(part, &SegmentationScores::f1));
  if (bars) list.as_bars();
  list.share("precision", "boundary precision", "Cuts that are gold cuts.", Better::kHigher,
             of(part, &SegmentationScores::precision));
  list.share("recall", "boundary recall", "Gold cuts that are made.", Better::kHigher,
             of(part, &SegmentationScores::recall));
  list.share("exact", "exact words", "Words with all cuts right.", Better::kHigher,
             of(part, &SegmentationScores::exact_share));
  if (bars) list.as_bars();
  list.share("pure", "%Pure in context", "Pieces between cuts that are exactly one gold morph.",
             Better::kHigher, of(part, &SegmentationScores::pure_share));
  if (bars) list.as_bars();
  list.share("morphscore", "MorphScore",
             "Of words with a gold and a predicted cut: the first gold cut is predicted.",
             Better::kHigher, of(part, &SegmentationScores::morphscore));
}

void add_lists(MeasureList& list, const TokenizerScores& first) {
  list.begin("word lists");
  const auto add = [&](const char* keys[2], const char* labels[2],
                       std::optional<OracleScores> TokenizerScores::*part) {
    list.share(keys[0], labels[0],
               "Different token strings that are in the list. Few strings, or short ones, make it "
               "high.",
               Better::kHigher, of(part, &OracleScores::different_share));
    list.as_bars();
    list.share(keys[1], labels[1], "Tokens with a letter whose string is in the list.",
               Better::kHigher, of(part, &OracleScores::occurrence_share));
    list.as_bars();
  };
  const char* tr_keys[] = {"tr_unique", "tr_occurrences"};
  const char* tr_labels[] = {"%TR, different", "%TR, occurrences"};
  const char* pure_keys[] = {"pure_unique", "pure_occurrences"};
  const char* pure_labels[] = {"%Pure, different", "%Pure, occurrences"};
  if (first.tr) add(tr_keys, tr_labels, &TokenizerScores::tr);
  if (first.pure) add(pure_keys, pure_labels, &TokenizerScores::pure);
}

void add_hybrid_morphs(MeasureList& list, const char* group, const char* prefix,
                       std::optional<HybridMorphScores> TokenizerScores::*part) {
  list.begin(group, prefix);
  list.share("shared_suffixes", "suffix morphs with shared ids",
             "Gold morphs behind the first that a suffix id, or a chain cut at their borders, "
             "stands for.",
             Better::kHigher, of(part, &HybridMorphScores::shared_share));
  list.as_bars();
  list.share("covered_suffixes", "suffix morphs in shared ids",
             "Gold morphs behind the first that suffix and chain ids spell, wherever cut.",
             Better::kHigher, of(part, &HybridMorphScores::covered_share));
}

void add_hybrid_text(MeasureList& list) {
  constexpr auto kPart = &TokenizerScores::hybrid_text;
  list.begin("hybrid ids, text");
  list.share("fallback_words", "words that need pieces or bytes",
             "Words with a letter that a piece or a byte spells.", Better::kLower,
             of(kPart, &HybridTextScores::fallback_share));
  list.as_bars();
  list.share("literal_words", "words that need bytes", "Words with a letter that bytes spell.",
             Better::kLower, of(kPart, &HybridTextScores::literal_share));
  for (size_t i = 0; i < kHybridKinds; ++i) {
    const auto kind = static_cast<HybridKind>(i);
    const std::string name(hybrid_kind_name(kind));
    list.share(("ids_" + name).c_str(), (name + " ids").c_str(), "Share of all tokens.",
               Better::kNeither, of(kPart, [kind](const HybridTextScores& s) {
                 const uint64_t all = s.tokens();
                 return all == 0 ? 0.0
                                 : static_cast<double>(s.count(kind)) / static_cast<double>(all);
               }));
  }
}

}  // namespace

std::string EvalMeasure::text(size_t tokenizer) const {
  if (!values[tokenizer]) return "–";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals,
                is_share ? 100 * *values[tokenizer] : *values[tokenizer]);
  return buffer;
}

bool EvalMeasure::is_best(size_t tokenizer) const {
  if (better == Better::kNeither || !values[tokenizer]) return false;
  const std::string own = text(tokenizer);
  bool differ = false;
  for (size_t t = 0; t < values.size(); ++t) {
    if (!values[t] || text(t) == own) continue;
    differ = true;
    if ((better == Better::kHigher) == (*values[t] > *values[tokenizer])) return false;
  }
  return differ;
}

std::vector<EvalMeasure> list_measures(const std::vector<TokenizerScores>& scores,
                                       const std::vector<uint64_t>& sizes) {
  if (scores.empty()) return {};
  const auto any = [&](auto part) {
    return std::any_of(scores.begin(), scores.end(),
                       [part](const TokenizerScores& s) { return (s.*part).has_value(); });
  };
  MeasureList list(scores, sizes);
  if (scores.front().text.lines > 0) {
    add_text(list);
    add_characters(list);
    if (scores.front().text.digit_runs > 0) add_digits(list);
  }
  if (any(&TokenizerScores::types)) {
    add_boundaries(list, "gold, by type", "types_", &TokenizerScores::types, true);
  }
  if (any(&TokenizerScores::types_by_count)) {
    add_boundaries(list, "gold types, weighted by count", "counted_",
                   &TokenizerScores::types_by_count, false);
  }
  if (any(&TokenizerScores::tokens)) {
    add_boundaries(list, "gold, by token in context", "tokens_", &TokenizerScores::tokens, true);
  }
  add_lists(list, scores.front());
  if (any(&TokenizerScores::hybrid_text)) add_hybrid_text(list);
  if (any(&TokenizerScores::hybrid_types)) {
    add_hybrid_morphs(list, "hybrid ids, gold by type", "types_", &TokenizerScores::hybrid_types);
  }
  if (any(&TokenizerScores::hybrid_tokens)) {
    add_hybrid_morphs(list, "hybrid ids, gold by token", "tokens_",
                      &TokenizerScores::hybrid_tokens);
  }
  return list.take();
}

void add_premiums(const Premiums& premiums, const AlignedTexts& texts,
                  const std::vector<std::string>& tokenizers, std::vector<EvalMeasure>& measures) {
  const auto add = [&](std::string group, std::string key, size_t file, auto base_of) {
    EvalMeasure measure;
    measure.group = std::move(group);
    measure.key = std::move(key);
    measure.label = texts.names[file];
    measure.what = "Tokens of " + texts.names[file] + " over those of " + texts.names[0] + ".";
    measure.decimals = 3;
    measure.better = Better::kLower;
    measure.is_main = true;
    for (size_t t = 0; t < tokenizers.size(); ++t) {
      measure.values.emplace_back(premiums.of(t, file, base_of(t)));
    }
    measures.push_back(std::move(measure));
  };
  for (size_t file = 1; file < texts.names.size(); ++file) {
    add("premium over " + texts.names[0], "premium:" + texts.names[file], file,
        [](size_t t) { return t; });
  }
  if (tokenizers.size() < 2) return;
  const size_t own = measures.size();
  for (size_t base = 0; base < tokenizers.size(); ++base) {
    for (size_t file = 1; file < texts.names.size(); ++file) {
      add("premium over " + texts.names[0] + " by " + tokenizers[base],
          "premium:" + texts.names[file] + ":over:" + tokenizers[base], file,
          [base](size_t) { return base; });
    }
  }
  for (size_t i = own; i < measures.size(); ++i) measures[i].is_main = false;
}

}  // namespace tokrail::cli
