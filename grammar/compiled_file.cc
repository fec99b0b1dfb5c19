#include "grammar/compiled_file.h"

#include <bit>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/file_bytes.h"
#include "grammar/recogniser/compiled_state.h"
#include "grammar/regex_file.h"

namespace tokrail {

namespace {

using Kind = Grammar::Kind;

constexpr std::string_view kMagic = "TKG1";
constexpr uint32_t kVersion = 1;
constexpr size_t kBeforeChecksum = 16;  // magic, version, size
constexpr uint32_t kFixedExpressions = 2;

uint64_t checksum(std::string_view bytes) {
  StableHash hash;
  hash.add(bytes);
  return hash.value().low;
}

/// What rules and terminals carry along.
template <typename Carrier>
void write_attributes(FileWriter& out, const Carrier& from) {
  out.text(from.capture);
  out.optional(from.max_tokens);
  out.optional(from.temperature
                   ? std::optional<uint32_t>(std::bit_cast<uint32_t>(*from.temperature))
                   : std::nullopt);
}

template <typename Carrier>
void read_attributes(FileReader& in, Carrier& to) {
  to.capture = in.text();
  to.max_tokens = in.optional();
  const std::optional<uint32_t> temperature = in.optional();
  if (temperature) to.temperature = std::bit_cast<float>(*temperature);
}

class GrammarFileWriter {
 public:
  GrammarFileWriter(const Grammar& grammar, FileWriter& out)
      : grammar_(grammar), out_(out), regexes_(grammar.regexes(), wanted(grammar)) {
    number_expressions();
  }

  void write() {
    regexes_.write(out_);
    out_.count(grammar_.terminals().size());
    for (const Terminal& terminal : grammar_.terminals()) {
      out_.text(terminal.name);
      out_.number(regexes_.number(terminal.regex));
      out_.number(static_cast<uint8_t>(terminal.lexing));
      out_.number(static_cast<uint32_t>(terminal.priority));
      write_attributes(out_, terminal);
    }
    out_.count(grammar_.rules().size());
    for (const Grammar::Rule& rule : grammar_.rules()) {
      out_.text(rule.name);
      out_.text(rule.where);
      out_.number(rule.ignore);
      write_attributes(out_, rule);
    }
    out_.count(order_.size());
    for (const ExprId id : order_) write(grammar_.expressions()[id]);
    for (const Grammar::Rule& rule : grammar_.rules()) out_.number(numbers_[rule.body]);
    out_.number(grammar_.start());
  }

 private:
  static std::vector<RegexId> wanted(const Grammar& grammar) {
    std::vector<RegexId> ids;
    for (const Terminal& terminal : grammar.terminals()) ids.push_back(terminal.regex);
    for (const DistinctEntries& entries : grammar.distinct_entries()) {
      for (const auto& one : entries.listed) ids.push_back(one.key);
      for (const auto& one : entries.open) ids.push_back(one.key);
      ids.push_back(entries.separator);
    }
    return ids;
  }

  // Those that rules need; an expression stands behind all it is made of already.
  void number_expressions() {
    const auto& all = grammar_.expressions();
    std::vector<bool> needed(all.size(), false);
    for (const Grammar::Rule& rule : grammar_.rules()) needed[rule.body] = true;
    for (size_t id = all.size(); id-- > kFixedExpressions;) {
      if (!needed[id]) continue;
      for (const ExprId child : all[id].children) needed[child] = true;
      if (all[id].kind != Kind::kDistinct) continue;
      const DistinctEntries& entries = grammar_.distinct_entries()[all[id].value];
      for (const auto& one : entries.listed) needed[one.rest] = true;
      for (const auto& one : entries.open) needed[one.rest] = true;
    }
    numbers_.resize(all.size(), 0);
    numbers_[1] = 1;
    for (ExprId id = kFixedExpressions; id < all.size(); ++id) {
      if (!needed[id]) continue;
      numbers_[id] = kFixedExpressions + static_cast<uint32_t>(order_.size());
      order_.push_back(id);
    }
  }

  void write(const Grammar::Expression& expression) {
    out_.number(static_cast<uint8_t>(expression.kind));
    switch (expression.kind) {
      case Kind::kEmpty:
      case Kind::kNothing: break;
      case Kind::kTerminal:
      case Kind::kRule: out_.number(expression.value); break;
      case Kind::kSequence:
      case Kind::kChoice:
        out_.count(expression.children.size());
        for (const ExprId child : expression.children) out_.number(numbers_[child]);
        break;
      case Kind::kRepeat:
        out_.number(numbers_[expression.children[0]]);
        out_.number(expression.min);
        out_.number(expression.max);
        break;
      case Kind::kTokens: write(grammar_.token_sets()[expression.value]); break;
      case Kind::kDistinct: write(grammar_.distinct_entries()[expression.value]); break;
    }
  }

