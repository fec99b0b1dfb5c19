#include "bindings/cli/verify_tokenizer.h"

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/record_reader.h"
#include "bindings/cli/standard_output.h"

namespace tokrail::cli {

namespace {

namespace json = boost::json;

constexpr std::array kKeys = {"ordinary", "special", "ids", "ids_special", "offsets", "decoded"};

// Calls use(object, place) for every line of a JSON Lines file that is not empty.
template <typename Use>
void for_each_object(const std::string& path, Use&& use) {
  RecordReader reader({path}, Records::kLines);
  while (auto batch = reader.next()) {
    for (size_t i = 0; i < batch->size(); ++i) {
      const std::string_view line = (*batch)[i];
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      json::error_code error;
      const json::value document = json::parse({line.data(), line.size()}, error);
      if (error || !document.is_object()) {
        throw Error(ErrorCode::kInvalidFile,
                    "expected a JSON object" + (error ? ": " + error.message() : std::string()),
                    batch->place(i));
      }
      use(document.get_object(), batch->place(i));
    }
  }
}

uint64_t number_member(const json::object& object, const char* key, const std::string& place) {
  const json::value* const value = object.if_contains(key);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) {
    throw Error(ErrorCode::kInvalidFile, std::string("expected a number \"") + key + '"', place);
  }
  return static_cast<uint64_t>(value->get_int64());
}

std::unordered_map<uint64_t, std::string> read_cases(const std::string& path) {
  std::unordered_map<uint64_t, std::string> cases;
  for_each_object(path, [&](const json::object& object, const std::string& place) {
    const json::value* const text = object.if_contains("text");
    if (text == nullptr || !text->is_string()) {
      throw Error(ErrorCode::kInvalidFile, "expected a string \"text\"", place);
    }
    const json::string& bytes = text->get_string();
    const uint64_t number = number_member(object, "i", place);
    if (!cases.emplace(number, std::string(bytes.data(), bytes.size())).second) {
      throw Error(ErrorCode::kInvalidFile, "case " + std::to_string(number) + " is there twice",
                  place);
    }
  });
  return cases;
}

struct KeyResult {
  uint64_t equal = 0;
  uint64_t different = 0;
};

class Verification {
 public:
  explicit Verification(const VerifyTokenizerVerb& verb)
      : verb_(verb), tokenizer_(load_tokenizer(verb.tokenizer)), cases_(read_cases(verb.cases)) {}

  void check_line(const json::object& expected, const std::string& place) {
    const uint64_t number = number_member(expected, "i", place);
    const auto found = cases_.find(number);
    if (found == cases_.end()) {
      throw Error(ErrorCode::kInvalidFile, "there is no case " + std::to_string(number), place);
    }
    for (const auto& member : expected) {
      const std::string_view key(member.key().data(), member.key().size());
      if (key == "i" || key == "kind") continue;
      check_member(number, found->second, key, expected, place);
    }
  }

  const std::array<KeyResult, kKeys.size()>& results() const noexcept { return results_; }
  const std::string& shown() const noexcept { return shown_; }

 private:
  void check_member(uint64_t number, const std::string& text, std::string_view key,
                    const json::object& expected, const std::string& place) {
    size_t k = 0;
    while (k < kKeys.size() && key != kKeys[k]) ++k;
    if (k == kKeys.size()) {
      throw Error(ErrorCode::kUnsupported, "unknown key \"" + std::string(key) + '"', place);
    }
    std::string got;
    try {
      got = result_of(key, text, expected);
    } catch (const Error& error) {
      got = std::string("error: ") + error.what();
    }
    const std::string wanted = canonical(expected.at(json::string_view(key.data(), key.size())));
    if (got == wanted) {
      ++results_[k].equal;
    } else if (++results_[k].different <= verb_.show) {
      show(number, key, text, wanted, got);
    }
  }

