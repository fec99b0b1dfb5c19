#include "tokenizers/morphology/morph_lattice.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {

// Nodes lie in buckets by the bytes that are certain to be written at them: the bytes read and the
// shorter form of the open tail. Every edge adds to that, so a bucket is complete once all before
// it have been left, and its nodes in turn are in topological order.
struct MorphLattice::Scratch {
  struct Node {
    uint32_t position;
    uint32_t next = kNoIndex;  // in the bucket
    EndingId ending;
    MorphState state;
    MorphClass last;
    bool ends_anyway =
        false;  // the whole word as a stem in no lexicon, in a state that is not final

    // The position follows from the bucket and the ending.
    uint64_t key() const noexcept {
      return uint64_t{ends_anyway} << 48 | uint64_t{ending} << 32 | uint64_t{state} << 16 | last;
    }
  };

  std::string text;
  PaddedWord word;
  std::string digits;  // of the number that the word begins with
  std::vector<Node> nodes;
  std::vector<uint32_t> buckets;  // the last node of each
  std::vector<uint32_t> order;    // nodes as they are left
  std::vector<uint32_t> renamed;

  // Suffixes that stand behind the node that was left last.
  uint32_t at = kNoIndex;
  EndingId behind = kNoEnding;
  std::vector<SuffixIndex::Spelling> standing;

  uint32_t node(size_t bucket, const Node& wanted) {
    const uint64_t key = wanted.key();
    for (uint32_t i = buckets[bucket]; i != kNoIndex; i = nodes[i].next) {
      if (nodes[i].key() == key) return i;
    }
    const auto id = static_cast<uint32_t>(nodes.size());
    nodes.push_back(wanted);
    nodes.back().next = buckets[bucket];
    buckets[bucket] = id;
    return id;
  }
};

size_t number_end(std::string_view text, std::string& digits) {
  digits.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_ascii_digit(text[i])) {
      digits += text[i];
    } else if ((text[i] != '.' && text[i] != ',') || i == 0 || !is_ascii_digit(text[i - 1]) ||
               i + 1 == text.size() || !is_ascii_digit(text[i + 1])) {
      return i;
    }
  }
  return text.size();
}

MorphLattice::MorphLattice(std::shared_ptr<const Language> language)
    : MorphLattice(std::move(language), Options{}) {}

MorphLattice::MorphLattice(std::shared_ptr<const Language> language, Options options)
    : MorphLattice(std::make_shared<const SuffixIndex>(std::move(language)), options) {}

MorphLattice::MorphLattice(std::shared_ptr<const SuffixIndex> index, Options options)
    : index_(std::move(index)),
      options_(options),
      classes_(index_->language()),
      scratch_(std::make_unique<Scratch>()) {}

MorphLattice::MorphLattice(MorphLattice&&) noexcept = default;
MorphLattice& MorphLattice::operator=(MorphLattice&&) noexcept = default;
MorphLattice::~MorphLattice() = default;

const Language& MorphLattice::language() const noexcept {
  return index_->language();
}

void MorphLattice::build(std::string_view word) {
  edges_.clear();
  node_count_ = 0;
  word_bytes_ = word.size();
  if (word.empty()) return;
  if (word.size() > kMaxBytes) return build_long();
  Scratch& scratch = *scratch_;
  scratch.text.assign(word);
  scratch.text.append(PaddedWord::kPadding, '\0');
  scratch.word = {scratch.text.data(), word.size()};
  scratch.nodes.clear();
  scratch.order.clear();
  scratch.at = kNoIndex;
  scratch.buckets.assign(word.size() + 1, kNoIndex);
  start();
  for (size_t bucket = 1; bucket <= word.size(); ++bucket) {
    for (uint32_t i = scratch.buckets[bucket]; i != kNoIndex; i = scratch.nodes[i].next) leave(i);
  }
  keep_useful();
}

