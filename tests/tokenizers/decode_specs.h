// Small vocabularies of every decoding kind, for the tests of everything that decodes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/property.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

struct NamedSpec {
  std::string name;
  TokenizerSpec spec;
};

inline void add_token(TokenizerSpec& spec, std::string_view text,
                      TokenKind kind = TokenKind::kNormal) {
  spec.vocabulary.texts.push_back(text);
  spec.vocabulary.kinds.push_back(kind);
}

inline void add_special(TokenizerSpec& spec, const std::string& text) {
  AddedToken token;
  token.id = static_cast<TokenId>(spec.vocabulary.size());
  token.content = text;
  token.special = true;
  token.normalized = false;
  spec.added_tokens.push_back(token);
  add_token(spec, text, TokenKind::kControl);
}

inline DecoderStep decoder(DecoderStep::Kind kind) {
  DecoderStep step;
  step.kind = kind;
  return step;
}

inline DecoderStep replace_step(std::string from, std::string to) {
  DecoderStep step = decoder(DecoderStep::Kind::kReplace);
  step.pattern.text = std::move(from);
  step.text = std::move(to);
  return step;
}

inline DecoderStep strip_step(std::string content, uint32_t start, uint32_t stop) {
  DecoderStep step = decoder(DecoderStep::Kind::kStrip);
  step.text = std::move(content);
  step.start = start;
  step.stop = stop;
  return step;
}

/// Pieces in sentencepiece notation, byte pieces, control symbols and a hole.
inline TokenizerSpec metaspace_vocabulary(SourceFormat format) {
  TokenizerSpec spec;
  spec.format = format;
  add_token(spec, "<unk>", TokenKind::kUnknown);
  add_special(spec, "<s>");
  add_special(spec, "</s>");
  for (const char* byte : {"<0xE2>", "<0x82>", "<0xAC>", "<0xFF>", "<0x41>", "<0x20>", "<0xF0>"}) {
    add_token(spec, byte, TokenKind::kByte);
  }
  for (const char* text :
       {"\xE2\x96\x81", "\xE2\x96\x81\xE2\x96\x81",
        "\xE2\x96\x81"
        "a",
        "\xE2\x96\x81"
        "b\xE2\x96\x81"
        "c",
        "a", "b", ".", "'", "s", "\xC3\xA9", "a token that is longer than fifteen bytes"}) {
    add_token(spec, text);
  }
  add_token(spec, "", TokenKind::kUnused);
  add_token(spec, "\xE2\x96\x81<user>", TokenKind::kUserDefined);
  return spec;
}

inline TokenizerSpec byte_level_vocabulary() {
  TokenizerSpec spec;
  for (int byte = 0; byte < 256; ++byte) {
    add_token(spec, encode_byte_level(std::string(1, static_cast<char>(byte))));
  }
  for (const char* text : {" the", " ?", " '", "s ", "\xE2\x82", "\xC3\xA9", " do not"}) {
    add_token(spec, encode_byte_level(text));
  }
  add_token(spec, encode_byte_level(std::string(40, ' ')));
  add_token(spec, "", TokenKind::kUnused);
  add_special(spec, "<|end|>");
  add_special(spec, "  ");  // not in the alphabet: printed as it is
  return spec;
}

inline TokenizerSpec wordpiece_vocabulary() {
  TokenizerSpec spec;
  add_token(spec, "[UNK]", TokenKind::kUnknown);
  add_special(spec, "[CLS]");
  for (const char* text : {"do", "not", "##n", "##'t", "'", "s", ".", "##.", "a", "##", "", "n't",
                           "\xC3\xA9", "a word that is longer than fifteen"}) {
    add_token(spec, text);
  }
  add_token(spec, "", TokenKind::kUnused);
  return spec;
}

