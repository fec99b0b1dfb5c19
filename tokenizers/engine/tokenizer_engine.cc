#include "tokenizers/engine/tokenizer_engine.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/detokenization/hybrid_decode_table.h"
#include "tokenizers/models/merge_bpe.h"
#include "tokenizers/models/score_bpe.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/pretokenization/splitter.h"

namespace tokrail {
namespace {

using PreTokenizerKind = PreTokenizerStep::Kind;
using ModelKind = ModelSpec::Kind;

constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// A byte-level model that may be run on raw bytes: its last step before the model is ByteLevel
/// (which would only rewrite the bytes), and the whole model is spelled in that alphabet.
bool runs_on_raw_bytes(const TokenizerSpec& spec, std::optional<bool> spells_bytes) {
  if (spec.model.raw_bytes || spec.model.kind == ModelKind::kRankBpe) return true;
  if (spec.pre_tokenizers.empty() ||
      spec.pre_tokenizers.back().kind != PreTokenizerKind::kByteLevel) {
    return false;
  }
  const auto byte_level = [](const auto& step) {
    return step.kind == PreTokenizerKind::kByteLevel;
  };
  const auto count =
      std::count_if(spec.pre_tokenizers.begin(), spec.pre_tokenizers.end(), byte_level);
  if (count != 1) return false;
  // A prefix space is put before the first cut; behind other steps it would go before each piece.
  if (spec.pre_tokenizers.back().add_prefix_space && spec.pre_tokenizers.size() > 1) return false;
  return spells_bytes ? *spells_bytes : spells_bytes_in_alphabet(spec);
}

SpecialText default_policy(const TokenizerSpec& spec) {
  return spec.special_text == SpecialTextDefault::kMatch ? SpecialText::allow_all()
                                                         : SpecialText::as_text();
}

}  // namespace

TokenizerEngine::TokenizerEngine(TokenizerSpec spec, PrecompiledTables tables)
    : spec_(std::make_shared<const TokenizerSpec>(std::move(spec))),
      default_special_text_(default_policy(*spec_)) {
  raw_bytes_ = runs_on_raw_bytes(*spec_, tables.spells_bytes);
  const ByteForm form = raw_bytes_ ? ByteForm::kRawBytes : ByteForm::kAsFile;
  if (spec_->model.kind == ModelKind::kHybrid) {
    if (!tables.decode_table) tables.decode_table = compile_hybrid_decode_table(*spec_);
    hybrid_ = std::make_shared<const HybridModel>(spec_, tables.decode_table);
    model_.model = hybrid_;
  } else if (tables.rank_bpe) {
    model_ = compile_model(spec_, form, std::move(*tables.rank_bpe), tables.cuts);
  } else {
    model_ = compile_model(spec_, form);
  }
  compile_stages();
  compile_fast_encoder();
  detokenizer_ = make_detokenizer(std::move(tables.decode_table));
  pieces_ = PieceEncoder::make(*this, default_special_text_);
  text_pieces_ = PieceEncoder::make(*this, SpecialText::as_text());
  vocabulary_ = Vocabulary::build(*spec_, *detokenizer_, text_pieces_);
  post_processor_ = PostProcessor::compile(*spec_);
  describe();
}

PrecompiledTables TokenizerEngine::precompiled_tables() const {
  PrecompiledTables tables;
  tables.spells_bytes = raw_bytes_;
  if (model_.rank_bpe) {
    const std::shared_ptr<const Model>& owner = model_.model;
    tables.rank_bpe = RankBpe::from_tables(model_.rank_bpe->bpe().tables(), owner);
  }
  tables.cuts = model_.cuts;
  tables.decode_table = detokenizer_->shared_table();
  return tables;
}

// ---------------------------------------------------------------------------- compiling

std::unique_ptr<const Detokenizer> TokenizerEngine::make_detokenizer(
    std::shared_ptr<const DecodeTable> table) const {
  if (table) return std::make_unique<const Detokenizer>(std::move(table));
  const auto normalize = [this](std::string_view text) {
    std::string out;
    pipeline_->stages().normalizer.apply(text, out);
    return out;
  };
  return std::make_unique<const Detokenizer>(Detokenizer::compile(*spec_, normalize));
}

std::vector<std::string_view> TokenizerEngine::user_defined_symbols() const {
  std::vector<std::string_view> symbols;
  const VocabularySpec& vocabulary = spec_->vocabulary;
  const auto& kinds = vocabulary.kinds;
  for (auto at = kinds.begin();; ++at) {
    at = std::find(at, kinds.end(), TokenKind::kUserDefined);
    if (at == kinds.end()) return symbols;
    symbols.push_back(vocabulary.texts[static_cast<size_t>(at - kinds.begin())]);
  }
}

TextPipeline::Stages TokenizerEngine::make_stages(bool raw) const {
  TextPipeline::Stages stages;
  const auto after_text = spec_->format == SourceFormat::kTiktoken
                              ? AddedTokenMatcher::AfterText::kNextByte
                              : AddedTokenMatcher::AfterText::kEnd;
  const bool json = spec_->format == SourceFormat::kTokenizerJson;
  const std::vector<std::string_view> symbols = user_defined_symbols();
  stages.normalizer = Normalizer::compile(spec_->normalizers, symbols);
  stages.raw_matcher = AddedTokenMatcher(
      spec_->added_tokens, json ? AddedTokenMatcher::Stage::kRaw : AddedTokenMatcher::Stage::kAll,
      {}, after_text);
  if (json) {
    const auto normalize = [&](std::string_view text) {
      std::string out;
      stages.normalizer.apply(text, out);
      return out;
    };
    stages.normalized_matcher = AddedTokenMatcher(
        spec_->added_tokens, AddedTokenMatcher::Stage::kNormalized, normalize, after_text);
  }
  if (raw && !spec_->pre_tokenizers.empty()) {
    const PreTokenizerStep& last = spec_->pre_tokenizers.back();
    stages.prefix_space = last.kind == PreTokenizerKind::kByteLevel && last.add_prefix_space;
  }
  stages.pre_tokenizer = PreTokenizer::compile(
      raw ? raw_byte_steps(spec_->pre_tokenizers) : spec_->pre_tokenizers, dialect_of(*spec_));
  // tokenizer.json is defined on well-formed text, and llama.cpp reads U+FFFD for what is not;
  // where all bytes have a spelling, they keep it.
  const bool spells_all = raw_bytes_ && model_.rank_bpe && model_.rank_bpe->bpe().all_bytes_known();
  const bool gguf_bytes = spec_->format == SourceFormat::kGguf && raw_bytes_;
  stages.replace_invalid_utf8 = (json || gguf_bytes) && !spec_->model.byte_fallback && !spells_all;
  return stages;
}

std::vector<PreTokenizerStep> TokenizerEngine::raw_byte_steps(
    const std::vector<PreTokenizerStep>& steps) {
  std::vector<PreTokenizerStep> raw;
  for (const PreTokenizerStep& step : steps) {
    if (step.kind != PreTokenizerKind::kByteLevel) {
      raw.push_back(step);
    } else if (step.use_regex) {
      PreTokenizerStep split;
      split.kind = PreTokenizerKind::kSplit;
      split.pattern = {std::string(kGpt2Pattern), true};
      split.behavior = SplitBehavior::kIsolated;
      raw.push_back(std::move(split));
    }
  }
  return raw;
}

RegexDialect TokenizerEngine::dialect_of(const TokenizerSpec& spec) {
  return spec.format == SourceFormat::kTiktoken ? RegexDialect::kRust : RegexDialect::kOniguruma;
}

void TokenizerEngine::compile_stages() {
  auto stages = std::make_shared<TextPipeline::Stages>(make_stages(raw_bytes_));
  stages->model = model_.model;
  pipeline_ = std::make_shared<const TextPipeline>(std::move(stages));
}

TextPipeline TokenizerEngine::reference_pipeline() const {
  const bool file_form = spec_->model.kind == ModelKind::kMergeBpe && !spec_->model.raw_bytes;
  auto stages = std::make_shared<TextPipeline::Stages>(make_stages(raw_bytes_ && !file_form));
  stages->model = hybrid_;
  if (hybrid_) return TextPipeline(std::move(stages));
  stages->model = compile_model(spec_, file_form ? ByteForm::kAsFile : ByteForm::kRawBytes,
                                /*allow_rank_bpe=*/false)
                      .model;
  return TextPipeline(std::move(stages));
}

void TokenizerEngine::describe() {
  const TextPipeline::Stages& stages = pipeline_->stages();
  properties_.normalizes =
      !stages.normalizer.always_identity() || stages.prefix_space || stages.replace_invalid_utf8;
  for (const PreTokenizerStep& step : spec_->pre_tokenizers) {
    const bool drops =
        step.kind == PreTokenizerKind::kWhitespace ||
        step.kind == PreTokenizerKind::kWhitespaceSplit || step.kind == PreTokenizerKind::kBert ||
        step.kind == PreTokenizerKind::kLlamaWpm || step.kind == PreTokenizerKind::kCharDelimiter;
    properties_.normalizes |= drops;
  }
  const bool all_bytes =
      raw_bytes_ && (!model_.rank_bpe || model_.rank_bpe->bpe().all_bytes_known());
  properties_.byte_complete = all_bytes || spec_->model.byte_fallback || hybrid_;
  properties_.lossless = (all_bytes || hybrid_) && !properties_.normalizes;
  properties_.replaces_invalid_utf8 = stages.replace_invalid_utf8 ||
                                      spec_->format == SourceFormat::kSentencePiece ||
                                      (spec_->format == SourceFormat::kGguf && !raw_bytes_);
  properties_.fast_path = fast_encoder_ != nullptr;
  properties_.splitter = splitter_       ? "known pattern, SIMD"
                         : hybrid_       ? "words, numbers and what is between"
                         : fast_encoder_ ? "cut before spaces or at words"
                                         : "step by step";
}

// ---------------------------------------------------------------------------- encoding

bool TokenizerEngine::encode(std::string_view text, const SpecialText& policy, IdSink& sink) const {
  Lease lease(*this);
  const TextPipeline::Stages& stages = pipeline_->stages();
  size_t at = 0;
  if (!stages.raw_matcher.empty()) {
    AddedTokenScanner scanner(stages.raw_matcher, text, policy);
    while (const auto match = scanner.next()) {
      if (at < match->begin &&
          !encode_part(text.substr(at, match->begin - at), at, policy, *lease, sink)) {
        return false;
      }
      if (!sink.write({&match->id, 1})) return false;
      at = match->end;
    }
  }
  return at >= text.size() || encode_part(text.substr(at), at, policy, *lease, sink);
}

bool TokenizerEngine::encode_part(std::string_view part, size_t begin, const SpecialText& policy,
                                  EncodeScratch& scratch, IdSink& sink) const {
  if (fast_encoder_ && raw_bytes_) return encode_bytes(part, begin, policy, scratch, sink);
  if (fast_encoder_) return fast_encoder_->encode(part, begin, scratch, sink);
  uint32_t word = 0;
  scratch.pipeline_tokens.clear();
  pipeline_->encode_part(part, begin, {}, policy, word, scratch.pipeline_tokens);
  scratch.waiting.clear();
  for (const PipelineToken& token : scratch.pipeline_tokens) scratch.waiting.push_back(token.id);
  return sink.write(scratch.waiting);
}

bool TokenizerEngine::encode_bytes(std::string_view part, size_t begin, const SpecialText& policy,
                                   EncodeScratch& scratch, IdSink& sink) const {
  const TextPipeline::Stages& stages = pipeline_->stages();
  if (stages.replace_invalid_utf8 && !valid_utf8(part)) {
    scratch.well_formed = replace_invalid_utf8(part);
    part = scratch.well_formed;
  }
  if (!stages.normalizer.is_identity_on(part)) {
    stages.normalizer.apply(part, scratch.normalized);
    part = scratch.normalized;
  }
  const auto plain = [&](std::string_view text) {
    if (text.empty()) return true;
    if (!stages.prefix_space || text[0] == ' ') {
      return fast_encoder_->encode(text, begin, scratch, sink);
    }
    return fast_encoder_->encode(" " + std::string(text), begin, scratch, sink);
  };
  size_t at = 0;
  if (!stages.normalized_matcher.empty()) {
    AddedTokenScanner scanner(stages.normalized_matcher, part, policy);
    while (const auto match = scanner.next()) {
      if (at < match->begin && !plain(part.substr(at, match->begin - at))) return false;
      if (!sink.write({&match->id, 1})) return false;
      at = match->end;
    }
  }
  return at >= part.size() || plain(part.substr(at));
}

void TokenizerEngine::encode(std::string_view text, const SpecialText& policy,
                             TokenSink& sink) const {
  Lease lease(*this);
  const TextPipeline::Stages& stages = pipeline_->stages();
  uint32_t word = 0;
  size_t at = 0;
  if (!stages.raw_matcher.empty()) {
    AddedTokenScanner scanner(stages.raw_matcher, text, policy);
    while (const auto match = scanner.next()) {
      if (at < match->begin) {
        encode_part(text.substr(at, match->begin - at), at, policy, word, *lease, sink);
      }
      const PipelineToken added = {match->id, word++, match->begin, match->end};
      sink.write({&added, 1});
      at = match->end;
    }
  }
  if (at < text.size()) encode_part(text.substr(at), at, policy, word, *lease, sink);
}

void TokenizerEngine::encode_part(std::string_view part, size_t begin, const SpecialText& policy,
                                  uint32_t& word, EncodeScratch& scratch, TokenSink& sink) const {
  if (fast_encoder_ && fast_encoder_->has_spans()) {
    if (raw_bytes_) return encode_bytes(part, begin, policy, word, scratch, sink);
    return fast_encoder_->encode_spans(part, begin, word, scratch, sink);
  }
  std::vector<PipelineToken> tokens;
  pipeline_->encode_part(part, begin, {}, policy, word, tokens);
  sink.write(tokens);
}

namespace {

/// Passes tokens on whose spans are positions in a normalised text, as spans of the original.
class AlignmentSink final : public TokenSink {
 public:
  AlignmentSink(const AlignedText& text, TokenSink& sink) : text_(text), sink_(sink) {}

