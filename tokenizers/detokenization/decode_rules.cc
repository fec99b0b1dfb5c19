#include "tokenizers/detokenization/decode_rules.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/detokenization/decode_chain.h"
#include "tokenizers/detokenization/decode_steps.h"
#include "tokenizers/detokenization/decode_table_builder.h"
#include "tokenizers/detokenization/hybrid_decode_table.h"

namespace tokrail {
namespace {

using Kind = DecoderStep::Kind;
using Normalize = std::function<std::string(std::string_view)>;

constexpr std::string_view kSpaceSymbol = "\xE2\x96\x81";       // "▁"
constexpr std::string_view kUnknownSurface = " \xE2\x81\x87 ";  // " ⁇ "
/// More leading characters than this are stripped by a chain rather than by contexts.
constexpr uint32_t kMaxStripContexts = 8;

bool is_hole(const TokenizerSpec& spec, TokenId id) {
  return spec.vocabulary.kinds[id] == TokenKind::kUnused && spec.vocabulary.texts[id].empty();
}

std::optional<uint8_t> byte_of_piece(const TokenizerSpec& spec, TokenId id) {
  if (spec.vocabulary.kinds[id] != TokenKind::kByte) return std::nullopt;
  return byte_of_token(spec.vocabulary.texts[id]);
}

std::string_view one_byte(uint8_t byte, char& storage) {
  storage = static_cast<char>(byte);
  return {&storage, 1};
}

void mark_specials(const TokenizerSpec& spec, DecodeTableBuilder& builder) {
  for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
    if (is_hole(spec, id)) builder.mark_absent(id);
    if (spec.vocabulary.kinds[id] == TokenKind::kControl) builder.mark_special(id);
  }
  for (const AddedToken& token : spec.added_tokens) {
    if (token.special && token.id < spec.vocabulary.size()) builder.mark_special(token.id);
  }
}

const NormalizerStep* find_normalizer(const TokenizerSpec& spec, NormalizerStep::Kind kind) {
  for (const NormalizerStep& step : spec.normalizers) {
    if (step.kind == kind) return &step;
  }
  return nullptr;
}

/// A start context in which the first token loses up to one leading space.
DecodeContext add_start_without_space(DecodeTableBuilder& builder, const TokenizerSpec& spec) {
  const DecodeContext start = builder.add_context();
  for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
    const std::string bytes(builder.shared(id));
    if (is_hole(spec, id)) {
      builder.overlay(start, id, {}, start);
    } else if (bytes.starts_with(' ')) {
      builder.overlay(start, id, std::string_view(bytes).substr(1), DecodeTableBuilder::kInside);
    }
  }
  return start;
}

// ---------------------------------------------------------------- tiktoken

std::shared_ptr<const DecodeTable> compile_tiktoken(const TokenizerSpec& spec) {
  DecodeTableBuilder builder(spec.vocabulary.size());
  for (size_t id = 0; id < spec.vocabulary.size(); ++id) {
    builder.add_shared(spec.vocabulary.texts[id]);
  }
  mark_specials(spec, builder);
  return builder.finish(DecodeTableBuilder::kInside);
}

// ---------------------------------------------------------------- sentencepiece

std::string unknown_surface(const TokenizerSpec& spec, std::string_view piece) {
  for (const DecoderStep& step : spec.decoders) {
    if (step.kind == Kind::kReplace && step.pattern.text == piece) return step.text;
  }
  return std::string(kUnknownSurface);
}

/// The piece at the start of a text is spelled without its leading "▁" where the normaliser puts a
/// dummy prefix or trims. The text has not begun as long as nothing was printed; with trimming,
/// also behind pieces that were white space only.
DecodeContext add_sentencepiece_start(const TokenizerSpec& spec, bool trims,
                                      DecodeTableBuilder& builder) {
  const DecodeContext start = builder.add_context();
  for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
    const TokenKind kind = spec.vocabulary.kinds[id];
    if (kind == TokenKind::kControl || is_hole(spec, id)) {
      builder.overlay(start, id, {}, start);
      continue;
    }
    if (kind == TokenKind::kUnknown || kind == TokenKind::kByte) continue;
    const std::string_view piece = spec.vocabulary.texts[id];
    if (!piece.starts_with(kSpaceSymbol)) continue;
    const std::string rest = replace_all(piece.substr(kSpaceSymbol.size()), kSpaceSymbol, " ");
    const bool begun = !rest.empty() || !trims;
    builder.overlay(start, id, rest, begun ? DecodeTableBuilder::kInside : start);
  }
  return start;
}

