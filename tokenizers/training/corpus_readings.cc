#include "tokenizers/training/corpus_readings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/parallel.h"
#include "tokenizers/training/segment_readings.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail {
namespace {

constexpr size_t kParts = 32;  // fixed, so that sums do not depend on threads
constexpr uint8_t kLowerBit = 1, kCapitalBit = 2, kUpperBit = 4;  // 1 << StemCase

std::string_view without_space(std::string_view segment) {
  return segment.starts_with(' ') ? segment.substr(1) : segment;
}

uint64_t integer_weight(double weight) {
  return std::max<uint64_t>(
      1, static_cast<uint64_t>(std::llround(weight * static_cast<double>(kWeightUnit))));
}

void add_case(const Language& language, std::string_view written, std::string_view lower,
              uint64_t count, WordCases& cases) {
  std::string changed;
  if (written == lower) {
    cases.lower += count;
    return;
  }
  language.append_capital(lower, changed);
  if (written == changed) {
    cases.capital += count;
    return;
  }
  changed.clear();
  language.append_upper(lower, changed);
  (written == changed ? cases.upper : cases.other) += count;
}

/// One part of the corpus.
class PartReader {
 public:
  PartReader(const Analyser& analyser, double power)
      : language_(analyser.language()), reader_(analyser), power_(power) {
    readings_.stems.assign(language_.form_count(), StemUses{});
  }

  void read(std::string_view segment, uint32_t index, uint64_t count) {
    const double weight = std::pow(static_cast<double>(count), power_);
    if (!is_word_segment(segment)) {
      add_rest(index, 0, static_cast<uint32_t>(segment.size()), weight);
      return;
    }
    const auto& morphs = reader_.read(segment);
    run_.clear();
    uint32_t begin = 0;  // with the space before the first stem
    bool upper = false;
    for (const WrittenMorph& written : morphs) {
      if (written.morph.kind == Morph::Kind::kSuffix) {
        const bool fits = written.letter_case == WrittenCase::kLower ||
                          (upper && written.letter_case == WrittenCase::kUpper) ||
                          (upper && written.letter_case == WrittenCase::kCapital);
        if (fits) {
          run_.push_back(static_cast<SuffixId>(written.morph.index));
        } else {
          end_run(weight);
          add_rest(index, written.begin, written.end, weight);
        }
      } else {
        end_run(weight);
        upper = written.letter_case == WrittenCase::kUpper;
        add_stem(written, index, begin, weight);
      }
      begin = written.end;
    }
    end_run(weight);
  }

  CorpusReadings take() {
    for (auto& [suffixes, weight] : runs_) readings_.runs.push_back({suffixes, weight});
    return std::move(readings_);
  }

 private:
  void end_run(double weight) {
    if (run_.size() > 1) runs_[run_] += integer_weight(weight);
    run_.clear();
  }

  void add_rest(uint32_t segment, uint32_t begin, uint32_t end, double weight,
                FormId form = kNoIndex, uint8_t cases = 0) {
    readings_.rest.push_back({segment, begin, end, form, cases, integer_weight(weight)});
  }

  void add_stem(const WrittenMorph& written, uint32_t segment, uint32_t begin, double weight) {
    if (written.morph.kind == Morph::Kind::kNumber) {
      add_rest(segment, begin, written.end, weight);
      return;
    }
    const bool known = written.morph.kind == Morph::Kind::kLexeme;
    if (!known || written.letter_case == WrittenCase::kMixed) {
      add_rest(segment, begin, written.end, weight);
      return;
    }
    const FormId form = language_.lexeme(written.morph.index).form;
    const auto stem_case = static_cast<size_t>(written.letter_case);
    readings_.stems[form][stem_case] += weight;
    // Behind marks, any id writes all cases, but one in capitals is never capitalised.
    const bool capital = written.letter_case == WrittenCase::kCapital;
    const uint8_t usable = capital ? kLowerBit | kCapitalBit : kLowerBit | kCapitalBit | kUpperBit;
    add_rest(segment, begin, written.end, weight, form, usable);
  }

  const Language& language_;
  SegmentReader reader_;
  double power_;
  std::vector<SuffixId> run_;
  std::map<std::vector<SuffixId>, uint64_t> runs_;
  CorpusReadings readings_;
};

}  // namespace

