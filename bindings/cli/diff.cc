#include "bindings/cli/diff.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/record_reader.h"
#include "bindings/cli/standard_output.h"

namespace tokrail::cli {

namespace {

// The first place where two encodings of one record part.
struct Difference {
  std::string place;
  uint64_t byte = 0;    // of the record
  std::string context;  // text before and behind that byte
  std::string a, b;     // tokens from there on, as "piece(id)"
};

struct ComparedBatch {
  uint64_t records = 0, differing = 0, tokens_a = 0, tokens_b = 0, input_bytes = 0;
  std::vector<Difference> differences;

  void add(const ComparedBatch& other) {
    records += other.records;
    differing += other.differing;
    tokens_a += other.tokens_a;
    tokens_b += other.tokens_b;
    input_bytes += other.input_bytes;
  }
};

class Comparison {
 public:
  explicit Comparison(const DiffVerb& verb)
      : verb_(verb), a_(load_tokenizer(verb.a)), b_(load_tokenizer(verb.b)) {
    if (verb.by != "ids" && verb.by != "cuts") {
      throw Error(ErrorCode::kInvalidArgument, "expected ids or cuts", "--by");
    }
    options_.add_special_tokens = verb.special_tokens;
    options_.special_text = special_text_policy(verb.special);
    options_.ignore_file_limits = true;
  }

  ComparedBatch compare(const RecordBatch& batch) const {
    ComparedBatch result;
    result.input_bytes = batch.input_bytes();
    for (size_t i = 0; i < batch.size(); ++i) {
      try {
        compare_record(batch, i, result);
      } catch (const Error& error) {
        throw error.within(batch.place(i));
      }
    }
    return result;
  }

 private:
  void compare_record(const RecordBatch& batch, size_t i, ComparedBatch& result) const {
    const std::string_view text = batch[i];
    const bool by_ids = verb_.by == "ids";
    ++result.records;
    if (by_ids) {
      // Equal ids need no offsets.
      const std::vector<TokenId> a = a_.encode(text, options_), b = b_.encode(text, options_);
      result.tokens_a += a.size();
      result.tokens_b += b.size();
      if (a == b) return;
    }
    const Encoding a = a_.encode_with_offsets(text, options_);
    const Encoding b = b_.encode_with_offsets(text, options_);
    if (!by_ids) {
      result.tokens_a += a.size();
      result.tokens_b += b.size();
      if (a.offsets == b.offsets) return;
    }
    ++result.differing;
    if (result.differences.size() < verb_.show) {
      result.differences.push_back(describe(a, b, text, batch.place(i)));
    }
  }

  Difference describe(const Encoding& a, const Encoding& b, std::string_view text,
                      std::string place) const {
    const bool by_ids = verb_.by == "ids";
    size_t token = 0;
    while (token < std::min(a.size(), b.size()) &&
           (by_ids ? a.ids[token] == b.ids[token] : a.offsets[token] == b.offsets[token])) {
      ++token;
    }
    Difference difference;
    difference.place = std::move(place);
    const uint64_t byte_a = token < a.size() ? a.offsets[token].begin : text.size();
    const uint64_t byte_b = token < b.size() ? b.offsets[token].begin : text.size();
    difference.byte = std::min(byte_a, byte_b);
    constexpr size_t kBefore = 30, kBehind = 50;
    const size_t begin = difference.byte > kBefore ? difference.byte - kBefore : 0;
    difference.context = text.substr(begin, kBefore + kBehind);
    difference.a = tokens_from(a_, a, token);
    difference.b = tokens_from(b_, b, token);
    return difference;
  }

  static std::string tokens_from(const Tokenizer& tokenizer, const Encoding& encoding,
                                 size_t first) {
    constexpr size_t kShown = 8;
    std::string out;
    for (size_t i = first; i < std::min(encoding.size(), first + kShown); ++i) {
      if (i > first) out += ' ';
      append_escaped(tokenizer.vocabulary().piece(encoding.ids[i]), out);
      out += '(' + std::to_string(encoding.ids[i]) + ')';
    }
    if (first >= encoding.size()) out = "end of the tokens";
    return out;
  }

  const DiffVerb& verb_;
  Tokenizer a_, b_;
  EncodeOptions options_;
};

std::string as_text(const Difference& difference) {
  std::string out = difference.place + ": byte " + std::to_string(difference.byte) + "\n  text ";
  append_escaped(difference.context, out);
  return out + "\n  A    " + difference.a + "\n  B    " + difference.b + "\n";
}

std::string as_json(const Difference& difference) {
  std::string out = "{\"place\":";
  append_json_string(difference.place, out);
  out += ",\"byte\":" + std::to_string(difference.byte) + ",\"text\":";
  append_json_string(difference.context, out);
  out += ",\"a\":";
  append_json_string(difference.a, out);
  out += ",\"b\":";
  append_json_string(difference.b, out);
  return out + "}\n";
}

std::string summary(const ComparedBatch& sum, bool json) {
  const auto number = [](uint64_t value) { return std::to_string(value); };
  if (json) {
    return "{\"records\":" + number(sum.records) + ",\"differing\":" + number(sum.differing) +
           ",\"tokens_a\":" + number(sum.tokens_a) + ",\"tokens_b\":" + number(sum.tokens_b) +
           "}\n";
  }
  return number(sum.differing) + " of " + number(sum.records) + " records differ; " +
         number(sum.tokens_a) + " tokens in A, " + number(sum.tokens_b) + " in B\n";
}

}  // namespace

int run_diff(const DiffVerb& verb) {
  if (verb.whole && verb.null) {
    throw Error(ErrorCode::kInvalidArgument, "--whole and --null exclude each other");
  }
  const Records records = verb.whole  ? Records::kWhole
                          : verb.null ? Records::kNull
                                      : Records::kLines;
  RecordReader reader(verb.files, records);
  const Comparison comparison(verb);
  StandardOutput out;
  Progress progress("diff", reader.total_bytes(), !verb.no_progress && !out.is_terminal());
  ComparedBatch sum;
  uint64_t shown = 0;
  ordered_pipeline<RecordBatch, ComparedBatch>(
      [&] { return reader.next(); },
      [&](const RecordBatch& batch) { return comparison.compare(batch); },
      [&](const ComparedBatch& batch) {
        sum.add(batch);
        for (const Difference& difference : batch.differences) {
          if (shown++ >= verb.show) break;
          out.write(verb.json ? as_json(difference) : as_text(difference));
        }
        progress.update(sum.input_bytes);
      },
      verb.threads);
  progress.clear();
  out.write(summary(sum, verb.json));
  out.flush();
  return sum.differing == 0 ? kOk : kNo;
}

}  // namespace tokrail::cli
