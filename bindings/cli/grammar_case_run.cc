#include "bindings/cli/grammar_case_run.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"
#include "bindings/cli/byte_vocabulary.h"
#include "bindings/cli/thread_clock.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/lark.h"
#include "grammar/frontends/regex_notation.h"
#include "grammar/matcher.h"

namespace tokrail::cli {

namespace {

// Values one after the other, for a pipe between two processes of the same program.
class Writer {
 public:
  template <typename T>
  Writer& operator<<(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  template <typename T>
  Writer& operator<<(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    *this << values.size();
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    return *this;
  }
  Writer& operator<<(const std::string& text) {
    *this << text.size();
    bytes_ += text;
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  Reader& operator>>(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, next(sizeof value), sizeof value);
    return *this;
  }
  template <typename T>
  Reader& operator>>(std::vector<T>& values) {
    size_t size = 0;
    *this >> size;
    const char* const from = next(size * sizeof(T));
    values.resize(size);
    if (size > 0) std::memcpy(values.data(), from, size * sizeof(T));
    return *this;
  }
  Reader& operator>>(std::string& text) {
    size_t size = 0;
    *this >> size;
    text.assign(next(size), size);
    return *this;
  }

 private:
  const char* next(size_t size) {
    if (size > bytes_.size()) throw Error(ErrorCode::kInternal, "a result of a worker is cut");
    const char* const at = bytes_.data();
    bytes_.remove_prefix(size);
    return at;
  }
  std::string_view bytes_;
};

const ThreadClock& thread_clock() {
  static const ThreadClock clock;
  return clock;
}

}  // namespace

std::string CaseResult::to_bytes() const {
  Writer out;
  out << compiled << error_code << message << where << setup_ms << compile_us << first_mask_us
      << memory << instances << mask_us << mask_repeat_us << accept_us << accept_tokens
      << accept_sum_us;
  return out.take();
}

CaseResult CaseResult::from_bytes(std::string_view bytes) {
  CaseResult result;
  Reader in(bytes);
  in >> result.compiled >> result.error_code >> result.message >> result.where >> result.setup_ms >>
      result.compile_us >> result.first_mask_us >> result.memory >> result.instances >>
      result.mask_us >> result.mask_repeat_us >> result.accept_us >> result.accept_tokens >>
      result.accept_sum_us;
  return result;
}

Grammar read_grammar(const GrammarCase& one) {
  switch (one.notation) {
    case Notation::kGbnf: return read_gbnf(one.text);
    case Notation::kLark: {
      LarkOptions options{.json = one.json};
      options.json.escapes_in_patterns = LarkOptions{}.json.escapes_in_patterns;
      return read_lark(one.text, options);
    }
    case Notation::kJsonSchema: return std::move(read_json_schema(one.text, one.json).grammar);
    case Notation::kRegex: break;
  }
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), one.text)));
  grammar.set_start(root);
  return grammar;
}

CaseRunner::CaseRunner(std::optional<Tokenizer> tokenizer, const CaseRunOptions& options)
    : tokenizer_(std::move(tokenizer)),
      vocabulary_(tokenizer_ ? tokenizer_->shared_vocabulary() : byte_vocabulary()),
      options_(options),
      mask_(mask_words(vocabulary_->size())) {
  const double begin = thread_clock().now();
  vocabulary_->tries(vocabulary_->inside_context());
  tables_ = new_tables();
  setup_ms_ = thread_clock().since(begin) / 1e3;
}

std::shared_ptr<MaskTables> CaseRunner::new_tables() const {
  return std::make_shared<MaskTables>(vocabulary_);
}

std::shared_ptr<const CompiledGrammar> CaseRunner::compile(const GrammarCase& one,
                                                           CaseResult& result) {
  if (options_.fresh_tables) tables_ = new_tables();
  std::shared_ptr<const CompiledGrammar> compiled;
  const double begin = thread_clock().now();
  try {
    const Grammar grammar = read_grammar(one);
    if (!tokenizer_ && one.wanted == GrammarCase::Wanted::kCompiles) {
      grammar.check();  // it may name tokens that bytes alone do not have
      result.compiled = true;
    } else {
      compiled = CompiledGrammar::compile(grammar, tables_, options_.limits);
      result.compile_us = thread_clock().since(begin);
    }
  } catch (const Error& error) {
    result.compile_us = thread_clock().since(begin);
    result.error_code = static_cast<int32_t>(error.code());
    result.message = error.message();
    result.where = error.where();
  }
  return compiled;
}

bool CaseRunner::spells(const Tokens& tokens, std::string_view text) const {
  std::string spelled;
  DecodeContext context = tokens.start;
  for (const TokenId id : tokens.ids) {
    if (id >= vocabulary_->size() || !vocabulary_->is_text(id)) return false;
    vocabulary_->bytes(context, id).append_to(spelled);
    context = vocabulary_->next_context(context, id);
    if (spelled.size() > text.size()) return false;
  }
  return spelled.append(vocabulary_->final_bytes(context)) == text;
}

