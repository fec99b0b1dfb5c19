// Tokenizers: loading, encoding, decoding at once and token by token.
#include "tokenizers/tokenizer.h"

#include <array>

#include "bindings/c/handles.h"
#include "bindings/c/options.h"
#include "tokenizers/formats/detect.h"
#include "tokenizers/formats/load.h"
#include "tokenizers/formats/tkz.h"

namespace tokrail::c {
namespace {

LoadOptions load_options(const tokrail_load_options* given) {
  const tokrail_load_options options =
      read_options(given, TOKRAIL_LOAD_OPTIONS_INIT, "tokrail_load_options");
  LoadOptions result;
  if (options.pattern.length > 0) result.pattern = text(options.pattern, "pattern");
  return result;
}

std::optional<SpecialText> special_text(int32_t number) {
  switch (number) {
    case TOKRAIL_SPECIAL_TEXT_DEFAULT: return std::nullopt;
    case TOKRAIL_SPECIAL_TEXT_AS_TEXT: return SpecialText::as_text();
    case TOKRAIL_SPECIAL_TEXT_MATCH: return SpecialText::allow_all();
    case TOKRAIL_SPECIAL_TEXT_REFUSE: return SpecialText::forbid();
    default:
      throw Error(ErrorCode::kInvalidArgument,
                  "special_text is " + std::to_string(number) + "; expected 0 to 3");
  }
}

tokrail_encode_options given_encode_options(const tokrail_encode_options* given) {
  return read_options(given, TOKRAIL_ENCODE_OPTIONS_INIT, "tokrail_encode_options");
}

EncodeOptions encode_options(const tokrail_encode_options& options) {
  static constexpr std::array kUnits = {OffsetUnit::kByte, OffsetUnit::kCodePoint,
                                        OffsetUnit::kUtf16};
  EncodeOptions result;
  result.add_special_tokens = !options.no_special_tokens;
  result.ignore_file_limits = options.ignore_file_limits;
  result.special_text = special_text(options.special_text);
  result.offset_unit = choice(kUnits, options.offset_unit, "offset_unit");
  return result;
}

DecodeOptions decode_options(const tokrail_decode_options* given) {
  static constexpr std::array kUtf8 = {InvalidUtf8::kReplace, InvalidUtf8::kError,
                                       InvalidUtf8::kKeep};
  const tokrail_decode_options options =
      read_options(given, TOKRAIL_DECODE_OPTIONS_INIT, "tokrail_decode_options");
  return {.skip_special = options.skip_special,
          .invalid_utf8 = choice(kUtf8, options.invalid_utf8, "invalid_utf8")};
}

const Encoding* encoding_at(const tokrail_encodings* encodings, size_t index) noexcept {
  return encodings == nullptr || index >= encodings->encodings.size()
             ? nullptr
             : &encodings->encodings[index];
}

/// The array of one encoding; arrays that were not made are empty.
template <typename T>
const T* lend_array(const tokrail_encodings* encodings, size_t index, std::vector<T> Encoding::*of,
                    size_t* count) noexcept {
  const Encoding* encoding = encoding_at(encodings, index);
  if (encoding == nullptr || (encoding->*of).empty()) return lend_nothing<T>(count);
  return lend(std::span<const T>(encoding->*of), count);
}

static_assert(sizeof(tokrail_span) == sizeof(Span) && alignof(tokrail_span) == alignof(Span));

const char* keep(tokrail_stream_decoder& decoder, std::string_view piece, size_t* length) noexcept {
  try {
    decoder.text.assign(piece);
  } catch (...) {
    return lend(std::string_view(), length);
  }
  return lend(decoder.text, length);
}

}  // namespace
}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

tokrail_status tokrail_tokenizer_load(const char* path, size_t path_length,
                                      const tokrail_load_options* options, tokrail_tokenizer** out,
                                      tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    *out =
        new tokrail_tokenizer{Tokenizer::load(path_text(path, path_length), load_options(options))};
  });
}

tokrail_status tokrail_tokenizer_from_bytes(const char* bytes, size_t length,
                                            const tokrail_load_options* options,
                                            tokrail_tokenizer** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const std::string_view file = text(bytes, length, "bytes");
    const LoadOptions how = load_options(options);
    const bool is_tkz = detect_format(file.substr(0, 64)) == FileFormat::kTkz;
    *out = new tokrail_tokenizer{is_tkz ? load_tkz_bytes(file)
                                        : Tokenizer::from_spec(read_spec(file, {}, how))};
  });
}

void tokrail_tokenizer_free(tokrail_tokenizer* tokenizer) {
  delete tokenizer;
}

tokrail_status tokrail_tokenizer_encode(const tokrail_tokenizer* tokenizer, const char* text,
                                        size_t length, const tokrail_encode_options* options,
                                        uint32_t* ids, size_t capacity, size_t* count,
                                        tokrail_error** error) {
  return guard(error, [&] {
    const auto all = required(tokenizer, "tokenizer")
                         ->tokenizer.encode(tokrail::c::text(text, length, "text"),
                                            encode_options(given_encode_options(options)));
    return write_result(all, ids, capacity, count);
  });
}

