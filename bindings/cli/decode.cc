#include "bindings/cli/decode.h"

#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/id_reader.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "tokenizers/stream_decoder.h"

namespace tokrail::cli {

namespace {

InvalidUtf8 invalid_utf8(const std::string& name) {
  if (name == "keep") return InvalidUtf8::kKeep;
  if (name == "replace") return InvalidUtf8::kReplace;
  if (name == "error") return InvalidUtf8::kError;
  throw Error(ErrorCode::kInvalidArgument, "expected keep, replace or error", "--invalid");
}

void check_ids(const IdPart& part, size_t size) {
  for (const TokenId id : part.ids) {
    if (id < size) continue;
    throw Error(ErrorCode::kInvalidArgument,
                "expected ids below " + std::to_string(size) + ", found " + std::to_string(id),
                part.place);
  }
}

// A sequence token by token: text goes out as soon as it is certain.
class SequenceStream {
 public:
  SequenceStream(const Tokenizer& tokenizer, DecodeOptions options)
      : stream_(tokenizer.detokenizer(), options) {}

  void append(const IdPart& part, StandardOutput& out) {
    for (const TokenId id : part.ids) out.write(stream_.push(id));
    finish(part, out);
  }

  /// The same with a line per id that shows what is given out when.
  void trace(const IdPart& part, const Vocabulary& vocabulary, StandardOutput& out) {
    for (const TokenId id : part.ids) {
      std::string line = std::to_string(id) + '\t';
      append_escaped(vocabulary.piece(id), line);
      line += '\t';
      append_escaped(stream_.push(id), line);
      out.write(line + '\n');
    }
    if (part.ends_sequence) {
      std::string rest;
      append_escaped(stream_.finish(), rest);
      if (!rest.empty()) out.write("end\t\t" + rest + '\n');
    }
    check(part);
  }

 private:
  void finish(const IdPart& part, StandardOutput& out) {
    if (part.ends_sequence) out.write(stream_.finish());
    check(part);
  }
  void check(const IdPart& part) const {
    if (stream_.failed()) {
      throw Error(ErrorCode::kTextRefused, "the text is not UTF-8", part.place);
    }
  }

  StreamDecoder stream_;
};

}  // namespace

int run_decode(const DecodeVerb& verb) {
  DecodeOptions options;
  options.skip_special = verb.skip_special;
  options.invalid_utf8 = invalid_utf8(verb.invalid);
  IdReader reader(verb.files);
  const Tokenizer tokenizer = load_tokenizer(verb.tokenizer);
  StandardOutput out;
  std::optional<SequenceStream> sequence;
  while (std::optional<IdPart> part = reader.next()) {
    check_ids(*part, tokenizer.size());
    if (verb.trace || sequence || !part->ends_sequence) {
      if (!sequence) sequence.emplace(tokenizer, options);
      if (verb.trace) {
        sequence->trace(*part, tokenizer.vocabulary(), out);
      } else {
        sequence->append(*part, out);
      }
    } else {
      try {
        out.write(tokenizer.decode_text(part->ids, options));
      } catch (const Error& error) {
        throw error.within(part->place);
      }
    }
    if (!part->ends_sequence) continue;
    sequence.reset();
    if (verb.lines) out.write("\n");
    if (out.is_terminal()) out.flush();
  }
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
