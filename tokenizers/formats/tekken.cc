#include <algorithm>
#include <string>
#include <utility>

#include "tokenizers/formats/base64.h"
#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/rank_vocabulary.h"
#include "tokenizers/formats/special_roles.h"
#include "tokenizers/formats/tiktoken.h"

namespace tokrail {
namespace {

// Special tokens of files that do not list them; the ids that follow have numbered names.
constexpr std::string_view kUnlisted[] = {"<unk>",
                                          "<s>",
                                          "</s>",
                                          "[INST]",
                                          "[/INST]",
                                          "[AVAILABLE_TOOLS]",
                                          "[/AVAILABLE_TOOLS]",
                                          "[TOOL_RESULTS]",
                                          "[/TOOL_RESULTS]",
                                          "[TOOL_CALLS]",
                                          "[IMG]",
                                          "<pad>",
                                          "[IMG_BREAK]",
                                          "[IMG_END]",
                                          "[PREFIX]",
                                          "[MIDDLE]",
                                          "[SUFFIX]",
                                          "[SYSTEM_PROMPT]",
                                          "[/SYSTEM_PROMPT]",
                                          "[TOOL_CONTENT]"};

std::vector<std::pair<std::string, TokenId>> read_specials(const JsonNode& root, uint32_t count) {
  std::vector<std::string> texts(count);
  if (const auto listed = root.find("special_tokens")) {
    for (size_t i = 0; i < listed->size(); ++i) {
      const JsonNode token = listed->at(i);
      if (count == 0) token.fail("expected no special tokens");
      texts[token.at("rank").integer(count - 1)] = token.at("token_str").string();
    }
  } else {
    for (size_t i = 0; i < std::min<size_t>(count, std::size(kUnlisted)); ++i) {
      texts[i] = kUnlisted[i];
    }
  }
  std::vector<std::pair<std::string, TokenId>> specials;
  for (uint32_t id = 0; id < count; ++id) {
    if (texts[id].empty()) texts[id] = "<SPECIAL_" + std::to_string(id) + ">";
    specials.emplace_back(std::move(texts[id]), id);
  }
  return specials;
}

// Tokens by id, after the special ones. Entries beyond the vocabulary's size are left out: the file
// holds more tokens than the model uses.
ByteStrings read_tokens(const JsonNode& list, uint32_t specials, size_t size) {
  const size_t count = std::min<size_t>(size - specials, list.size());
  std::vector<std::string> tokens(count);
  for (size_t i = 0; i < list.size(); ++i) {
    const JsonNode token = list.at(i);
    const uint32_t rank = token.at("rank").integer(kMaxTokenId);
    if (rank >= count) continue;
    const JsonNode bytes = token.at("token_bytes");
    if (!tokens[rank].empty()) token.fail("expected a rank that no other token has");
    if (!append_base64(bytes.string(), tokens[rank]) || tokens[rank].empty()) {
      bytes.fail("expected a token in base64");
    }
  }
  ByteStrings texts;
  for (uint32_t i = 0; i < specials; ++i) texts.push_back({});
  for (const std::string& token : tokens) texts.push_back(token);
  return texts;
}

}  // namespace

TokenizerSpec read_tekken(std::string_view bytes, std::string_view name) {
  const boost::json::value document = parse_json(bytes, name);
  const JsonNode root(document, name);
  const JsonNode config = root.at("config");
  const JsonNode pattern = config.at("pattern");
  const JsonNode size = config.at("default_vocab_size");
  const uint32_t specials = config.at("default_num_special_tokens").integer(1u << 16);
  if (size.integer(kMaxTokenId) < specials) {
    size.fail("expected more tokens than special tokens");
  }
  TokenizerSpec spec =
      rank_spec(read_tokens(root.at("vocab"), specials, size.integer()), pattern.string(), name);
  spec.name = "tekken";
  add_special_tokens(spec, read_specials(root, specials), name);
  infer_roles(spec);
  return spec;
}

}  // namespace tokrail
