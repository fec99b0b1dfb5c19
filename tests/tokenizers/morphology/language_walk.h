// Calls everything a Language has: no damaged file that opens may make it read out of bounds.
#pragma once

#include <string>
#include <string_view>

#include "tokenizers/morphology/language.h"

namespace tokrail::test {

/// A number that depends on all that was read.
inline size_t walk_language(const Language& language) {
  size_t sum = language.code().size() + language.name().size() + language.version();
  const auto read = [&](std::string_view text) {
    for (const char c : text) sum += static_cast<unsigned char>(c);
  };
  for (size_t e = 0; e < language.ending_count(); ++e) {
    const Ending ending = language.ending(static_cast<EndingId>(e));
    read(ending.base_tail);
    read(ending.changed_tail);
    for (size_t s = 0; s < language.suffix_count(); ++s) {
      const Realised step = language.realise(static_cast<EndingId>(e), static_cast<SuffixId>(s));
      read(step.text);
      sum += language.ending(step.end).base_tail.size();
    }
  }
  for (size_t s = 0; s < language.suffix_count(); ++s) {
    read(language.suffix_name(static_cast<SuffixId>(s)));
    read(language.suffix_pattern(static_cast<SuffixId>(s)));
  }
  for (FormId id = 0; id < language.form_count(); ++id) {
    const StemForm form = language.form(id);
    read(form.text.substr(0, form.prefix));
    for (uint32_t i = 0; i < form.lexeme_count; ++i) {
      const Lexeme lexeme = language.lexeme(form.first_lexeme + i);
      read(language.pos_name(lexeme.pos));
      sum += language.arcs(lexeme.state).size();
    }
    sum += language.forms_with_text(form.text).size();
    language.stems(form.text, [&](size_t length, FormId found) {
      sum += length + language.form(found).text.size();
    });
  }
  for (size_t i = 0; i < language.state_count(); ++i) {
    const auto state = static_cast<MorphState>(i);
    read(language.state_name(state));
    for (const MorphArc& arc : language.arcs(state)) {
      read(language.tag(arc.tag));
      read(language.state_name(arc.to));
      read(language.suffix_name(arc.suffix));
    }
    for (size_t pos = 0; pos < language.pos_count(); ++pos) {
      sum += language.joins(state, static_cast<PosId>(pos)) ? 1 : 0;
    }
    sum += language.is_final(state) + language.joins_any(state);
  }
  for (const MorphState state : language.unknown_states()) read(language.state_name(state));
  if (language.numeral_state() != Language::kNoState) {
    read(language.state_name(language.numeral_state()));
  }
  for (const char* text : {"kitap", "İSTANBUL'DA", "tl", "\xff\xc3", "中é"}) {
    sum += language.ending(language.ending_of(text)).base_tail.size();
    read(language.lower(text));
    std::string out;
    language.append_capital(text, out);
    read(out);
    language.stems(text, [&](size_t length, FormId form) { sum += length + form; });
  }
  for (const char* digits : {"0", "10", "1900", "123456789000000000000", "a", ""}) {
    sum += language.ending(language.ending_of_number(digits)).base_tail.size();
  }
  return sum;
}

}  // namespace tokrail::test