inline std::vector<NamedSpec> decode_specs() {
  using Kind = DecoderStep::Kind;
  std::vector<NamedSpec> specs;
  const auto add = [&](std::string name, TokenizerSpec spec, std::vector<DecoderStep> steps) {
    spec.decoders = std::move(steps);
    specs.push_back({std::move(name), std::move(spec)});
  };
  const auto json = [] { return metaspace_vocabulary(SourceFormat::kTokenizerJson); };
  const std::string meta = "\xE2\x96\x81";
  DecoderStep never = decoder(Kind::kMetaspace);
  never.prepend_scheme = PrependScheme::kNever;
  DecoderStep plain_words = decoder(Kind::kWordPiece);
  plain_words.cleanup = false;

  add("byte level", byte_level_vocabulary(), {decoder(Kind::kByteLevel)});
  add("byte level, stripped", byte_level_vocabulary(),
      {decoder(Kind::kByteLevel), strip_step(" ", 2, 0)});
  add("byte level, stripped at the end", byte_level_vocabulary(),
      {decoder(Kind::kByteLevel), strip_step(" ", 0, 1)});
  add("metaspace", json(), {decoder(Kind::kMetaspace)});
  add("metaspace, never", json(), {never});
  add("llama", json(),
      {replace_step(meta, " "), decoder(Kind::kByteFallback), decoder(Kind::kFuse),
       strip_step(" ", 1, 0)});
  add("gemma", json(),
      {replace_step(meta, " "), decoder(Kind::kByteFallback), decoder(Kind::kFuse)});
  add("strip three", json(),
      {replace_step(meta, " "), decoder(Kind::kByteFallback), decoder(Kind::kFuse),
       strip_step(" ", 3, 0)});
  add("bytes before metaspace", json(), {decoder(Kind::kByteFallback), decoder(Kind::kMetaspace)});
  add("metaspace and bytes", json(), {decoder(Kind::kMetaspace), decoder(Kind::kByteFallback)});
  add("wordpiece", wordpiece_vocabulary(), {decoder(Kind::kWordPiece)});
  add("wordpiece, plain", wordpiece_vocabulary(), {plain_words});
  add("no decoder", wordpiece_vocabulary(), {});
  add("ctc", wordpiece_vocabulary(), {decoder(Kind::kCtc)});
  add("replace in the joined text", wordpiece_vocabulary(),
      {decoder(Kind::kFuse), replace_step("ot", "?")});
  TokenizerSpec words;
  for (const char* text : {"a</w>", "b", "c</w>", "</w>", "\xC3\xA9</w>"}) add_token(words, text);
  add_token(words, "", TokenKind::kUnused);
  add_special(words, "<s>");
  add("word ends", words, {decoder(Kind::kBpe)});
  add_token(words, "</w>x");
  add("word ends inside", words, {decoder(Kind::kBpe)});

  TokenizerSpec tiktoken;
  tiktoken.format = SourceFormat::kTiktoken;
  for (int byte = 0; byte < 256; ++byte) {
    add_token(tiktoken, std::string(1, static_cast<char>(byte)));
  }
  add_token(tiktoken, " the");
  add_token(tiktoken, "\xE2\x82");
  add_token(tiktoken, std::string(100, '='));
  add_special(tiktoken, "<|end|>");
  add("tiktoken", tiktoken, {});

  for (const bool trims : {false, true}) {
    for (const bool prefix : {false, true}) {
      TokenizerSpec spec = metaspace_vocabulary(SourceFormat::kSentencePiece);
      NormalizerStep step;
      step.kind = NormalizerStep::Kind::kSentencePiece;
      step.add_dummy_prefix = prefix;
      step.remove_extra_whitespaces = trims;
      spec.normalizers.push_back(step);
      add(std::string("sentencepiece") + (trims ? ", trims" : "") + (prefix ? ", prefix" : ""),
          spec, {});
    }
  }
  TokenizerSpec llama = metaspace_vocabulary(SourceFormat::kGguf);
  llama.model.kind = ModelSpec::Kind::kScoreBpe;
  NormalizerStep prefix;
  prefix.kind = NormalizerStep::Kind::kLlamaSpm;
  llama.normalizers.push_back(prefix);
  add("gguf llama", llama, {});
  add("gguf llama, cleaned", llama, {decoder(Kind::kWordPiece)});
  TokenizerSpec gpt2 = byte_level_vocabulary();
  gpt2.format = SourceFormat::kGguf;
  gpt2.model.kind = ModelSpec::Kind::kMergeBpe;
  add("gguf gpt2", gpt2, {});
  add("gguf gpt2, cleaned", gpt2, {decoder(Kind::kWordPiece)});
  return specs;
}

inline std::vector<TokenId> random_ids(Random& random, const TokenizerSpec& spec, size_t most) {
  std::vector<TokenId> ids(below(random, most + 1));
  // Half of the texts keep to a few ids, so that runs and repetitions are common.
  const size_t span = below(random, 2) == 0 ? spec.vocabulary.size() : 4;
  const size_t first = below(random, spec.vocabulary.size() - span + 1);
  for (TokenId& id : ids) id = static_cast<TokenId>(first + below(random, span));
  return ids;
}

inline std::string show_ids(const std::vector<TokenId>& ids) {
  std::string out;
  for (const TokenId id : ids) out += std::to_string(id) + " ";
  return out;
}

}  // namespace tokrail::test
