#include "bindings/cli/sample.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <limits>
#include <span>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/standard_output.h"
#include "decoding/logits/apply_bitmask.h"
#include "decoding/logits/draw_without_replacement.h"
#include "decoding/logits/gather_log_probs.h"

namespace tokrail::cli {

namespace {

constexpr size_t kMaxVocab = size_t{1} << 28;

[[noreturn]] void fail(const std::string& message, const std::string& where = {}) {
  throw Error(ErrorCode::kInvalidArgument, message, where);
}

/// A number at the start of `text`, which is then cut off.
template <typename Number>
Number take_number(std::string_view& text, const std::string& whole) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) fail("expected a number in \"" + whole + "\"");
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

/// 1,2,3
std::vector<TokenId> parse_ids(const std::string& text) {
  std::string_view rest = text;
  std::vector<TokenId> ids;
  while (true) {
    ids.push_back(take_number<TokenId>(rest, text));
    if (rest.empty()) return ids;
    if (rest.front() != ',') fail("expected ids with commas between them, not \"" + text + "\"");
    rest.remove_prefix(1);
  }
}

/// 5:-1.5 or 5:-inf
std::pair<TokenId, float> parse_bias(const std::string& text) {
  std::string_view rest = text;
  const auto id = take_number<TokenId>(rest, text);
  if (rest.empty() || rest.front() != ':') fail("expected ID:BIAS, not \"" + text + "\"");
  rest.remove_prefix(1);
  const auto bias = take_number<float>(rest, text);
  if (!rest.empty()) fail("expected ID:BIAS, not \"" + text + "\"");
  return {id, bias};
}

SamplerChain make_chain(const SampleVerb& verb) {
  SamplingOptions options = verb.sampling;
  for (const std::string& text : verb.biases) options.logit_bias.push_back(parse_bias(text));
  for (const std::string& text : verb.banned) options.banned.push_back(parse_ids(text));
  for (const std::string& text : verb.breakers) options.dry_breakers.push_back(parse_ids(text));
  const FilterOrder order = verb.order == "vllm" ? FilterOrder::kVllm
                            : verb.order == "hf" ? FilterOrder::kHf
                                                 : FilterOrder::kLlamaCpp;
  return SamplerChain::preset(order, options);
}

/// The rows of the file, and what may be taken of each.
class Rows {
 public:
  explicit Rows(const SampleVerb& verb) : logits_(MappedFile::open(verb.logits)) {
    if (verb.vocab == 0 || verb.vocab > kMaxVocab)
      fail("expected a vocabulary of 1 to 2^28 tokens");
    view_.type = verb.type == "bf16"  ? LogitsType::kBf16
                 : verb.type == "f16" ? LogitsType::kF16
                                      : LogitsType::kF32;
    const size_t row_bytes = verb.vocab * bytes_per_logit(view_.type);
    if (logits_.size() % row_bytes != 0) {
      fail("expected whole rows of " + std::to_string(row_bytes) + " bytes, not " +
               std::to_string(logits_.size()) + " bytes",
           verb.logits);
    }
    view_.data = logits_.bytes().data();
    view_.rows = logits_.size() / row_bytes;
    view_.vocab = view_.row_stride = verb.vocab;
    if (!verb.mask.empty()) open_mask(verb.mask);
  }

  size_t size() const { return view_.rows; }
  LogitsView row(size_t number) const {
    LogitsView row = view_;
    row.data = logits_.bytes().data() + number * view_.vocab * bytes_per_logit(view_.type);
    row.rows = 1;
    return row;
  }
  MaskView mask(size_t number) const {
    if (!has_mask_) return {};
    const size_t words = mask_words(view_.vocab);
    const auto* const all = reinterpret_cast<const uint32_t*>(masks_.bytes().data());
    return {.words = all + (one_mask_ ? 0 : number * words), .row_words = words};
  }

 private:
  void open_mask(const std::string& path) {
    masks_ = MappedFile::open(path);
    has_mask_ = true;
    const size_t row_bytes = mask_words(view_.vocab) * sizeof(uint32_t);
    one_mask_ = masks_.size() == row_bytes;
    if (!one_mask_ && masks_.size() != row_bytes * view_.rows) {
      fail("expected 1 or " + std::to_string(view_.rows) + " rows of " + std::to_string(row_bytes) +
               " bytes, not " + std::to_string(masks_.size()) + " bytes",
           path);
    }
  }