// One unknown stem, in each state that may end a word.
void MorphLattice::build_long() {
  if (!options_.unknown_stems) return;
  const std::span<const MorphState> states = language().unknown_states();
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i < states.size(); ++i) {
    if (language().is_final(states[i])) chosen.push_back(i);
  }
  if (chosen.empty()) chosen.push_back(states.empty() ? kNoIndex : 0);
  for (uint32_t i = 0; i < chosen.size(); ++i) {
    edges_.push_back({.from = 0,
                      .to = i + 1,
                      .kind = Morph::Kind::kUnknown,
                      .from_class = classes_.end(),
                      .to_class = classes_.unknown(),
                      .tag = 0,
                      .index = chosen[i],
                      .begin = 0,
                      .characters = static_cast<uint32_t>(word_bytes_)});
  }
  for (uint32_t i = 0; i < chosen.size(); ++i) {
    edges_.push_back({.from = i + 1,
                      .to = kEndNode,
                      .kind = Morph::Kind::kSuffix,
                      .from_class = classes_.unknown(),
                      .to_class = classes_.end(),
                      .tag = 0,
                      .index = 0,
                      .begin = static_cast<uint32_t>(word_bytes_),
                      .characters = 0});
  }
  node_count_ = chosen.size() + 1;
}

void MorphLattice::start() {
  scratch_->nodes.push_back(
      {.position = 0, .ending = kNoEnding, .state = Language::kNoState, .last = classes_.end()});
  scratch_->order.push_back(0);
  start_stems();
  start_number();
  if (options_.unknown_stems) start_unknown();
}

void MorphLattice::start_stems() {
  Scratch& scratch = *scratch_;
  const Language& language = index_->language();
  language.stems(scratch.word.from(0), [&](size_t prefix, FormId id) {
    const StemForm form = language.form(id);
    if (!index_->tail_stands(form.ending, scratch.word, prefix)) return;
    const size_t bucket = prefix + index_->least_bytes(form.ending);
    if (bucket == 0) return;
    for (uint32_t i = 0; i < form.lexeme_count; ++i) {
      const LexemeId lexeme_id = form.first_lexeme + i;
      const Lexeme lexeme = language.lexeme(lexeme_id);
      const MorphClass last = classes_.of_pos(lexeme.pos);
      const uint32_t to = scratch.node(bucket, {.position = static_cast<uint32_t>(prefix),
                                                .ending = form.ending,
                                                .state = lexeme.state,
                                                .last = last});
      edges_.push_back({.from = 0,
                        .to = to,
                        .kind = Morph::Kind::kLexeme,
                        .from_class = classes_.end(),
                        .to_class = last,
                        .tag = 0,
                        .index = lexeme_id,
                        .begin = 0,
                        .characters = 0});
    }
  });
}

void MorphLattice::start_number() {
  Scratch& scratch = *scratch_;
  const MorphState state = language().numeral_state();
  if (state == Language::kNoState) return;
  const size_t digits = number_end(scratch.word.from(0), scratch.digits);
  if (digits == 0) return;
  const EndingId ending = language().ending_of_number(scratch.digits);
  if (!index_->tail_stands(ending, scratch.word, digits)) return;
  const uint32_t to =
      scratch.node(digits + index_->least_bytes(ending), {.position = static_cast<uint32_t>(digits),
                                                          .ending = ending,
                                                          .state = state,
                                                          .last = classes_.number()});
  edges_.push_back({.from = 0,
                    .to = to,
                    .kind = Morph::Kind::kNumber,
                    .from_class = classes_.end(),
                    .to_class = classes_.number(),
                    .tag = 0,
                    .index = 0,
                    .begin = 0,
                    .characters = 0});
}

