#include "tests/oracle/slow_samplers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "decoding/logits/logit_math.h"

namespace tokrail::test {

namespace {

bool is_out(double logit) {
  return logit == kSlowOut;
}

double largest(const SlowRow& row) {
  return row.empty() ? kSlowOut : *std::max_element(row.begin(), row.end());
}

bool has_choice(const SlowRow& row) {
  return slow_order(row).size() > 1 && !std::isinf(largest(row));
}

double log_sum(const SlowRow& row) {
  const double top = largest(row);
  double sum = 0;
  for (const double x : row) sum += std::exp(x - top);
  return top + std::log(sum);
}

void keep_first(SlowRow& row, const std::vector<size_t>& order, size_t count) {
  for (size_t i = count; i < order.size(); ++i) row[order[i]] = kSlowOut;
}

/// The distance from the last key that is kept to the nearest other one: closer than rounding, the
/// two could change places. Equal keys cannot.
double gap_at(const std::vector<size_t>& order, size_t count, const std::vector<double>& key) {
  if (count == 0 || count >= order.size()) return kClear;
  double gap = kClear;
  for (const size_t id : order) {
    const double distance = std::fabs(key[id] - key[order[count - 1]]);
    if (distance > 0) gap = std::min(gap, distance);
  }
  return gap;
}

/// Keeps x >= least and the first token; the margin is the distance to the nearest logit.
double keep_from(SlowRow& row, double least) {
  const double top = largest(row);
  double margin = kClear;
  for (double& x : row) {
    if (is_out(x)) continue;
    if (x != top) margin = std::min(margin, std::fabs(x - least));
    if (x < least && x != top) x = kSlowOut;
  }
  return margin;
}

/// The smallest prefix of `order` of at least `mass`, or of more; the margin is that of the mass
/// and of the order at its end.
double keep_mass(SlowRow& row, const std::vector<size_t>& order, const std::vector<double>& key,
                 double mass, bool must_pass) {
  const std::vector<double> p = slow_probabilities(row);
  double sum = 0, margin = kClear;
  size_t count = 0;
  while (count < order.size()) {
    sum += p[order[count++]];
    margin = std::min(margin, std::fabs(sum - mass));
    if (must_pass ? sum > mass : sum >= mass) break;
  }
  if (mass <= 0) margin = kClear;
  margin = std::min(margin, gap_at(order, count, key));
  keep_first(row, order, count);
  return margin;
}

}  // namespace

SlowRow slow_row(std::span<const float> logits) {
  SlowRow row(logits.begin(), logits.end());
  for (double& x : row) {
    if (std::isnan(x)) x = kSlowOut;
  }
  return row;
}

std::vector<size_t> slow_order(const SlowRow& row) {
  std::vector<size_t> order;
  for (size_t id = 0; id < row.size(); ++id) {
    if (!is_out(row[id])) order.push_back(id);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return row[a] > row[b]; });
  return order;
}

std::vector<double> slow_probabilities(const SlowRow& row) {
  std::vector<double> p(row.size(), 0);
  const double top = largest(row);
  if (top == kSlowOut) return p;
  if (std::isinf(top)) {
    p[static_cast<size_t>(std::find(row.begin(), row.end(), top) - row.begin())] = 1;
    return p;
  }
  const double all = log_sum(row);
  for (size_t id = 0; id < row.size(); ++id) p[id] = std::exp(row[id] - all);
  return p;
}

double slow_entropy(const SlowRow& row) {
  double entropy = 0;
  for (const double p : slow_probabilities(row)) {
    if (p > 0) entropy -= p * std::log(p);
  }
  return entropy;
}

void slow_temperature(SlowRow& row, double temperature) {
  if (temperature == 0) {
    slow_top_k(row, 1);
    return;
  }
  for (double& x : row) x /= temperature;
}

