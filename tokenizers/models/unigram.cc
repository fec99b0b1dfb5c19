#include "tokenizers/models/unigram.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_trie.h"
#include "tokenizers/models/unigram_lattice.h"
#include "tokenizers/models/unknown_pieces.h"

namespace tokrail {
namespace {

constexpr size_t kMaxResults = 1024;  // of nbest

constexpr uint32_t kUnreached = 0xFFFFFFFFu;

// The best path up to one byte position, by its last token.
template <typename Stored>
struct PathNode {
  Stored score;
  Stored second;  // of the best path with another last token; -infinity without one
  TokenId id;
  uint32_t start;  // where the last token begins; kUnreached: no path yet

  /// Takes part in the choice of the best path: the first of equals stays.
  void offer(double offered, TokenId offered_id, uint32_t offered_start) {
    const bool first = start == kUnreached;
    if (first || offered > static_cast<double>(score)) {
      second = first ? -std::numeric_limits<Stored>::infinity() : score;
      score = static_cast<Stored>(offered);
      id = offered_id;
      start = offered_start;
    } else if (offered > static_cast<double>(second)) {
      second = static_cast<Stored>(offered);
    }
  }
};
// Path nodes of the positions from `begin` on. Grows from the stack to the heap.
template <typename Stored>
class PathWindow {
 public:
  PathWindow() {
    nodes_ = inline_.data();
    capacity_ = inline_.size();
    restart(0, 0);
  }
  PathWindow(const PathWindow&) = delete;
  PathWindow& operator=(const PathWindow&) = delete;

  uint32_t begin() const { return begin_; }
  /// The last position that has a path.
  uint32_t reach() const { return reach_; }

  PathNode<Stored>& operator[](uint32_t position) { return nodes_[position - begin_]; }

  /// The node of a position that may be beyond reach.
  PathNode<Stored>& extend_to(uint32_t position) {
    if (position > reach_) {
      if (position - begin_ >= capacity_) grow(position - begin_ + 1);
      while (reach_ < position) nodes_[++reach_ - begin_].start = kUnreached;
    }
    return nodes_[position - begin_];
  }

  /// Forgets what is before a position where all paths meet.
  void restart(uint32_t position, Stored score) {
    begin_ = reach_ = position;
    nodes_[0] = {score, score, kNoToken, kUnreached};
  }

 private:
  void grow(size_t needed) {
    const bool was_inline = heap_.empty();
    heap_.resize(std::max(needed, capacity_ * 2));
    if (was_inline) std::copy(inline_.begin(), inline_.end(), heap_.begin());
    nodes_ = heap_.data();
    capacity_ = heap_.size();
  }

  std::array<PathNode<Stored>, 512> inline_;
  std::vector<PathNode<Stored>> heap_;
  PathNode<Stored>* nodes_;
  size_t capacity_;
  uint32_t begin_ = 0, reach_ = 0;
};

// Appends the tokens of the best path through the window up to `end`.
// `margin`: the closest decision on it, lowered if it was closer.
template <typename Stored>
void append_path(PathWindow<Stored>& window, uint32_t end, std::vector<ModelToken>& out,
                 Stored& margin) {
  const auto first = static_cast<std::ptrdiff_t>(out.size());
  for (uint32_t at = end; at > window.begin();) {
    const PathNode<Stored>& node = window[at];
    margin = std::min(margin, node.score - node.second);
    out.push_back({node.id, node.start, at});
    at = node.start;
  }
  std::reverse(out.begin() + first, out.end());
}

bool in_trie(TokenKind kind, SourceFormat format) {
  switch (kind) {
    case TokenKind::kNormal:
    case TokenKind::kUserDefined: return true;
    case TokenKind::kUnknown:
    case TokenKind::kByte: return format == SourceFormat::kTokenizerJson;
    case TokenKind::kUnused: return format == SourceFormat::kGguf;
    case TokenKind::kControl: return false;
  }
  return false;
}

}  // namespace

struct Unigram::State {
  State(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat source);

  /// Starts from `score` and advances it. Answers the closest decision on the best path: by how
  /// much the chosen last token beat the next best; 0 where unknown text took part.
  template <typename Stored>
  Stored best_path(std::string_view piece, Stored& score, std::vector<ModelToken>& out) const;
  /// Turns the unknown tokens of out[first, ...) into what the format makes of them.
  void spell_unknown(std::string_view piece, size_t first, std::vector<ModelToken>& out) const;
  void spell_run(std::string_view piece, uint32_t begin, uint32_t end,
                 std::vector<ModelToken>& out) const;
  template <typename Real>
  UnigramLattice<Real> lattice(std::string_view piece) const;
  template <typename Real>
  std::vector<ScoredTokens> nbest(std::string_view piece, size_t n) const;