std::shared_ptr<const DecodeTable> compile_sentencepiece(const TokenizerSpec& spec) {
  DecodeTableBuilder builder(spec.vocabulary.size());
  for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
    const std::string_view piece = spec.vocabulary.texts[id];
    const TokenKind kind = spec.vocabulary.kinds[id];
    char storage = 0;
    if (kind == TokenKind::kControl) {
      builder.add_shared({});
    } else if (kind == TokenKind::kUnknown) {
      builder.add_shared(unknown_surface(spec, piece));
    } else if (const auto byte = byte_of_piece(spec, id)) {
      builder.add_shared(one_byte(*byte, storage));
      builder.mark_byte(id);
    } else {
      builder.add_shared(replace_all(piece, kSpaceSymbol, " "));
    }
  }
  mark_specials(spec, builder);
  builder.set_byte_runs(ByteRuns::kEachByte);
  const NormalizerStep* step = find_normalizer(spec, NormalizerStep::Kind::kSentencePiece);
  const bool trims = step == nullptr || step->remove_extra_whitespaces;
  const bool drops = trims || step->add_dummy_prefix;
  if (!drops) return builder.finish(DecodeTableBuilder::kInside);
  return builder.finish(add_sentencepiece_start(spec, trims, builder));
}

// ---------------------------------------------------------------- llama.cpp

/// Byte-level letters to bytes; llama.cpp writes a marker for characters outside the alphabet.
std::string llama_decode_letters(std::string_view text) {
  std::string out;
  for (auto [position, unit] : utf8_units(text)) {
    if (const auto byte = byte_of_alphabet(unit.code_point)) {
      out.push_back(static_cast<char>(*byte));
      continue;
    }
    static constexpr char kDigits[] = "0123456789abcdef";
    out.append("[UNK_BYTE_0x");
    for (const char c : text.substr(position, unit.length)) {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 0x0F]);
    }
    out.append(text).append("]");
  }
  return out;
}

std::shared_ptr<const DecodeTable> compile_llama(const TokenizerSpec& spec) {
  const size_t size = spec.vocabulary.size();
  const bool byte_level = spec.model.kind == ModelSpec::Kind::kMergeBpe && !spec.model.raw_bytes;
  DecodeTableBuilder builder(size);
  for (TokenId id = 0; id < size; ++id) {
    const std::string_view piece = spec.vocabulary.texts[id];
    char storage = 0;
    switch (spec.vocabulary.kinds[id]) {
      case TokenKind::kNormal:
        builder.add_shared(byte_level ? llama_decode_letters(piece)
                                      : replace_all(piece, kSpaceSymbol, " "));
        break;
      case TokenKind::kByte:
        if (const auto byte = byte_of_piece(spec, id)) {
          builder.add_shared(one_byte(*byte, storage));
          builder.mark_byte(id);
        } else {
          builder.add_shared({});
        }
        break;
      case TokenKind::kUnused: builder.add_shared({}); break;
      default: builder.add_shared(piece);
    }
  }
  mark_specials(spec, builder);
  const auto has_prefix = [&](NormalizerStep::Kind kind) {
    const NormalizerStep* step = find_normalizer(spec, kind);
    return step != nullptr && step->add_dummy_prefix;
  };
  const bool drops_space =
      has_prefix(NormalizerStep::Kind::kLlamaSpm) || has_prefix(NormalizerStep::Kind::kLlamaUgm);
  const bool cleans = std::any_of(spec.decoders.begin(), spec.decoders.end(), [](const auto& s) {
    return s.kind == Kind::kWordPiece && s.cleanup;
  });
  if (cleans) {
    ByteStrings tokens;
    for (TokenId id = 0; id < size; ++id) tokens.push_back(builder.shared(id));
    builder.set_chain(DecodeChain::clean_spaces(std::move(tokens), drops_space));
  }
  return builder.finish(drops_space ? add_start_without_space(builder, spec)
                                    : DecodeTableBuilder::kInside);
}

// ---------------------------------------------------------------- tokenizer.json

/// Token texts as the decoder chain receives them.
ByteStrings decoder_input(const TokenizerSpec& spec, const Normalize& normalize) {
  std::vector<std::optional<std::string>> added(spec.vocabulary.size());
  for (const AddedToken& token : spec.added_tokens) {
    if (token.id >= added.size()) continue;
    added[token.id] = token.normalized && normalize ? normalize(token.content) : token.content;
  }
  ByteStrings result;
  result.reserve(spec.vocabulary.size(), spec.vocabulary.texts.bytes().size());
  for (size_t id = 0; id < added.size(); ++id) {
    result.push_back(added[id] ? std::string_view(*added[id]) : spec.vocabulary.texts[id]);
  }
  return result;
}

