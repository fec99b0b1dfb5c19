#include "bindings/cli/sampling_cases.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>
#include <cmath>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "bindings/cli/checked_json.h"

namespace tokrail::cli {
namespace {

constexpr size_t kMostIds = size_t{1} << 20;

std::optional<double> optional_fraction(const CheckedJson& object, std::string_view key) {
  const std::optional<CheckedJson> member = object.find(key);
  return member ? std::optional<double>(member->fraction()) : std::nullopt;
}

std::vector<double> read_distribution(const CheckedJson& json, bool& family) {
  std::vector<double> p;
  if (json.value().is_array()) {
    for (size_t i = 0; i < json.size(); ++i) p.push_back(json.at(i).fraction());
  } else {
    family = true;
    json.require_fields({"formula", "family", "s", "n"});
    if (json.at("family").string() != "zipf") json.at("family").fail("\"zipf\"");
    const double exponent = json.at("s").number();
    const uint64_t n = json.at("n").count();
    if (n > kMostIds) json.at("n").fail("at most 2^20 ids");
    for (uint64_t i = 0; i < n; ++i) p.push_back(std::pow(static_cast<double>(i) + 1, -exponent));
    double sum = 0;
    for (size_t i = p.size(); i-- > 0;) sum += p[i];
    for (double& value : p) value /= sum;
  }
  double sum = 0;
  for (const double value : p) {
    if (!(value >= 0)) json.fail("probabilities");
    sum += value;
  }
  if (!(std::fabs(sum - 1) < 1e-9)) json.fail("probabilities that add up to 1");
  return p;
}

std::vector<uint8_t> read_accepted(const CheckedJson& json, size_t ids) {
  std::vector<uint8_t> accepted(ids, 0);
  if (json.value().is_array()) {
    for (size_t i = 0; i < json.size(); ++i) {
      const uint64_t id = json.at(i).count();
      if (id >= ids) json.at(i).fail("an id of p");
      accepted[id] = 1;
    }
    return accepted;
  }
  json.require_fields({"formula", "mod", "rem"});
  const uint64_t mod = json.at("mod").count();
  if (mod == 0) json.at("mod").fail("a number above 0");
  const CheckedJson rest = json.at("rem");
  for (size_t i = 0; i < rest.size(); ++i) {
    const uint64_t first = rest.at(i).count();
    if (first >= mod) rest.at(i).fail("a remainder");
    for (uint64_t id = first; id < ids; id += mod) accepted[id] = 1;
  }
  return accepted;
}

ExpectedLaw read_law(const CheckedJson& json) {
  json.require_fields({"max_accepts", "max_rejects", "further_tests", "mean", "variance",
                       "expected_evals", "distinct_evals", "prob_zero_weight", "joint_ok"});
  ExpectedLaw law;
  if (json.has("max_accepts")) law.max_accepts = json.at("max_accepts").count();
  if (json.has("max_rejects")) law.max_rejections = json.at("max_rejects").count();
  if (json.has("further_tests")) law.further_tests = json.at("further_tests").count();
  law.mean = optional_fraction(json, "mean");
  law.variance = optional_fraction(json, "variance");
  law.tests =
      optional_fraction(json, json.has("expected_evals") ? "expected_evals" : "distinct_evals");
  law.zero_probability = optional_fraction(json, "prob_zero_weight");
  return law;
}

std::vector<ExpectedLaw> read_laws(const CheckedJson& object, std::string_view key) {
  std::vector<ExpectedLaw> laws;
  if (const std::optional<CheckedJson> list = object.find(key)) {
    for (size_t i = 0; i < list->size(); ++i) laws.push_back(read_law(list->at(i)));
  }
  return laws;
}

TokenCase read_token_case(const CheckedJson& json) {
  json.require_fields({"id", "note", "p", "accepted_ids", "exact"});
  TokenCase result;
  result.id = json.at("id").string();
  result.p = read_distribution(json.at("p"), result.family);
  result.accepted = read_accepted(json.at("accepted_ids"), result.p.size());
  const CheckedJson exact = json.at("exact");
  exact.require_fields({"Z", "log_Z", "target_unnormalised", "accepted_distribution",
                        "evals_first_accept", "evals_geometric_accepts_2",
                        "evals_geometric_accepts_3", "var_geometric_accepts_2_uncapped",
                        "var_bernoulli_one_draw", "geometric_capped", "recursive",
                        "recursive_capped", "two_loop_2025", "recursive_with_further_tests"});
  result.mass = optional_fraction(exact, "Z");
  if (const auto target = exact.find("target_unnormalised")) {
    for (size_t i = 0; i < target->size(); ++i) result.target.push_back(target->at(i).fraction());
    if (result.target.size() != result.p.size()) target->fail("one number per id");
  }
  result.tests_first = optional_fraction(exact, "evals_first_accept");
  result.tests_geometric_2 = optional_fraction(exact, "evals_geometric_accepts_2");
  result.tests_geometric_3 = optional_fraction(exact, "evals_geometric_accepts_3");
  result.variance_geometric_2 = optional_fraction(exact, "var_geometric_accepts_2_uncapped");
  result.variance_one_draw = optional_fraction(exact, "var_bernoulli_one_draw");
  if (exact.has("recursive")) result.recursive = read_law(exact.at("recursive"));
  if (exact.has("two_loop_2025")) result.two_loop = read_law(exact.at("two_loop_2025"));
  result.geometric_capped = read_laws(exact, "geometric_capped");
  result.recursive_capped = read_laws(exact, "recursive_capped");
  result.further = read_laws(exact, "recursive_with_further_tests");
  return result;
}

/// Reads one file of a sequence case.
class SequenceReader {
 public:
  explicit SequenceReader(const CheckedJson& json) : json_(json) {}

