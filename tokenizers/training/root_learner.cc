#include "tokenizers/training/root_learner.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/parallel.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/training/expected_counts.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail {
namespace {

constexpr size_t kMinLetters = 3, kMaxLetters = 40;
constexpr double kMostly = 0.8;  // share of a way to write that is the usual one

/// A beginning of words, and what the words that were given to it say.
struct Candidate {
  std::string text;
  double base = 0;  // of the base measure
  double count = 0, bare = 0;
  double lower = 0, capital = 0, upper = 0;
  std::map<MorphClass, double> next;  // word types by what follows
  std::map<uint32_t, double> states;  // by unknown state
};

/// A word in question: its lattice, with candidates as parameters.
struct OpenWord {
  size_t word;
  uint32_t end_node;
  std::vector<ReadingGraph::Edge> edges;
  std::vector<MorphClass> to_classes;  // by edge
  std::vector<uint32_t> states;        // by edge: unknown state
};

bool all_letters(std::string_view text) {
  for (const auto [position, unit] : utf8_units(text)) {
    if (!unit.valid || !is_letter(unit.code_point)) return false;
  }
  return true;
}

class RootLearner {
 public:
  RootLearner(const Analyser& analyser, const LanguageSource& source, const WordCounts& words,
              std::span<const WordCases> cases, const RootLearnerOptions& options)
      : analyser_(analyser),
        language_(analyser.language()),
        source_(source),
        words_(words),
        cases_(cases),
        options_(options) {}

  std::vector<SourceRoot> run() {
    for (const size_t word : words_in_question()) open(word);
    share_out();
    collect_evidence();
    return roots();
  }

 private:
  std::vector<size_t> words_in_question() const {
    std::vector<uint8_t> unknown(words_.words.size(), 0);
    const auto read = [&](size_t begin, size_t end) {
      throw_if_stopped(options_.stop);
      Analyser::Scratch scratch(analyser_);
      std::vector<Morph> morphs;
      for (size_t i = begin; i < end; ++i) {
        if (!is_letter(decode_first(words_.words[i]))) continue;
        analyser_.best(words_.words[i], scratch, morphs);
        unknown[i] = morphs.front().kind == Morph::Kind::kUnknown;
      }
    };
    parallel_for(0, unknown.size(), 256, read, options_.threads);
    std::vector<size_t> words;
    for (size_t i = 0; i < unknown.size(); ++i) {
      if (unknown[i]) words.push_back(i);
    }
    return words;
  }

  static char32_t decode_first(std::string_view text) {
    if (text.empty()) return U' ';
    const Utf8Unit unit = decode_utf8(text.data(), text.data() + text.size());
    return unit.valid ? unit.code_point : U' ';
  }

  void open(size_t word) {
    if (!lattice_) lattice_ = std::make_unique<MorphLattice>(analyser_.shared_language());
    const std::string_view text = words_.words[word];
    lattice_->build(text);
    OpenWord open{word, static_cast<uint32_t>(lattice_->node_count()), {}, {}, {}};
    for (const MorphLattice::Edge& edge : lattice_->edges()) {
      ReadingGraph::Edge out{edge.from, edge.to, ReadingGraph::kNone, ReadingGraph::kNone, 0};
      if (edge.to == MorphLattice::kEndNode) out.to = open.end_node;
      const MorphCosts& costs = analyser_.costs();
      if (edge.kind == Morph::Kind::kUnknown && edge.from == 0 && out.to != open.end_node) {
        const std::string_view stem = beginning(text, edge.characters);
        if (!all_letters(stem)) continue;
        out.first = candidate(stem, edge.characters);
        out.extra = -static_cast<float>(costs.unknown_states[edge.index]) / MorphCosts::kUnit;
      } else if (edge.from == 0) {
        continue;  // readings by the lexicon had their chance
      } else {
        out.extra = -static_cast<float>(lattice_->cost(edge, costs)) / MorphCosts::kUnit;
      }
      open.edges.push_back(out);
      open.to_classes.push_back(edge.to_class);
      open.states.push_back(edge.index);
    }
    if (!open.edges.empty()) open_.push_back(std::move(open));
  }

