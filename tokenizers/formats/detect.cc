#include "tokenizers/formats/detect.h"

#include <algorithm>

#include "base/utf8.h"
#include "tokenizers/formats/gguf.h"
#include "tokenizers/formats/sentencepiece.h"
#include "tokenizers/formats/tiktoken.h"

namespace tokrail {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view skip_space(std::string_view text) {
  const size_t at = text.find_first_not_of(kSpace);
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

// The key of the first member and what follows its colon; an empty key if that cannot be read.
struct FirstMember {
  std::string_view key, value;
};

FirstMember first_member(std::string_view object) {
  object = skip_space(object.substr(1));
  if (object.empty() || object[0] != '"') return {};
  size_t end = 1;
  while (end < object.size() && object[end] != '"') end += object[end] == '\\' ? 2 : 1;
  if (end >= object.size()) return {};
  const std::string_view rest = skip_space(object.substr(end + 1));
  if (rest.empty() || rest[0] != ':') return {};
  return {object.substr(1, end - 1), skip_space(rest.substr(1))};
}

FileFormat detect_json(std::string_view bytes) {
  const FirstMember member = first_member(bytes);
  if (member.value.empty()) return FileFormat::kUnknown;
  const bool number = member.value[0] >= '0' && member.value[0] <= '9';
  if (number) return FileFormat::kVocabularyJson;
  constexpr std::string_view kTokenizer[] = {"version",        "truncation", "padding",
                                             "added_tokens",   "normalizer", "pre_tokenizer",
                                             "post_processor", "decoder",    "model"};
  constexpr std::string_view kTekken[] = {"config",     "vocab", "special_tokens",
                                          "multimodal", "audio", "image"};
  if (std::find(std::begin(kTokenizer), std::end(kTokenizer), member.key) != std::end(kTokenizer)) {
    return FileFormat::kTokenizerJson;
  }
  if (std::find(std::begin(kTekken), std::end(kTekken), member.key) != std::end(kTekken)) {
    return FileFormat::kTekken;
  }
  return FileFormat::kUnknown;
}

std::string_view line_at(std::string_view text, size_t begin) {
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

FileFormat detect_text(std::string_view bytes) {
  // Enough for the special tokens that every WordPiece vocabulary begins with or nearly so.
  constexpr size_t kLookedAt = size_t{1} << 16;
  const std::string_view head = bytes.substr(0, kLookedAt);
  if (head.find('\0') != std::string_view::npos) return FileFormat::kUnknown;
  const std::string_view first = line_at(head, 0);
  if (first.starts_with("#version")) return FileFormat::kMerges;
  for (size_t at = 0; at < head.size();) {
    const std::string_view line = line_at(head, at);
    if (line == "[UNK]" || line == "[CLS]" || line == "[PAD]") return FileFormat::kVocabularyText;
    const size_t end = head.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  const size_t space = first.find(' ');
  const bool two_texts = space != std::string_view::npos && space > 0 && space + 1 < first.size() &&
                         first.find(' ', space + 1) == std::string_view::npos;
  return two_texts && valid_utf8(first) ? FileFormat::kMerges : FileFormat::kUnknown;
}

}  // namespace

FileFormat detect_format(std::string_view bytes) {
  if (bytes.starts_with("\x1F\x8B")) return FileFormat::kGzip;
  if (looks_like_gguf(bytes)) return FileFormat::kGguf;
  if (bytes.starts_with("TKZ1")) return FileFormat::kTkz;
  const std::string_view text = skip_space(bytes);
  if (!text.empty() && text[0] == '{') return detect_json(text);
  if (looks_like_sentencepiece(bytes)) return FileFormat::kSentencePiece;
  if (looks_like_tiktoken(bytes)) return FileFormat::kTiktoken;
  return detect_text(bytes);
}

std::string_view format_description(FileFormat format) noexcept {
  switch (format) {
    case FileFormat::kUnknown: return "unknown";
    case FileFormat::kGzip: return "gzip";
    case FileFormat::kTokenizerJson: return "Hugging Face tokenizer.json";
    case FileFormat::kVocabularyJson: return "vocab.json";
    case FileFormat::kTekken: return "tekken.json";
    case FileFormat::kTiktoken: return "tiktoken rank file";
    case FileFormat::kSentencePiece: return "sentencepiece model";
    case FileFormat::kGguf: return "GGUF";
    case FileFormat::kTkz: return "tkz cache";
    case FileFormat::kMerges: return "merges.txt";
    case FileFormat::kVocabularyText: return "vocab.txt";
  }
  return "unknown";
}

}  // namespace tokrail
