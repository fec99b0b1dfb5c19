#include "bindings/cli/morph_analyse.h"

#include <cstdio>
#include <limits>
#include <string_view>

#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/record_reader.h"
#include "bindings/cli/standard_output.h"
#include "tokenizers/engine/hybrid_segments.h"
#include "tokenizers/morphology/morph_text.h"

namespace tokrail::cli {

namespace {

// A word as it was given, and in lower case with the way back: letters may change their length.
struct Word {
  std::string_view given;
  std::string lower;
  std::vector<uint32_t> places;  // in `given`, of each byte of `lower` and of its end

  Word(const Language& language, std::string_view text) : given(text) {
    lower_with_places(language, text, lower, places);
  }

  std::string_view piece(const Morph& morph) const {
    return given.substr(places[morph.begin], places[morph.end] - places[morph.begin]);
  }
};

std::string in_nats(MorphCost cost) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(cost) / MorphCosts::kUnit);
  return text;
}

std::string_view kind_name(Morph::Kind kind) {
  switch (kind) {
    case Morph::Kind::kLexeme: return "stem";
    case Morph::Kind::kUnknown: return "unknown";
    case Morph::Kind::kNumber: return "number";
    case Morph::Kind::kSuffix: break;
  }
  return "suffix";
}

class Printer {
 public:
  explicit Printer(const MorphAnalyseVerb& verb)
      : verb_(verb),
        loaded_(load_language(verb.language)),
        analyser_(loaded_.language, loaded_.costs) {}

  void print(std::string_view text) {
    const Word word(*loaded_.language, text);
    const size_t limit = verb_.all == 0 ? std::numeric_limits<size_t>::max() : verb_.all;
    // What a tokenizer would read, unless a list of readings is asked for.
    const bool unknown = verb_.unknown || verb_.all == 1;
    const std::vector<Analysis> analyses = analyser_.all(word.lower, limit, unknown);
    verb_.json ? print_json(word, analyses) : print_lines(word, analyses);
  }

  void flush() { out_.flush(); }

 private:
  void print_lines(const Word& word, const std::vector<Analysis>& analyses) {
    for (const Analysis& analysis : analyses) {
      std::string line;
      append_escaped(word.given, line);
      for (size_t i = 0; i < analysis.morphs.size(); ++i) {
        line += i == 0 ? '\t' : '|';
        append_escaped(word.piece(analysis.morphs[i]), line);
      }
      line += '\t';
      append_escaped(describe(*loaded_.language, word.lower, analysis), line);
      line += '\t' + in_nats(analysis.cost) + '\n';
      out_.write(line);
    }
  }

  void print_json(const Word& word, const std::vector<Analysis>& analyses) {
    std::string line = "{\"word\":";
    append_json_string(word.given, line);
    line += ",\"analyses\":[";
    for (size_t i = 0; i < analyses.size(); ++i) {
      if (i > 0) line += ',';
      append_analysis(word, analyses[i], line);
    }
    out_.write(line + "]}\n");
  }

  void append_analysis(const Word& word, const Analysis& analysis, std::string& line) const {
    const Language& language = *loaded_.language;
    const Morph& stem = analysis.morphs.front();
    line += "{\"lemma\":";
    append_json_string(morph_lemma(language, word.lower, stem), line);
    line += ",\"pos\":";
    append_json_string(morph_tag(language, stem), line);
    line += ",\"tags\":[";
    bool first = true;
    for (const Morph& morph : analysis.morphs) {
      if (morph.kind != Morph::Kind::kSuffix) continue;
      if (!first) line += ',';
      first = false;
      append_json_string(morph_tag(language, morph), line);
    }
    line += "],\"morphs\":[";
    for (size_t i = 0; i < analysis.morphs.size(); ++i) {
      if (i > 0) line += ',';
      append_morph(word, analysis.morphs[i], line);
    }
    line += "],\"cost\":" + in_nats(analysis.cost) + '}';
  }

  void append_morph(const Word& word, const Morph& morph, std::string& line) const {
    const Language& language = *loaded_.language;
    line += "{\"text\":";
    append_json_string(word.piece(morph), line);
    line += ",\"kind\":";
    append_json_string(kind_name(morph.kind), line);
    if (morph.kind == Morph::Kind::kSuffix) {
      line += ",\"suffix\":";
      append_json_string(language.suffix_name(static_cast<SuffixId>(morph.index)), line);
    } else {
      line += ",\"lemma\":";
      append_json_string(morph_lemma(language, word.lower, morph), line);
    }
    line += ",\"tag\":";
    append_json_string(morph_tag(language, morph), line);
    line += '}';
  }

  const MorphAnalyseVerb& verb_;
  LoadedLanguage loaded_;
  Analyser analyser_;
  StandardOutput out_;
};

// The words of a text, as hybrid tokenizers find them.
template <typename Take>
void for_words(std::string_view text, Take&& take) {
  for (size_t from = 0; from < text.size();) {
    const size_t end = hybrid_segment_end(text, from);
    std::string_view segment = text.substr(from, end - from);
    from = end;
    if (segment.starts_with(' ')) segment.remove_prefix(1);
    if (segment.empty()) continue;
    const char* const data = segment.data();
    const auto kind = detail::segment_character(data, data + segment.size()).kind;
    if (kind == detail::SegmentKind::kWord) take(segment);
  }
}

}  // namespace

int run_morph_analyse(const MorphAnalyseVerb& verb) {
  Printer printer(verb);
  for (const std::string& word : verb.words) {
    if (!word.empty()) printer.print(word);
  }
  if (verb.words.empty()) {
    RecordReader reader({}, Records::kLines);
    while (const auto batch = reader.next()) {
      for (size_t i = 0; i < batch->size(); ++i) {
        for_words((*batch)[i], [&](std::string_view word) { printer.print(word); });
      }
    }
  }
  printer.flush();
  return kOk;
}

}  // namespace tokrail::cli
