// Numbers as the reference of tokenizer.json reads them: sometimes one unit in the last place off.
//
// Hugging Face tokenizers parses JSON with serde_json, whose default conversion takes the digits as
// a 64-bit integer and divides by a power of ten, two roundings instead of one. Unigram models
// compare sums of such scores, so ids can depend on the last bit; the reader converts the same way.
//
//   reference_double("-3.9131507873535156")   // -3.913150787353515, as there
//   text_of_reference_double(value)           // a text that reads back as `value`, there and here
//
// Pure functions, O(length of the text).
#pragma once

#include <string>
#include <string_view>

namespace tokrail {

/// `text` must be a JSON number. What overflows is infinite.
double reference_double(std::string_view text) noexcept;

/// A text that reads back as `value`: the shortest if it does, else one with up to 19 digits. For a
/// `value` that no text reads as (reference_double never gave it, or it is beyond 1e20) the
/// shortest of the true value.
std::string text_of_reference_double(double value);

}  // namespace tokrail