LowerWords count_lower_words(const Language& language, const WordCounts& segments) {
  std::unordered_map<std::string, size_t> indices;
  std::vector<std::pair<std::string, uint64_t>> words;
  std::vector<WordCases> cases;
  for (size_t i = 0; i < segments.words.size(); ++i) {
    if (!is_word_segment(segments.words[i])) continue;
    const std::string_view written = without_space(segments.words[i]);
    std::string lower = language.lower(written);
    const auto [it, is_new] = indices.try_emplace(lower, words.size());
    if (is_new) {
      words.emplace_back(lower, 0);
      cases.emplace_back();
    }
    words[it->second].second += segments.counts[i];
    add_case(language, written, lower, segments.counts[i], cases[it->second]);
  }
  std::vector<size_t> order(words.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (words[a].second != words[b].second) return words[a].second > words[b].second;
    return words[a].first < words[b].first;
  });
  LowerWords result;
  for (const size_t i : order) {
    result.counts.words.push_back(words[i].first);
    result.counts.counts.push_back(words[i].second);
    result.counts.occurrences += words[i].second;
    result.cases.push_back(cases[i]);
  }
  return result;
}

uint64_t count_written_words(const WordCounts& segments) {
  uint64_t words = 0;
  for (size_t i = 0; i < segments.words.size(); ++i) {
    const std::string_view segment = segments.words[i];
    const bool spaced = segment.size() > 1 && segment[0] == ' ' && segment[1] != ' ';
    const bool line = segment.find('\n') != std::string_view::npos;
    if (spaced || line) words += segments.counts[i];
  }
  return words;
}

WordCounts merge_counts(const WordCounts& a, const WordCounts& b) {
  std::unordered_map<std::string_view, uint64_t> more;
  for (size_t i = 0; i < b.words.size(); ++i) more[b.words[i]] += b.counts[i];
  WordCounts sum;
  for (size_t i = 0; i < a.words.size(); ++i) {
    const auto it = more.find(a.words[i]);
    sum.words.push_back(a.words[i]);
    sum.counts.push_back(a.counts[i] + (it == more.end() ? 0 : it->second));
    if (it != more.end()) it->second = 0;
  }
  for (size_t i = 0; i < b.words.size(); ++i) {
    uint64_t& count = more[b.words[i]];
    if (count == 0) continue;
    sum.words.push_back(b.words[i]);
    sum.counts.push_back(count);
    count = 0;
  }
  for (const uint64_t count : sum.counts) sum.occurrences += count;
  return sum;
}

CorpusReadings read_corpus(const Analyser& analyser, const WordCounts& segments, double power,
                           int threads, const std::stop_token& stop) {
  std::vector<CorpusReadings> parts(kParts);
  const auto read_part = [&](size_t part, size_t) {
    PartReader reader(analyser, power);
    const size_t size = segments.words.size();
    for (size_t i = size * part / kParts; i < size * (part + 1) / kParts; ++i) {
      if (i % 256 == 0) throw_if_stopped(stop);
      reader.read(segments.words[i], static_cast<uint32_t>(i), segments.counts[i]);
    }
    parts[part] = reader.take();
  };
  parallel_for(0, kParts, 1, read_part, threads);
  CorpusReadings all = std::move(parts[0]);
  for (size_t part = 1; part < kParts; ++part) {
    CorpusReadings& more = parts[part];
    for (size_t form = 0; form < all.stems.size(); ++form) {
      for (size_t c = 0; c < 3; ++c) all.stems[form][c] += more.stems[form][c];
    }
    all.runs.insert(all.runs.end(), more.runs.begin(), more.runs.end());
    all.rest.insert(all.rest.end(), more.rest.begin(), more.rest.end());
    more = {};
  }
  return all;
}

void add_common_readings(const Analyser& analyser, const WordCounts& words, double power,
                         CorpusReadings& readings) {
  PartReader reader(analyser, power);
  for (size_t i = 0; i < words.words.size(); ++i) reader.read(words.words[i], 0, words.counts[i]);
  const CorpusReadings more = reader.take();
  for (size_t form = 0; form < readings.stems.size(); ++form) {
    for (size_t c = 0; c < 3; ++c) readings.stems[form][c] += more.stems[form][c];
  }
  readings.runs.insert(readings.runs.end(), more.runs.begin(), more.runs.end());
}

}  // namespace tokrail
