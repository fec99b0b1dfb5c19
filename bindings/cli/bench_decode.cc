#include "bindings/cli/bench_decode.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/error.h"
#include "bindings/cli/bench_documents.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "tokenizers/stream_decoder.h"

namespace tokrail::cli {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(Clock::duration duration) {
  return std::max(std::chrono::duration<double>(duration).count(), 1e-9);
}

struct DecodeResult {
  double mb_per_s = 0;
  double stream_ns_per_token = 0;
  uint64_t tokens = 0;  // timed ones
  uint64_t bytes = 0;   // of their text
};

std::string stream_text(const Tokenizer& tokenizer, const std::vector<TokenId>& ids,
                        Clock::duration& spent) {
  StreamDecoder stream(tokenizer.detokenizer());
  std::string text;
  text.reserve(ids.size() * 8);
  const Clock::time_point start = Clock::now();
  for (const TokenId id : ids) text += stream.push(id);
  text += stream.finish();
  spent += Clock::now() - start;
  return text;
}

DecodeResult run(const Tokenizer& tokenizer, const BenchDocuments& documents) {
  EncodeOptions options;
  options.add_special_tokens = false;
  options.special_text = SpecialText::as_text();
  options.ignore_file_limits = true;
  DecodeResult result;
  Clock::duration whole{}, streamed{}, ignored{};
  const auto decode = [&](uint32_t number, bool timed) {
    const std::vector<TokenId> ids = tokenizer.encode(documents.parts[number], options);
    std::string text;
    text.reserve(documents.parts[number].size() + 64);
    const Clock::time_point start = Clock::now();
    tokenizer.detokenizer().decode_bytes_into(ids, false, text);
    const Clock::duration spent = Clock::now() - start;
    if (tokenizer.properties().lossless && text != documents.parts[number]) {
      throw Error(ErrorCode::kInternal, "document " + std::to_string(number) +
                                            ": decoding gives another text than was encoded");
    }
    const std::string by_token = stream_text(tokenizer, ids, timed ? streamed : ignored);
    if (by_token != tokenizer.decode_text(ids)) {
      throw Error(ErrorCode::kInternal, "document " + std::to_string(number) +
                                            ": decoding token by token gives another text");
    }
    if (!timed) return;
    whole += spent;
    result.tokens += ids.size();
    result.bytes += text.size();
  };
  for (const uint32_t number : documents.warm_up) decode(number, false);
  for (const uint32_t number : documents.timed) decode(number, true);
  result.mb_per_s = static_cast<double>(result.bytes) / 1e6 / seconds_of(whole);
  result.stream_ns_per_token =
      seconds_of(streamed) * 1e9 / static_cast<double>(std::max<uint64_t>(result.tokens, 1));
  return result;
}

std::string describe(const DecodeResult& result, const std::string& tokenizer,
                     const std::string& file, bool json) {
  char numbers[160];
  if (!json) {
    std::snprintf(numbers, sizeof numbers, "%8.1f MB/s  %6.1f ns/token streamed  ", result.mb_per_s,
                  result.stream_ns_per_token);
    return numbers + short_name(tokenizer) + "  " + short_name(file) + '\n';
  }
  std::snprintf(numbers, sizeof numbers,
                ",\"mb_per_s\":%.2f,\"stream_ns_per_token\":%.2f,\"tokens\":%llu,\"bytes\":%llu}",
                result.mb_per_s, result.stream_ns_per_token,
                static_cast<unsigned long long>(result.tokens),
                static_cast<unsigned long long>(result.bytes));
  std::string out = "{\"tokenizer\":";
  append_json_string(tokenizer, out);
  out += ",\"file\":";
  append_json_string(file, out);
  return out + numbers;
}

}  // namespace

int run_bench_decode(const BenchDecodeVerb& verb) {
  StandardOutput out;
  std::string json;
  for (const std::string& path : verb.tokenizers) {
    const Tokenizer tokenizer = load_tokenizer({path, verb.pattern});
    for (const std::string& file : verb.files) {
      try {
        const DecodeResult result = run(tokenizer, read_documents(file));
        const std::string text = describe(result, path, file, verb.json);
        if (verb.json) {
          json += (json.empty() ? "" : ",\n ") + text;
        } else {
          out.write(text);
        }
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInternal) throw;
        throw error.within(file).within(path);
      }
    }
  }
  if (verb.json) out.write("[" + json + "]\n");
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