  MappedFile logits_, masks_;
  LogitsView view_;
  bool has_mask_ = false, one_mask_ = false;
};

template <typename Number>
void append_real(Number value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_member(const char* name, float value, std::string& out) {
  out += ",\"" + std::string(name) + "\":";
  append_real(value, out);
}

void append_flags(uint32_t flags, std::string& out) {
  out += ",\"flags\":[";
  const std::pair<uint32_t, const char*> names[] = {{kRowNothingAllowed, "nothing_allowed"},
                                                    {kRowNan, "nan"},
                                                    {kRowInfinite, "infinite"},
                                                    {kRowBadParameters, "bad_parameters"}};
  bool is_first = true;
  for (const auto& [flag, name] : names) {
    if ((flags & flag) == 0) continue;
    out += std::string(is_first ? "\"" : ",\"") + name + "\"";
    is_first = false;
  }
  out += ']';
}

class RowSamples {
 public:
  explicit RowSamples(const SampleVerb& verb)
      : verb_(verb), rows_(verb), chain_(make_chain(verb)), output_(verb.history) {
    std::sort(end_ids_.begin(), end_ids_.end());
  }

  size_t size() const { return rows_.size(); }
  std::string describe() const { return chain_.describe(); }

  /// One line of JSON; false in `has_token` if the row allows nothing.
  std::string next(size_t number, bool& has_token) {
    const LogitsView source = rows_.row(number);
    const MaskView mask = rows_.mask(number);
    const DrawPlace place{.seed = verb_.seed,
                          .stream = verb_.stream,
                          .position = verb_.position + static_cast<uint32_t>(number)};
    const PreparedRow row = prepare(source, mask, place);
    SampleBatch batch{.logits = row.logits,
                      .masks = mask,
                      .adjustments = row.adjustments,
                      .parameters = &row.parameters,
                      .outputs = kWithLogSumAll | kWithEntropy | kWithCounts};
    std::vector<TokenId> top_ids(verb_.top_n);
    std::vector<float> top_log_probs(verb_.top_n);
    batch.top_n = verb_.top_n;
    batch.top_ids = top_ids.data();
    batch.top_log_probs = top_log_probs.data();
    RowResult result;
    sample_masked(batch, {&result, 1});
    has_token = result.token != kNoToken;
    std::string out = "{\"row\":" + std::to_string(number);
    append_result(source, result, out);
    if (verb_.top_n > 0) append_top(top_ids, top_log_probs, out);
    if (verb_.distribution) append_distribution(batch, out);
    if (verb_.is_sequence && has_token) {
      chain_.accept(result.token);
      output_.push_back(result.token);
    }
    return out + "}\n";
  }

 private:
  /// The mask comes before the filters, also where the chain works on a copy of the row.
  PreparedRow prepare(const LogitsView& source, const MaskView& mask, const DrawPlace& place) {
    const History history{verb_.prompt, output_};
    if (chain_.is_fused() || mask.words == nullptr) {
      return chain_.prepare(source, 0, history, end_ids_, place);
    }
    const auto* const bytes = static_cast<const unsigned char*>(source.data);
    masked_.assign(bytes, bytes + source.vocab * bytes_per_logit(source.type));
    LogitsView masked = source;
    masked.data = masked_.data();
    apply_bitmask({.data = masked_.data(),
                   .type = source.type,
                   .rows = 1,
                   .vocab = source.vocab,
                   .row_stride = source.vocab},
                  mask);
    return chain_.prepare(masked, 0, history, end_ids_, place);
  }

  void append_result(const LogitsView& source, const RowResult& result, std::string& out) const {
    out += ",\"token\":" +
           (result.token == kNoToken ? std::string("null") : std::to_string(result.token));
    append_flags(result.flags, out);
    append_member("log_prob", result.log_prob, out);
    append_member("raw_log_prob", raw_log_prob(source, result.token), out);
    append_member("log_sum", result.log_sum, out);
    append_member("log_sum_all", result.log_sum_all, out);
    append_member("entropy", result.entropy, out);
    out += ",\"allowed\":" + std::to_string(result.allowed);
    out += ",\"kept\":" + std::to_string(result.kept);
  }

  /// Under the model's own distribution.
  static float raw_log_prob(const LogitsView& source, TokenId token) {
    if (token == kNoToken) return std::numeric_limits<float>::quiet_NaN();
    const RowParameters parameters;
    const uint32_t offsets[] = {0, 1};
    float log_prob = 0;
    gather_log_probs({.logits = source, .parameters = &parameters}, {&token, 1}, offsets,
                     {&log_prob, 1});
    return log_prob;
  }

  static void append_top(const std::vector<TokenId>& ids, const std::vector<float>& log_probs,
                         std::string& out) {
    out += ",\"top\":[";
    for (size_t i = 0; i < ids.size() && ids[i] != kNoToken; ++i) {
      out += std::string(i == 0 ? "[" : ",[") + std::to_string(ids[i]) + ',';
      append_real(log_probs[i], out);
      out += ']';
    }
    out += ']';
  }

  void append_distribution(const SampleBatch& batch, std::string& out) {
    draws_.reset(batch, 0);
    // The sum is 1 but for rounding; that is taken out.
    std::vector<std::pair<size_t, double>> kept;
    double sum = 0;
    for (size_t id = 0; id < batch.logits.vocab; ++id) {
      const double p = std::exp(draws_.log_prob(static_cast<TokenId>(id)));
      if (!(p > 0)) continue;
      kept.emplace_back(id, p);
      sum += p;
    }
    std::string ids, probabilities;
    for (const auto& [id, p] : kept) {
      if (!ids.empty()) {
        ids += ',';
        probabilities += ',';
      }
      ids += std::to_string(id);
      append_real(p / sum, probabilities);
    }
    out += ",\"ids\":[" + ids + "],\"probs\":[" + probabilities + ']';
  }

  const SampleVerb& verb_;
  Rows rows_;
  SamplerChain chain_;
  std::vector<TokenId> output_, end_ids_ = verb_.end_ids;
  std::vector<unsigned char> masked_;
  RowDraws draws_;
};

}  // namespace

int run_sample(const SampleVerb& verb) {
  RowSamples samples(verb);
  if (verb.describe) std::cerr << "samplers: " << samples.describe() << '\n';
  StandardOutput out;
  bool all_have_tokens = true;
  for (size_t number = 0; number < samples.size(); ++number) {
    bool has_token = false;
    out.write(samples.next(number, has_token));
    all_have_tokens = all_have_tokens && has_token;
  }
  out.flush();
  return all_have_tokens ? kOk : kNo;
}

}  // namespace tokrail::cli
