#include "bindings/cli/bench_encode.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "bindings/cli/bench_documents.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/standard_output.h"
#include "tokenizers/engine/tokenizer_engine.h"

namespace tokrail::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct BenchResult {
  std::string tokenizer, file;
  int threads = 1;
  double mb_per_s = 0;
  uint64_t tokens = 0, whole_tokens = 0;
  uint64_t hash = 0, whole_hash = 0;
  uint64_t bytes = 0, timed_bytes = 0, checked_bytes = 0, documents = 0;
};

// Special tokens in the text are text: code is full of them, and peers are timed like that.
EncodeOptions plain_options() {
  EncodeOptions options;
  options.add_special_tokens = false;
  options.special_text = SpecialText::as_text();
  options.ignore_file_limits = true;
  return options;
}

class EncodeBench {
 public:
  EncodeBench(const BenchEncodeVerb& verb, const Tokenizer& tokenizer, BenchDocuments documents)
      : verb_(verb),
        tokenizer_(tokenizer),
        slow_(tokenizer.engine().reference_pipeline()),
        documents_(std::move(documents)),
        ids_(documents_.parts.size()),
        progress_("checking", 0, !verb.no_progress) {}

  BenchResult run() {
    BenchResult result;
    result.threads = verb_.threads;
    encode(documents_.warm_up);
    check(documents_.warm_up, result);
    if (verb_.seen) encode(documents_.timed);
    const double seconds = verb_.threads == 1 ? encode(documents_.timed) : time_batch();
    for (const uint32_t part : documents_.timed) {
      result.timed_bytes += documents_.parts[part].size();
    }
    result.mb_per_s = static_cast<double>(result.timed_bytes) / 1e6 / std::max(seconds, 1e-9);
    check(documents_.timed, result);
    encode(documents_.repeated);
    progress_.clear();

    result.hash = kIdHashStart;
    for (const std::vector<TokenId>& ids : ids_) {
      result.tokens += ids.size();
      result.hash = hash_ids(ids, result.hash);
    }
    const std::vector<TokenId> whole = tokenizer_.encode(documents_.text, options_);
    result.whole_tokens = whole.size();
    result.whole_hash = hash_ids(whole);
    result.bytes = documents_.text.size();
    result.documents = documents_.parts.size();
    return result;
  }

 private:
  // Encodes documents one by one and returns the seconds spent in the tokenizer.
  double encode(const std::vector<uint32_t>& numbers) {
    Clock::duration spent{};
    std::vector<TokenId> ids;
    for (const uint32_t number : numbers) {
      const std::string_view text = documents_.parts[number];
      ids.clear();
      const Clock::time_point start = Clock::now();
      if (verb_.offsets) {
        Encoding encoding = tokenizer_.encode_with_offsets(text, options_);
        spent += Clock::now() - start;
        ids = std::move(encoding.ids);
      } else {
        tokenizer_.encode_into(text, options_, ids);
        spent += Clock::now() - start;
      }
      ids_[number].assign(ids.begin(), ids.end());
    }
    return std::chrono::duration<double>(spent).count();
  }

  double time_batch() {
    std::vector<std::string_view> texts;
    for (const uint32_t number : documents_.timed) texts.push_back(documents_.parts[number]);
    const Clock::time_point start = Clock::now();
    double seconds = 0;
    if (verb_.offsets) {
      auto encodings = tokenizer_.encode_batch_with_offsets(texts, options_, verb_.threads);
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
      for (size_t i = 0; i < encodings.size(); ++i) {
        ids_[documents_.timed[i]] = std::move(encodings[i].ids);
      }
    } else {
      auto encoded = tokenizer_.encode_batch(texts, options_, verb_.threads);
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
      for (size_t i = 0; i < encoded.size(); ++i) ids_[documents_.timed[i]] = std::move(encoded[i]);
    }
    return seconds;
  }

  // Holds ids that were computed against the pipeline as the file describes it, step by step.
  void check(const std::vector<uint32_t>& numbers, BenchResult& result) {
    const size_t step =
        verb_.check_all ? 1 : std::max<size_t>(1, numbers.size() * kDocumentBytes / kSampleBytes);
    const SpecialText policy = SpecialText::as_text();
    std::vector<PipelineToken> tokens;
    for (size_t i = 0; i < numbers.size(); i += step) {
      const uint32_t number = numbers[i];
      tokens.clear();
      slow_.encode(documents_.parts[number], policy, tokens);
      const std::vector<TokenId>& ids = ids_[number];
      const bool equal = std::equal(tokens.begin(), tokens.end(), ids.begin(), ids.end(),
                                    [](const PipelineToken& a, TokenId b) { return a.id == b; });
      if (!equal) {
        throw Error(ErrorCode::kInternal, "document " + std::to_string(number) +
                                              ": the fast path and the slow path differ");
      }
      result.checked_bytes += documents_.parts[number].size();
      progress_.update(result.checked_bytes);
    }
  }

  static constexpr size_t kSampleBytes = size_t{1} << 20;  // per half

  const BenchEncodeVerb& verb_;
  const Tokenizer& tokenizer_;
  const TextPipeline slow_;
  const BenchDocuments documents_;
  const EncodeOptions options_ = plain_options();
  std::vector<std::vector<TokenId>> ids_;  // by number of the document
  Progress progress_;
};

std::string as_json(const BenchResult& result) {
  const auto number = [](uint64_t value) { return std::to_string(value); };
  char speed[32];
  std::snprintf(speed, sizeof speed, "%.2f", result.mb_per_s);
  std::string out = "{\"tokenizer\":";
  append_json_string(result.tokenizer, out);
  out += ",\"file\":";
  append_json_string(result.file, out);
  out += ",\"threads\":" + std::to_string(result.threads) + ",\"mb_per_s\":" + speed +
         ",\"tokens\":" + number(result.tokens) + ",\"hash\":\"" + hash_text(result.hash) +
         "\",\"whole_tokens\":" + number(result.whole_tokens) + ",\"whole_hash\":\"" +
         hash_text(result.whole_hash) + "\",\"bytes\":" + number(result.bytes) +
         ",\"timed_bytes\":" + number(result.timed_bytes) +
         ",\"checked_bytes\":" + number(result.checked_bytes) +
         ",\"documents\":" + number(result.documents) + '}';
  return out;
}

std::string as_text(const BenchResult& result) {
  char line[160];
  std::snprintf(line, sizeof line, "%8.1f MB/s  %9llu tokens  %s  ", result.mb_per_s,
                static_cast<unsigned long long>(result.tokens), hash_text(result.hash).c_str());
  return line + short_name(result.tokenizer) + "  " + short_name(result.file) + '\n';
}

}  // namespace

int run_bench_encode(const BenchEncodeVerb& verb) {
  if (verb.threads < 1) {
    throw Error(ErrorCode::kInvalidArgument, "expected at least 1", "--threads");
  }
  StandardOutput out;
  std::string json = "[";
  for (const std::string& path : verb.tokenizers) {
    const Tokenizer tokenizer = load_tokenizer({path, verb.pattern});
    for (const std::string& file : verb.files) {
      BenchResult result;
      try {
        result = EncodeBench(verb, tokenizer, read_documents(file)).run();
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInternal) throw;
        // A number is worth nothing without equal ids.
        throw error.within(file).within(path);
      }
      result.tokenizer = path;
      result.file = file;
      if (verb.json) {
        json += (json.size() > 1 ? ",\n " : "") + as_json(result);
      } else {
        out.write(as_text(result));
      }
    }
  }
  if (verb.json) out.write(json + "]\n");
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
