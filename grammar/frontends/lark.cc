#include "grammar/frontends/lark.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "grammar/frontends/lark_parameters.h"
#include "grammar/frontends/lark_terminals.h"
#include "grammar/frontends/source_error.h"

namespace tokrail {
namespace {

using Kind = LarkNode::Kind;

constexpr size_t kMaxInstances = 200000;     // of parametric rules and templates
constexpr size_t kMaxExpressions = 4000000;  // made from them
constexpr size_t kMaxGrammars = 1000;        // named by @name

// One text and its tree.
struct Source {
  Source(std::string source_text, std::string source_prefix)
      : text(std::move(source_text)),
        syntax(parse_lark(text)),
        lines(text),
        prefix(std::move(source_prefix)) {}

  const std::string text;
  const LarkSyntax syntax;
  const LineIndex lines;
  const std::string prefix;  ///< before the names of rules
};

// One scope of a source, with what its names mean.
struct Scope {
  Scope(const Source& scope_source, uint32_t scope_index, std::string scope_prefix,
        RegexSet& regexes)
      : source(scope_source),
        syntax(scope_source.syntax.scopes[scope_index]),
        index(scope_index),
        prefix(std::move(scope_prefix)),
        names(collect_lark_names(source.text, syntax)),
        terminals(source.text, source.syntax, names, regexes) {}

  const Source& source;
  const LarkScope& syntax;
  const uint32_t index;
  const std::string prefix;
  const LarkNames names;
  LarkTerminals terminals;
  TerminalId ignore = Grammar::kUndefined;
  bool ignores_once = false;
};

class Lowering {
 public:
  Lowering(std::string_view text, const LarkOptions& options) : options_(options) {
    sources_.emplace_back(std::string(text), "");
  }

  Grammar run() {
    Scope& root = open_scope(sources_.front(), 0, "");
    const RuleId start = start_of(root);
    define_all();
    set_start(root, start);
    return std::move(grammar_);
  }

 private:
  // A rule of the text with what it is instantiated with.
  struct Instance {
    Scope* scope;
    const LarkEntry* entry;
    uint64_t parameter;
    std::vector<ExprId> arguments;
    friend auto operator<=>(const Instance&, const Instance&) = default;
  };

  [[noreturn]] static void fail(const Scope& scope, uint32_t offset, const std::string& message) {
    fail_at(scope.source.text, offset, message);
  }

  // Scopes.

  Scope& open_scope(const Source& source, uint32_t index, std::string prefix) {
    scopes_.emplace_back(source, index, std::move(prefix), grammar_.regexes());
    Scope& scope = scopes_.back();
    check_names(scope);
    read_options(scope);
    std::vector<RegexId> ignored;
    for (const LarkScope::Part& part : scope.syntax.ignores) {
      ignored.push_back(scope.terminals.expression(part.first_node, part.node));
    }
    if (!ignored.empty()) {
      scope.ignore = grammar_.add_terminal(
          {.name = "%ignore", .regex = grammar_.regexes().alternate(ignored), .lexing = lexing()});
    }
    return scope;
  }

  // Names that are used anywhere are defined, whether the start reaches them or not.
  static void check_names(const Scope& scope) {
    for (const LarkDefinition& definition : scope.syntax.definitions) {
      const LarkSyntax& syntax = scope.source.syntax;
      const std::vector<bool> below =
          nodes_below(syntax, definition.first_node, definition.body, true);
      for (uint32_t id = definition.first_node; id <= definition.body; ++id) {
        const LarkNode& node = syntax.nodes[id];
        if (!below[id - definition.first_node] || node.kind != Kind::kName) continue;
        const auto& own = definition.template_names;
        if (std::find(own.begin(), own.end(), node.text) != own.end()) continue;
        if (scope.names.contains(node.text)) continue;
        const auto& declared = scope.syntax.declared;
        if (std::find(declared.begin(), declared.end(), node.text) != declared.end()) {
          fail(scope, node.offset, "'" + node.text + "' is declared, but nothing defines it");
        }
        fail(scope, node.offset, "there is no rule or terminal '" + node.text + "'");
      }
    }
  }

