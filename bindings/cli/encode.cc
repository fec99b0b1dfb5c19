#include "bindings/cli/encode.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/record_reader.h"
#include "bindings/cli/standard_output.h"
#include "bindings/cli/token_colours.h"

namespace tokrail::cli {

namespace {

OffsetUnit offset_unit(const std::string& name) {
  if (name == "byte") return OffsetUnit::kByte;
  if (name == "codepoint") return OffsetUnit::kCodePoint;
  if (name == "utf16") return OffsetUnit::kUtf16;
  throw Error(ErrorCode::kInvalidArgument, "expected byte, codepoint or utf16", "--unit");
}

// What a batch of records becomes, and how much input that was.
struct EncodedBatch {
  std::string output;
  /// Of a whole file, in place of output: digits take more room than ids, and files may be large.
  std::optional<std::vector<TokenId>> ids;
  size_t input_bytes = 0;
};

// A line of ids, as append_ids has it.
void write_ids(std::span<const TokenId> ids, StandardOutput& out) {
  constexpr size_t kTogether = 4096;
  std::string digits;
  for (size_t at = 0; at < ids.size(); at += kTogether) {
    digits.clear();
    if (at > 0) digits += ' ';
    append_ids(ids.subspan(at, std::min(kTogether, ids.size() - at)), digits);
    out.write(digits);
  }
  out.write("\n");
}

class RecordEncoder {
 public:
  explicit RecordEncoder(const EncodeVerb& verb)
      : verb_(verb), tokenizer_(load_tokenizer(verb.tokenizer)) {
    options_.add_special_tokens = !verb.no_special_tokens;
    options_.special_text = special_text_policy(verb.special);
    options_.offset_unit = verb.show ? OffsetUnit::kByte : offset_unit(verb.unit);
    options_.ignore_file_limits = verb.no_limits;
  }

  EncodedBatch encode(const RecordBatch& batch) const {
    EncodedBatch result;
    result.input_bytes = batch.input_bytes();
    std::vector<TokenId> ids;
    const bool keep_ids = verb_.whole && wants_plain_ids();
    for (size_t i = 0; i < batch.size(); ++i) {
      try {
        if (keep_ids) {
          result.ids = tokenizer_.encode(batch[i], options_);
        } else {
          append_record(batch[i], ids, result.output);
        }
      } catch (const Error& error) {
        throw error.within(batch.place(i));
      }
    }
    return result;
  }

 private:
  bool wants_plain_ids() const {
    return !(verb_.pair || verb_.offsets || verb_.show || verb_.json || verb_.count ||
             verb_.pieces);
  }

  void append_record(std::string_view text, std::vector<TokenId>& ids, std::string& out) const {
    if (verb_.pair || verb_.offsets || verb_.show || (verb_.json && !verb_.count)) {
      const Encoding encoding = full_encoding(text);
      if (verb_.show) {
        append_coloured(text, encoding, colour_, out);
      } else {
        append_encoding(encoding, out);
      }
    } else if (verb_.count) {
      append_count(tokenizer_.count(text, options_), out);
    } else {
      ids.clear();
      tokenizer_.encode_into(text, options_, ids);
      if (verb_.pieces) {
        append_pieces(ids, out);
      } else {
        append_ids(ids, out);
      }
    }
    out += '\n';
  }

  Encoding full_encoding(std::string_view text) const {
    if (!verb_.pair) return tokenizer_.encode_with_offsets(text, options_);
    const size_t tab = text.find('\t');
    if (tab == std::string_view::npos) {
      throw Error(ErrorCode::kInvalidArgument, "expected two texts with a tab between them");
    }
    return tokenizer_.encode_pair(text.substr(0, tab), text.substr(tab + 1), options_);
  }

  void append_encoding(const Encoding& encoding, std::string& out) const {
    if (verb_.count) {
      append_count(encoding.size(), out);
    } else if (verb_.json) {
      append_json(encoding, out);
    } else if (verb_.offsets) {
      for (size_t i = 0; i < encoding.size(); ++i) {
        if (i > 0) out += ' ';
        append_number(encoding.ids[i], out);
        out += ':';
        append_number(encoding.offsets[i].begin, out);
        out += '-';
        append_number(encoding.offsets[i].end, out);
      }
    } else if (verb_.pieces) {
      append_pieces(encoding.ids, out);
    } else {
      append_ids(encoding.ids, out);
    }
  }

  void append_json(const Encoding& encoding, std::string& out) const {
    out += "{\"ids\":";
    append_json_ids(encoding.ids, out);
    out += ",\"pieces\":[";
    for (size_t i = 0; i < encoding.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(tokenizer_.vocabulary().piece(encoding.ids[i]), out);
    }
    out += "],\"offsets\":";
    append_json_spans(encoding.offsets, out);
    if (verb_.pair) {
      out += ",\"type_ids\":";
      append_json_ids(encoding.type_ids, out);
    }
    out += '}';
  }

  void append_pieces(std::span<const TokenId> ids, std::string& out) const {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (i > 0) out += '\t';
      append_escaped(tokenizer_.vocabulary().piece(ids[i]), out);
    }
  }

  void append_count(size_t count, std::string& out) const {
    if (verb_.json) out += "{\"count\":";
    append_number(count, out);
    if (verb_.json) out += '}';
  }

  const EncodeVerb& verb_;
  Tokenizer tokenizer_;
  EncodeOptions options_;
  bool colour_ = wants_colour(STDOUT_FILENO);
};

Records kind_of_records(const EncodeVerb& verb) {
  if (verb.whole && verb.null) {
    throw Error(ErrorCode::kInvalidArgument, "--whole and --null exclude each other");
  }
  if (verb.whole) return Records::kWhole;
  return verb.null ? Records::kNull : Records::kLines;
}

}  // namespace

int run_encode(const EncodeVerb& verb) {
  if (verb.pieces && verb.offsets && !verb.json) {
    throw Error(ErrorCode::kInvalidArgument, "--pieces and --offsets go together only with --json");
  }
  if (verb.show && (verb.pair || verb.json || verb.count || verb.offsets || verb.pieces)) {
    throw Error(ErrorCode::kInvalidArgument, "--show stands alone");
  }
  RecordReader reader(verb.files, kind_of_records(verb));
  const RecordEncoder encoder(verb);
  StandardOutput out;
  Progress progress("encode", reader.total_bytes(), !verb.no_progress && !out.is_terminal());
  uint64_t done = 0;
  // Someone who types lines wants each answered before the next is read.
  const int threads = ::isatty(STDIN_FILENO) != 0 && verb.files.empty() ? 1 : verb.threads;
  ordered_pipeline<RecordBatch, EncodedBatch>(
      [&] { return reader.next(); },
      [&](const RecordBatch& batch) { return encoder.encode(batch); },
      [&](const EncodedBatch& batch) {
        out.write(batch.output);
        if (batch.ids) write_ids(*batch.ids, out);
        out.flush();
        progress.update(done += batch.input_bytes);
      },
      threads);
  return kOk;
}

}  // namespace tokrail::cli