/// A decoder chain sorted into the parts that a table can express:
///   edits of single tokens, perhaps word ends, then joining, then stripping the joined text.
class ChainRules {
 public:
  ChainRules(const std::vector<DecoderStep>& steps) { expressible_ = sort_steps(steps); }

  bool expressible() const noexcept { return expressible_; }
  bool byte_level() const noexcept { return byte_level_; }
  bool byte_fallback() const noexcept { return byte_fallback_; }
  const std::optional<std::string>& word_end() const noexcept { return word_end_; }
  uint32_t strip_count() const noexcept { return strip_count_; }
  char strip_byte() const noexcept { return strip_byte_; }

  bool depends_on_place() const {
    return std::any_of(edits_.begin(), edits_.end(),
                       [](const TokenEdit& edit) { return edit.depends_on_place(); });
  }

  /// The token after all edits, before word ends, bytes and joining.
  std::string edited(std::string_view token, bool first) const {
    std::string text(token);
    for (const TokenEdit& edit : edits_) text = edit.apply(text, first);
    return text;
  }

  /// What an edited token contributes to the text; a word end is still there.
  std::string joined(std::string edited) const {
    if (byte_level_) {
      std::string bytes;
      return append_alphabet_bytes(edited, bytes) ? bytes : edited;
    }
    if (byte_fallback_) {
      if (const auto byte = byte_of_token(edited)) return std::string(1, static_cast<char>(*byte));
    }
    return edited;
  }

 private:
  bool sort_steps(const std::vector<DecoderStep>& steps) {
    bool is_joined = false;  // one token from here on
    bool all = true;
    for (const DecoderStep& step : steps) {
      switch (step.kind) {
        case Kind::kFuse: is_joined = true; break;
        case Kind::kByteLevel:
          all &= !is_joined && !byte_fallback_ && !word_end_;
          byte_level_ = is_joined = true;
          break;
        case Kind::kByteFallback:
          all &= !is_joined && !byte_fallback_ && !word_end_;
          byte_fallback_ = true;
          break;
        case Kind::kBpe:
          all &= !is_joined && !byte_fallback_ && !word_end_ && !step.suffix.empty();
          word_end_ = step.suffix;
          break;
        case Kind::kCtc: all = false; break;
        case Kind::kStrip:
          if (is_joined) {
            all &= strip_joined(step);
            break;
          }
          [[fallthrough]];
        default: all &= !is_joined && !byte_fallback_ && !word_end_; edits_.emplace_back(step);
      }
    }
    // Replacing an ill-formed run happens before the strip; one table cannot do both by place.
    return all && (strip_count_ == 0 || !(depends_on_place() || word_end_));
  }

  bool strip_joined(const DecoderStep& step) {
    TokenEdit checked(step);
    if (step.start == 0 && step.stop == 0) return true;
    const bool fits = strip_count_ == 0 && step.stop == 0 && step.start <= kMaxStripContexts &&
                      step.text.size() == 1;
    strip_count_ = step.start;
    strip_byte_ = step.text[0];
    return fits;
  }

  bool expressible_ = false;
  std::vector<TokenEdit> edits_;
  std::optional<std::string> word_end_;
  bool byte_level_ = false;
  bool byte_fallback_ = false;
  uint32_t strip_count_ = 0;
  char strip_byte_ = ' ';
};

/// Contexts that strip `count` leading characters off the text: one for each number still to go.
DecodeContext add_strip_contexts(const TokenizerSpec& spec, uint32_t count, char byte,
                                 DecodeTableBuilder& builder) {
  std::vector<DecodeContext> left(count + 1, DecodeTableBuilder::kInside);
  for (uint32_t n = 1; n <= count; ++n) {
    left[n] = builder.add_context();
    for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
      const std::string bytes(builder.shared(id));
      if (!is_hole(spec, id) && !bytes.empty() && bytes[0] != byte) continue;
      size_t stripped = 0;
      while (stripped < n && stripped < bytes.size() && bytes[stripped] == byte) ++stripped;
      const bool goes_on = stripped == bytes.size();
      builder.overlay(left[n], id, std::string_view(bytes).substr(stripped),
                      goes_on ? left[n - stripped] : DecodeTableBuilder::kInside);
    }
  }
  builder.set_strip(count, byte);
  return left[count];
}

/// Word ends ("</w>") become spaces when another token follows: a context that holds one back.
/// False where a word end stands inside a token.
bool add_word_ends(const TokenizerSpec& spec, std::string_view word_end,
                   const std::vector<bool>& ends_word, DecodeTableBuilder& builder) {
  const DecodeContext held = builder.add_context(" ");
  for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
    if (builder.shared(id).find(word_end) != std::string_view::npos) return false;
    if (is_hole(spec, id)) {
      builder.overlay(held, id, {}, held);
    } else if (ends_word[id]) {
      builder.set_shared_next(id, held);
    }
  }
  return true;
}