  // Values are compared as JSON text in one spelling.
  static std::string canonical(const json::value& value) {
    std::string out;
    if (value.is_string()) {
      append_json_string({value.get_string().data(), value.get_string().size()}, out);
    } else if (value.is_array()) {
      out += '[';
      for (const json::value& element : value.get_array()) {
        if (out.size() > 1) out += ',';
        out += canonical(element);
      }
      out += ']';
    } else if (value.is_int64()) {
      out = std::to_string(value.get_int64());
    } else {
      out = json::serialize(value);
    }
    return out;
  }

  std::vector<TokenId> encode(std::string_view key, std::string_view text) const {
    EncodeOptions options;
    options.add_special_tokens = key == "ids_special";
    options.ignore_file_limits = true;
    if (key == "ordinary") options.special_text = SpecialText::as_text();
    if (key == "special") options.special_text = SpecialText::allow_all();
    return tokenizer_.encode(text, options);
  }

  std::string result_of(std::string_view key, const std::string& text,
                        const json::object& expected) const {
    std::string out;
    if (key == "offsets") {
      EncodeOptions options;
      options.add_special_tokens = false;
      options.ignore_file_limits = true;
      options.offset_unit = OffsetUnit::kCodePoint;
      append_json_spans(tokenizer_.encode_with_offsets(text, options).offsets, out);
    } else if (key == "decoded") {
      const char* const from = expected.contains("ids") ? "ids" : "ordinary";
      append_json_string(tokenizer_.decode_text(encode(from, text)), out);
    } else {
      append_json_ids(encode(key, text), out);
    }
    return out;
  }

  void show(uint64_t number, std::string_view key, const std::string& text,
            const std::string& wanted, const std::string& got) {
    const auto shortened = [](const std::string& value, size_t from) {
      constexpr size_t kShown = 100;
      const size_t begin = from > kShown / 2 ? from - kShown / 2 : 0;
      return (begin > 0 ? "..." : "") + value.substr(begin, kShown) +
             (value.size() > begin + kShown ? "..." : "");
    };
    size_t same = 0;
    while (same < wanted.size() && same < got.size() && wanted[same] == got[same]) ++same;
    shown_ += "case " + std::to_string(number) + ", " + std::string(key) + "\n  text     ";
    append_escaped(std::string_view(text).substr(0, 100), shown_);
    shown_ +=
        "\n  expected " + shortened(wanted, same) + "\n  got      " + shortened(got, same) + '\n';
  }

  const VerifyTokenizerVerb& verb_;
  Tokenizer tokenizer_;
  std::unordered_map<uint64_t, std::string> cases_;
  std::array<KeyResult, kKeys.size()> results_{};
  std::string shown_;
};

std::string report(const Verification& verification, bool as_json) {
  std::string out = as_json ? "{" : verification.shown();
  for (size_t k = 0; k < kKeys.size(); ++k) {
    const KeyResult& result = verification.results()[k];
    if (result.equal + result.different == 0) continue;
    if (as_json) {
      if (out.size() > 1) out += ',';
      out += std::string("\"") + kKeys[k] + "\":{\"equal\":" + std::to_string(result.equal) +
             ",\"different\":" + std::to_string(result.different) + '}';
    } else {
      out += std::string(kKeys[k]) + ": " + std::to_string(result.equal) + " equal, " +
             std::to_string(result.different) + " different\n";
    }
  }
  return as_json ? out + "}\n" : out;
}

}  // namespace

int run_verify_tokenizer(const VerifyTokenizerVerb& verb) {
  Verification verification(verb);
  for_each_object(verb.expected, [&](const json::object& object, const std::string& place) {
    verification.check_line(object, place);
  });
  uint64_t equal = 0, different = 0;
  for (const KeyResult& result : verification.results()) {
    equal += result.equal;
    different += result.different;
  }
  if (equal + different == 0) {
    throw Error(ErrorCode::kInvalidFile, "there is nothing to compare", verb.expected);
  }
  StandardOutput out;
  out.write(report(verification, verb.json));
  out.flush();
  return different == 0 ? kOk : kNo;
}

}  // namespace tokrail::cli