  void write(const TokenSet& set) {
    out_.count(set.ids.size());
    for (const TokenSet::Range& range : set.ids) {
      out_.number(range.first);
      out_.number(range.last);
    }
    out_.count(set.names.size());
    for (const std::string& name : set.names) out_.text(name);
    out_.number(static_cast<uint8_t>(set.negated));
  }

  void write(const DistinctEntries& entries) {
    out_.count(entries.listed.size());
    for (const DistinctEntries::Listed& one : entries.listed) {
      out_.number(regexes_.number(one.key));
      out_.number(numbers_[one.rest]);
      out_.number(static_cast<uint8_t>(one.required));
      out_.count(one.requires_entries.size());
      for (const uint32_t other : one.requires_entries) out_.number(other);
    }
    out_.count(entries.open.size());
    for (const DistinctEntries::Open& one : entries.open) {
      out_.number(regexes_.number(one.key));
      out_.number(numbers_[one.rest]);
    }
    out_.number(static_cast<uint8_t>(entries.ordered));
    out_.number(static_cast<uint8_t>(entries.distinct_open));
    out_.number(static_cast<uint8_t>(entries.sameness));
    out_.number(regexes_.number(entries.separator));
    out_.number(entries.min);
    out_.number(entries.max);
  }

  const Grammar& grammar_;
  FileWriter& out_;
  RegexFileWriter regexes_;
  std::vector<uint32_t> numbers_;  ///< of expressions in the file
  std::vector<ExprId> order_;
};

/// Builds the grammar by the same calls that front ends use, which check ids and bounds; numbers of
/// the file are looked at before.
class GrammarFileReader {
 public:
  explicit GrammarFileReader(FileReader& in) : in_(in) {}

  Grammar read() {
    regexes_ = read_regex_file(in_, grammar_.regexes());
    const uint32_t terminals = in_.count(kLeastBytes);
    for (uint32_t i = 0; i < terminals; ++i) terminals_.push_back(terminal());
    const uint32_t rules = in_.count(kLeastBytes);
    for (uint32_t i = 0; i < rules; ++i) rule();
    expressions_ = {grammar_.empty(), grammar_.nothing()};
    const uint32_t expressions = in_.count(kLeastBytes);
    for (uint32_t i = 0; i < expressions; ++i) expressions_.push_back(expression());
    for (RuleId id = 0; id < rules; ++id) grammar_.define(id, part());
    grammar_.set_start(in_.below(rules, "a start rule that exists"));
    return std::move(grammar_);
  }

 private:
  static constexpr size_t kLeastBytes = 5;

  RegexId regex() { return regexes_[in_.below(regexes_.size(), "an expression that exists")]; }
  ExprId part() {
    return expressions_[in_.below(expressions_.size(), "an expression that came before")];
  }

  TerminalId terminal() {
    Terminal terminal;
    terminal.name = in_.text();
    terminal.regex = regex();
    terminal.lexing = static_cast<Lexing>(in_.byte_below(3, "a known way of lexing"));
    terminal.priority = static_cast<int32_t>(in_.u32());
    read_attributes(in_, terminal);
    return grammar_.add_terminal(std::move(terminal));
  }

  void rule() {
    std::string name(in_.text());
    const RuleId id = grammar_.add_rule(std::move(name), std::string(in_.text()));
    const uint32_t ignore = in_.u32();
    if (ignore != Grammar::kUndefined) {
      if (ignore >= terminals_.size()) in_.fail("a terminal that exists");
      grammar_.set_ignore(id, terminals_[ignore]);
    }
    read_attributes(in_, grammar_.rule_data(id));
  }

  ExprId expression() {
    switch (static_cast<Kind>(in_.number<uint8_t>())) {
      case Kind::kTerminal:
        return grammar_.terminal(
            terminals_[in_.below(terminals_.size(), "a terminal that exists")]);
      case Kind::kRule:
        return grammar_.rule(in_.below(grammar_.rules().size(), "a rule that exists"));
      case Kind::kSequence: return grammar_.sequence(parts());
      case Kind::kChoice: return grammar_.choice(parts());
      case Kind::kRepeat: {
        const ExprId what = part();
        const uint32_t min = in_.u32(), max = in_.u32();
        if (min > max || min == Grammar::kUnbounded) in_.fail("a repetition with min <= max");
        return grammar_.repeat(what, min, max);
      }
      case Kind::kTokens: return grammar_.tokens(token_set());
      case Kind::kDistinct: return grammar_.distinct(distinct());
      default: in_.fail("a known kind of expression");
    }
  }

  std::vector<ExprId> parts() {
    std::vector<ExprId> parts(in_.count(sizeof(uint32_t)));
    for (ExprId& one : parts) one = part();
    return parts;
  }

  TokenSet token_set() {
    TokenSet set;
    set.ids.resize(in_.count(2 * sizeof(uint32_t)));
    for (TokenSet::Range& range : set.ids) {
      range.first = in_.u32();
      range.last = in_.u32();
      if (range.first > range.last) in_.fail("a range of token ids with first <= last");
    }
    set.names.resize(in_.count(sizeof(uint32_t)));
    for (std::string& name : set.names) name = in_.text();
    set.negated = in_.flag();
    return set;
  }

