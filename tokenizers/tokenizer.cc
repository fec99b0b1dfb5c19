#include "tokenizers/tokenizer.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/models/merge_bpe.h"
#include "tokenizers/models/score_bpe.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/truncation.h"

namespace tokrail {
namespace {

const SpecialText& policy_of(const TokenizerEngine& engine, const EncodeOptions& options) {
  return options.special_text ? *options.special_text : engine.default_special_text();
}

const TruncationSpec* truncation_of(const TokenizerSpec& spec, const EncodeOptions& options) {
  if (options.truncation) return &*options.truncation;
  return spec.truncation && !options.ignore_file_limits ? &*spec.truncation : nullptr;
}

const PaddingSpec* padding_of(const TokenizerSpec& spec, const EncodeOptions& options) {
  if (options.padding) return &*options.padding;
  return spec.padding && !options.ignore_file_limits ? &*spec.padding : nullptr;
}

/// Ids of a template around one text, in front of it and behind it. Templates of tokenizer.json
/// are run on an empty encoding with a mark in its place; the others have BOS and EOS.
struct Frame {
  std::vector<TokenId> before, behind;
};

Frame frame_of(const TokenizerEngine& engine) {
  constexpr TokenId kMark = kNoToken;
  const TokenizerSpec& spec = engine.spec();
  Frame frame;
  if (spec.add_bos && spec.roles.bos) frame.before.push_back(*spec.roles.bos);
  if (spec.add_eos && !spec.roles.eos.empty()) frame.behind.push_back(spec.roles.eos.front());
  if (spec.post_processors.empty()) return frame;
  Encoding mark;
  mark.push_back(kMark, {}, 0);
  const Encoding framed = engine.post_processor().process(std::move(mark), std::nullopt, true);
  const auto at = std::find(framed.ids.begin(), framed.ids.end(), kMark);
  frame.before.insert(frame.before.begin(), framed.ids.begin(), at);
  if (at != framed.ids.end()) {
    frame.behind.insert(frame.behind.begin(), at + 1, framed.ids.end());
  }
  return frame;
}

/// Writes tokens into the columns of an encoding.
class EncodingSink final : public TokenSink {
 public:
  EncodingSink(Encoding& encoding, size_t text_bytes) : encoding_(encoding) {
    encoding.reserve(text_bytes / 4 + 16);
  }

  void write(std::span<const PipelineToken> tokens) override {
    const size_t before = encoding_.size();
    const size_t size = before + tokens.size();
    if (size > encoding_.ids.capacity()) encoding_.reserve(size + size / 2);
    encoding_.ids.resize(size);
    encoding_.type_ids.resize(size);
    encoding_.offsets.resize(size);
    encoding_.word_ids.resize(size);
    encoding_.special_tokens_mask.resize(size, 0);
    encoding_.attention_mask.resize(size, 1);
    TokenId* id = encoding_.ids.data() + before;
    Span* span = encoding_.offsets.data() + before;
    uint32_t* word = encoding_.word_ids.data() + before;
    for (const PipelineToken& token : tokens) {
      *id++ = token.id;
      *span++ = {token.begin, token.end};
      *word++ = token.word;
    }
  }

 private:
  Encoding& encoding_;
};

Encoding encode_sequence(const TokenizerEngine& engine, std::string_view text,
                         const EncodeOptions& options) {
  Encoding encoding;
  EncodingSink sink(encoding, text.size());
  engine.encode(text, policy_of(engine, options), sink);
  return encoding;
}

/// BOS and EOS of formats without templates.
void add_bos_eos(const TokenizerEngine& engine, Encoding& encoding) {
  const TokenizerSpec& spec = engine.spec();
  if (!spec.post_processors.empty()) return;
  const auto single = [](TokenId id) {
    Encoding one;
    one.push_back(id, {}, kNoWord, 0, true);
    return one;
  };
  if (spec.add_bos && spec.roles.bos) {
    Encoding framed = single(*spec.roles.bos);
    framed.append(encoding);
    encoding = std::move(framed);
  }
  if (spec.add_eos && !spec.roles.eos.empty()) encoding.append(single(spec.roles.eos.front()));
}

size_t added_by_frame(const TokenizerEngine& engine, bool is_pair) {
  const TokenizerSpec& spec = engine.spec();
  if (!spec.post_processors.empty()) return engine.post_processor().added_tokens(is_pair);
  return (spec.add_bos && spec.roles.bos ? 1 : 0) +
         (spec.add_eos && !spec.roles.eos.empty() ? 1 : 0);
}

/// Everything of encode_with_offsets and encode_pair but padding, which needs the whole batch.
Encoding encode_unpadded(const TokenizerEngine& engine, std::string_view a,
                         std::optional<std::string_view> b, const EncodeOptions& options) {
  Encoding first = encode_sequence(engine, a, options);
  std::optional<Encoding> second;
  if (b) second = encode_sequence(engine, *b, options);
  if (const TruncationSpec* limit = truncation_of(engine.spec(), options)) {
    const size_t added = options.add_special_tokens ? added_by_frame(engine, b.has_value()) : 0;
    truncate_encodings(first, second ? &*second : nullptr, *limit, added);
  }
  first.set_sequence(0);
  if (second) second->set_sequence(1);
  Encoding encoding = engine.post_processor().process(std::move(first), std::move(second),
                                                      options.add_special_tokens, a,
                                                      b.value_or(std::string_view()));
  if (options.add_special_tokens) add_bos_eos(engine, encoding);
  if (options.offset_unit != OffsetUnit::kByte) {
    OffsetConverter(a, options.offset_unit).convert(encoding, 0u);
    if (b) OffsetConverter(*b, options.offset_unit).convert(encoding, 1u);
  }
  return encoding;
}

}  // namespace

Tokenizer Tokenizer::from_spec(TokenizerSpec spec) {
  return Tokenizer(std::make_shared<const TokenizerEngine>(std::move(spec)));
}

Tokenizer Tokenizer::from_precompiled(TokenizerSpec spec, PrecompiledTables tables) {
  return Tokenizer(std::make_shared<const TokenizerEngine>(std::move(spec), std::move(tables)));
}

const TokenizerSpec& Tokenizer::spec() const noexcept {
  return engine_->spec();
}
const Vocabulary& Tokenizer::vocabulary() const noexcept {
  return engine_->vocabulary();
}
std::shared_ptr<const Vocabulary> Tokenizer::shared_vocabulary() const noexcept {
  return engine_->shared_vocabulary();
}
const Detokenizer& Tokenizer::detokenizer() const noexcept {
  return engine_->detokenizer();
}
const TokenizerProperties& Tokenizer::properties() const noexcept {
  return engine_->properties();
}

// ---------------------------------------------------------------------------- ids

std::vector<TokenId> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  std::vector<TokenId> ids;
  encode_into(text, options, ids);
  return ids;
}