  void write(std::span<const PipelineToken> tokens) override {
    mapped_.assign(tokens.begin(), tokens.end());
    for (PipelineToken& token : mapped_) map(token);
    sink_.write(mapped_);
  }

 private:
  void map(PipelineToken& token) const {
    const std::string_view bytes = text_.text();
    // A byte that does not continue a character begins one, ill-formed text included.
    const auto is_border = [&](size_t position) {
      return position == bytes.size() || !is_utf8_continuation(bytes[position]);
    };
    if (text_.is_identity() && is_border(token.begin) && is_border(token.end)) {
      token.begin += text_.original_begin();
      token.end += text_.original_begin();
      return;
    }
    const OriginalRange range = text_.original_range(token.begin, token.end);
    token.begin = range.begin;
    token.end = range.end;
  }

  const AlignedText& text_;
  TokenSink& sink_;
  std::vector<PipelineToken> mapped_;
};

}  // namespace

void TokenizerEngine::encode_bytes(std::string_view part, size_t begin, const SpecialText& policy,
                                   uint32_t& word, EncodeScratch& scratch, TokenSink& sink) const {
  const auto plain = [&](AlignedText text) {
    if (text.empty()) return;
    if (pipeline_->stages().prefix_space && !text.text().starts_with(' ')) text.prepend(" ");
    AlignmentSink aligned(text, sink);
    fast_encoder_->encode_spans(text.text(), 0, word, scratch, aligned);
  };
  const auto added = [&](PipelineToken token) {
    token.word = word++;
    sink.write({&token, 1});
  };
  pipeline_->for_each_plain(part, begin, {}, policy, plain, added);
}

// ---------------------------------------------------------------------------- sampling

const Model& TokenizerEngine::sampling_model() const {
  std::call_once(sampling_once_, [this] {
    sampling_model_ =
        compile_model(spec_, raw_bytes_ ? ByteForm::kRawBytes : ByteForm::kAsFile, false).model;
  });
  return *sampling_model_;
}

std::vector<TokenId> TokenizerEngine::encode_sampled(std::string_view text, double alpha,
                                                     const UniformSource& uniform) const {
  if (hybrid_) {
    throw Error(ErrorCode::kUnsupported,
                "expected a BPE or unigram model: a hybrid vocabulary has one segmentation only");
  }
  const bool unigram = spec_->model.kind == ModelKind::kUnigram;
  if (!unigram && !(alpha >= 0 && alpha <= 1)) {
    throw Error(ErrorCode::kInvalidArgument, "expected a dropout probability between 0 and 1");
  }
  const Model* model = &sampling_model();
  const auto sample = [&](std::string_view piece, std::vector<ModelToken>& out) {
    if (unigram) {
      static_cast<const Unigram*>(model)->sample(piece, alpha, uniform, out);
    } else if (const auto* merge = dynamic_cast<const MergeBpe*>(model)) {
      merge->tokenize_with_dropout(piece, alpha, uniform, out);
    } else if (const auto* score = dynamic_cast<const ScoreBpe*>(model)) {
      score->tokenize_with_dropout(piece, alpha, uniform, out);
    } else {
      throw Error(ErrorCode::kUnsupported,
                  "expected a BPE or unigram model: others have one segmentation only");
    }
  };
  class SamplingModel final : public Model {
   public:
    explicit SamplingModel(decltype(sample)& draw) : draw_(draw) {}
    void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override {
      draw_(piece, out);
    }

   private:
    decltype(sample)& draw_;
  };
  auto stages = std::make_shared<TextPipeline::Stages>(pipeline_->stages());
  stages->model = std::make_shared<SamplingModel>(sample);
  std::vector<PipelineToken> tokens;
  TextPipeline(std::move(stages)).encode(text, default_special_text_, tokens);
  std::vector<TokenId> ids;
  for (const PipelineToken& token : tokens) ids.push_back(token.id);
  return ids;
}

std::vector<ScoredIds> TokenizerEngine::encode_nbest(std::string_view text, size_t n) const {
  if (spec_->model.kind != ModelKind::kUnigram) {
    throw Error(ErrorCode::kUnsupported, "expected a unigram model: others give one best answer");
  }
  const auto& unigram = static_cast<const Unigram&>(*model_.model);
  AlignedText normalized(text);
  pipeline_->stages().normalizer.apply(normalized);
  std::vector<AlignedText> pieces = {normalized};
  pipeline_->stages().pre_tokenizer.split(pieces);
  if (pieces.size() > 1) {
    throw Error(ErrorCode::kUnsupported,
                "expected one piece: this tokenizer cuts the text before the model sees it, and "
                "the best segmentations are those of single pieces");
  }
  std::vector<ScoredIds> results;
  for (const AlignedText& piece : pieces) {
    for (const ScoredTokens& scored : unigram.nbest(piece.text(), n)) {
      ScoredIds ids;
      ids.score = scored.score;
      for (const ModelToken& token : scored.tokens) ids.ids.push_back(token.id);
      results.push_back(std::move(ids));
    }
  }
  return results;
}

std::unique_ptr<EncodeScratch> TokenizerEngine::take() const {
  {
    const std::lock_guard lock(pool_mutex_);
    if (!pool_.empty()) {
      auto scratch = std::move(pool_.back());
      pool_.pop_back();
      return scratch;
    }
  }
  // What is not in the cache costs ten times more where segments go through a pipeline, and a
  // hundred times more where they are read by an analyser.
  return std::make_unique<EncodeScratch>(hybrid_ ? 16 : raw_bytes_ ? 14 : 15);
}

void TokenizerEngine::give_back(std::unique_ptr<EncodeScratch> scratch) const {
  const std::lock_guard lock(pool_mutex_);
  pool_.push_back(std::move(scratch));
}

}  // namespace tokrail