  static void read_options(Scope& scope) {
    for (const LarkScope::Options& one : scope.syntax.options) {
      boost::system::error_code error;
      const boost::json::value value =
          boost::json::parse(boost::json::string_view(one.json.data(), one.json.size()), error);
      if (error || !value.is_object()) {
        fail(scope, one.offset, "expected an object with options behind %llguidance");
      }
      for (const auto& [key, setting] : value.get_object()) {
        const std::string name(key);
        const bool is_known = name == "no_forcing" || name == "allow_initial_skip" ||
                              name == "ignore_once" || name == "allow_invalid_utf8";
        if (!is_known) fail(scope, one.offset, "there is no option '" + name + "'");
        if (!setting.is_bool()) fail(scope, one.offset, "option '" + name + "' is true or false");
        if (name == "ignore_once") scope.ignores_once = setting.get_bool();
        if (name == "allow_invalid_utf8" && setting.get_bool()) {
          fail_at(scope.source.text, one.offset, "option 'allow_invalid_utf8' is not supported",
                  ErrorCode::kUnsupported);
        }
      }
    }
  }

  RuleId start_of(Scope& scope) {
    const auto found = scope.names.find("start");
    const uint32_t offset = scope.index == 0 ? static_cast<uint32_t>(scope.source.text.size()) : 0;
    if (found == scope.names.end() || found->second.is_terminal) {
      fail(scope, offset, "expected a rule 'start'");
    }
    return call(scope, found->second, "start", {}, 0, {}, found->second.offset);
  }

  // What is ignored may stand at the end of the text, too.
  void set_start(Scope& root, RuleId start) {
    if (root.ignore == Grammar::kUndefined) {
      grammar_.set_start(start);
      return;
    }
    const RuleId whole = grammar_.add_rule("%text");
    const ExprId ignored = grammar_.terminal(root.ignore);
    grammar_.define(
        whole,
        grammar_.sequence({grammar_.rule(start),
                           root.ignores_once ? grammar_.optional(ignored)
                                             : grammar_.repeat(ignored, 0, Grammar::kUnbounded)}));
    grammar_.set_start(whole);
  }

  // Instances.

  RuleId call(Scope& scope, const LarkEntry& entry, const std::string& name,
              const LarkParameter& parameter, uint64_t value, std::vector<ExprId> arguments,
              uint32_t offset) {
    const LarkDefinition& definition = *entry.definitions.front();
    const bool gives = parameter.kind != LarkParameter::Kind::kNone;
    if (gives && !definition.is_parametric) {
      fail(scope, offset, "rule '" + name + "' has no parameter");
    }
    if (!gives && definition.is_parametric) {
      fail(scope, offset, "rule '" + name + "' needs a parameter: " + name + "::...");
    }
    if (arguments.size() != definition.template_names.size()) {
      fail(scope, offset,
           "'" + name + "' needs " + std::to_string(definition.template_names.size()) +
               " arguments");
    }
    std::string full_name = scope.prefix + name;
    if (gives) full_name += "::" + std::to_string(value);
    Instance key{&scope, &entry, value, std::move(arguments)};
    const auto [it, is_new] = instances_.try_emplace(std::move(key), Grammar::kUndefined);
    if (is_new) {
      if (instances_.size() > kMaxInstances) {
        fail_at(
            scope.source.text, offset,
            "rules with parameters need more than " + std::to_string(kMaxInstances) + " instances",
            ErrorCode::kBudgetExhausted);
      }
      it->second = grammar_.add_rule(std::move(full_name), place(scope, definition.offset));
      todo_.push_back(&*it);
    }
    return it->second;
  }