void MorphLattice::start_unknown() {
  Scratch& scratch = *scratch_;
  const std::string_view text = scratch.word.from(0);
  const std::span<const MorphState> states = language().unknown_states();
  const bool ends_somewhere = std::any_of(states.begin(), states.end(),
                                          [this](MorphState s) { return index_->is_final(s); });
  const auto add = [&](size_t prefix, uint32_t characters, EndingId ending, MorphState state,
                       uint32_t index, bool ends_anyway) {
    const uint32_t to = scratch.node(prefix + index_->least_bytes(ending),
                                     {.position = static_cast<uint32_t>(prefix),
                                      .ending = ending,
                                      .state = state,
                                      .last = classes_.unknown(),
                                      .ends_anyway = ends_anyway});
    edges_.push_back({.from = 0,
                      .to = to,
                      .kind = Morph::Kind::kUnknown,
                      .from_class = classes_.end(),
                      .to_class = classes_.unknown(),
                      .tag = 0,
                      .index = index,
                      .begin = 0,
                      .characters = characters});
  };
  uint32_t characters = 0;
  bool has_mark = false;  // an apostrophe: it is a suffix's, unless nothing reads the word
  for (size_t prefix = 0; prefix < text.size();) {
    const Utf8Unit unit = decode_utf8(text.data() + prefix, text.data() + text.size());
    prefix += unit.length;
    ++characters;
    has_mark |= unit.valid && is_punctuation(unit.code_point);
    const bool whole = prefix == text.size();
    if (!whole && (has_mark || characters < options_.min_unknown_characters)) continue;
    const EndingId ending = language().ending_of(text.substr(0, prefix));
    if (!index_->tail_stands(ending, scratch.word, prefix)) continue;
    for (uint32_t i = 0; i < states.size(); ++i) {
      add(prefix, characters, ending, states[i], i, whole && !ends_somewhere && i == 0);
    }
    if (whole && states.empty()) {
      add(prefix, characters, ending, Language::kNoState, kNoIndex, true);
    }
  }
}

void MorphLattice::leave(uint32_t node) {
  Scratch& scratch = *scratch_;
  scratch.order.push_back(node);
  const MorphState state = scratch.nodes[node].state;
  if (state != Language::kNoState) {
    leave_by_suffix(node);
    if (index_->joins_any(state)) leave_by_stem(node);
  }
  leave_by_end(node);
}

// Nodes that differ in state or class alone have neighbours with the same suffixes behind them.
void MorphLattice::find_suffixes(uint32_t position, EndingId ending) {
  Scratch& scratch = *scratch_;
  if (scratch.at == position && scratch.behind == ending) return;
  scratch.at = position;
  scratch.behind = ending;
  scratch.standing.clear();
  const auto add = [&](std::span<const SuffixIndex::Spelling> spellings) {
    for (const SuffixIndex::Spelling& spelling : spellings) {
      if (index_->stands(spelling, ending, scratch.word, position) &&
          index_->tail_stands(spelling.end, scratch.word, position + spelling.bytes)) {
        scratch.standing.push_back(spelling);
      }
    }
  };
  if (position == word_bytes_) return;
  add(index_->open(ending));
  add(index_->spelled(ending, static_cast<unsigned char>(scratch.word.data[position])));
}

void MorphLattice::leave_by_suffix(uint32_t node) {
  Scratch& scratch = *scratch_;
  const Scratch::Node from = scratch.nodes[node];
  find_suffixes(from.position, from.ending);
  for (const SuffixIndex::Spelling& spelling : scratch.standing) {
    const std::span<const MorphArc> arcs = index_->arcs(from.state, spelling.suffix);
    const uint32_t position = from.position + spelling.bytes;
    const size_t bucket = position + index_->least_bytes(spelling.end);
    const MorphClass last = classes_.of_suffix(spelling.suffix);
    for (const MorphArc& arc : arcs) {
      const uint32_t to = scratch.node(
          bucket, {.position = position, .ending = spelling.end, .state = arc.to, .last = last});
      edges_.push_back({.from = node,
                        .to = to,
                        .kind = Morph::Kind::kSuffix,
                        .from_class = from.last,
                        .to_class = last,
                        .tag = arc.tag,
                        .index = spelling.suffix,
                        .begin = from.position + spelling.tail,
                        .characters = 0});
    }
  }
}

