#include "tokenizers/pretokenization/gguf_pre_patterns.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace tokrail {
namespace {

using Patterns = std::span<const std::string_view>;

// Parts that many patterns share. Macros, because only literals can be joined.
#define TOKRAIL_CONTRACTIONS "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]"
#define TOKRAIL_WORD R"([^\r\n\p{L}\p{N}]?\p{L}+)"
#define TOKRAIL_SIGNS R"( ?[^\s\p{L}\p{N}]+[\r\n]*)"
#define TOKRAIL_SIGNS_SLASH R"( ?[^\s\p{L}\p{N}]+[\r\n/]*)"
#define TOKRAIL_SPACE R"(\s*[\r\n]+|\s+(?!\S)|\s+)"
/// cl100k with other digits.
#define TOKRAIL_CL100K(digits) \
  "(?:" TOKRAIL_CONTRACTIONS ")|" TOKRAIL_WORD "|" digits "|" TOKRAIL_SIGNS "|" TOKRAIL_SPACE
/// o200k as far as llama.cpp goes: the case of letters beyond ASCII does not matter.
#define TOKRAIL_CASED(letters, contractions, digits)                                            \
  "[^\\r\\n\\p{L}\\p{N}]?[" letters "&&[^a-z]]*[" letters "&&[^A-Z]]+" contractions             \
  "|[^\\r\\n\\p{L}\\p{N}]?[" letters "&&[^a-z]]+[" letters "&&[^A-Z]]*" contractions "|" digits \
  "|" TOKRAIL_SIGNS_SLASH "|" TOKRAIL_SPACE
/// o200k where llama.cpp reads \p{Lu} and \p{Ll} as \p{L}: case does not matter at all.
#define TOKRAIL_UNCASED(digits)                                             \
  R"([^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+(?:)" TOKRAIL_CONTRACTIONS ")?|" digits \
  "|" TOKRAIL_SIGNS_SLASH "|" TOKRAIL_SPACE
/// Symbols as llama.cpp knows them.
#define TOKRAIL_SYMBOLS R"([\p{S}&&[^~]])"
#define TOKRAIL_SIGN_WORDS                             \
  R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+)" \
  R"(|[^\r\n\p{L}\p{P})" TOKRAIL_SYMBOLS R"(]?[\p{L}\p{M}]+| ?[\p{P})" TOKRAIL_SYMBOLS "]+"
#define TOKRAIL_IDEOGRAPHS_KANA R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)"
#define TOKRAIL_HAN                                                               \
  R"(\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2B73F})"   \
  R"(\x{2B740}-\x{2B81F}\x{2B820}-\x{2CEAF}\x{2CEB0}-\x{2EBEF}\x{F900}-\x{FAFF})" \
  R"(\x{2F800}-\x{2FA1F})"
/// Digits in threes from the right; the first group takes what stands before it along.
#define TOKRAIL_DIGITS_IN_THREES R"([^\p{N}]*\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N})))"

constexpr std::string_view kGpt2Regex =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kNoLineFeeds = R"([^\n]+|[\n]+)";

constexpr std::string_view kDefault[] = {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2Regex, R"(\p{N}+)",
                                         "[0-9][0-9][0-9]"};
constexpr std::string_view kGpt2[] = {kGpt2Regex};
constexpr std::string_view kLlama3[] = {TOKRAIL_CL100K(R"(\p{N}{1,3})")};
constexpr std::string_view kQwen2[] = {TOKRAIL_CL100K(R"(\p{N})")};
constexpr std::string_view kQwen35[] = {"(?:" TOKRAIL_CONTRACTIONS
                                        R"()|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N})"
                                        R"(| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" TOKRAIL_SPACE};
constexpr std::string_view kJais2[] = {
    "(?:" TOKRAIL_CONTRACTIONS ")|" TOKRAIL_WORD R"(|\p{N}{1,3}|)" TOKRAIL_SIGNS
    R"(|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S))"
    R"(|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s)"};