std::shared_ptr<const DecodeTable> compile_by_chain(const TokenizerSpec& spec,
                                                    const ByteStrings& input,
                                                    const ChainRules& rules) {
  DecodeTableBuilder builder(spec.vocabulary.size());
  for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
    builder.add_shared(rules.joined(rules.edited(input[id], false)));
  }
  mark_specials(spec, builder);
  builder.set_chain(std::make_shared<const DecodeChain>(spec.decoders, input));
  return builder.finish(DecodeTableBuilder::kInside);
}

std::shared_ptr<const DecodeTable> compile_by_table(const TokenizerSpec& spec,
                                                    const ByteStrings& input,
                                                    const ChainRules& rules) {
  const size_t size = spec.vocabulary.size();
  const bool by_place = rules.depends_on_place();
  DecodeTableBuilder builder(size);
  std::vector<bool> ends_word(size);
  std::vector<std::pair<TokenId, std::string>> first_spellings;
  for (TokenId id = 0; id < size; ++id) {
    std::string edited = rules.edited(input[id], false);
    if (rules.word_end() && edited.ends_with(*rules.word_end())) {
      edited.resize(edited.size() - rules.word_end()->size());
      ends_word[id] = true;
    }
    const bool is_byte = rules.byte_fallback() && byte_of_token(edited).has_value();
    if (is_byte) builder.mark_byte(id);
    std::string inside = rules.joined(std::move(edited));
    if (by_place) {
      std::string first = rules.edited(input[id], true);
      // A token that is a byte only in one place cannot be told by a flag.
      if (rules.byte_fallback() && byte_of_token(first).has_value() != is_byte) return nullptr;
      first = rules.joined(std::move(first));
      if (first != inside || is_hole(spec, id)) first_spellings.emplace_back(id, std::move(first));
    }
    builder.add_shared(is_hole(spec, id) ? std::string() : inside);
  }
  mark_specials(spec, builder);
  if (rules.byte_fallback()) builder.set_byte_runs(ByteRuns::kWholeRun);
  if (rules.word_end()) {
    if (by_place || !add_word_ends(spec, *rules.word_end(), ends_word, builder)) return nullptr;
  }
  DecodeContext start = DecodeTableBuilder::kInside;
  if (rules.strip_count() > 0) {
    start = add_strip_contexts(spec, rules.strip_count(), rules.strip_byte(), builder);
  } else if (by_place && !first_spellings.empty()) {
    start = builder.add_context();
    for (const auto& [id, text] : first_spellings) {
      const bool hole = is_hole(spec, id);
      builder.overlay(start, id, hole ? std::string_view() : std::string_view(text),
                      hole ? start : DecodeTableBuilder::kInside);
    }
  }
  return builder.finish(start);
}

std::shared_ptr<const DecodeTable> compile_tokenizer_json(const TokenizerSpec& spec,
                                                          const Normalize& normalize) {
  const ByteStrings input = decoder_input(spec, normalize);
  if (spec.decoders.empty()) {
    // tokenizer.json without a decoder joins tokens by spaces, which is WordPiece without a prefix.
    DecoderStep join;
    join.kind = Kind::kWordPiece;
    join.cleanup = false;
    join.prefix.assign(1, '\xFF');  // in no token: it is not UTF-8
    return compile_by_table(spec, input, ChainRules({join}));
  }
  const ChainRules rules(spec.decoders);
  if (rules.expressible()) {
    if (auto table = compile_by_table(spec, input, rules)) return table;
  }
  return compile_by_chain(spec, input, rules);
}

}  // namespace

std::shared_ptr<const DecodeTable> compile_decode_table(const TokenizerSpec& spec,
                                                        const Normalize& normalize) {
  if (spec.vocabulary.kinds.size() != spec.vocabulary.size()) {
    throw Error(ErrorCode::kInvalidFile,
                "the vocabulary has " + std::to_string(spec.vocabulary.size()) + " texts but " +
                    std::to_string(spec.vocabulary.kinds.size()) + " kinds");
  }
  switch (spec.format) {
    case SourceFormat::kTiktoken: return compile_tiktoken(spec);
    case SourceFormat::kSentencePiece: return compile_sentencepiece(spec);
    case SourceFormat::kGguf: return compile_llama(spec);
    case SourceFormat::kHybrid: return compile_hybrid_decode_table(spec);
    case SourceFormat::kTokenizerJson: break;
  }
  return compile_tokenizer_json(spec, normalize);
}

}  // namespace tokrail