  std::string place(const Scope& scope, uint32_t offset) const {
    const std::string where = scope.source.lines.place(offset);
    return scope.source.prefix.empty() ? where : scope.source.prefix + where;
  }

  void define_all() {
    while (!todo_.empty()) {
      const auto& [instance, rule] = *todo_.front();
      todo_.pop_front();
      define(instance, rule);
      if (grammar_.expressions().size() > kMaxExpressions) {
        throw Error(ErrorCode::kBudgetExhausted,
                    "the grammar has more than " + std::to_string(kMaxExpressions) +
                        " expressions after its parameters are filled in");
      }
    }
  }

  void define(const Instance& instance, RuleId rule) {
    Scope& scope = *instance.scope;
    std::vector<ExprId> choices;
    for (const LarkDefinition* definition : instance.entry->definitions) {
      choices.push_back(body_of(instance, *definition, rule));
    }
    grammar_.define(rule, grammar_.choice(choices));
    if (scope.ignore != Grammar::kUndefined && !scope.ignores_once) {
      grammar_.set_ignore(rule, scope.ignore);
    }
  }

  ExprId body_of(const Instance& instance, const LarkDefinition& definition, RuleId rule) {
    Scope& scope = *instance.scope;
    if (definition.capture) grammar_.rule_data(rule).capture = *definition.capture;
    const bool has_stop = definition.stop != kNoLarkNode || definition.suffix != kNoLarkNode;
    if (definition.stop_capture && !has_stop) {
      fail(scope, definition.offset, "stop_capture needs stop or suffix");
    }
    const bool is_terminal = definition.lazy || has_stop;
    const bool has_limits = definition.max_tokens || definition.temperature;
    if (definition.is_parametric && (is_terminal || has_limits)) {
      fail(scope, definition.offset,
           "a rule with a parameter has no lazy, stop, suffix, max_tokens or temperature");
    }
    if (definition.max_tokens == 0u) return grammar_.empty();
    if (is_terminal) return attributed_terminal(scope, definition);
    if (has_limits) {
      const Kind kind = scope.source.syntax.nodes[definition.body].kind;
      if (kind == Kind::kGrammar || kind == Kind::kJson || kind == Kind::kScope) {
        grammar_.rule_data(rule).max_tokens = definition.max_tokens;
        grammar_.rule_data(rule).temperature = definition.temperature;
      } else {
        return attributed_terminal(scope, definition);
      }
    }
    return lower(instance, definition);
  }

  // lazy: the shortest match of the body. suffix: of the body with the suffix behind it. stop: a
  // text of the body before which no match of body and stop ends; what comes behind it is not read.
  ExprId attributed_terminal(Scope& scope, const LarkDefinition& definition) {
    RegexSet& regexes = grammar_.regexes();
    Terminal terminal{.name = definition.name, .lexing = lexing()};
    terminal.regex = scope.terminals.expression(definition.first_node, definition.body);
    terminal.capture = definition.stop_capture.value_or("");
    terminal.max_tokens = definition.max_tokens;
    terminal.temperature = definition.temperature;
    const auto regex_of = [&](uint32_t node) {
      return scope.terminals.expression(definition.first_node, node);
    };
    if (definition.stop != kNoLarkNode) {
      const RegexId stop = regex_of(definition.stop);
      // An empty stop is the end of the text.
      if (stop != RegexSet::kEmpty) {
        const RegexId stopped = regexes.concat({terminal.regex, stop, RegexSet::kAnything});
        terminal.regex = regexes.difference(terminal.regex, stopped);
        terminal.lexing = Lexing::kEvery;
      }
    } else {
      if (definition.suffix != kNoLarkNode) {
        terminal.regex = regexes.concat(terminal.regex, regex_of(definition.suffix));
      }
      if (definition.lazy || definition.suffix != kNoLarkNode) make_shortest(terminal);
    }
    return with_ignored(scope, grammar_.terminal(std::move(terminal)));
  }