// Ids that spell the text; none where the tokenizer cannot spell it (it may change texts).
CaseRunner::Tokens CaseRunner::tokens_of(const GrammarInstance& instance) const {
  if (!tokenizer_) return {};
  Tokens tokens{instance.ids, vocabulary_->inside_context()};
  if (!tokens.ids.empty() && spells(tokens, instance.text)) return tokens;
  EncodeOptions options;
  options.add_special_tokens = false;
  options.special_text = SpecialText::as_text();
  options.ignore_file_limits = true;
  tokens.ids = tokenizer_->encode(instance.text, options);
  if (vocabulary_->exact()) tokens.start = vocabulary_->start_context();
  if (!spells(tokens, instance.text)) tokens.ids.clear();
  return tokens;
}

InstanceResult CaseRunner::take_bytes(const std::shared_ptr<const CompiledGrammar>& grammar,
                                      std::string_view text) const {
  InstanceResult result;
  Matcher matcher(grammar);
  result.taken = matcher.accept_bytes(text);
  result.accepted = result.taken && matcher.is_complete();
  size_t taken = text.size();
  if (!result.taken) {
    size_t refused = text.size();  // a prefix of this length is refused, one of `taken` is not
    for (taken = 0; refused - taken > 1;) {
      const size_t middle = taken + (refused - taken) / 2;
      (matcher.accept_bytes(text.substr(0, middle)) ? taken : refused) = middle;
      matcher.reset();
    }
  }
  result.offset = static_cast<uint32_t>(taken);
  return result;
}

InstanceResult CaseRunner::take_tokens(const std::shared_ptr<const CompiledGrammar>& grammar,
                                       const Tokens& tokens, std::vector<float>& times) {
  using Fault = InstanceResult::Fault;
  InstanceResult result;
  Matcher matcher(grammar, tokens.start);
  DecodeContext context = tokens.start;
  for (const TokenId id : tokens.ids) {
    const double begin = thread_clock().now();
    const MaskStatus status = matcher.fill_mask(mask_);
    times.push_back(static_cast<float>(thread_clock().since(begin)));
    if (status == MaskStatus::kFuel || status == MaskStatus::kCancelled) {
      result.fault = Fault::kNoMask;
    } else if (const bool allowed = mask_test(mask_, id); matcher.accept(id) != allowed) {
      result.fault = Fault::kMaskAgainstAccept;
    } else if (allowed) {
      result.offset += static_cast<uint32_t>(vocabulary_->bytes(context, id).size());
      context = vocabulary_->next_context(context, id);
      continue;
    }
    return result;
  }
  result.taken = true;
  result.accepted = matcher.is_complete();
  const MaskStatus status = matcher.fill_mask(mask_);
  if (status == MaskStatus::kFuel || status == MaskStatus::kCancelled) {
    result.fault = Fault::kNoMask;
    return result;
  }
  for (const TokenId end : vocabulary_->roles().eos) {
    if (mask_test(mask_, end) != result.accepted) result.fault = Fault::kMaskAgainstEnd;
  }
  return result;
}

void CaseRunner::time_accept(const std::shared_ptr<const CompiledGrammar>& grammar,
                             const Tokens& tokens, CaseResult& result) const {
  constexpr size_t kBatch = 64;
  const std::vector<TokenId>& ids = tokens.ids;
  Matcher matcher(grammar, tokens.start);
  bool going = true;
  for (size_t first = 0; first < ids.size() && going; first += kBatch) {
    const size_t last = std::min(ids.size(), first + kBatch);
    size_t taken = 0;
    const double begin = thread_clock().now();
    for (size_t i = first; i < last && going; ++i) {
      going = matcher.accept(ids[i]);
      ++taken;
    }
    const double spent = thread_clock().since(begin);
    result.accept_us.push_back(static_cast<float>(spent / static_cast<double>(taken)));
    result.accept_tokens += taken;
    result.accept_sum_us += spent;
  }
}

CaseResult CaseRunner::run(const GrammarCase& one) {
  CaseResult result;
  result.setup_ms = setup_ms_;
  const std::shared_ptr<const CompiledGrammar> grammar = compile(one, result);
  if (grammar == nullptr) return result;
  result.compiled = true;
  std::vector<Tokens> texts;
  for (const GrammarInstance& instance : one.instances) {
    texts.push_back(tokens_of(instance));
    if (texts.back().ids.empty()) {
      result.instances.push_back(take_bytes(grammar, instance.text));
      continue;
    }
    result.instances.push_back(take_tokens(grammar, texts.back(), result.mask_us));
  }
  if (!result.mask_us.empty()) result.first_mask_us = result.mask_us.front();
  for (int pass = 1; pass < options_.passes; ++pass) {
    result.mask_repeat_us.clear();
    for (const Tokens& text : texts) take_tokens(grammar, text, result.mask_repeat_us);
  }
  for (const Tokens& text : texts) time_accept(grammar, text, result);
  result.memory = grammar->memory();
  return result;
}

}  // namespace tokrail::cli
