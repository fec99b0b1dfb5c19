#include "tests/oracle/slow_wordpiece.h"

#include <algorithm>
#include <optional>
#include <string>

#include "tests/oracle/slow_lookup.h"

namespace tokrail::test {

std::vector<ModelToken> slow_wordpiece(const VocabularySpec& vocabulary, const ModelSpec& model,
                                       std::string_view word) {
  if (word.empty()) return {};
  const std::vector<ModelToken> unknown{{*model.unk_id, 0, static_cast<uint32_t>(word.size())}};
  if (!model.llama_wordpiece && count_code_points(word) > model.max_input_chars_per_word) {
    return unknown;
  }
  const TextMap ids = ids_by_text(vocabulary, [](TokenKind kind) {
    return kind != TokenKind::kControl && kind != TokenKind::kUnused;
  });
  const std::string mark = model.llama_wordpiece ? "\xE2\x96\x81" : "";
  const std::string text = mark + std::string(word);
  const auto position = [&](size_t at) {  // in the word, without the mark
    return static_cast<uint32_t>(at - std::min(at, mark.size()));
  };
  std::vector<ModelToken> tokens;
  for (size_t start = 0; start < text.size();) {
    std::optional<TokenId> id;
    size_t end = text.size();
    for (; end > start; --end) {
      std::string candidate = text.substr(start, end - start);
      if (start > 0 && !model.llama_wordpiece) candidate = model.continuing_prefix + candidate;
      if ((id = find_text(ids, candidate))) break;
    }
    if (!id) return unknown;
    tokens.push_back({*id, position(start), position(end)});
    start = end;
  }
  return tokens;
}

}  // namespace tokrail::test
