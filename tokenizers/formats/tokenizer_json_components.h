// The steps of a tokenizer.json around the model, from and to JSON.
//
// Every spelling that Hugging Face tokenizers has written or reads is accepted; what it does not
// know is refused by name with Error(kUnsupported). Nested sequences become one flat list.
// Internal to the reader (it shows Boost.JSON).
#pragma once

#include <vector>

#include "tokenizers/formats/json_document.h"
#include "tokenizers/spec.h"

namespace tokrail {

std::vector<NormalizerStep> read_normalizers(const JsonNode& node);
std::vector<PreTokenizerStep> read_pre_tokenizers(const JsonNode& node);
std::vector<PostProcessorStep> read_post_processors(const JsonNode& node);
std::vector<DecoderStep> read_decoders(const JsonNode& node);
TruncationSpec read_truncation(const JsonNode& node);
PaddingSpec read_padding(const JsonNode& node);

}  // namespace tokrail
