#include "tokenizers/models/wordpiece.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_trie.h"
#include "tokenizers/models/unknown_pieces.h"

namespace tokrail {
namespace {

using TrieState = ByteTrieView::State;

constexpr std::string_view kWordMark = "\xE2\x96\x81";  // "▁", llama.cpp
constexpr TrieState kNoLink = ByteTrieView::kNowhere;

// What to do at a node that has no way on: take these pieces, which the text since the last taken
// piece is certainly cut into, and go on at `next`. kNoLink: the word cannot be cut.
struct FailureLink {
  TrieState next = kNoLink;
  uint32_t first_piece = 0;  // index into the list of pieces
  uint32_t piece_count = 0;
};

}  // namespace

struct WordPiece::State {
  State(const VocabularySpec& vocabulary, const ModelSpec& model);

  void build_links(const VocabularySpec& vocabulary);
  bool add_link(TrieState parent, unsigned char byte, TrieState node, size_t limit);
  /// Appends the pieces of the word, all positions shifted left by `shift` and not below 0;
  /// answers false, having appended some or none, if the word cannot be cut.
  bool cut(std::string_view word, uint32_t shift, std::vector<ModelToken>& out) const;
  bool cut_by_links(std::string_view word, uint32_t shift, std::vector<ModelToken>& out) const;
  bool cut_greedily(std::string_view word, uint32_t shift, std::vector<ModelToken>& out) const;

  bool llama;
  uint32_t max_characters;
  UnknownPieces unknown;
  ByteTrie trie;  // first pieces behind the byte 0, continuing pieces behind the byte 1
  TrieState first_root, rest_root;
  std::vector<FailureLink> links;  // by node; empty: too large for this vocabulary
  std::vector<TokenId> pieces;     // of all links
  std::vector<uint32_t> rest_lengths, first_lengths;  // by id: bytes of the word a piece stands for
};

WordPiece::State::State(const VocabularySpec& vocabulary, const ModelSpec& model)
    : llama(model.llama_wordpiece),
      max_characters(model.max_input_chars_per_word),
      unknown(vocabulary, model.unk_id, false) {
  const std::string_view prefix = llama ? std::string_view() : model.continuing_prefix;
  std::string keys;  // of all entries, one after the other
  std::vector<std::pair<size_t, TokenId>> ends;
  const auto add_key = [&](char root, std::string_view text, TokenId id) {
    keys += root;
    keys += text;
    ends.emplace_back(keys.size(), id);
  };
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    const std::string_view text = vocabulary.texts[id];
    const TokenKind kind = vocabulary.kinds[id];
    if (text.empty() || kind == TokenKind::kControl || kind == TokenKind::kUnused) continue;
    add_key('\0', text, id);
    if (text.size() > prefix.size() && text.starts_with(prefix)) {
      add_key('\1', text.substr(prefix.size()), id);
    }
  }
  std::vector<ByteTrieEntry> entries;
  entries.reserve(ends.size());
  size_t begin = 0;
  for (const auto& [end, id] : ends) {
    entries.push_back({std::string_view(keys).substr(begin, end - begin), id});
    begin = end;
  }
  trie = ByteTrie::build(entries);
  first_root = trie.view().next(ByteTrieView::kRoot, '\0');
  rest_root = trie.view().next(ByteTrieView::kRoot, '\1');
  first_lengths.resize(vocabulary.size());
  rest_lengths.resize(vocabulary.size());
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    const auto length = static_cast<uint32_t>(vocabulary.texts[id].size());
    first_lengths[id] = length;
    rest_lengths[id] = length - std::min(length, static_cast<uint32_t>(prefix.size()));
  }
  build_links(vocabulary);
}

// For each node, from the shortest text to the longest: if the text is a piece, that piece is taken
// and the rest starts anew. Otherwise the parent's link is followed, and the links of where that
// leads, until a node has a child by the last byte.
void WordPiece::State::build_links(const VocabularySpec& vocabulary) {
  if (rest_root == ByteTrieView::kNowhere) return;
  const ByteTrieView& view = trie.view();
  // Lists of pieces are short in real vocabularies. One made to have long lists (a long key whose
  // prefixes are cut into single bytes) must not take memory that is quadratic in its size.
  const size_t limit = 16 * view.nodes().size() + vocabulary.size();
  links.resize(view.nodes().size());
  for (const TrieState root : {rest_root, first_root}) {
    if (root == ByteTrieView::kNowhere) continue;
    std::vector<TrieState> order{root};  // breadth first: links lead to shorter texts
    for (size_t i = 0; i < order.size(); ++i) {
      const TrieState parent = order[i];
      bool fits = true;
      view.for_each_child(parent, [&](unsigned char byte, TrieState child) {
        fits = fits && add_link(parent, byte, child, limit);
        order.push_back(child);
      });
      if (!fits) {
        links.clear();
        pieces.clear();
        return;
      }
    }
  }
}