  SourceFormat format;
  std::vector<TokenKind> kinds;
  UnknownPieces unknown;
  ByteTrie trie;
  std::vector<double> scores;  // by id, with the bonus of user-defined pieces
  double unknown_score = 0;
  float max_score = FLT_MIN;  // sentencepiece
};

Unigram::State::State(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat source)
    : format(source),
      kinds(vocabulary.kinds),
      unknown(vocabulary, model.unk_id, model.byte_fallback && source != SourceFormat::kGguf),
      scores(vocabulary.scores) {
  scores.resize(vocabulary.size());
  const bool json = format == SourceFormat::kTokenizerJson;
  double lowest = json ? std::numeric_limits<double>::infinity() : FLT_MAX;
  std::vector<ByteTrieEntry> entries;
  entries.reserve(vocabulary.size());
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    const std::string_view text = vocabulary.texts[id];
    if (text.empty()) continue;
    if (std::isnan(scores[id])) {
      throw Error(ErrorCode::kInvalidArgument, "the score of a piece is not a number",
                  "piece " + std::to_string(id));
    }
    if (json || kinds[id] == TokenKind::kNormal) {
      lowest = std::min(lowest, scores[id]);
      max_score = std::max(max_score, static_cast<float>(scores[id]));
    }
    if (in_trie(kinds[id], format)) entries.push_back({text, id});
  }
  trie = ByteTrie::build(entries);
  unknown_score = json ? lowest - 10.0 : static_cast<double>(static_cast<float>(lowest) - 10.0F);
  if (json) return;
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    if (kinds[id] != TokenKind::kUserDefined) continue;
    const auto length = static_cast<float>(vocabulary.texts[id].size());
    scores[id] = format == SourceFormat::kGguf ? 0.0 : length * max_score - 0.1;
  }
}

template <typename Stored>
Stored Unigram::State::best_path(std::string_view piece, Stored& score_before,
                                 std::vector<ModelToken>& out) const {
  constexpr uint32_t kFlushAt = 256;  // bytes kept before a point where all paths meet is used
  const ByteTrieView view = trie.view();
  const auto size = static_cast<uint32_t>(piece.size());
  const size_t first = out.size();
  bool has_unknown = false;
  Stored margin = std::numeric_limits<Stored>::infinity();
  PathWindow<Stored> window;
  window.restart(0, score_before);
  for (uint32_t at = 0; at < size;) {
    if (at == window.reach() && at - window.begin() >= kFlushAt) {
      append_path(window, at, out, margin);
      window.restart(at, window[at].score);
    }
    const Stored score_here = window[at].score;
    const uint32_t character = decode_utf8(piece.data() + at, piece.data() + size).length;
    bool has_character = false;
    ByteTrieView::State state = ByteTrieView::kRoot;
    for (uint32_t end = at; end < size;) {
      state = view.next(state, piece[end++]);
      if (state == ByteTrieView::kNowhere) break;
      const TokenId id = view.value(state);
      if (id == kNoToken) continue;
      // Added and compared in double, then stored rounded, as the references do.
      const double score = scores[id] + static_cast<double>(score_here);
      window.extend_to(end).offer(score, id, at);
      has_character |= end - at == character;
    }
    if (!has_character) {
      const Stored score = static_cast<Stored>(unknown_score) + score_here;
      window.extend_to(at + character)
          .offer(score, unknown.required_unknown(piece, at, at + character), at);
      has_unknown = true;
    }
    at += character;
  }
  append_path(window, size, out, margin);
  score_before = window[size].score;
  // tokenizer.json also fuses an unknown token that was spelled out in the text.
  if (has_unknown || format == SourceFormat::kTokenizerJson) spell_unknown(piece, first, out);
  return has_unknown ? Stored{0} : margin;
}

void Unigram::State::spell_unknown(std::string_view piece, size_t first,
                                   std::vector<ModelToken>& out) const {
  const TokenId id = unknown.unknown();
  const auto is_unknown = [id](const ModelToken& token) { return token.id == id; };
  const auto start = out.begin() + static_cast<std::ptrdiff_t>(first);
  const auto found = std::find_if(start, out.end(), is_unknown);
  if (id == kNoToken || found == out.end()) return;
  const std::vector<ModelToken> path(found, out.end());
  out.erase(found, out.end());
  for (size_t i = 0; i < path.size(); ++i) {
    if (!is_unknown(path[i])) {
      out.push_back(path[i]);
    } else if (format == SourceFormat::kTokenizerJson) {
      const uint32_t begin = path[i].begin;
      while (i + 1 < path.size() && is_unknown(path[i + 1])) ++i;
      spell_run(piece, begin, path[i].end, out);
    } else {
      unknown.spell(piece, path[i].begin, path[i].end, first, out);
    }
  }
}