void slow_dynamic_temperature(SlowRow& row, double temperature, double range, double exponent) {
  if (!has_choice(row)) return;
  const double low = std::max(0.0, temperature - range), high = temperature + range;
  const double most = std::log(static_cast<double>(slow_order(row).size()));
  slow_temperature(row, low + (high - low) * std::pow(slow_entropy(row) / most, exponent));
}

double slow_top_k(SlowRow& row, size_t k) {
  const std::vector<size_t> order = slow_order(row);
  if (order.size() <= k) return kClear;
  const double gap = gap_at(order, k, row);
  keep_first(row, order, k);
  return gap;
}

double slow_top_p(SlowRow& row, double mass) {
  if (mass >= 1 || !has_choice(row)) return kClear;
  return keep_mass(row, slow_order(row), row, mass, false);
}

double slow_min_p(SlowRow& row, double part) {
  if (part <= 0 || !has_choice(row)) return kClear;
  return keep_from(row, largest(row) + std::log(part));
}

double slow_typical(SlowRow& row, double mass) {
  if (mass >= 1 || !has_choice(row)) return kClear;
  const double entropy = slow_entropy(row), all = log_sum(row);
  std::vector<double> distance;
  for (const double x : row) distance.push_back(std::fabs(all - x - entropy));
  std::vector<size_t> order = slow_order(row);
  std::sort(order.begin(), order.end());
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return distance[a] < distance[b]; });
  return keep_mass(row, order, distance, mass, true);
}

double slow_epsilon(SlowRow& row, double cutoff) {
  if (cutoff <= 0 || !has_choice(row)) return kClear;
  return keep_from(row, log_sum(row) + std::log(cutoff));
}

double slow_eta(SlowRow& row, double cutoff) {
  if (cutoff <= 0 || !has_choice(row)) return kClear;
  const double eta = std::min(cutoff, std::sqrt(cutoff) * std::exp(-slow_entropy(row)));
  return keep_from(row, log_sum(row) + std::log(eta));
}

double slow_top_n_sigma(SlowRow& row, double n) {
  if (n <= 0 || !has_choice(row)) return kClear;
  double mean = 0, squares = 0;
  const std::vector<size_t> order = slow_order(row);
  const auto count = static_cast<double>(order.size());
  for (const size_t id : order) mean += row[id] / count;
  for (const size_t id : order) squares += (row[id] - mean) * (row[id] - mean) / count;
  return keep_from(row, largest(row) - n * std::sqrt(squares));
}

double slow_top_h(SlowRow& row, double part) {
  if (!has_choice(row)) return kClear;
  const std::vector<size_t> order = slow_order(row);
  SlowRow head;
  for (size_t i = 0; i < std::min<size_t>(100, order.size()); ++i) head.push_back(row[order[i]]);
  const double most = part >= 1 ? kClear : part * slow_entropy(head);
  double terms = 0, margin = kClear;
  size_t count = 0;
  for (const double p : slow_probabilities(head)) {
    if (p > 0) terms -= p * std::log(p);
    margin = std::min(margin, std::fabs(terms - most));
    if (terms > most && count > 0) break;
    ++count;
  }
  margin = std::min(margin, gap_at(order, count, row));
  keep_first(row, order, count);
  return margin;
}

double slow_xtc(SlowRow& row, double threshold) {
  if (threshold > 0.5 || !has_choice(row)) return kClear;
  const std::vector<size_t> order = slow_order(row);
  const std::vector<double> p = slow_probabilities(row);
  size_t above = 0;
  double margin = kClear;
  for (const size_t id : order) {
    margin = std::min(margin, std::fabs(p[id] - threshold));
    if (p[id] >= threshold) ++above;
  }
  if (threshold <= 0) margin = kClear;
  margin = std::min(margin, gap_at(order, above, row));
  for (size_t i = 0; i + 1 < above; ++i) row[order[i]] = kSlowOut;
  return margin;
}