  SequenceCase read() {
    json_.require_fields({"id", "title", "note", "lm", "constraint", "max_tokens_including_eos",
                          "semantics", "n_valid_sequences", "Z", "log_Z", "local_mask",
                          "snis_expected_tv_delta_method_no_resampling", "global_and_local",
                          "stored_sequences", "global_length_marginal_including_eos",
                          "local_length_marginal_including_eos", "expected_future_validity",
                          "global_text_marginal"});
    result_.id = json_.at("id").string();
    read_constraint(json_.at("constraint"));
    read_model(json_.at("lm"));
    result_.max_tokens = json_.at("max_tokens_including_eos").count();
    result_.mass = optional_fraction(json_, "Z");
    if (const auto n = json_.find("n_valid_sequences")) result_.valid_sequences = n->count();
    if (const auto local = json_.find("local_mask")) read_local(*local);
    if (const auto tv = json_.find("snis_expected_tv_delta_method_no_resampling")) read_tv(*tv);
    read_entries();
    return std::move(result_);
  }

 private:
  void read_constraint(const CheckedJson& json) {
    json.require_fields({"ebnf", "regex", "regex_codepoints", "tokens_are"});
    const std::pair<std::string_view, TextConstraintKind> kinds[] = {
        {"ebnf", TextConstraintKind::kGbnf},
        {"regex", TextConstraintKind::kRegex},
        {"regex_codepoints", TextConstraintKind::kRegexCodePoints}};
    int found = 0;
    for (const auto& [name, kind] : kinds) {
      if (!json.has(name)) continue;
      ++found;
      result_.constraint_kind = kind;
      result_.constraint = json.at(name).string();
    }
    if (found != 1) json.fail("exactly one of ebnf, regex, regex_codepoints");
    if (const auto spelling = json.find("tokens_are")) {
      if (spelling->string() != "byte strings written as latin-1 characters")
        spelling->fail("\"byte strings written as latin-1 characters\"");
      latin1_ = true;
    }
  }

  /// The bytes that a token of the file stands for.
  std::string token_bytes(const CheckedJson& json) const {
    const std::string text = json.string();
    if (!latin1_) return text;
    const std::optional<std::string> bytes = latin1_bytes(text);
    if (!bytes) json.fail("characters below U+0100");
    return *bytes;
  }

  void read_model(const CheckedJson& lm) {
    lm.require_fields({"type", "order", "vocab", "eos", "probs"});
    if (lm.at("type").string() != "ngram") lm.at("type").fail("\"ngram\"");
    result_.order = lm.at("order").count();
    if (result_.order == 0 || result_.order > 16) lm.at("order").fail("1 to 16");
    const CheckedJson vocab = lm.at("vocab");
    const std::string end = lm.at("eos").string();
    bool has_end = false;
    for (size_t i = 0; i < vocab.size(); ++i) {
      const std::string name = vocab.at(i).string();
      if (!names_.emplace(name, static_cast<TokenId>(i)).second)
        vocab.at(i).fail("a token that was not there before");
      if (name == end) {
        has_end = true;
        result_.end = static_cast<TokenId>(i);
      }
      result_.tokens.push_back(name == end ? name : token_bytes(vocab.at(i)));
    }
    if (!has_end) lm.at("eos").fail("a token of vocab");
    read_rows(lm.at("probs"));
  }

  void read_rows(const CheckedJson& probs) {
    if (!probs.value().is_object()) probs.fail("an object");
    for (const auto& member : probs.value().get_object()) {
      const std::string key(member.key());
      const CheckedJson row = probs.at(key);
      const std::optional<std::vector<int64_t>> context = context_of(key);
      if (!context) row.fail("a context of order - 1 tokens");
      if (!row.value().is_object()) row.fail("an object");
      std::vector<double> p(result_.tokens.size(), 0);
      double sum = 0;
      for (const auto& entry : row.value().get_object()) {
        const CheckedJson value = row.at(std::string_view(entry.key()));
        const auto id = names_.find(std::string(entry.key()));
        if (id == names_.end()) value.fail("a token of vocab");
        p[id->second] = value.fraction();
        if (!(p[id->second] >= 0)) value.fail("a probability");
        sum += p[id->second];
      }
      if (!(std::fabs(sum - 1) < 1e-9)) row.fail("probabilities that add up to 1");
      result_.rows.emplace(*context, std::move(p));
    }
  }