void Tokenizer::encode_into(std::string_view text, const EncodeOptions& options,
                            std::vector<TokenId>& out) const {
  if (truncation_of(spec(), options) || padding_of(spec(), options)) {
    const Encoding encoding = encode_with_offsets(text, options);
    out.insert(out.end(), encoding.ids.begin(), encoding.ids.end());
    return;
  }
  // Growing takes room for both the old and the new place of the ids. Of a long text, room that is
  // asked for and not used stays untouched, which costs nothing.
  constexpr size_t kLong = size_t{1} << 20;
  if (text.size() >= kLong) out.reserve(out.size() + text.size() / 5 * 2);
  VectorSink sink(out);
  if (!options.add_special_tokens) {
    engine_->encode(text, policy_of(*engine_, options), sink);
    return;
  }
  const Frame frame = frame_of(*engine_);
  out.insert(out.end(), frame.before.begin(), frame.before.end());
  engine_->encode(text, policy_of(*engine_, options), sink);
  out.insert(out.end(), frame.behind.begin(), frame.behind.end());
}

std::vector<std::vector<TokenId>> Tokenizer::encode_batch(std::span<const std::string_view> texts,
                                                          const EncodeOptions& options,
                                                          int threads) const {
  std::vector<std::vector<TokenId>> results(texts.size());
  if (padding_of(spec(), options)) {
    auto encodings = encode_batch_with_offsets(texts, options, threads);
    for (size_t i = 0; i < texts.size(); ++i) results[i] = std::move(encodings[i].ids);
    return results;
  }
  parallel_for(
      0, texts.size(), 1,
      [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) encode_into(texts[i], options, results[i]);
      },
      threads);
  return results;
}

size_t Tokenizer::count(std::string_view text, const EncodeOptions& options) const {
  return *count_up_to(text, static_cast<size_t>(-1), options);
}

std::optional<size_t> Tokenizer::count_up_to(std::string_view text, size_t limit,
                                             const EncodeOptions& options) const {
  if (truncation_of(spec(), options) || padding_of(spec(), options)) {
    const size_t count = encode_with_offsets(text, options).size();
    return count <= limit ? std::optional(count) : std::nullopt;
  }
  const size_t added = options.add_special_tokens ? added_by_frame(*engine_, false) : 0;
  if (added > limit) return std::nullopt;
  CountSink sink(limit - added);
  if (!engine_->encode(text, policy_of(*engine_, options), sink)) return std::nullopt;
  return added + sink.count();
}

// ---------------------------------------------------------------------------- encodings

Encoding Tokenizer::encode_with_offsets(std::string_view text, const EncodeOptions& options) const {
  Encoding encoding = encode_unpadded(*engine_, text, std::nullopt, options);
  if (const PaddingSpec* padding = padding_of(spec(), options)) {
    pad_encodings({&encoding, 1}, *padding);
  }
  return encoding;
}

Encoding Tokenizer::encode_pair(std::string_view a, std::string_view b,
                                const EncodeOptions& options) const {
  Encoding encoding = encode_unpadded(*engine_, a, b, options);
  if (const PaddingSpec* padding = padding_of(spec(), options)) {
    pad_encodings({&encoding, 1}, *padding);
  }
  return encoding;
}

std::vector<Encoding> Tokenizer::encode_batch_with_offsets(std::span<const std::string_view> texts,
                                                           const EncodeOptions& options,
                                                           int threads) const {
  std::vector<Encoding> results(texts.size());
  parallel_for(
      0, texts.size(), 1,
      [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) {
          results[i] = encode_unpadded(*engine_, texts[i], std::nullopt, options);
        }
      },
      threads);
  if (const PaddingSpec* padding = padding_of(spec(), options)) pad_encodings(results, *padding);
  return results;
}

// ---------------------------------------------------------------------------- sampling

std::vector<TokenId> Tokenizer::encode_sampled(std::string_view text, double alpha,
                                               uint64_t seed) const {
  const CounterRandom random(seed);
  uint32_t draw = 0;
  uint32_t position = 0;
  const UniformSource uniform = [&] {
    if (draw == kMaxDraws) {
      draw = 0;
      ++position;
    }
    return random.uniform({.stream = 0, .position = position, .draw = draw++});
  };
  return engine_->encode_sampled(text, alpha, uniform);
}

std::vector<ScoredIds> Tokenizer::encode_nbest(std::string_view text, size_t n) const {
  return engine_->encode_nbest(text, n);
}

}  // namespace tokrail
