#include "bindings/cli/tokenizer_choice.h"

#include <filesystem>

#include "base/error.h"

namespace tokrail::cli {

Tokenizer load_tokenizer(const TokenizerChoice& choice) {
  LoadOptions options;
  if (!choice.pattern.empty()) options.pattern = choice.pattern;
  return Tokenizer::load(choice.path, options);
}

std::string short_name(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::string name = whole.filename().string();
  return name.empty() ? whole.parent_path().filename().string() : name;
}

std::optional<SpecialText> special_text_policy(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name == "allow") return SpecialText::allow_all();
  if (name == "forbid") return SpecialText::forbid();
  if (name == "text") return SpecialText::as_text();
  throw Error(ErrorCode::kInvalidArgument, "expected allow, forbid or text", "--special");
}

std::string_view format_name(SourceFormat format) noexcept {
  switch (format) {
    case SourceFormat::kTiktoken: return "tiktoken";
    case SourceFormat::kTokenizerJson: return "tokenizer.json";
    case SourceFormat::kSentencePiece: return "sentencepiece";
    case SourceFormat::kGguf: return "gguf";
    case SourceFormat::kHybrid: return "hybrid";
  }
  return "unknown";
}

std::string_view model_name(ModelSpec::Kind kind) noexcept {
  switch (kind) {
    case ModelSpec::Kind::kRankBpe: return "BPE by rank";
    case ModelSpec::Kind::kMergeBpe: return "BPE by merges";
    case ModelSpec::Kind::kScoreBpe: return "BPE by scores";
    case ModelSpec::Kind::kUnigram: return "unigram";
    case ModelSpec::Kind::kWordPiece: return "WordPiece";
    case ModelSpec::Kind::kWordLevel: return "whole words";
    case ModelSpec::Kind::kSpmWord: return "sentencepiece word";
    case ModelSpec::Kind::kSpmChar: return "sentencepiece char";
    case ModelSpec::Kind::kHybrid: return "hybrid";
  }
  return "unknown";
}

}  // namespace tokrail::cli