double slow_mirostat_k(const SlowRow& row, double mu) {
  const std::vector<size_t> order = slow_order(row);
  double products = 0, squares = 0;
  for (size_t i = 0; i + 1 < std::min<size_t>(100, order.size()); ++i) {
    const double t = std::log((static_cast<double>(i) + 2) / (static_cast<double>(i) + 1));
    products += t * (row[order[i]] - row[order[i + 1]]);
    squares += t * t;
  }
  const double s = products / squares;
  const auto vocab = static_cast<double>(row.size());
  return std::pow((s - 1) * std::pow(2, mu) / (1 - std::pow(vocab, 1 - s)), 1 / s);
}

double slow_mirostat(SlowRow& row, int version, double mu) {
  if (!has_choice(row)) return kClear;
  if (version == 1) {
    const double k = slow_mirostat_k(row, mu);
    const double cut = slow_top_k(row, k >= 1e9 ? row.size() : k >= 1 ? static_cast<size_t>(k) : 1);
    return std::min(cut, std::fabs(k - std::round(k)) / std::max(1.0, k));
  }
  // Nothing reaches it: the first token alone.
  const double least = log_sum(row) - mu * std::log(2.0);
  const double gap = std::fabs(largest(row) - least);
  if (least > largest(row)) return std::min(gap, slow_top_k(row, 1));
  return std::min(gap, keep_from(row, least));
}

void slow_gumbel(SlowRow& row, const DrawPlace& place) {
  const CounterRandom random(place.seed);
  SlowRow noisy = row;
  for (size_t id = 0; id < row.size(); ++id) {
    const double u = random.uniform_open({.stream = place.stream,
                                          .position = place.position,
                                          .draw = static_cast<uint32_t>(id),
                                          .purpose = Purpose::kNoise});
    noisy[id] -= std::log(-std::log(u));
  }
  slow_top_k(noisy, 1);
  for (size_t id = 0; id < row.size(); ++id) {
    if (is_out(noisy[id])) row[id] = kSlowOut;
  }
}

void slow_penalties(SlowRow& row, std::span<const TokenId> context,
                    std::span<const TokenId> counted, const SlowPenalties& penalties) {
  for (size_t id = 0; id < row.size(); ++id) {
    if (is_out(row[id])) continue;
    const auto in_context = std::count(context.begin(), context.end(), id);
    const auto count = std::count(counted.begin(), counted.end(), id);
    if (in_context > 0) {
      row[id] = row[id] > 0 ? row[id] / penalties.repetition : row[id] * penalties.repetition;
    }
    row[id] -= penalties.frequency * static_cast<double>(count);
    if (count > 0) row[id] -= penalties.presence;
  }
}

namespace {

bool ends_with(std::span<const TokenId> tokens, std::span<const TokenId> end) {
  return end.size() <= tokens.size() &&
         std::equal(end.begin(), end.end(), tokens.end() - static_cast<ptrdiff_t>(end.size()));
}

/// Tokens behind the last whole breaker: the one that begins last, the longest of several.
size_t behind_breakers(const std::vector<TokenId>& tokens,
                       const std::vector<std::vector<TokenId>>& breakers) {
  for (size_t begin = tokens.size(); begin-- > 0;) {
    size_t longest = 0;
    for (const auto& breaker : breakers) {
      const size_t end = begin + breaker.size();
      if (end > tokens.size() || breaker.size() <= longest) continue;
      if (ends_with(std::span(tokens).first(end), breaker)) longest = breaker.size();
    }
    if (longest > 0) return tokens.size() - begin - longest;
  }
  return tokens.size();
}

}  // namespace