  static std::string_view beginning(std::string_view text, uint32_t characters) {
    const char* p = text.data();
    const char* const end = p + text.size();
    for (uint32_t i = 0; i < characters && p < end; ++i) p += decode_utf8(p, end).length;
    return text.substr(0, static_cast<size_t>(p - text.data()));
  }

  uint32_t candidate(std::string_view text, uint32_t characters) {
    const auto [it, is_new] =
        indices_.try_emplace(std::string(text), static_cast<uint32_t>(candidates_.size()));
    if (is_new) {
      candidates_.push_back({});
      candidates_.back().text = text;
      candidates_.back().base = std::exp(-options_.letter_cost * characters);
    }
    return it->second;
  }

  double weight(const OpenWord& open) const {
    return std::pow(static_cast<double>(words_.counts[open.word]), options_.count_power);
  }

  void share_out() {
    log_.resize(candidates_.size());
    for (size_t i = 0; i < log_.size(); ++i) log_[i] = std::log(candidates_[i].base);
    ForwardBackwardScratch scratch;
    std::vector<double> counts(log_.size());
    for (size_t round = 0; round < options_.iterations; ++round) {
      throw_if_stopped(options_.stop);
      std::fill(counts.begin(), counts.end(), 0.0);
      for (const OpenWord& open : open_) {
        add_expected_counts({open.end_node, open.edges}, log_, weight(open), scratch, counts);
      }
      for (size_t i = 0; i < log_.size(); ++i) {
        log_[i] = std::log(std::max(counts[i] - options_.discount, 0.0) + candidates_[i].base);
      }
    }
  }

  void collect_evidence() {
    ForwardBackwardScratch scratch;
    std::vector<double> counts(log_.size()), posteriors;
    for (const OpenWord& open : open_) {
      const ReadingGraph graph{open.end_node, open.edges};
      if (!std::isfinite(add_expected_counts(graph, log_, 1.0, scratch, counts))) continue;
      posteriors.clear();
      for (const auto& edge : open.edges) {
        posteriors.push_back(edge_posterior(graph, edge, log_, scratch));
      }
      for (size_t i = 0; i < open.edges.size(); ++i) {
        if (open.edges[i].first != ReadingGraph::kNone && posteriors[i] > 0.01) {
          add_evidence(open, i, posteriors);
        }
      }
    }
  }

  void add_evidence(const OpenWord& open, size_t stem, const std::vector<double>& posteriors) {
    Candidate& candidate = candidates_[open.edges[stem].first];
    const double share = posteriors[stem];
    const double count = static_cast<double>(words_.counts[open.word]);
    const WordCases& cases = cases_[open.word];
    candidate.count += share * count;
    candidate.lower += share * static_cast<double>(cases.lower + cases.other);
    candidate.capital += share * static_cast<double>(cases.capital);
    candidate.upper += share * static_cast<double>(cases.upper);
    candidate.states[open.states[stem]] += share;
    size_t next = stem;
    double most = 0;
    for (size_t i = stem + 1; i < open.edges.size(); ++i) {
      if (open.edges[i].from != open.edges[stem].to || posteriors[i] <= most) continue;
      next = i;
      most = posteriors[i];
    }
    if (next == stem) return;
    candidate.next[open.to_classes[next]] += share;
    if (open.edges[next].to == open.end_node) candidate.bare += share * count;
  }

  bool is_root(const Candidate& candidate) const {
    const size_t letters = count_code_points(candidate.text);
    if (letters < kMinLetters || letters > kMaxLetters) return false;
    if (candidate.count + 0.5 < static_cast<double>(options_.min_count)) return false;
    const auto seen = std::count_if(candidate.next.begin(), candidate.next.end(),
                                    [](const auto& entry) { return entry.second >= 0.5; });
    if (seen >= 2) return true;
    return candidate.bare + 0.5 >= static_cast<double>(options_.min_bare_count);
  }

