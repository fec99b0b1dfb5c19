// TokenizerEngine: everything Tokenizer compiles from a spec, shared by its copies.
//
// Internal to the module: Tokenizer, CanonicalEncoder, AppendEncoder and the trainers' tests use
// it. It decides how a spec is run: whether the model becomes RankBpe, whether a byte-level model
// is run on raw bytes, and which FastEncoder, if any, gives the same ids as the pipeline.
//
// Thread safety: immutable but for the pool of scratch, which is locked.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "tokenizers/engine/fast_encoder.h"
#include "tokenizers/engine/hybrid_encoder.h"
#include "tokenizers/engine/model_compiler.h"
#include "tokenizers/engine/piece_encoder.h"
#include "tokenizers/engine/precompiled_tables.h"
#include "tokenizers/engine/text_pipeline.h"
#include "tokenizers/post_processor.h"
#include "tokenizers/pretokenization/splitter.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

class TokenizerEngine {
 public:
  explicit TokenizerEngine(TokenizerSpec spec) : TokenizerEngine(std::move(spec), {}) {}
  /// With tables that were compiled from the same spec before.
  TokenizerEngine(TokenizerSpec spec, PrecompiledTables tables);

  const TokenizerSpec& spec() const noexcept { return *spec_; }
  const Vocabulary& vocabulary() const noexcept { return *vocabulary_; }
  std::shared_ptr<const Vocabulary> shared_vocabulary() const noexcept { return vocabulary_; }
  const Detokenizer& detokenizer() const noexcept { return *detokenizer_; }
  const PostProcessor& post_processor() const noexcept { return post_processor_; }
  const TokenizerProperties& properties() const noexcept { return properties_; }
  const SpecialText& default_special_text() const noexcept { return default_special_text_; }

  const TextPipeline& pipeline() const noexcept { return *pipeline_; }
  /// The pipeline as the file says, without raw-byte form and RankBpe: the reference for tests.
  TextPipeline reference_pipeline() const;
  const FastEncoder* fast_encoder() const noexcept { return fast_encoder_.get(); }
  const Model& model() const noexcept { return *model_.model; }
  /// The model as RankBpe over raw bytes or characters; null when it is none.
  const RankBpeModel* rank_bpe() const noexcept { return model_.rank_bpe; }
  /// The model of a hybrid vocabulary; null when it is none.
  const std::shared_ptr<const HybridModel>& hybrid() const noexcept { return hybrid_; }
  /// The splitter of a byte-level model that needs no more than it; null otherwise.
  const Splitter* splitter() const noexcept { return splitter_; }
  /// How text is read unit by unit, under the default policy for special tokens and with special
  /// tokens as text; null where it is not read like that.
  const std::shared_ptr<const PieceEncoder>& pieces() const noexcept { return pieces_; }
  const std::shared_ptr<const PieceEncoder>& text_pieces() const noexcept { return text_pieces_; }
  /// What another engine for the same spec need not compile again.
  PrecompiledTables precompiled_tables() const;
  /// Whether byte-level text is run as raw bytes, so that a token's bytes are text bytes.
  bool raw_bytes() const noexcept { return raw_bytes_; }

  /// Writes the ids of a text, added tokens included, without template or BOS and EOS; false when
  /// the sink stopped it.
  bool encode(std::string_view text, const SpecialText& policy, IdSink& sink) const;
  /// Writes the same with offsets and words.
  void encode(std::string_view text, const SpecialText& policy, TokenSink& sink) const;

  /// BPE-dropout or lattice sampling; see Tokenizer::encode_sampled.
  std::vector<TokenId> encode_sampled(std::string_view text, double alpha,
                                      const UniformSource& uniform) const;
  std::vector<ScoredIds> encode_nbest(std::string_view text, size_t n) const;

  /// Scratch for one thread, returned to the pool when it goes.
  class Lease {
   public:
    explicit Lease(const TokenizerEngine& engine) : engine_(engine), scratch_(engine.take()) {}
    ~Lease() { engine_.give_back(std::move(scratch_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    EncodeScratch& operator*() const noexcept { return *scratch_; }

   private:
    const TokenizerEngine& engine_;
    std::unique_ptr<EncodeScratch> scratch_;
  };

 private:
  void compile_stages();
  std::unique_ptr<const Detokenizer> make_detokenizer(
      std::shared_ptr<const DecodeTable> table) const;
  void compile_fast_encoder();
  void describe();
  TextPipeline::Stages make_stages(bool raw) const;
  static RegexDialect dialect_of(const TokenizerSpec& spec);
  /// The pre-tokenizer steps with ByteLevel reduced to the cutting it does.
  static std::vector<PreTokenizerStep> raw_byte_steps(const std::vector<PreTokenizerStep>& steps);
  std::vector<std::string_view> user_defined_symbols() const;
  std::unique_ptr<const Segmenter> choose_segmenter(bool& ends_matter) const;
  bool pieces_start_at_spaces() const;
  bool vocabulary_has_space_mark() const;
  bool encode_part(std::string_view part, size_t begin, const SpecialText& policy,
                   EncodeScratch& scratch, IdSink& sink) const;
  bool encode_bytes(std::string_view part, size_t begin, const SpecialText& policy,
                    EncodeScratch& scratch, IdSink& sink) const;
  void encode_part(std::string_view part, size_t begin, const SpecialText& policy, uint32_t& word,
                   EncodeScratch& scratch, TokenSink& sink) const;
  void encode_bytes(std::string_view part, size_t begin, const SpecialText& policy, uint32_t& word,
                    EncodeScratch& scratch, TokenSink& sink) const;
  std::vector<uint16_t> token_lengths() const;

  /// The general model, which can leave merges out; built when first asked for.
  const Model& sampling_model() const;

  std::unique_ptr<EncodeScratch> take() const;
  void give_back(std::unique_ptr<EncodeScratch> scratch) const;

  std::shared_ptr<const TokenizerSpec> spec_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::unique_ptr<const Detokenizer> detokenizer_;
  PostProcessor post_processor_;
  SpecialText default_special_text_ = SpecialText::as_text();
  bool raw_bytes_ = false;
  CompiledModel model_;
  std::shared_ptr<const HybridModel> hybrid_;
  std::shared_ptr<const TextPipeline> pipeline_;
  std::unique_ptr<const FastEncoder> fast_encoder_;
  const Splitter* splitter_ = nullptr;
  std::shared_ptr<const PieceEncoder> pieces_, text_pieces_;
  TokenizerProperties properties_;

  mutable std::once_flag sampling_once_;
  mutable std::shared_ptr<const Model> sampling_model_;
  mutable std::mutex pool_mutex_;
  mutable std::vector<std::unique_ptr<EncodeScratch>> pool_;
};

}  // namespace tokrail