void slow_dry(SlowRow& row, const std::vector<TokenId>& tokens, double multiplier, double base,
              size_t allowed_length, const std::vector<std::vector<TokenId>>& breakers) {
  if (tokens.size() <= allowed_length) return;
  const size_t limit = behind_breakers(tokens, breakers);
  if (limit < allowed_length) return;
  std::map<TokenId, size_t> longest;
  for (size_t next = 1; next < tokens.size(); ++next) {
    size_t n = 0;  // tokens before `next` that are those at the end
    while (n < next && n < limit && tokens[next - 1 - n] == tokens[tokens.size() - 1 - n]) ++n;
    if (n < allowed_length) continue;
    size_t& known = longest[tokens[next]];
    known = std::max(known, n);
  }
  const double most = base > 1.000001 ? std::floor(88.7228391 / std::log(base)) : 0;
  for (const auto& [id, n] : longest) {
    const bool is_breaker =
        std::find(breakers.begin(), breakers.end(), std::vector<TokenId>{id}) != breakers.end();
    if (id >= row.size() || is_breaker) continue;
    double exponent = static_cast<double>(n - allowed_length);
    if (most > 0) exponent = std::min(exponent, most);
    row[id] -= multiplier * std::pow(base, exponent);
  }
}

void slow_no_repeat_ngram(SlowRow& row, const std::vector<TokenId>& tokens, size_t n) {
  for (size_t id = 0; id < row.size(); ++id) {
    std::vector<TokenId> longer = tokens;
    longer.push_back(static_cast<TokenId>(id));
    if (longer.size() < n) continue;
    const std::vector<TokenId> ngram(longer.end() - static_cast<ptrdiff_t>(n), longer.end());
    if (std::search(tokens.begin(), tokens.end(), ngram.begin(), ngram.end()) != tokens.end()) {
      row[id] = kSlowOut;
    }
  }
}

void slow_banned(SlowRow& row, const std::vector<TokenId>& tokens,
                 const std::vector<std::vector<TokenId>>& sequences) {
  for (size_t id = 0; id < row.size(); ++id) {
    std::vector<TokenId> longer = tokens;
    longer.push_back(static_cast<TokenId>(id));
    for (const auto& sequence : sequences) {
      if (ends_with(longer, sequence)) row[id] = kSlowOut;
    }
  }
}

namespace {

std::vector<TokenId> last_tokens(const std::vector<TokenId>& tokens, int64_t window) {
  if (window < 0 || static_cast<size_t>(window) >= tokens.size()) return tokens;
  return {tokens.end() - window, tokens.end()};
}

void slow_adjusters(SlowRow& row, FilterOrder order, const SamplingOptions& o,
                    const History& history, std::span<const TokenId> end_ids) {
  std::vector<TokenId> all(history.prompt.begin(), history.prompt.end());
  all.insert(all.end(), history.output.begin(), history.output.end());
  const std::vector<TokenId> output(history.output.begin(), history.output.end());
  for (const auto& [id, bias] : o.logit_bias) {
    if (id < row.size()) row[id] += bias;
  }
  for (const TokenId id : end_ids) {
    if (id < row.size() && output.size() < o.min_tokens) row[id] = kSlowOut;
  }
  slow_banned(row, order == FilterOrder::kVllm ? output : all, o.banned);
  if (o.no_repeat_ngram > 0) slow_no_repeat_ngram(row, all, o.no_repeat_ngram);
  const std::vector<TokenId> context =
      order == FilterOrder::kLlamaCpp ? last_tokens(all, o.penalty_window) : all;
  slow_penalties(row, context, order == FilterOrder::kVllm ? output : context,
                 {o.repetition_penalty, o.frequency_penalty, o.presence_penalty});
  if (o.dry_multiplier > 0) {
    slow_dry(row, last_tokens(all, o.dry_window), o.dry_multiplier, o.dry_base,
             o.dry_allowed_length, o.dry_breakers);
  }
}

}  // namespace

