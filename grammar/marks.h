// Where marks may stand: ids that spell nothing and only say how the next ids are spelled.
//
// Internal to the module.
#pragma once

#include <algorithm>
#include <array>

#include "tokenizers/vocabulary.h"

namespace tokrail {

/// Whether the mark leads to another context, and not just to where it would have led without the
/// mark before it: marks that undo each other could follow one another for ever. A mark leads from
/// places in a text to where it leads from the inside or the start. O(marks).
inline bool mark_leads_on(const Vocabulary& vocabulary, DecodeContext context, TokenId mark) {
  const DecodeContext next = vocabulary.next_context(context, mark);
  if (next == context) return false;
  const std::array places = {vocabulary.inside_context(), vocabulary.start_context()};
  return std::ranges::none_of(places, [&](DecodeContext place) {
    return place != context && next == vocabulary.next_context(place, mark) &&
           std::ranges::any_of(vocabulary.marks(), [&](TokenId before) {
             return vocabulary.next_context(place, before) == context;
           });
  });
}

}  // namespace tokrail
