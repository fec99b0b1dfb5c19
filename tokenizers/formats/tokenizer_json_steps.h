// Writes the steps of a tokenizer.json around the model. Internal to the writer.
//
// Every step must be one that the format has (see tokenizer_json_cannot_express).
#pragma once

#include "tokenizers/formats/json_writer.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// The values of the members truncation, padding, normalizer, pre_tokenizer, post_processor and
/// decoder; null where there is nothing.
void write_truncation(JsonWriter& json, const std::optional<TruncationSpec>& truncation);
void write_padding(JsonWriter& json, const std::optional<PaddingSpec>& padding);
void write_normalizers(JsonWriter& json, const std::vector<NormalizerStep>& steps);
void write_pre_tokenizers(JsonWriter& json, const std::vector<PreTokenizerStep>& steps);
void write_post_processors(JsonWriter& json, const std::vector<PostProcessorStep>& steps);
void write_decoders(JsonWriter& json, const std::vector<DecoderStep>& steps);

}  // namespace tokrail
