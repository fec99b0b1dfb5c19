#include "tokenizers/known_encodings.h"

#include <algorithm>
#include <cstring>

namespace tokrail {
namespace {

// clang-format off
constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kCl100k =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kO200k =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kKimi =
    R"([\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// clang-format on

constexpr KnownEncoding kEncodings[] = {
    {"r50k_base", "gpt2", kGpt2, 50256, {}, 0},
    {"p50k_base", "p50k", kGpt2, 50280, {}, 0},
    {"p50k_edit", {}, kGpt2, 50280, {}, 0},
    {"cl100k_base", "cl100k", kCl100k, 100256, {}, 0x6071FDFF8AEC6512},
    {"o200k_base", "o200k", kO200k, 199998, {}, 0x6CA62F520C7AEF65},
    {"o200k_harmony", "harmony", kO200k, 199998, {}, 0x6CA62F520C7AEF65},
    {"llama3", {}, kCl100k, 128000, "tokenizer.model", 0},
    {"qwen", "qwen2", kQwen, 151643, {}, 0},
    {"kimi_k2", "kimi", kKimi, 163584, "tiktoken.model", 0},
};

struct Special {
  std::string_view text;
  TokenId id;
};

constexpr Special kR50k[] = {{"<|endoftext|>", 50256}};
constexpr Special kP50kEdit[] = {{"<|endoftext|>", 50256},
                                 {"<|fim_prefix|>", 50281},
                                 {"<|fim_middle|>", 50282},
                                 {"<|fim_suffix|>", 50283}};
constexpr Special kCl100kSpecials[] = {{"<|endoftext|>", 100257},
                                       {"<|fim_prefix|>", 100258},
                                       {"<|fim_middle|>", 100259},
                                       {"<|fim_suffix|>", 100260},
                                       {"<|endofprompt|>", 100276}};
constexpr Special kO200kSpecials[] = {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}};
constexpr Special kHarmony[] = {{"<|startoftext|>", 199998}, {"<|endoftext|>", 199999},
                                {"<|return|>", 200002},      {"<|constrain|>", 200003},
                                {"<|channel|>", 200005},     {"<|start|>", 200006},
                                {"<|end|>", 200007},         {"<|message|>", 200008},
                                {"<|call|>", 200012},        {"<|endofprompt|>", 200018}};
constexpr Special kLlama3[] = {{"<|begin_of_text|>", 128000},
                               {"<|end_of_text|>", 128001},
                               {"<|reserved_special_token_0|>", 128002},
                               {"<|reserved_special_token_1|>", 128003},
                               {"<|finetune_right_pad_id|>", 128004},
                               {"<|step_id|>", 128005},
                               {"<|start_header_id|>", 128006},
                               {"<|end_header_id|>", 128007},
                               {"<|eom_id|>", 128008},
                               {"<|eot_id|>", 128009},
                               {"<|python_tag|>", 128010},
                               {"<|image|>", 128011}};
constexpr Special kQwenSpecials[] = {
    {"<|endoftext|>", 151643}, {"<|im_start|>", 151644}, {"<|im_end|>", 151645}};
constexpr Special kKimiSpecials[] = {{"[BOS]", 163584},
                                     {"[EOS]", 163585},
                                     {"<|im_end|>", 163586},
                                     {"<|im_user|>", 163587},
                                     {"<|im_assistant|>", 163588},
                                     {"<|start_header_id|>", 163590},
                                     {"<|end_header_id|>", 163591},
                                     {"[EOT]", 163593},
                                     {"<|im_system|>", 163594},
                                     {"<|tool_calls_section_begin|>", 163595},
                                     {"<|tool_calls_section_end|>", 163596},
                                     {"<|tool_call_begin|>", 163597},
                                     {"<|tool_call_argument_begin|>", 163598},
                                     {"<|tool_call_end|>", 163599},
                                     {"<|im_middle|>", 163601},
                                     {"[UNK]", 163838},
                                     {"[PAD]", 163839}};

// Named tokens, and a numbered name for each other id of [begin, end): prefix, number, "|>", where
// the number is the id less `subtract`.
struct SpecialTable {
  std::string_view encoding;
  std::span<const Special> named;
  TokenId begin = 0, end = 0;
  std::string_view prefix = {};
  TokenId subtract = 0;
};

const SpecialTable kSpecialTables[] = {
    {"r50k_base", kR50k},
    {"p50k_base", kR50k},
    {"p50k_edit", kP50kEdit},
    {"cl100k_base", kCl100kSpecials},
    {"o200k_base", kO200kSpecials},
    {"o200k_harmony", kHarmony, 199998, 201088, "<|reserved_", 0},
    {"llama3", kLlama3, 128000, 128256, "<|reserved_special_token_", 128010},
    {"qwen", kQwenSpecials, 151643, 151851, "<|extra_", 151646},
    {"kimi_k2", kKimiSpecials, 163584, 163840, "<|reserved_token_", 0},
};

uint64_t mix(uint64_t hash, uint64_t word) noexcept {
  hash = (hash ^ word) * 0x9FB21C651E98DF25u;
  return hash ^ hash >> 32;
}

// Four chains, so that the multiplications of neighbouring words overlap.
uint64_t hash_bytes(const void* data, size_t size, uint64_t seed) noexcept {
  const auto* p = static_cast<const char*>(data);
  uint64_t lanes[4] = {seed, seed + 1, seed + 2, seed + 3};
  uint64_t words[4] = {};
  for (; size >= sizeof(words); p += sizeof(words), size -= sizeof(words)) {
    std::memcpy(words, p, sizeof(words));
    for (int i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  std::memset(words, 0, sizeof(words));
  std::memcpy(words, p, size);
  uint64_t hash = mix(seed, size);
  for (int i = 0; i < 4; ++i) hash = mix(hash, mix(lanes[i], words[i]));
  return hash;
}

}  // namespace

std::span<const KnownEncoding> known_encodings() noexcept {
  return kEncodings;
}

const KnownEncoding* find_known_encoding(std::string_view name) noexcept {
  if (name.empty()) return nullptr;
  for (const KnownEncoding& encoding : kEncodings) {
    if (encoding.name == name || encoding.alias == name) return &encoding;
  }
  return nullptr;
}

std::vector<std::pair<std::string, TokenId>> known_special_tokens(const KnownEncoding& encoding) {
  std::vector<std::pair<std::string, TokenId>> tokens;
  for (const SpecialTable& table : kSpecialTables) {
    if (table.encoding != encoding.name) continue;
    std::vector<bool> named(table.end - table.begin);
    for (const Special& special : table.named) {
      tokens.emplace_back(special.text, special.id);
      if (special.id >= table.begin && special.id < table.end) {
        named[special.id - table.begin] = true;
      }
    }
    for (TokenId id = table.begin; id < table.end; ++id) {
      if (named[id - table.begin]) continue;
      tokens.emplace_back(std::string(table.prefix) + std::to_string(id - table.subtract) + "|>",
                          id);
    }
  }
  std::sort(tokens.begin(), tokens.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  return tokens;
}

uint64_t fingerprint_tokens(const ByteStrings& tokens) noexcept {
  const uint64_t bytes = hash_bytes(tokens.bytes().data(), tokens.bytes().size(), 1);
  return hash_bytes(tokens.offsets().data(), tokens.offsets().size() * sizeof(uint32_t), bytes);
}

}  // namespace tokrail