// The letters are the cased ones of Unicode 11.
constexpr std::string_view kDeepseekLlm[] = {
    R"([\r\n])",
    R"(\s?[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293})"
    R"(\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A})"
    R"(\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556})"
    R"(\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF})"
    R"(\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D})"
    R"(\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D})"
    R"(\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4})"
    R"(\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4})"
    R"(\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124})"
    R"(\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F})"
    R"(\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4})"
    R"(\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F})"
    R"(\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17})"
    R"(\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3})"
    R"(\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"
    R"(\x{1E900}-\x{1E943}]+)",
    R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3001}\x{3002}]+)",
    R"(\s+\z)",
    R"([[\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]&&\S]+)",
    R"(\p{N}+)"};
constexpr std::string_view kDeepseekCoder[] = {
    R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)",
    R"([[\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]&&\S]+)", R"(\p{N})"};
constexpr std::string_view kDeepseek3[] = {R"(\p{N}{1,3})", TOKRAIL_IDEOGRAPHS_KANA,
                                           TOKRAIL_SIGN_WORDS R"([\r\n]*|)" TOKRAIL_SPACE};
constexpr std::string_view kSpark25[] = {R"(\p{N}{1,3})", TOKRAIL_IDEOGRAPHS_KANA,
                                         TOKRAIL_SIGN_WORDS R"(|[\r\n]|\s+(?!\S)|\s+)", R"(\p{N})"};
constexpr std::string_view kYoutu[] = {
    R"([\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+)"
    R"(|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}\x{FF1A}\x{FF1B}\x{FF0C})"
    R"(\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|)" TOKRAIL_IDEOGRAPHS_KANA,
    TOKRAIL_UNCASED(R"(\p{N})")};
constexpr std::string_view kFalcon[] = {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2Regex, "[0-9][0-9][0-9]"};
constexpr std::string_view kStarcoder[] = {R"(\p{N})", kGpt2Regex};
#define TOKRAIL_PORO R"( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+)"
constexpr std::string_view kPoro[] = {TOKRAIL_PORO};
constexpr std::string_view kViking[] = {TOKRAIL_PORO, R"(\p{N})"};
constexpr std::string_view kTekken[] = {TOKRAIL_CASED(R"(\p{L})", "", R"(\p{N})")};
constexpr std::string_view kChameleon[] = {"<sentinel:[0-9]+>",       "IMGIMG[A-I]{1,4}Z",
                                           R"([\t\n]|    |  )",       R"(\p{N})",
                                           R"([\p{P}!-/:-@\[-`{-~])", kGpt2Regex};
constexpr std::string_view kGpt4o[] = {
    TOKRAIL_CASED(R"(\p{L})", "(?:" TOKRAIL_CONTRACTIONS ")?", R"(\p{N}{1,3})")};
constexpr std::string_view kGraniteMulti[] = {
    TOKRAIL_CASED(R"(\p{L}\p{M})", "(?:" TOKRAIL_CONTRACTIONS ")?", R"(\p{N}{1,3})")};
constexpr std::string_view kTinyAya[] = {TOKRAIL_DIGITS_IN_THREES,
                                         TOKRAIL_UNCASED(R"(\p{N}{1,3})")};
constexpr std::string_view kKimiK2[] = {
    "[" TOKRAIL_HAN R"(]+|[^\r\n\p{L}\p{N}]?[\p{L}&&[^)" TOKRAIL_HAN "]]+(?:" TOKRAIL_CONTRACTIONS
    R"()?|\p{N}{1,3}|)" TOKRAIL_SIGNS "|" TOKRAIL_SPACE};
constexpr std::string_view kSuperBpe[] = {R"(\p{N}+)", "(?=(?:[0-9]{3})+(?![0-9]))"};
constexpr std::string_view kBailing[] = {"(?:" TOKRAIL_CONTRACTIONS ")|" TOKRAIL_WORD
                                         R"(|\p{N}|)" TOKRAIL_SIGNS R"(|\s*[\r\n]|\s+(?!\S)|\s+)"};
constexpr std::string_view kSeedCoder[] = {"(?:" TOKRAIL_CONTRACTIONS ")|" TOKRAIL_WORD
                                           R"(|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|)" TOKRAIL_SPACE};
constexpr std::string_view kUfakZeka[] = {TOKRAIL_WORD R"(|\p{N}|)" TOKRAIL_SIGNS
                                                       "|" TOKRAIL_SPACE};
