#include "grammar/prompt_healing.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tokrail {
namespace {

/// A border between ids: the bytes before it, and the context behind it.
struct Border {
  size_t bytes;
  DecodeContext context;
};

/// Whether a longer token begins with these bytes.
bool begins_longer(const TokenTrie& trie, std::string_view bytes) {
  const auto node = bytes.empty() ? std::nullopt : trie.find(bytes);
  return node && trie.subtree_size(*node) > 1;
}

}  // namespace

HealedPrompt heal_prompt(const CanonicalEncoder& encoder, const Vocabulary& vocabulary,
                         std::span<const TokenId> ids, DecodeContext start, size_t most_bytes) {
  DecodeContext context = start;
  size_t first = 0;  // behind the last id that is no text
  DecodeContext first_context = start;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= vocabulary.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "id " + std::to_string(ids[i]) + " of the prompt is not in the vocabulary");
    }
    context = vocabulary.next_context(context, ids[i]);
    if (vocabulary.is_text(ids[i])) continue;
    first = i + 1;
    first_context = context;
  }
  const std::span<const TokenId> texts = ids.subspan(first);
  std::vector<Border> borders = {{0, first_context}};
  std::string text;
  for (const TokenId id : texts) {
    vocabulary.bytes(borders.back().context, id).append_to(text);
    borders.push_back({text.size(), vocabulary.next_context(borders.back().context, id)});
  }
  text += vocabulary.table().released(borders.back().context);

  size_t kept = texts.size();
  const auto holds = [&](size_t i) { return !vocabulary.pending(borders[i].context).empty(); };
  if (encoder.is_local()) {
    const size_t certain = text.size() - encoder.encode_certain(text).tail_bytes;
    while (kept > 0 && borders[kept].bytes > certain) --kept;
  } else if (kept > 0) {
    const ContextTries& tries = vocabulary.tries(borders[kept - 1].context);
    const std::string_view last = std::string_view(text).substr(borders[kept - 1].bytes);
    if (begins_longer(*tries.own, last) || begins_longer(*tries.shared, last)) --kept;
  }
  while (kept > 0 && holds(kept)) --kept;
  while (kept < texts.size() && text.size() - borders[kept].bytes > most_bytes) ++kept;
  return {first + kept, text.substr(borders[kept].bytes), borders[kept].context};
}

HealedPrompt heal_prompt(const CanonicalEncoder& encoder, const Vocabulary& vocabulary,
                         std::span<const TokenId> ids) {
  return heal_prompt(encoder, vocabulary, ids, vocabulary.start_context());
}

PromptEnd prompt_end(const Vocabulary& vocabulary, std::span<const TokenId> ids) {
  PromptEnd end{vocabulary.inside_context(), ""};
  if (!vocabulary.exact()) return end;
  end.context = vocabulary.start_context();
  for (const TokenId id : ids) {
    if (id < vocabulary.size()) end.context = vocabulary.next_context(end.context, id);
  }
  end.held = vocabulary.final_bytes(end.context);
  return end;
}

}  // namespace tokrail