// tokenizer.json looks a run of unknown characters up once more as a whole.
void Unigram::State::spell_run(std::string_view piece, uint32_t begin, uint32_t end,
                               std::vector<ModelToken>& out) const {
  const TokenId whole = trie.view().find_value(piece.substr(begin, end - begin));
  if (whole != kNoToken) {
    out.push_back({whole, begin, end});
  } else if (!unknown.spell_bytes(piece, begin, end, out)) {
    out.push_back({unknown.unknown(), begin, end});
  }
}

template <typename Real>
UnigramLattice<Real> Unigram::State::lattice(std::string_view piece) const {
  const ByteTrieView& view = trie.view();
  const auto size = static_cast<uint32_t>(piece.size());
  UnigramLattice<Real> lattice(size);
  for (uint32_t at = 0; at < size;) {
    const uint32_t character = decode_utf8(piece.data() + at, piece.data() + size).length;
    bool has_character = false;
    view.for_each_prefix(piece.substr(at), [&](size_t length, TokenId id) {
      double score = scores[id];
      if (kinds[id] == TokenKind::kUserDefined && format == SourceFormat::kSentencePiece) {
        // In characters here, in bytes in the best path: so does the reference.
        const auto characters = static_cast<float>(count_code_points(piece.substr(at, length)));
        score = characters * max_score - 0.1;
      }
      lattice.add(at, at + static_cast<uint32_t>(length), id, static_cast<Real>(score));
      has_character |= length == character;
    });
    if (!has_character) {
      lattice.add(at, at + character, unknown.required_unknown(piece, at, at + character),
                  static_cast<Real>(unknown_score));
    }
    at += character;
  }
  lattice.finish();
  return lattice;
}

template <typename Real>
std::vector<ScoredTokens> Unigram::State::nbest(std::string_view piece, size_t n) const {
  std::vector<ScoredTokens> results;
  for (auto& [tokens, score] : lattice<Real>(piece).nbest(std::min(n, kMaxResults))) {
    spell_unknown(piece, 0, tokens);
    results.push_back({std::move(tokens), static_cast<double>(score)});
  }
  return results;
}

Unigram::Unigram(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format)
    : state_(std::make_unique<const State>(vocabulary, model, format)),
      scores_(state_->scores.data()) {}

Unigram::~Unigram() = default;

void Unigram::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  if (state_->format == SourceFormat::kSentencePiece) {
    float score = 0;
    state_->best_path<float>(piece, score, out);
  } else {
    double score = 0;
    state_->best_path<double>(piece, score, out);
  }
}

float Unigram::tokenize_after(std::string_view piece, RunningScore& score,
                              std::vector<ModelToken>& out) const {
  const size_t first = out.size();
  const float before = score.magnitude();
  const float margin = state_->best_path<float>(piece, score.sum, out);
  // Every token of a path adds a rounding error of at most half a unit in the last place of the
  // running sum, 2^-24 of its magnitude; two paths of up to `size` tokens may differ by 2^-23 size
  // of it. The margin itself was measured with the errors of now, hence half of it counts; and the
  // sum grows by the piece, hence the subtraction.
  const auto tokens = static_cast<float>(piece.size());
  const float errors_now = score.magnitude() * tokens * 0x1p-22F;
  if (!(margin > 2 * errors_now) || out.size() == first) return 0;
  const float growth = std::abs(score.magnitude() - before);
  const float limit = std::min(margin * 0x1p21F / std::max(tokens, 1.0F), 1e30F) - 2 * growth;
  return std::max(limit, 0.0F);
}

std::vector<ScoredTokens> Unigram::nbest(std::string_view piece, size_t n) const {
  if (piece.empty() || n == 0) return {};
  return state_->format == SourceFormat::kSentencePiece ? state_->nbest<float>(piece, n)
                                                        : state_->nbest<double>(piece, n);
}

void Unigram::sample(std::string_view piece, double alpha, const UniformSource& uniform,
                     std::vector<ModelToken>& out) const {
  if (piece.empty()) return;
  const size_t first = out.size();
  const auto tokens = state_->lattice<double>(piece).sample(alpha, uniform);
  out.insert(out.end(), tokens.begin(), tokens.end());
  state_->spell_unknown(piece, first, out);
}

void Unigram::sample_nbest(std::string_view piece, size_t n, double alpha,
                           const UniformSource& uniform, std::vector<ModelToken>& out) const {
  const std::vector<ScoredTokens> candidates = nbest(piece, n);
  if (candidates.empty()) return;
  double total = 0;
  const auto weight = [&](const ScoredTokens& candidate) {
    return std::exp(alpha * (candidate.score - candidates.front().score));
  };
  for (const ScoredTokens& candidate : candidates) total += weight(candidate);
  double rest = uniform() * total;
  const ScoredTokens* chosen = &candidates.back();
  for (const ScoredTokens& candidate : candidates) {
    rest -= weight(candidate);
    if (rest < 0) {
      chosen = &candidate;
      break;
    }
  }
  out.insert(out.end(), chosen->tokens.begin(), chosen->tokens.end());
}

}  // namespace tokrail