constexpr std::string_view kAfmoe[] = {
    TOKRAIL_DIGITS_IN_THREES,
    R"([\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{F900}-\x{FAFF}\x{3040}-\x{309F}\x{30A0}-\x{30FF})"
    R"(\x{FF65}-\x{FF9F}\x{2F00}-\x{2FDF}\x{E40}-\x{E7F}\x{E80}-\x{EFF}\x{1780}-\x{17FF})"
    R"(\x{1000}-\x{109F}\x{AA60}-\x{AA7F}\x{A9E0}-\x{A9FF}\x{AC00}-\x{D7AF}\x{1100}-\x{11FF}]+)",
    TOKRAIL_SIGN_WORDS R"([\r\n]*|)" TOKRAIL_SPACE};
constexpr std::string_view kLaguna[] = {kNoLineFeeds, kQwen2[0]};
constexpr std::string_view kExaoneMoe[] = {
    "(?:" TOKRAIL_CONTRACTIONS
    R"()|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?)"
    R"(|\s*[\r\n]|\s+(?!\S)|\s+)"};
constexpr std::string_view kLines[] = {kNoLineFeeds};
constexpr std::string_view kMiniCpm5[] = {R"(\p{N}{1,3})", TOKRAIL_CL100K(R"(\p{N}+)")};
constexpr std::string_view kWhitespace[] = {R"(\S+)"};

// ---------------------------------------------------------------- names

constexpr GgufPre plain(std::string_view name, Patterns patterns) {
  return {.name = name, .patterns = patterns};
}
constexpr GgufPre keeping_spaces(std::string_view name, Patterns patterns) {
  return {.name = name, .patterns = patterns, .clean_spaces = false};
}
constexpr GgufPre like_llama3(std::string_view name) {
  return {.name = name, .patterns = kLlama3, .ignore_merges = true, .add_bos = true};
}
constexpr GgufPre with_separator(std::string_view name) {
  return {.name = name, .patterns = kGpt2, .add_sep = true};
}
constexpr GgufPre like_glm4(std::string_view name) {
  return {.name = name, .patterns = kLlama3, .no_bos = true};
}
constexpr GgufPre like_gemma4(std::string_view name) {
  return {.name = name,
          .patterns = kLines,
          .byte_encode = false,
          .escape_spaces = true,
          .add_bos = true,
          .newline_tokens = true};
}