  DistinctEntries distinct() {
    DistinctEntries entries;
    const uint32_t listed = in_.count(kLeastBytes);
    for (uint32_t i = 0; i < listed; ++i) {
      DistinctEntries::Listed& one = entries.listed.emplace_back();
      one.key = regex();
      one.rest = part();
      one.required = in_.flag();
      one.requires_entries.resize(in_.count(sizeof(uint32_t)));
      for (uint32_t& other : one.requires_entries) {
        other = in_.below(listed, "an entry that exists");
      }
    }
    const uint32_t open = in_.count(kLeastBytes);
    for (uint32_t i = 0; i < open; ++i) {
      const RegexId key = regex();
      entries.open.push_back({key, part()});
    }
    entries.ordered = in_.flag();
    entries.distinct_open = in_.flag();
    entries.sameness = static_cast<Sameness>(in_.byte_below(3, "a known sameness"));
    entries.separator = regex();
    entries.min = in_.u32();
    entries.max = in_.u32();
    if (entries.min > entries.max) in_.fail("a number of entries with min <= max");
    return entries;
  }

  FileReader& in_;
  Grammar grammar_;
  std::vector<RegexId> regexes_;
  std::vector<TerminalId> terminals_;
  std::vector<ExprId> expressions_;
};

void write_file(FileWriter& out, const Grammar& grammar, const std::optional<Hash128>& vocabulary,
                uint64_t vocabulary_size) {
  grammar.check();
  FileWriter body;
  body.number(vocabulary ? vocabulary->low : uint64_t{0});
  body.number(vocabulary ? vocabulary->high : uint64_t{0});
  body.number(vocabulary_size);
  GrammarFileWriter(grammar, body).write();
  out.bytes().append(kMagic);
  out.number(kVersion);
  out.number(uint64_t{kBeforeChecksum + sizeof(uint64_t) + body.bytes().size()});
  out.number(checksum(body.bytes()));
  out.bytes().append(body.bytes());
}

std::string id_count(uint64_t ids) {
  return " (" + std::to_string(ids) + " ids)";
}

}  // namespace

std::string write_compiled(const CompiledFile& file) {
  FileWriter out;
  write_file(out, file.grammar, file.vocabulary, file.vocabulary_size);
  return std::move(out.bytes());
}

std::string write_compiled(const CompiledGrammar& compiled) {
  FileWriter out;
  const Vocabulary& vocabulary = compiled.vocabulary();
  write_file(out, compiled.impl().grammar, vocabulary.fingerprint(), vocabulary.size());
  return std::move(out.bytes());
}

CompiledFile read_compiled(std::string_view bytes) {
  FileReader in(bytes);
  if (bytes.size() < kMagic.size() || in.take(kMagic.size()) != kMagic) {
    throw Error(ErrorCode::kInvalidFile,
                "expected a .tkg file, beginning with " + std::string(kMagic));
  }
  const uint32_t version = in.u32();
  if (version != kVersion) {
    throw Error(ErrorCode::kUnsupported, "a .tkg file of version " + std::to_string(version) +
                                             ", expected " + std::to_string(kVersion) +
                                             "; compile the grammar again");
  }
  if (in.number<uint64_t>() != bytes.size()) in.fail("a file as long as it says it is");
  if (in.number<uint64_t>() != checksum(in.rest())) in.fail("a matching checksum");
  const auto low = in.number<uint64_t>(), high = in.number<uint64_t>();
  CompiledFile file;
  if (low != 0 || high != 0) file.vocabulary = Hash128{low, high};
  file.vocabulary_size = in.number<uint64_t>();
  file.grammar = GrammarFileReader(in).read();
  in.finish();
  file.grammar.check();
  return file;
}

void check_vocabulary(const CompiledFile& file, const Vocabulary& vocabulary) {
  if (!file.vocabulary || *file.vocabulary == vocabulary.fingerprint()) return;
  throw Error(ErrorCode::kInvalidArgument,
              "the grammar was compiled for the vocabulary " + file.vocabulary->hex() +
                  id_count(file.vocabulary_size) + ", this one is " +
                  vocabulary.fingerprint().hex() + id_count(vocabulary.size()));
}

std::shared_ptr<const CompiledGrammar> load_compiled(std::string_view bytes,
                                                     std::shared_ptr<MaskTables> tables,
                                                     const CompileLimits& limits) {
  if (!tables) throw Error(ErrorCode::kInvalidArgument, "compiling a grammar needs mask tables");
  const CompiledFile file = read_compiled(bytes);
  check_vocabulary(file, *tables->vocabulary());
  return CompiledGrammar::compile(file.grammar, std::move(tables), limits);
}

}  // namespace tokrail