bool WordPiece::State::add_link(TrieState parent, unsigned char byte, TrieState node,
                                size_t limit) {
  const ByteTrieView& view = trie.view();
  FailureLink& link = links[node];
  link.first_piece = static_cast<uint32_t>(pieces.size());
  if (view.value(node) != kNoToken) {
    link.next = rest_root;
    pieces.push_back(view.value(node));
  } else {
    TrieState from = parent;
    while (true) {
      const FailureLink step = links[from];
      if (step.next == kNoLink) {
        pieces.resize(link.first_piece);
        return true;
      }
      if (pieces.size() + step.piece_count > limit) return false;
      for (uint32_t i = 0; i < step.piece_count; ++i) {
        pieces.push_back(pieces[step.first_piece + i]);
      }
      link.next = view.next(step.next, byte);
      if (link.next != ByteTrieView::kNowhere) break;
      from = step.next;
    }
  }
  link.piece_count = static_cast<uint32_t>(pieces.size()) - link.first_piece;
  return true;
}

bool WordPiece::State::cut_by_links(std::string_view word, uint32_t shift,
                                    std::vector<ModelToken>& out) const {
  const ByteTrieView view = trie.view();
  uint32_t position = 0;
  const auto take = [&](const FailureLink& link) {
    for (uint32_t i = 0; i < link.piece_count; ++i) {
      const TokenId id = pieces[link.first_piece + i];
      const uint32_t end = position + (position == 0 ? first_lengths : rest_lengths)[id];
      out.push_back({id, position - std::min(position, shift), end - std::min(end, shift)});
      position = end;
    }
  };
  TrieState state = first_root;
  for (const char byte : word) {
    TrieState next = view.next(state, byte);
    while (next == ByteTrieView::kNowhere) {
      const FailureLink& link = links[state];
      if (link.next == kNoLink) return false;
      take(link);
      state = link.next;
      next = view.next(state, byte);
    }
    state = next;
  }
  while (state != rest_root) {
    const FailureLink& link = links[state];
    if (link.next == kNoLink) return false;
    take(link);
    state = link.next;
  }
  return true;
}

bool WordPiece::State::cut_greedily(std::string_view word, uint32_t shift,
                                    std::vector<ModelToken>& out) const {
  const ByteTrieView view = trie.view();
  TrieState root = first_root;
  for (uint32_t begin = 0; begin < word.size(); root = rest_root) {
    TokenId best = kNoToken;
    uint32_t best_end = begin;
    TrieState state = root;
    for (uint32_t end = begin; end < word.size();) {
      state = view.next(state, word[end++]);
      if (state == ByteTrieView::kNowhere) break;
      if (view.value(state) == kNoToken) continue;
      best = view.value(state);
      best_end = end;
    }
    if (best == kNoToken) return false;
    out.push_back({best, begin - std::min(begin, shift), best_end - std::min(best_end, shift)});
    begin = best_end;
  }
  return true;
}

bool WordPiece::State::cut(std::string_view word, uint32_t shift,
                           std::vector<ModelToken>& out) const {
  if (first_root == ByteTrieView::kNowhere) return false;
  return links.empty() ? cut_greedily(word, shift, out) : cut_by_links(word, shift, out);
}

WordPiece::WordPiece(const VocabularySpec& vocabulary, const ModelSpec& model)
    : state_(std::make_unique<const State>(vocabulary, model)) {}

WordPiece::~WordPiece() = default;

void WordPiece::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  if (piece.empty()) return;
  const State& state = *state_;
  const size_t first = out.size();
  const bool too_long = !state.llama && piece.size() > state.max_characters &&
                        count_code_points(piece) > state.max_characters;
  if (!too_long) {
    if (!state.llama) {
      if (state.cut(piece, 0, out)) return;
    } else {
      std::string word(kWordMark);
      word += piece;
      if (state.cut(word, static_cast<uint32_t>(kWordMark.size()), out)) return;
    }
    out.resize(first);
  }
  const auto size = static_cast<uint32_t>(piece.size());
  out.push_back({state.unknown.required_unknown(piece, 0, size), 0, size});
}

}  // namespace tokrail