  /// A context is its tokens one after the other, with one space or nothing in between.
  std::optional<std::vector<int64_t>> context_of(const std::string& key) const {
    for (const std::string_view between : {" ", ""}) {
      std::vector<int64_t> context;
      if (split_context(key, between, 0, context)) return context;
    }
    return std::nullopt;
  }

  bool split_context(const std::string& key, std::string_view between, size_t at,
                     std::vector<int64_t>& context) const {
    if (context.size() + 1 == result_.order) return at == key.size();
    if (!context.empty()) {
      if (key.compare(at, between.size(), between) != 0) return false;
      at += between.size();
    }
    for (size_t length = key.size() - at; length > 0; --length) {
      const std::string name = key.substr(at, length);
      const auto id = names_.find(name);
      if (id == names_.end() && name != "<s>") continue;
      context.push_back(id == names_.end() ? SequenceCase::kStart
                                           : static_cast<int64_t>(id->second));
      if (split_context(key, between, at + length, context)) return true;
      context.pop_back();
    }
    return false;
  }

  void read_local(const CheckedJson& local) {
    local.require_fields({"tv_to_global", "kl_global_to_local", "kl_local_to_global",
                          "second_moment_weight", "relative_variance_weight", "ess_fraction_limit",
                          "expected_constraint_evals_first_accept_per_sequence"});
    result_.local_tv = optional_fraction(local, "tv_to_global");
    result_.ess_fraction = optional_fraction(local, "ess_fraction_limit");
    result_.tests_per_sequence =
        optional_fraction(local, "expected_constraint_evals_first_accept_per_sequence");
  }

  void read_tv(const CheckedJson& json) {
    if (!json.value().is_object()) json.fail("an object");
    for (const auto& member : json.value().get_object()) {
      const std::string key(member.key());
      const CheckedJson value = json.at(key);
      if (key.empty() || key.size() > 12 ||
          !std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; }))
        value.fail("a number of particles as key");
      result_.expected_tv.emplace(std::stoull(key), value.number());
    }
  }

  std::vector<TokenId> read_ids(const CheckedJson& list) const {
    std::vector<TokenId> ids;
    for (size_t i = 0; i < list.size(); ++i) {
      const auto id = names_.find(list.at(i).string());
      if (id == names_.end()) list.at(i).fail("a token of vocab");
      ids.push_back(id->second);
    }
    return ids;
  }

  void read_entries() {
    if (const auto list = json_.find("global_and_local")) {
      for (size_t i = 0; i < list->size(); ++i) {
        const CheckedJson entry = list->at(i);
        entry.require_fields({"tokens", "global", "local", "weight_exact_mask"});
        result_.entries.push_back({read_ids(entry.at("tokens")), entry.at("global").fraction(),
                                   entry.at("local").fraction(),
                                   entry.at("weight_exact_mask").fraction()});
      }
    }
    if (const auto list = json_.find("expected_future_validity")) {
      for (size_t i = 0; i < list->size(); ++i) {
        const CheckedJson entry = list->at(i);
        entry.require_fields({"prefix", "mass"});
        result_.future.push_back({read_ids(entry.at("prefix")), entry.at("mass").fraction()});
      }
    }
    if (const auto list = json_.find("global_text_marginal")) {
      for (size_t i = 0; i < list->size(); ++i) {
        const CheckedJson entry = list->at(i);
        entry.require_fields({"text", "global"});
        result_.text_marginal[entry.at("text").string()] += entry.at("global").fraction();
      }
    }
  }

  CheckedJson json_;
  SequenceCase result_;
  std::map<std::string, TokenId> names_;
  bool latin1_ = false;
};

SamplingCases read_cases(const CheckedJson& root) {
  if (root.has("lm")) return SequenceReader(root).read();
  const std::string format = root.at("format").string();
  if (format == "infilling decisions")
    return SkippedCases{"decisions about infilling, which another verb will take"};
  if (!format.starts_with("token-level adaptive weighted rejection sampling oracles"))
    root.at("format").fail("a known format");
  root.require_fields({"format", "cases"});
  std::vector<TokenCase> cases;
  const CheckedJson list = root.at("cases");
  for (size_t i = 0; i < list.size(); ++i) cases.push_back(read_token_case(list.at(i)));
  return cases;
}

}  // namespace

std::optional<std::string> latin1_bytes(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      bytes += text[i];
    } else if ((first == 0xC2 || first == 0xC3) && i + 1 < text.size()) {
      const auto second = static_cast<unsigned char>(text[++i]);
      bytes += static_cast<char>((first & 3) << 6 | (second & 0x3F));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

SamplingCases read_sampling_cases(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file && !file.eof()) throw Error(ErrorCode::kIo, "cannot be read", path.string());
  boost::system::error_code code;
  const boost::json::value value = boost::json::parse(text, code);
  if (code) throw Error(ErrorCode::kInvalidFile, "no JSON: " + code.message(), path.string());
  try {
    return read_cases(CheckedJson(value, ""));
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

}  // namespace tokrail::cli
