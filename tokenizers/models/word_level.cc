#include "tokenizers/models/word_level.h"

#include <algorithm>

#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // "▁"

template <typename Wanted>
ByteTrie build_trie(const VocabularySpec& vocabulary, Wanted&& wanted) {
  std::vector<ByteTrieEntry> entries;
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    const std::string_view text = vocabulary.texts[id];
    if (!text.empty() && wanted(vocabulary.kinds[id])) entries.push_back({text, id});
  }
  return ByteTrie::build(entries);
}

// sentencepiece finds every piece by its text, unused ones included; where a control or byte piece
// has the text of a normal one, it wins.
ByteTrie build_spm_trie(const VocabularySpec& vocabulary) {
  const auto is_normal = [](TokenKind kind) {
    return kind == TokenKind::kNormal || kind == TokenKind::kUserDefined ||
           kind == TokenKind::kUnused;
  };
  const ByteTrie reserved =
      build_trie(vocabulary, [&](TokenKind kind) { return !is_normal(kind); });
  std::vector<ByteTrieEntry> entries;
  for (TokenId id = 0; id < vocabulary.model_size(); ++id) {
    const std::string_view text = vocabulary.texts[id];
    if (text.empty()) continue;
    const TokenId winner = reserved.view().find_value(text);
    entries.push_back({text, winner == kNoToken ? id : winner});
  }
  return ByteTrie::build(entries);
}

// Appends the token of one part of a piece, for the sentencepiece models.
void append_part(const ByteTrieView& pieces, const UnknownPieces& unknown, std::string_view piece,
                 uint32_t begin, uint32_t end, size_t first, std::vector<ModelToken>& out) {
  const TokenId id = pieces.find_value(piece.substr(begin, end - begin));
  if (id == kNoToken || id == unknown.unknown()) {
    unknown.spell(piece, begin, end, first, out);
  } else {
    out.push_back({id, begin, end});
  }
}

}  // namespace

WordLevel::WordLevel(const VocabularySpec& vocabulary, const ModelSpec& model)
    : words_(build_trie(vocabulary,
                        [](TokenKind kind) {
                          return kind != TokenKind::kControl && kind != TokenKind::kUnused;
                        })),
      unknown_(vocabulary, model.unk_id, false) {}

void WordLevel::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  if (piece.empty()) return;
  const auto size = static_cast<uint32_t>(piece.size());
  TokenId id = words_.view().find_value(piece);
  if (id == kNoToken) id = unknown_.required_unknown(piece, 0, size);
  out.push_back({id, 0, size});
}

SpmWord::SpmWord(const VocabularySpec& vocabulary, const ModelSpec& model)
    : words_(build_spm_trie(vocabulary)), unknown_(vocabulary, model.unk_id, model.byte_fallback) {}

void SpmWord::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  const size_t first = out.size();
  for (size_t begin = 0; begin < piece.size();) {
    const size_t end = std::min(piece.find(kSpaceMark, begin + 1), piece.size());
    append_part(words_.view(), unknown_, piece, static_cast<uint32_t>(begin),
                static_cast<uint32_t>(end), first, out);
    begin = end;
  }
}

SpmChar::SpmChar(const VocabularySpec& vocabulary, const ModelSpec& model)
    : characters_(build_spm_trie(vocabulary)),
      user_defined_(
          build_trie(vocabulary, [](TokenKind kind) { return kind == TokenKind::kUserDefined; })),
      unknown_(vocabulary, model.unk_id, model.byte_fallback) {}

void SpmChar::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  const size_t first = out.size();
  for (size_t begin = 0; begin < piece.size();) {
    size_t length = 0;
    if (user_defined_.view().longest_prefix(piece.substr(begin), length) == kNoToken) {
      length = decode_utf8(piece.data() + begin, piece.data() + piece.size()).length;
    }
    append_part(characters_.view(), unknown_, piece, static_cast<uint32_t>(begin),
                static_cast<uint32_t>(begin + length), first, out);
    begin += length;
  }
}

}  // namespace tokrail
