// Writing JSON and one-line text by appending to a string: what the verbs print.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tokenizers/encoding.h"
#include "tokenizers/spec.h"

namespace tokrail::cli {

/// A JSON string. JSON is text, so each maximal ill-formed part of UTF-8 becomes U+FFFD.
void append_json_string(std::string_view bytes, std::string& out);

/// Bytes so that they fit in one line and in one field: \t \n \r \\ and \xNN for other control
/// characters and for bytes that are not UTF-8.
void append_escaped(std::string_view bytes, std::string& out);

void append_number(uint64_t value, std::string& out);
/// Ids with one space between them.
void append_ids(std::span<const TokenId> ids, std::string& out);
/// [1,2,3]
void append_json_ids(std::span<const TokenId> ids, std::string& out);
/// [[0,5],[5,11]]
void append_json_spans(std::span<const Span> spans, std::string& out);

}  // namespace tokrail::cli