  void make_shortest(Terminal& terminal) {
    terminal.lexing = Lexing::kShortest;
    if (!options_.lex_every) return;
    // The same language without a lexer: no other match is a prefix.
    RegexSet& regexes = grammar_.regexes();
    const RegexId longer =
        regexes.concat({terminal.regex, regexes.bytes(ByteSet::all()), RegexSet::kAnything});
    terminal.regex = regexes.difference(terminal.regex, longer);
    terminal.lexing = Lexing::kEvery;
  }

  Lexing lexing() const { return options_.lex_every ? Lexing::kEvery : Lexing::kLongest; }

  // With ignore_once, what is ignored stands before each terminal by itself.
  ExprId with_ignored(const Scope& scope, ExprId terminal) {
    if (scope.ignore == Grammar::kUndefined || !scope.ignores_once) return terminal;
    return grammar_.sequence({grammar_.optional(grammar_.terminal(scope.ignore)), terminal});
  }

  // Rules' expressions: nodes in the order of their ids, children first.

  ExprId lower(const Instance& instance, const LarkDefinition& definition) {
    const uint32_t first = definition.first_node;
    const std::vector<bool> below = possible_nodes(instance, definition);
    std::vector<ExprId> lowered(below.size(), grammar_.empty());
    for (uint32_t id = first; id <= definition.body; ++id) {
      if (below[id - first]) lowered[id - first] = lower_one(instance, definition, id, lowered);
    }
    return lowered.back();
  }

  // Nodes below the body, without alternatives whose conditions do not hold: what they call may
  // need a parameter that is never reached.
  static std::vector<bool> possible_nodes(const Instance& instance,
                                          const LarkDefinition& definition) {
    const LarkSyntax& syntax = instance.scope->source.syntax;
    const uint32_t first = definition.first_node;
    std::vector<bool> below(definition.body - first + 1, false);
    below.back() = true;
    for (uint32_t id = definition.body + 1; id-- > first;) {
      const LarkNode& node = syntax.nodes[id];
      if (!below[id - first] || node.kind == Kind::kNot) continue;
      for (size_t i = 0; i < node.children.size(); ++i) {
        if (is_possible(instance, definition, node, i)) below[node.children[i] - first] = true;
      }
    }
    return below;
  }

  static bool is_possible(const Instance& instance, const LarkDefinition& definition,
                          const LarkNode& node, size_t child) {
    if (node.conditions.empty()) return true;
    const Scope& scope = *instance.scope;
    if (!definition.is_parametric) {
      fail(scope, definition.offset, "%if needs a rule with a parameter: name::_");
    }
    return lark_condition_holds(scope.source.syntax.conditions, node.conditions[child],
                                instance.parameter);
  }

  ExprId lower_one(const Instance& instance, const LarkDefinition& definition, uint32_t id,
                   const std::vector<ExprId>& lowered) {
    Scope& scope = *instance.scope;
    const LarkNode& node = scope.source.syntax.nodes[id];
    std::vector<ExprId> children;
    if (node.kind != Kind::kNot) {
      for (const uint32_t child : node.children) {
        children.push_back(lowered[child - definition.first_node]);
      }
    }
    switch (node.kind) {
      case Kind::kLiteral:
        if (node.text.empty()) return grammar_.empty();
        [[fallthrough]];
      case Kind::kRange:
      case Kind::kRegex:
      case Kind::kRegexExt: return unnamed(scope, scope.terminals.value(node));
      case Kind::kNot: return unnamed(scope, scope.terminals.expression(definition.first_node, id));
      case Kind::kName: return lower_name(instance, definition, node, std::move(children));
      case Kind::kToken: return token_set(scope, node);
      case Kind::kGrammar: return grammar_.rule(named_grammar(scope, node));
      case Kind::kJson: return grammar_.rule(json_grammar(scope, node));
      case Kind::kScope: return grammar_.rule(nested_grammar(scope, node));
      case Kind::kSequence: return grammar_.sequence(children);
      case Kind::kAnd:
        fail(scope, node.offset, "& is for terminals; give this one a name in capitals");
      case Kind::kRepeat: return grammar_.repeat(children[0], node.min, node.max);
      case Kind::kChoice: break;
    }
    std::vector<ExprId> choices;
    for (size_t i = 0; i < children.size(); ++i) {
      if (is_possible(instance, definition, node, i)) choices.push_back(children[i]);
    }
    return grammar_.choice(choices);
  }