void MorphLattice::leave_by_stem(uint32_t node) {
  Scratch& scratch = *scratch_;
  const Scratch::Node from = scratch.nodes[node];
  if (!index_->base_stands(from.ending, scratch.word, from.position)) return;
  const uint32_t begin = from.position + index_->base_bytes(from.ending);
  const Language& language = index_->language();
  language.stems(scratch.word.from(begin), [&](size_t prefix, FormId id) {
    const StemForm form = language.form(id);
    const auto position = static_cast<uint32_t>(begin + prefix);
    const uint32_t least = index_->least_bytes(form.ending);
    if (prefix + least == 0 || !index_->tail_stands(form.ending, scratch.word, position)) return;
    for (uint32_t i = 0; i < form.lexeme_count; ++i) {
      const LexemeId lexeme_id = form.first_lexeme + i;
      const Lexeme lexeme = language.lexeme(lexeme_id);
      if (!language.joins(from.state, lexeme.pos)) continue;
      const MorphClass last = classes_.of_pos(lexeme.pos);
      const uint32_t to = scratch.node(
          position + least,
          {.position = position, .ending = form.ending, .state = lexeme.state, .last = last});
      edges_.push_back({.from = node,
                        .to = to,
                        .kind = Morph::Kind::kLexeme,
                        .from_class = from.last,
                        .to_class = last,
                        .tag = 0,
                        .index = lexeme_id,
                        .begin = begin,
                        .characters = 0});
    }
  });
}

void MorphLattice::leave_by_end(uint32_t node) {
  Scratch& scratch = *scratch_;
  const Scratch::Node& from = scratch.nodes[node];
  if (!from.ends_anyway && (from.state == Language::kNoState || !language().is_final(from.state))) {
    return;
  }
  if (from.position + index_->base_bytes(from.ending) != word_bytes_ ||
      !index_->base_stands(from.ending, scratch.word, from.position)) {
    return;
  }
  edges_.push_back({.from = node,
                    .to = kEndNode,
                    .kind = Morph::Kind::kSuffix,
                    .from_class = from.last,
                    .to_class = classes_.end(),
                    .tag = 0,
                    .index = 0,
                    .begin = static_cast<uint32_t>(word_bytes_),
                    .characters = 0});
}

// Leaves out what does not lead to the end, and numbers the nodes in the order they were left.
void MorphLattice::keep_useful() {
  constexpr uint32_t kUseful = 0;
  std::vector<uint32_t>& renamed = scratch_->renamed;
  renamed.assign(scratch_->nodes.size(), kNoIndex);
  for (size_t i = edges_.size(); i-- > 0;) {
    const Edge& edge = edges_[i];
    if (edge.to == kEndNode || renamed[edge.to] == kUseful) renamed[edge.from] = kUseful;
  }
  uint32_t count = 0;
  for (const uint32_t node : scratch_->order) {
    if (renamed[node] == kUseful) renamed[node] = count++;
  }
  node_count_ = count;
  size_t kept = 0;
  for (const Edge& edge : edges_) {
    if (edge.to != kEndNode && renamed[edge.to] == kNoIndex) continue;
    Edge& place = edges_[kept++];
    place = edge;
    place.from = renamed[edge.from];
    if (edge.to != kEndNode) place.to = renamed[edge.to];
  }
  edges_.resize(kept);
}

MorphCost MorphLattice::cost(const Edge& edge, const MorphCosts& costs) const noexcept {
  if (edge.kind == Morph::Kind::kSuffix) {  // and the end
    return costs.steps[size_t{edge.from_class} * classes_.count + edge.to_class];
  }
  switch (edge.kind) {
    case Morph::Kind::kLexeme:
      return MorphCost{costs.lexemes[edge.index]} + (edge.from == 0 ? 0 : costs.join);
    case Morph::Kind::kNumber: return costs.number;
    default: break;
  }
  const MorphCost state =
      edge.index < costs.unknown_states.size() ? costs.unknown_states[edge.index] : 0;
  return costs.unknown_stem + state + edge.characters * MorphCost{costs.unknown_letter};
}

void MorphLattice::path_morphs(std::span<const uint32_t> path, std::vector<Morph>& out) const {
  out.clear();
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const Edge& edge = edges_[path[i]];
    out.push_back({.kind = edge.kind,
                   .tag = edge.tag,
                   .index = edge.index,
                   .begin = edge.begin,
                   .end = edges_[path[i + 1]].begin});
  }
}

}  // namespace tokrail