double slow_chain(SlowRow& row, FilterOrder order, const SamplingOptions& o, const History& history,
                  std::span<const TokenId> end_ids, const DrawPlace& place) {
  slow_adjusters(row, order, o, history, end_ids);
  double margin = kClear;
  const auto note = [&](double close) { margin = std::min(margin, close); };
  const auto temperature = [&] {
    if (o.dynamic_temperature_range > 0) {
      slow_dynamic_temperature(row, o.temperature, o.dynamic_temperature_range,
                               o.dynamic_temperature_exponent);
    } else {
      if (o.temperature == 0) note(slow_top_k(row, 1));
      slow_temperature(row, o.temperature);
    }
  };
  const auto top_k = [&] {
    if (o.top_k > 0) note(slow_top_k(row, o.top_k));
  };
  const auto top_p = [&] { note(slow_top_p(row, o.top_p)); };
  const auto min_p = [&] { note(slow_min_p(row, o.min_p)); };
  const auto typical = [&] { note(slow_typical(row, o.typical_p)); };
  const auto sigma = [&] { note(slow_top_n_sigma(row, o.top_n_sigma)); };
  const auto top_h = [&] {
    if (o.top_h > 0) note(slow_top_h(row, o.top_h));
  };
  const auto cutoffs = [&] {
    note(slow_epsilon(row, o.epsilon_cutoff));
    note(slow_eta(row, o.eta_cutoff));
  };
  const auto xtc = [&] {
    const double u =
        CounterRandom(place.seed)
            .uniform(
                {.stream = place.stream, .position = place.position, .purpose = Purpose::kXtc});
    if (u < double{o.xtc_probability}) note(slow_xtc(row, o.xtc_threshold));
  };
  if (o.mirostat != 0) {
    temperature();
    note(slow_mirostat(row, o.mirostat, 2 * double{o.mirostat_tau}));
    return margin;
  }
  if (order == FilterOrder::kLlamaCpp) {
    sigma(), top_k(), typical(), top_p(), min_p(), cutoffs(), top_h(), xtc(), temperature();
    return margin;
  }
  temperature();
  if (o.temperature == 0 && o.dynamic_temperature_range == 0) return margin;
  if (order == FilterOrder::kVllm) {
    min_p(), top_k(), top_p(), typical(), cutoffs(), sigma(), top_h(), xtc();
  } else {
    top_h(), top_k(), top_p(), min_p(), typical(), cutoffs(), sigma(), xtc();
  }
  return margin;
}

SlowRow slow_prepared(const PreparedRow& prepared) {
  SlowRow row;
  for (size_t id = 0; id < prepared.logits.vocab; ++id) {
    const double x = logit_math::load_logit(prepared.logits.data, prepared.logits.type, id);
    row.push_back(std::isnan(x) ? kSlowOut : x);
  }
  const RowParameters& p = prepared.parameters;
  const AdjustmentsView& by = prepared.adjustments;
  for (uint32_t i = by.entries ? by.offsets[0] : 0; by.entries && i < by.offsets[1]; ++i) {
    const Adjustment& entry = by.entries[i];
    double& x = row[entry.token];
    x = is_out(x) || entry.bias == -logit_math::kInfinity ? kSlowOut : x + double{entry.bias};
    if (is_out(x)) continue;
    if (entry.context > 0) x = x > 0 ? x / p.repetition_penalty : x * p.repetition_penalty;
    x -= double{p.frequency_penalty} * entry.output;
    if (entry.output > 0) x -= p.presence_penalty;
  }
  const double temperature = 1 / double{p.inverse_temperature};
  if (p.order != FilterOrder::kLlamaCpp) slow_temperature(row, temperature);
  if (p.order == FilterOrder::kVllm) slow_min_p(row, p.min_p);
  if (p.top_k > 0) slow_top_k(row, p.top_k);
  slow_top_p(row, p.top_p);
  if (p.order != FilterOrder::kVllm) slow_min_p(row, p.min_p);
  if (p.order == FilterOrder::kLlamaCpp) slow_temperature(row, temperature);
  return row;
}

}  // namespace tokrail::test