  ExprId unnamed(const Scope& scope, RegexId regex) {
    return with_ignored(scope, grammar_.terminal(Terminal{.regex = regex, .lexing = lexing()}));
  }

  ExprId lower_name(const Instance& instance, const LarkDefinition& definition,
                    const LarkNode& node, std::vector<ExprId> arguments) {
    Scope& scope = *instance.scope;
    const auto& own = definition.template_names;
    const auto argument = std::find(own.begin(), own.end(), node.text);
    if (argument != own.end()) {
      return instance.arguments[static_cast<size_t>(argument - own.begin())];
    }
    const auto& [name, entry] = *scope.names.find(node.text);
    const LarkParameter& parameter = node.parameter;
    if (entry.is_terminal) {
      if (node.flag || parameter.kind != LarkParameter::Kind::kNone) {
        fail(scope, node.offset, "terminals have no parameters");
      }
      const int32_t priority = entry.definitions.empty() ? 0 : entry.definitions.front()->priority;
      return with_ignored(
          scope, grammar_.terminal(Terminal{.name = name,
                                            .regex = scope.terminals.named(name, node.offset),
                                            .lexing = lexing(),
                                            .priority = priority}));
    }
    const bool is_free = parameter.kind == LarkParameter::Kind::kNone ||
                         parameter.kind == LarkParameter::Kind::kConstant;
    if (!is_free && !definition.is_parametric) {
      fail(
          scope, node.offset,
          "rule '" + definition.name + "' has no parameter to give on: " + definition.name + "::_");
    }
    const RuleId rule =
        call(scope, entry, name, parameter, apply_parameter(parameter, instance.parameter),
             std::move(arguments), node.offset);
    return grammar_.rule(rule);
  }

