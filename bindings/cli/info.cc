#include "bindings/cli/info.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/process_memory.h"
#include "bindings/cli/standard_output.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail::cli {

namespace {

// A fact with its key; values are ready for JSON. Text output prints the same, without quotes.
struct Fact {
  std::string key;
  std::string json;
};

class Facts {
 public:
  void text(const std::string& key, std::string_view value) {
    std::string json;
    append_json_string(value, json);
    facts_.push_back({key, std::move(json)});
  }
  void number(const std::string& key, uint64_t value) {
    facts_.push_back({key, std::to_string(value)});
  }
  void flag(const std::string& key, bool value) {
    facts_.push_back({key, value ? "true" : "false"});
  }
  void raw(const std::string& key, std::string json) { facts_.push_back({key, std::move(json)}); }

  std::string as_json() const {
    std::string out = "{";
    for (size_t i = 0; i < facts_.size(); ++i) {
      if (i > 0) out += ",";
      out += '"' + facts_[i].key + "\":" + facts_[i].json;
    }
    return out + "}\n";
  }
  std::string as_text() const {
    std::string out;
    for (const Fact& fact : facts_) {
      std::string value = fact.json;
      if (value.starts_with('"')) value = value.substr(1, value.size() - 2);
      out += fact.key + std::string(fact.key.size() < 26 ? 26 - fact.key.size() : 1, ' ');
      out += value + '\n';
    }
    return out;
  }

 private:
  std::vector<Fact> facts_;
};

void add_roles(const Tokenizer& tokenizer, Facts& facts) {
  const SpecialRoles& roles = tokenizer.vocabulary().roles();
  const std::pair<const char*, std::optional<TokenId>> single[] = {
      {"bos", roles.bos},   {"pad", roles.pad}, {"unk", roles.unk},
      {"mask", roles.mask}, {"cls", roles.cls}, {"sep", roles.sep}};
  const auto entry = [&](const char* role, TokenId id, std::string& out) {
    if (out.size() > 1) out += ',';
    out += std::string("{\"role\":\"") + role + "\",\"id\":" + std::to_string(id) + ",\"piece\":";
    append_json_string(tokenizer.vocabulary().piece(id), out);
    out += '}';
  };
  std::string json = "[";
  for (const auto& [role, id] : single) {
    if (id) entry(role, *id, json);
  }
  for (const TokenId id : roles.eos) entry("eos", id, json);
  facts.raw("special_roles", json + "]");
}

void add_hybrid(const HybridSpec& hybrid, const Vocabulary& vocabulary, Facts& facts) {
  facts.text("language", hybrid.language->code());
  facts.text("language_name", hybrid.language->name());
  facts.number("language_version", hybrid.language->version());
  facts.text("language_hash", hybrid.language->hash().hex());
  facts.number("language_stems", hybrid.language->form_count());
  facts.number("suffix_ids", hybrid.suffixes.size());
  facts.number("chain_ids", hybrid.chains.size());
  facts.number("numeral_ids", hybrid.numerals.size());
  facts.number("stem_ids", hybrid.stems.size());
  facts.number("piece_ids", hybrid.pieces.size());
  facts.number("decode_contexts", vocabulary.context_count());
}

void add_model(const Tokenizer& tokenizer, Facts& facts) {
  const TokenizerSpec& spec = tokenizer.spec();
  facts.text("format", format_name(spec.format));
  if (!spec.name.empty()) facts.text("name", spec.name);
  facts.text("model", model_name(spec.model.kind));
  facts.number("ids", tokenizer.size());
  size_t by_kind[6] = {};
  for (const TokenKind kind : spec.vocabulary.kinds) ++by_kind[static_cast<size_t>(kind)];
  facts.number("unused_ids", by_kind[static_cast<size_t>(TokenKind::kUnused)]);
  size_t special = 0;
  for (const AddedToken& token : spec.added_tokens) special += token.special ? 1 : 0;
  facts.number("added_tokens", spec.added_tokens.size());
  facts.number("special_added_tokens", special);
  if (!spec.model.merges.empty()) facts.number("merges", spec.model.merges.size());
  facts.number("normalizer_steps", spec.normalizers.size());
  facts.number("pre_tokenizer_steps", spec.pre_tokenizers.size());
  facts.number("post_processor_steps", spec.post_processors.size());
  facts.number("decoder_steps", spec.decoders.size());
  facts.flag("byte_fallback", spec.model.byte_fallback);
  size_t longest = 0;
  for (TokenId id = 0; id < tokenizer.size(); ++id) {
    longest = std::max(longest, tokenizer.vocabulary().bytes(id).size());
  }
  facts.number("longest_token_bytes", longest);
  if (spec.hybrid) add_hybrid(*spec.hybrid, tokenizer.vocabulary(), facts);
}

void add_properties(const Tokenizer& tokenizer, Facts& facts) {
  const TokenizerProperties& properties = tokenizer.properties();
  facts.flag("byte_complete", properties.byte_complete);
  facts.flag("normalizes", properties.normalizes);
  facts.flag("lossless", properties.lossless);
  facts.flag("replaces_invalid_utf8", properties.replaces_invalid_utf8);
  facts.flag("fast_path", properties.fast_path);
  facts.text("splitter", properties.splitter);
  facts.text("special_text",
             tokenizer.spec().special_text == SpecialTextDefault::kMatch ? "allow" : "text");
  facts.flag("truncates", tokenizer.spec().truncation.has_value());
  facts.flag("pads", tokenizer.spec().padding.has_value());
}

}  // namespace

int run_info(const InfoVerb& verb) {
  const uint64_t memory_before = resident_bytes();
  const auto start = std::chrono::steady_clock::now();
  const Tokenizer tokenizer = load_tokenizer(verb.tokenizer);
  const std::chrono::duration<double, std::milli> load = std::chrono::steady_clock::now() - start;
  const uint64_t memory_after = resident_bytes();

  Facts facts;
  facts.text("file", verb.tokenizer.path);
  add_model(tokenizer, facts);
  add_roles(tokenizer, facts);
  add_properties(tokenizer, facts);
  char milliseconds[32];
  std::snprintf(milliseconds, sizeof milliseconds, "%.1f", load.count());
  facts.raw("load_ms", milliseconds);
  if (memory_after > memory_before) facts.number("memory_bytes", memory_after - memory_before);

  StandardOutput out;
  out.write(verb.json ? facts.as_json() : facts.as_text());
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