constexpr GgufPre kTable[] = {
    plain("a.x-4.0", kGpt2),
    keeping_spaces("afmoe", kAfmoe),
    keeping_spaces("bailingmoe", kBailing),
    keeping_spaces("bailingmoe2", kBailing),
    plain("bloom", kPoro),
    {.name = "chameleon", .patterns = kChameleon, .clean_spaces = false, .add_bos = true},
    like_glm4("chatglm-bpe"),
    plain("codeshell", kStarcoder),
    keeping_spaces("cohere2moe", kTinyAya),
    keeping_spaces("command-r", kStarcoder),
    plain("dbrx", kLlama3),
    keeping_spaces("deepseek-coder", kDeepseekCoder),
    keeping_spaces("deepseek-llm", kDeepseekLlm),
    keeping_spaces("deepseek-r1-qwen", kQwen2),
    keeping_spaces("deepseek-v3", kDeepseek3),
    plain("default", kDefault),
    plain("exaone", kStarcoder),
    plain("exaone-moe", kExaoneMoe),
    plain("exaone4", kGpt2),
    keeping_spaces("f2llmv2", kQwen2),
    plain("falcon", kFalcon),
    like_llama3("falcon-h1"),
    like_llama3("falcon3"),
    like_gemma4("gemma4"),
    plain("gigachat", kGpt2),
    like_glm4("glm4"),
    plain("gpt-2", kGpt2),
    keeping_spaces("gpt-4o", kGpt4o),
    plain("gpt3-finnish", kPoro),
    keeping_spaces("granite-docling", kGpt2),
    like_gemma4("granite-embed-multi-311m"),
    {.name = "granite-embed-multi-97m",
     .patterns = kGraniteMulti,
     .ignore_merges = true,
     .clean_spaces = false},
    keeping_spaces("grok-2", kQwen2),
    keeping_spaces("hunyuan", kQwen2),
    keeping_spaces("hunyuan-dense", kDeepseek3),
    keeping_spaces("hy_v4", kDeepseek3),
    plain("jais", kGpt2),
    plain("jais-2", kJais2),
    plain("jina-de", kGpt2),
    plain("jina-es", kGpt2),
    with_separator("jina-v1-en"),
    with_separator("jina-v2-code"),
    plain("jina-v2-de", kGpt2),
    plain("jina-v2-es", kGpt2),
    like_llama3("jina-v5-nano"),
    keeping_spaces("joyai-llm", kDeepseek3),
    keeping_spaces("kanana2", kGpt4o),
    keeping_spaces("kimi-k2", kKimiK2),
    keeping_spaces("kormo", kQwen2),
    keeping_spaces("laguna", kLaguna),
    like_llama3("lfm2"),
    keeping_spaces("llada-moe", kBailing),
    like_llama3("llama-bpe"),
    like_llama3("llama-v3"),
    like_llama3("llama3"),
    keeping_spaces("llama4", kGpt4o),
    plain("megrez", kQwen2),
    plain("mellum", kGpt2),
    plain("mellum2", kStarcoder),
    like_llama3("midm-2.0"),
    plain("minerva-7b", kStarcoder),
    {.name = "minicpm5", .patterns = kMiniCpm5, .ignore_merges = true},
    keeping_spaces("minimax-m2", kGpt4o),
    plain("modern-bert", kGpt2),
    plain("mpt", kGpt2),
    plain("olmo", kGpt2),
    plain("phi-2", kGpt2),
    like_llama3("pixtral"),
    keeping_spaces("poro-chat", kPoro),
    keeping_spaces("qwen2", kQwen2),
    keeping_spaces("qwen35", kQwen35),
    plain("refact", kStarcoder),
    with_separator("roberta-bpe"),
    {.name = "sarvam-moe",
     .patterns = kLines,
     .clean_spaces = false,
     .byte_encode = false,
     .escape_spaces = true},
    keeping_spaces("seed-coder", kSeedCoder),
    plain("smaug-bpe", kLlama3),
    keeping_spaces("smollm", kStarcoder),
    keeping_spaces("solar-open", kQwen2),
    keeping_spaces("spark2_5", kSpark25),
    plain("stablelm2", kQwen2),
    plain("starcoder", kStarcoder),
    keeping_spaces("superbpe", kSuperBpe),
    keeping_spaces("talkie", kGpt4o),
    {.name = "tekken",
     .patterns = kTekken,
     .ignore_merges = true,
     .clean_spaces = false,
     .add_bos = true},
    keeping_spaces("tiny_aya", kTinyAya),
    keeping_spaces("trillion", kGpt2),
    keeping_spaces("ufakzeka", kUfakZeka),
    keeping_spaces("viking", kViking),
    {.name = "whitespace", .patterns = kWhitespace, .byte_encode = false},
    {.name = "youtu", .patterns = kYoutu, .ignore_merges = true, .clean_spaces = false},
};

static_assert(std::ranges::is_sorted(kTable, {}, &GgufPre::name));

#undef TOKRAIL_CONTRACTIONS
#undef TOKRAIL_WORD
#undef TOKRAIL_SIGNS
#undef TOKRAIL_SIGNS_SLASH
#undef TOKRAIL_SPACE
#undef TOKRAIL_CL100K
#undef TOKRAIL_CASED
#undef TOKRAIL_UNCASED
#undef TOKRAIL_SYMBOLS
#undef TOKRAIL_SIGN_WORDS
#undef TOKRAIL_IDEOGRAPHS_KANA
#undef TOKRAIL_HAN
#undef TOKRAIL_DIGITS_IN_THREES
#undef TOKRAIL_PORO

}  // namespace

std::optional<GgufPre> find_gguf_pre(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(kTable, name, {}, &GgufPre::name);
  if (found == std::end(kTable) || found->name != name) return std::nullopt;
  return *found;
}

std::span<const GgufPre> gguf_pre_table() noexcept {
  return kTable;
}

}  // namespace tokrail
