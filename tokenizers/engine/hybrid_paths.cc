#include "tokenizers/engine/hybrid_paths.h"

#include <algorithm>

#include "base/error.h"

namespace tokrail::detail {

using Kind = HybridPart::Kind;

DecodeContext HybridPaths::find(const HybridReading& reading, uint8_t entry,
                                std::vector<HybridToken>& out) {
  reading_ = &reading;
  text_ = reading.text();
  entry_ = entry;
  const auto& parts = reading.parts();
  if (parts.size() == 1 && parts[0].kind == Kind::kLiteral && !reading.has_digits()) {
    DecodeContext behind;
    if (find_literals(out, behind)) return behind;
  }
  const bool may_be_ids = std::ranges::all_of(parts, [this](const HybridPart& part) {
    return part.kind == Kind::kStem     ? part.has_ids
           : part.kind == Kind::kNumber ? tables_.chunks_numbers()
                                        : part.kind == Kind::kSuffix;
  });
  with_literals_ = !may_be_ids;
  build();
  if (may_be_ids && states_[0].cost == kImpossible) {
    with_literals_ = true;
    build();
  }

  const State* state = &states_[0];
  if (state->cost == kImpossible) {  // bytes spell everything, unless the table is damaged
    throw Error(ErrorCode::kInvalidFile, "expected a vocabulary that can spell every byte");
  }
  while (state->choice != kNone) {
    const Edge& edge = edges_[state->choice];
    const State& next = states_[edge.to];
    for (uint32_t i = 0; i < edge.count; ++i) {
      const uint32_t end = i + 1 == edge.count ? next.at : state->at;
      out.push_back({edge.ids[i], state->at, end});
    }
    state = &next;
  }
  return state->context;
}

// One part that only literals spell: they read alike in all contexts, so bytes alone are states.
bool HybridPaths::find_literals(std::vector<HybridToken>& out, DecodeContext& behind) {
  const auto size = static_cast<uint32_t>(text_.size());
  picks_.assign(size + 1, Pick{kImpossible, kNoToken, size});
  picks_[size].ids = 0;
  for (uint32_t at = size; at-- > 0;) {
    Pick& best = picks_[at];
    tables_.literals().for_each_prefix(text_.substr(at), [&](size_t length, uint32_t id) {
      const uint32_t end = at + static_cast<uint32_t>(length);
      const uint32_t ids = picks_[end].ids;
      if (ids == kImpossible || (at == 0 && !tables_.may_begin(entry_, id))) return;
      if (ids + 1 > best.ids || (ids + 1 == best.ids && id > best.id)) return;
      best = {ids + 1, id, end};
    });
  }
  if (picks_[0].ids == kImpossible) return false;
  const size_t before = out.size();
  Writing writing{tables_.context_of(entry_), 0};
  for (uint32_t at = 0; at < size; at = picks_[at].end) {
    is_entry_ = at == 0;
    writing.count = 0;
    if (!write(writing, picks_[at].id) || writing.written != picks_[at].end) {
      out.resize(before);
      return false;
    }
    out.push_back({picks_[at].id, at, picks_[at].end});
  }
  behind = writing.context;
  const bool complete = table_.released(behind).empty() && table_.final_bytes(behind).empty();
  if (!complete) out.resize(before);
  return complete;
}

void HybridPaths::build() {
  states_.clear();
  edges_.clear();
  order_.clear();
  cells_.assign(text_.size() + reading_->parts().size() + 1, kNone);
  state_at(0, 0, 0, tables_.context_of(entry_));
  for (size_t cell = 0; cell < cells_.size(); ++cell) {
    for (uint32_t state = cells_[cell]; state != kNone; state = states_[state].next_in_cell) {
      expand(state);
    }
  }
  for (size_t i = order_.size(); i-- > 0;) choose(states_[order_[i]]);
}

// ---------------------------------------------------------------------------- states and edges

uint32_t HybridPaths::state_at(uint32_t part, uint32_t at, uint32_t written,
                               DecodeContext context) {
  uint32_t& first = cells_[cell_of(part, at)];
  for (uint32_t i = first; i != kNone; i = states_[i].next_in_cell) {
    if (states_[i].context == context && states_[i].written == written) return i;
  }
  State state{};
  state.next_in_cell = first;
  state.context = context;
  state.part = static_cast<uint16_t>(part);
  state.at = static_cast<uint16_t>(at);
  state.written = static_cast<uint16_t>(written);
  state.cost = kImpossible;
  state.choice = kNone;
  states_.push_back(state);
  return first = static_cast<uint32_t>(states_.size() - 1);
}

bool HybridPaths::write(Writing& writing, TokenId id) const noexcept {
  if (is_entry_ && writing.count == 0 && !tables_.may_begin(entry_, id)) return false;
  const SpelledBytes bytes = table_.bytes(writing.context, id);
  std::string_view rest = text_.substr(writing.written);
  if (!rest.starts_with(bytes.released)) return false;
  rest.remove_prefix(bytes.released.size());
  if (!rest.starts_with(bytes.own)) return false;
  writing.written += static_cast<uint32_t>(bytes.size());
  writing.context = table_.next_context(writing.context, id);
  writing.ids[writing.count++] = id;
  return true;
}

void HybridPaths::add_edge(const Writing& writing, uint32_t part, uint32_t at, uint32_t cost) {
  Edge edge{};
  edge.to = state_at(part, at, writing.written, writing.context);
  edge.cost = cost;
  edge.count = writing.count;
  std::copy_n(writing.ids, kMaxIds, edge.ids);
  edges_.push_back(edge);
}

void HybridPaths::expand(uint32_t index) {
  now_ = states_[index];
  is_entry_ = index == 0;
  order_.push_back(index);
  const auto first_edge = static_cast<uint32_t>(edges_.size());
  const auto& parts = reading_->parts();
  if (now_.part < parts.size()) {
    const HybridPart& part = parts[now_.part];
    if (part.kind == Kind::kStem && begins_word()) add_stems();
    if (part.kind == Kind::kSuffix && now_.at == part.begin) add_suffixes();
    if (reading_->has_digits()) add_numerals();
    add_literals();
  }
  states_[index].first_edge = first_edge;
  states_[index].edges_end = static_cast<uint32_t>(edges_.size());
}

// A stem's text may begin where its part does, or behind the space of the segment.
bool HybridPaths::begins_word() const noexcept {
  const HybridPart& part = reading_->parts()[now_.part];
  return now_.at == part.begin || (now_.part == 0 && now_.at == reading_->space());
}

// ---------------------------------------------------------------------------- stems

void HybridPaths::add_stems() {
  const HybridPart& part = reading_->parts()[now_.part];
  if (!part.has_ids) return;
  const Writing plain{now_.context, now_.written};
  const auto with_ids = [&](const Writing& before) {
    const auto add_form = [&](FormId form) {
      for (const TokenId id : tables_.stems_of(form)) add_stem(before, id);
    };
    if (!tables_.stems_of(part.form).empty()) return add_form(part.form);
    const Language& language = tables_.language();
    for (const FormId form : language.forms_with_text(language.form(part.form).text)) {
      add_form(form);
    }
  };
  const auto with_case = [&](const Writing& before) {
    const size_t edges_before = edges_.size();
    with_ids(before);
    // A name's id may know it with a capital letter only: then the mark makes it a small one.
    const bool is_done = part.is_lower && edges_.size() > edges_before;
    if (is_done || !tables_.has_marks()) return;
    for (const TokenId mark : {tables_.hybrid().capital_mark(), tables_.hybrid().upper_mark()}) {
      Writing marked = before;
      if (write(marked, mark)) with_ids(marked);
    }
  };
  with_case(plain);
  Writing joined = plain;
  const bool may_join = tables_.has_marks() && now_.at < text_.size() && text_[now_.at] != ' ';
  if (may_join && write(joined, tables_.hybrid().join_mark())) with_case(joined);
}

void HybridPaths::add_stem(const Writing& before, TokenId id) {
  Writing writing = before;
  if (!write(writing, id)) return;
  const HybridPart& part = reading_->parts()[now_.part];
  add_edge(writing, now_.part + 1u, part.end, writing.count * kIdCost);
}

// ---------------------------------------------------------------------------- suffixes

void HybridPaths::add_suffixes() {
  const auto& parts = reading_->parts();
  const Writing before{now_.context, now_.written};
  Writing single = before;
  if (write(single, tables_.hybrid().suffixes.begin + parts[now_.part].suffix)) {
    add_edge(single, now_.part + 1u, parts[now_.part].end, kIdCost);
  }
  uint32_t place = HybridTables::kChainStart;
  for (uint32_t i = now_.part; i < parts.size() && parts[i].kind == Kind::kSuffix; ++i) {
    place = tables_.next_chain(place, parts[i].suffix);
    if (place == HybridTables::kNoChain) return;
    const TokenId chain = tables_.chain_at(place);
    Writing writing = before;
    if (chain == kNoToken || !write(writing, chain)) continue;
    add_edge(writing, i + 1, parts[i].end, kIdCost);
  }
}

// ---------------------------------------------------------------------------- numbers

void HybridPaths::add_numerals() {
  const uint32_t at = now_.at;
  const bool has_space = at == 0 && reading_->space() == 1;
  const uint32_t begin = has_space ? 1 : at;
  if (begin >= text_.size()) return;
  uint32_t end = reading_->numeral_end(begin);
  const bool is_point = begin > 0 && (text_[begin] == '.' || text_[begin] == ',');
  if (is_point) end = begin + 1;
  if (end == 0) return;
  const Writing plain{now_.context, now_.written};
  add_numeral(plain, begin, end);
  Writing joined = plain;
  if (tables_.has_marks() && !has_space && !is_point &&
      write(joined, tables_.hybrid().join_mark())) {
    add_numeral(joined, begin, end);
  }
}

void HybridPaths::add_numeral(const Writing& before, uint32_t begin, uint32_t end) {
  const HybridPart& part = reading_->parts()[now_.part];
  if (end > part.end) return;
  const TokenId id = tables_.numerals().find_value(text_.substr(begin, end - begin));
  Writing writing = before;
  if (id == ByteTrieView::kNoValue || !write(writing, id)) return;
  // Numerals hold nothing back, so that nothing else is decided than what is written.
  if (writing.written != end) return;
  add_edge(writing, end == part.end ? now_.part + 1u : now_.part, end, writing.count * kIdCost);
}

// ---------------------------------------------------------------------------- literals

uint32_t HybridPaths::literal_cost(const HybridPart& part, uint32_t begin,
                                   uint32_t end) const noexcept {
  if (part.kind == Kind::kLiteral) return kIdCost;
  const bool only_space = begin == 0 && end == reading_->space();
  return kIdCost + 1 + (part.kind == Kind::kStem && part.has_ids && !only_space ? kIdCost : 0);
}

void HybridPaths::add_literals() {
  const HybridPart& part = reading_->parts()[now_.part];
  // Literals release what is held back unchanged, and begin where the decided bytes end.
  const std::string_view released = table_.released(now_.context);
  if (now_.written + released.size() != now_.at) return;
  if (!text_.substr(now_.written).starts_with(released)) return;
  uint32_t limit = part.end;
  if (!with_literals_) {
    // Only the space of a word that is spelled without one here.
    limit = now_.at == 0 ? reading_->space() : now_.at;
  } else if (reading_->has_digits()) {
    if (reading_->is_digit(now_.at)) {
      limit = now_.at + 1u;  // a digit that no numeral spells here
    } else {
      for (uint32_t i = now_.at; i < limit; ++i) {
        if (reading_->is_digit(i)) limit = i;
      }
    }
  }
  const Writing before{now_.context, now_.written};
  tables_.literals().for_each_prefix(
      text_.substr(now_.at, limit - now_.at), [&](size_t length, uint32_t id) {
        const uint32_t end = now_.at + static_cast<uint32_t>(length);
        Writing writing = before;
        if (!write(writing, id) || writing.written != end) return;
        add_edge(writing, end == part.end ? now_.part + 1u : now_.part, end,
                 literal_cost(part, now_.at, end));
      });
}

// ---------------------------------------------------------------------------- choice

uint32_t HybridPaths::end_cost(const State& state) const noexcept {
  const std::string_view rest = text_.substr(state.written);
  const bool complete =
      table_.released(state.context) == rest && table_.final_bytes(state.context) == rest;
  return complete ? 0 : kImpossible;
}

bool HybridPaths::is_before(const Edge& left, const Edge& right) const noexcept {
  return std::lexicographical_compare(left.ids, left.ids + left.count, right.ids,
                                      right.ids + right.count);
}

void HybridPaths::choose(State& state) const noexcept {
  if (state.part == reading_->parts().size()) {
    state.cost = end_cost(state);
    return;
  }
  for (uint32_t i = state.first_edge; i < state.edges_end; ++i) {
    const Edge& edge = edges_[i];
    if (states_[edge.to].cost == kImpossible) continue;
    const uint32_t cost = edge.cost + states_[edge.to].cost;
    const bool better =
        cost < state.cost || (cost == state.cost && is_before(edge, edges_[state.choice]));
    if (!better) continue;
    state.cost = cost;
    state.choice = i;
  }
}

}  // namespace tokrail::detail