  /// A part of speech whose words begin in the state; empty if there is none.
  std::string pos_of_state(uint32_t unknown_state) const {
    const auto state = language_.state_name(language_.unknown_states()[unknown_state]);
    for (const auto& pos : source_.pos) {
      if (pos.state == state) return pos.name;
    }
    return {};
  }

  std::vector<SourceRoot> roots() const {
    std::vector<const Candidate*> accepted;
    for (const Candidate& candidate : candidates_) {
      if (is_root(candidate)) accepted.push_back(&candidate);
    }
    std::sort(accepted.begin(), accepted.end(),
              [](const Candidate* a, const Candidate* b) { return a->text < b->text; });
    std::map<std::string, const SourceChange*> changed;  // by the stem that changes
    std::map<std::string, bool> is_changed_form;
    for (const Candidate* candidate : accepted) find_change(*candidate, changed, is_changed_form);

    std::vector<SourceRoot> roots;
    for (const Candidate* candidate : accepted) {
      if (is_changed_form.contains(candidate->text)) continue;
      const auto state =
          std::max_element(candidate->states.begin(), candidate->states.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      SourceRoot root;
      root.text = candidate->text;
      const std::string pos = pos_of_state(state->first);
      if (pos.empty() || has_lexeme(root.text, pos)) continue;
      root.pos = {pos};
      const double all = candidate->lower + candidate->capital + candidate->upper;
      root.upper = candidate->upper >= kMostly * all;
      root.proper = !root.upper && candidate->capital + candidate->upper >= kMostly * all;
      const auto change = changed.find(root.text);
      if (change != changed.end()) root.changes = {change->second->name};
      root.place = {"learnt roots", static_cast<uint32_t>(roots.size() + 1)};
      roots.push_back(std::move(root));
    }
    return roots;
  }

  /// Whether the candidate is another one with its tail changed, as before a vowel.
  void find_change(const Candidate& candidate, std::map<std::string, const SourceChange*>& changed,
                   std::map<std::string, bool>& is_changed_form) const {
    for (const SourceChange& change : source_.changes) {
      if (source_.triggers.empty() || change.trigger != source_.triggers.front()) continue;
      for (const SourceChange::Operation& operation : change.operations) {
        const bool applies = operation.kind == SourceChange::Operation::Kind::kTail &&
                             !operation.to.empty() && candidate.text.ends_with(operation.to) &&
                             candidate.text.size() > operation.to.size();
        if (!applies) continue;
        const std::string base =
            candidate.text.substr(0, candidate.text.size() - operation.to.size()) + operation.from;
        const auto other = indices_.find(base);
        if (other == indices_.end() || !is_root(candidates_[other->second])) continue;
        changed[base] = &change;
        is_changed_form[candidate.text] = true;
        return;
      }
    }
  }

  bool has_lexeme(std::string_view text, std::string_view pos) const {
    for (const FormId id : language_.forms_with_text(text)) {
      const StemForm form = language_.form(id);
      for (uint32_t i = 0; i < form.lexeme_count; ++i) {
        if (language_.pos_name(language_.lexeme(form.first_lexeme + i).pos) == pos) return true;
      }
    }
    return false;
  }

  const Analyser& analyser_;
  const Language& language_;
  const LanguageSource& source_;
  const WordCounts& words_;
  std::span<const WordCases> cases_;
  const RootLearnerOptions& options_;
  std::unique_ptr<MorphLattice> lattice_;
  std::vector<OpenWord> open_;
  std::unordered_map<std::string, uint32_t> indices_;
  std::vector<Candidate> candidates_;
  std::vector<double> log_;
};

}  // namespace

std::vector<SourceRoot> learn_roots(const Analyser& analyser, const LanguageSource& source,
                                    const WordCounts& words, std::span<const WordCases> cases,
                                    const RootLearnerOptions& options) {
  return RootLearner(analyser, source, words, cases, options).run();
}

}  // namespace tokrail