tokrail_status tokrail_tokenizer_encode_with_offsets(const tokrail_tokenizer* tokenizer,
                                                     const char* text, size_t length,
                                                     const tokrail_encode_options* options,
                                                     tokrail_encodings** out,
                                                     tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    auto made = std::make_unique<tokrail_encodings>();
    made->encodings.push_back(
        required(tokenizer, "tokenizer")
            ->tokenizer.encode_with_offsets(tokrail::c::text(text, length, "text"),
                                            encode_options(given_encode_options(options))));
    *out = made.release();
  });
}

tokrail_status tokrail_tokenizer_encode_batch(const tokrail_tokenizer* tokenizer,
                                              const tokrail_bytes* texts, size_t text_count,
                                              const tokrail_encode_options* options,
                                              int32_t threads, tokrail_encodings** out,
                                              tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const Tokenizer& with = required(tokenizer, "tokenizer")->tokenizer;
    const tokrail_encode_options given = given_encode_options(options);
    std::vector<std::string_view> views;
    for (const tokrail_bytes& one : array(texts, text_count, "texts")) {
      views.push_back(tokrail::c::text(one, "a text"));
    }
    auto made = std::make_unique<tokrail_encodings>();
    if (given.with_offsets) {
      made->encodings = with.encode_batch_with_offsets(views, encode_options(given), threads);
    } else {
      for (auto& ids : with.encode_batch(views, encode_options(given), threads)) {
        made->encodings.emplace_back().ids = std::move(ids);
      }
    }
    *out = made.release();
  });
}

size_t tokrail_encodings_count(const tokrail_encodings* encodings) {
  return encodings == nullptr ? 0 : encodings->encodings.size();
}
const uint32_t* tokrail_encodings_ids(const tokrail_encodings* encodings, size_t index,
                                      size_t* count) {
  return lend_array(encodings, index, &Encoding::ids, count);
}
const tokrail_span* tokrail_encodings_offsets(const tokrail_encodings* encodings, size_t index,
                                              size_t* count) {
  // The two are laid out alike.
  return reinterpret_cast<const tokrail_span*>(
      lend_array(encodings, index, &Encoding::offsets, count));
}
const uint32_t* tokrail_encodings_type_ids(const tokrail_encodings* encodings, size_t index,
                                           size_t* count) {
  return lend_array(encodings, index, &Encoding::type_ids, count);
}
const uint32_t* tokrail_encodings_word_ids(const tokrail_encodings* encodings, size_t index,
                                           size_t* count) {
  return lend_array(encodings, index, &Encoding::word_ids, count);
}
const uint8_t* tokrail_encodings_special_mask(const tokrail_encodings* encodings, size_t index,
                                              size_t* count) {
  return lend_array(encodings, index, &Encoding::special_tokens_mask, count);
}
const uint8_t* tokrail_encodings_attention_mask(const tokrail_encodings* encodings, size_t index,
                                                size_t* count) {
  return lend_array(encodings, index, &Encoding::attention_mask, count);
}
void tokrail_encodings_free(tokrail_encodings* encodings) {
  delete encodings;
}

tokrail_status tokrail_tokenizer_decode(const tokrail_tokenizer* tokenizer, const uint32_t* ids,
                                        size_t count, const tokrail_decode_options* options,
                                        char* text, size_t capacity, size_t* length,
                                        tokrail_error** error) {
  return guard(error, [&] {
    const std::string all =
        required(tokenizer, "tokenizer")
            ->tokenizer.decode_text(array(ids, count, "ids"), decode_options(options));
    return write_result(all, text, capacity, length);
  });
}

tokrail_status tokrail_stream_decoder_new(const tokrail_tokenizer* tokenizer,
                                          const tokrail_decode_options* options,
                                          tokrail_stream_decoder** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    *out = new tokrail_stream_decoder{
        StreamDecoder(required(tokenizer, "tokenizer")->tokenizer.detokenizer(),
                      decode_options(options)),
        {}};
  });
}
const char* tokrail_stream_decoder_push(tokrail_stream_decoder* decoder, uint32_t id,
                                        size_t* length) {
  if (decoder == nullptr) return lend_nothing<char>(length);
  return keep(*decoder, decoder->decoder.push(id), length);
}
const char* tokrail_stream_decoder_finish(tokrail_stream_decoder* decoder, size_t* length) {
  if (decoder == nullptr) return lend_nothing<char>(length);
  return keep(*decoder, decoder->decoder.finish(), length);
}
bool tokrail_stream_decoder_failed(const tokrail_stream_decoder* decoder) {
  return decoder != nullptr && decoder->decoder.failed();
}
void tokrail_stream_decoder_reset(tokrail_stream_decoder* decoder) {
  if (decoder != nullptr) decoder->decoder.reset();
}
tokrail_status tokrail_stream_decoder_fork(const tokrail_stream_decoder* decoder,
                                           tokrail_stream_decoder** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    *out = new tokrail_stream_decoder{required(decoder, "decoder")->decoder, {}};
  });
}
void tokrail_stream_decoder_free(tokrail_stream_decoder* decoder) {
  delete decoder;
}

}  // extern "C"