  // <name>, <[1,4-7]>, <[^1,4-7]>, <[*]>.
  ExprId token_set(const Scope& scope, const LarkNode& node) {
    const std::string& text = node.text;
    TokenSet set;
    if (!text.starts_with("<[") || !text.ends_with("]>")) {
      set.names.push_back(text);
      return before_token(scope, grammar_.tokens(std::move(set)));
    }
    std::string_view list = std::string_view(text).substr(2, text.size() - 4);
    set.negated = list.starts_with('^');
    if (set.negated) list.remove_prefix(1);
    if (list == "*") {
      if (set.negated) fail(scope, node.offset, "no token is in <[^*]>");
      set.negated = true;
      return before_token(scope, grammar_.tokens(std::move(set)));
    }
    while (!list.empty()) {
      const size_t comma = std::min(list.find(','), list.size());
      add_range(scope, node, list.substr(0, comma), set);
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
    if (set.ids.empty()) fail(scope, node.offset, "expected ids of tokens");
    return before_token(scope, grammar_.tokens(std::move(set)));
  }

  static void add_range(const Scope& scope, const LarkNode& node, std::string_view text,
                        TokenSet& set) {
    if (text.empty()) return;
    TokenSet::Range range{};
    const char* const end = text.data() + text.size();
    auto [p, error] = std::from_chars(text.data(), end, range.first);
    range.last = range.first;
    if (error == std::errc() && p != end && *p == '-') {
      std::tie(p, error) = [&] {
        const auto result = std::from_chars(p + 1, end, range.last);
        return std::pair(result.ptr, result.ec);
      }();
    }
    if (error != std::errc() || p != end) {
      fail(scope, node.offset, "expected ids of tokens like <[7]>, <[3-5,9]>, <[^1]> or <[*]>");
    }
    if (range.first > range.last) fail(scope, node.offset, "the range of tokens is backwards");
    set.ids.push_back(range);
  }

  // Tokens are no terminals, so what may be ignored before them is said.
  ExprId before_token(const Scope& scope, ExprId tokens) {
    if (scope.ignore == Grammar::kUndefined) return tokens;
    const ExprId ignored = grammar_.terminal(scope.ignore);
    // A rule with `ignore` already allows any number before a terminal.
    const uint32_t max = scope.ignores_once ? 1 : Grammar::kUnbounded;
    return grammar_.sequence({grammar_.repeat(ignored, 0, max), tokens});
  }

  // Other grammars inside this one.

  RuleId nested_grammar(Scope& scope, const LarkNode& node) {
    const auto [it, is_new] = nested_.try_emplace({&scope.source, node.min}, Grammar::kUndefined);
    if (is_new) {
      Scope& inner = open_scope(scope.source, node.min,
                                scope.prefix + "lark" + std::to_string(node.min) + '.');
      if (!inner.names.contains("start")) fail(scope, node.offset, "expected a rule 'start'");
      const RuleId start = start_of(inner);
      nested_[{&scope.source, node.min}] = start;
      return start;
    }
    return it->second;
  }

  RuleId json_grammar(const Scope& scope, const LarkNode& node) {
    const auto [it, is_new] =
        schemas_.try_emplace({&scope.source, node.offset}, Grammar::kUndefined);
    if (is_new) {
      const std::string prefix = scope.prefix + "json" + std::to_string(schemas_.size()) + '.';
      it->second = embed_schema(scope, node, node.text, prefix);
    }
    return it->second;
  }

  RuleId embed_schema(const Scope& scope, const LarkNode& node, std::string_view schema,
                      const std::string& prefix) {
    try {
      return grammar_.embed(read_json_schema(schema, options_.json).grammar, prefix);
    } catch (const Error& error) {
      const std::string where = error.where().empty() ? "" : "at " + error.where() + ": ";
      fail_at(scope.source.text, node.offset, "in this JSON schema: " + where + error.message(),
              error.code());
    }
  }

  RuleId named_grammar(const Scope& scope, const LarkNode& node) {
    const auto [it, is_new] = grammars_.try_emplace(node.text, Grammar::kUndefined);
    if (!is_new) return it->second;
    if (!options_.loader) {
      fail(scope, node.offset, "there is no grammar '@" + node.text + "': no loader is given");
    }
    if (grammars_.size() > kMaxGrammars) {
      fail_at(scope.source.text, node.offset,
              "more than " + std::to_string(kMaxGrammars) + " grammars are named",
              ErrorCode::kBudgetExhausted);
    }
    std::string text = options_.loader(node.text);
    const size_t content = text.find_first_not_of(" \t\r\n");
    if (content != std::string::npos && text[content] == '{') {
      return it->second = embed_schema(scope, node, text, node.text + '.');
    }
    try {
      const Source& source = sources_.emplace_back(std::move(text), '@' + node.text + ": ");
      return it->second = start_of(open_scope(source, 0, node.text + '.'));
    } catch (const Error& error) {
      throw error.within('@' + node.text);
    }
  }

  const LarkOptions& options_;
  Grammar grammar_;
  std::deque<Source> sources_;
  std::deque<Scope> scopes_;
  std::map<Instance, RuleId> instances_;
  std::deque<const std::pair<const Instance, RuleId>*> todo_;
  std::map<std::pair<const Source*, uint32_t>, RuleId> nested_, schemas_;
  std::map<std::string, RuleId> grammars_;
};

}  // namespace

Grammar read_lark(std::string_view text, const LarkOptions& options) {
  return Lowering(text, options).run();
}

}  // namespace tokrail
