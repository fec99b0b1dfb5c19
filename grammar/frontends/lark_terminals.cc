#include "grammar/frontends/lark_terminals.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "grammar/frontends/regex_notation.h"
#include "grammar/frontends/source_error.h"

namespace tokrail {
namespace {

using Kind = LarkNode::Kind;

struct CommonTerminal {
  std::string_view name, pattern;
};

// What Lark's module `common` defines, as languages.
constexpr std::array kCommon = {
    CommonTerminal{"DIGIT", "[0-9]"},
    CommonTerminal{"HEXDIGIT", "[0-9A-Fa-f]"},
    CommonTerminal{"INT", "[0-9]+"},
    CommonTerminal{"SIGNED_INT", "[+-]?[0-9]+"},
    CommonTerminal{"DECIMAL", R"([0-9]+\.[0-9]*|\.[0-9]+)"},
    CommonTerminal{"_EXP", "[Ee][+-]?[0-9]+"},
    CommonTerminal{"FLOAT", R"([0-9]+[Ee][+-]?[0-9]+|([0-9]+\.[0-9]*|\.[0-9]+)([Ee][+-]?[0-9]+)?)"},
    CommonTerminal{"SIGNED_FLOAT",
                   R"([+-]?([0-9]+[Ee][+-]?[0-9]+|([0-9]+\.[0-9]*|\.[0-9]+)([Ee][+-]?[0-9]+)?))"},
    CommonTerminal{"NUMBER", R"(([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]+)?)"},
    CommonTerminal{"SIGNED_NUMBER", R"([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]+)?)"},
    CommonTerminal{"ESCAPED_STRING", R"("([^"\\\n]|\\[^\n])*")"},
    CommonTerminal{"LCASE_LETTER", "[a-z]"},
    CommonTerminal{"UCASE_LETTER", "[A-Z]"},
    CommonTerminal{"LETTER", "[A-Za-z]"},
    CommonTerminal{"WORD", "[A-Za-z]+"},
    CommonTerminal{"CNAME", "[A-Za-z_][A-Za-z0-9_]*"},
    CommonTerminal{"WS_INLINE", R"([ \t]+)"},
    CommonTerminal{"WS", R"([ \t\f\r\n]+)"},
    CommonTerminal{"CR", R"(\r)"},
    CommonTerminal{"LF", R"(\n)"},
    CommonTerminal{"NEWLINE", R"((\r?\n)+)"},
    CommonTerminal{"SH_COMMENT", R"(#[^\n]*)"},
    CommonTerminal{"CPP_COMMENT", R"(//[^\n]*)"},
    CommonTerminal{"C_COMMENT", R"(/\*[^*]*\*+([^*/][^*]*\*+)*/)"},
    CommonTerminal{"SQL_COMMENT", R"(--[^\n]*)"},
};

std::string common_names() {
  std::string names;
  for (const CommonTerminal& one : kCommon) {
    if (!names.empty()) names += ", ";
    names += one.name;
  }
  return names;
}

void add_definition(std::string_view text, const LarkDefinition& definition, LarkNames& names) {
  const auto [it, is_new] = names.try_emplace(definition.name);
  LarkEntry& entry = it->second;
  const auto fail = [&](const std::string& message) {
    fail_at(text, definition.offset, "'" + definition.name + "' " + message);
  };
  switch (definition.mode) {
    case LarkDefinition::Mode::kDefine:
      if (!is_new) fail("is defined a second time");
      break;
    case LarkDefinition::Mode::kOverride:
      if (is_new) fail("is overridden, but there is nothing of that name before");
      entry = {};
      break;
    case LarkDefinition::Mode::kExtend:
      if (is_new) fail("is extended, but there is nothing of that name before");
      break;
  }
  entry.is_terminal = definition.is_terminal;
  entry.offset = definition.offset;
  entry.definitions.push_back(&definition);
}

}  // namespace

std::string_view common_lark_terminal(std::string_view name) {
  for (const CommonTerminal& one : kCommon) {
    if (one.name == name) return one.pattern;
  }
  return {};
}

LarkNames collect_lark_names(std::string_view text, const LarkScope& scope) {
  LarkNames names;
  for (const LarkImport& import : scope.imports) {
    if (!import.path.starts_with("common.")) {
      fail_at(text, import.offset, "only terminals of `common` can be imported",
              ErrorCode::kUnsupported);
    }
    const std::string_view pattern = common_lark_terminal(std::string_view(import.path).substr(7));
    if (pattern.empty()) {
      fail_at(text, import.offset,
              "there is no '" + import.path + "'; common has " + common_names());
    }
    const auto [it, is_new] = names.try_emplace(import.alias);
    if (!is_new && it->second.imported != pattern) {
      fail_at(text, import.offset, "'" + import.alias + "' is imported a second time");
    }
    it->second = {
        .is_terminal = true, .definitions = {}, .imported = pattern, .offset = import.offset};
  }
  for (const LarkDefinition& definition : scope.definitions)
    add_definition(text, definition, names);
  return names;
}

std::vector<bool> nodes_below(const LarkSyntax& syntax, uint32_t first, uint32_t node,
                              bool into_terminals) {
  std::vector<bool> below(node - first + 1, false);
  below.back() = true;
  for (uint32_t id = node + 1; id-- > first;) {
    if (!below[id - first]) continue;
    const LarkNode& one = syntax.nodes[id];
    if (!into_terminals && one.kind == Kind::kNot) continue;
    for (const uint32_t child : one.children) below[child - first] = true;
  }
  return below;
}

void LarkTerminals::fail(uint32_t offset, const std::string& message) const {
  fail_at(text_, offset, message);
}

// References to names that have no regular expression yet, as node ids.
std::vector<uint32_t> LarkTerminals::missing_names(uint32_t first, uint32_t node) const {
  const std::vector<bool> below = nodes_below(syntax_, first, node, true);
  std::vector<uint32_t> missing;
  for (uint32_t id = first; id <= node; ++id) {
    const LarkNode& one = syntax_.nodes[id];
    if (!below[id - first] || one.kind != Kind::kName) continue;
    const auto found = known_.find(one.text);
    if (found == known_.end() || found->second.state != State::kDone) missing.push_back(id);
  }
  return missing;
}

std::vector<uint32_t> LarkTerminals::missing_names(const LarkEntry& entry) const {
  std::vector<uint32_t> all;
  for (const LarkDefinition* definition : entry.definitions) {
    const std::vector<uint32_t> some = missing_names(definition->first_node, definition->body);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

// Defines the terminals that the references name, and those that these name, and so on: depth
// first, with a stack of our own.
void LarkTerminals::resolve(std::vector<uint32_t> references) {
  struct Step {
    uint32_t reference;
    bool is_end;
  };
  std::vector<Step> steps;
  for (const uint32_t one : references) steps.push_back({one, false});
  while (!steps.empty()) {
    const Step step = steps.back();
    const LarkNode& node = syntax_.nodes[step.reference];
    const auto entry = names_.find(node.text);
    if (entry == names_.end()) fail(node.offset, "there is no terminal '" + node.text + "'");
    if (!entry->second.is_terminal) {
      fail(node.offset, "rule '" + node.text + "' cannot be used in a terminal");
    }
    if (node.flag || node.parameter.kind != LarkParameter::Kind::kNone) {
      fail(node.offset, "terminals have no parameters");
    }
    const auto known = known_.find(node.text);
    if (step.is_end) {
      known->second = {State::kDone, define(entry->second)};
      steps.pop_back();
    } else if (known == known_.end()) {
      known_.emplace(node.text, Known{State::kOpen, RegexSet::kNothing});
      steps.back().is_end = true;
      for (const uint32_t one : missing_names(entry->second)) steps.push_back({one, false});
    } else {
      if (known->second.state == State::kOpen) {
        fail(node.offset, "terminal '" + node.text + "' is defined by itself");
      }
      steps.pop_back();
    }
  }
}

RegexId LarkTerminals::define(const LarkEntry& entry) {
  if (!entry.imported.empty()) {
    return parse_regex(regexes_, entry.imported, {.dialect = PatternDialect::kLark});
  }
  std::vector<RegexId> choices;
  for (const LarkDefinition* definition : entry.definitions) {
    if (definition->is_parametric || !definition->template_names.empty()) {
      fail(definition->offset, "terminals have no parameters");
    }
    choices.push_back(lower(definition->first_node, definition->body));
  }
  return regexes_.alternate(choices);
}

RegexId LarkTerminals::named(const std::string& name, uint32_t offset) {
  const auto known = known_.find(name);
  if (known != known_.end() && known->second.state == State::kDone) return known->second.regex;
  const LarkEntry& entry = names_.at(name);
  if (known != known_.end()) fail(offset, "terminal '" + name + "' is defined by itself");
  known_.emplace(name, Known{State::kOpen, RegexSet::kNothing});
  resolve(missing_names(entry));
  const RegexId regex = define(entry);
  known_[name] = {State::kDone, regex};
  return regex;
}

RegexId LarkTerminals::expression(uint32_t first, uint32_t node) {
  resolve(missing_names(first, node));
  return lower(first, node);
}

RegexId LarkTerminals::lower(uint32_t first, uint32_t node) {
  const std::vector<bool> below = nodes_below(syntax_, first, node, true);
  std::vector<RegexId> lowered(below.size(), RegexSet::kNothing);
  for (uint32_t id = first; id <= node; ++id) {
    if (below[id - first]) lowered[id - first] = lower_one(syntax_.nodes[id], first, lowered);
  }
  return lowered.back();
}

RegexId LarkTerminals::lower_one(const LarkNode& node, uint32_t first,
                                 const std::vector<RegexId>& lowered) {
  std::vector<RegexId> children;
  for (const uint32_t child : node.children) children.push_back(lowered[child - first]);
  switch (node.kind) {
    case Kind::kSequence: return regexes_.concat(children);
    case Kind::kAnd: return regexes_.intersect(children);
    case Kind::kChoice:
      if (!node.conditions.empty()) {
        fail(syntax_.nodes[node.children[0]].offset, "%if cannot be used in a terminal");
      }
      return regexes_.alternate(children);
    case Kind::kRepeat: return regexes_.repeat(children[0], node.min, node.max);
    case Kind::kNot: return regexes_.complement(children[0]);
    case Kind::kName: return known_.at(node.text).regex;
    case Kind::kToken: fail(node.offset, "special tokens cannot be used in a terminal");
    case Kind::kGrammar: fail(node.offset, "other grammars cannot be used in a terminal");
    case Kind::kJson: fail(node.offset, "%json cannot be used in a terminal");
    case Kind::kScope: fail(node.offset, "%lark cannot be used in a terminal");
    case Kind::kLiteral:
    case Kind::kRange:
    case Kind::kRegex:
    case Kind::kRegexExt: break;
  }
  return value(node);
}

RegexId LarkTerminals::value(const LarkNode& node) {
  switch (node.kind) {
    case Kind::kLiteral:
      return node.flag ? letters_in_either_case(node.text) : regexes_.literal(node.text);
    case Kind::kRange: {
      const auto single = [&](const std::string& text) {
        const char* const begin = text.data();
        const Utf8Unit unit =
            text.empty() ? Utf8Unit{0, 1, false} : decode_utf8(begin, begin + text.size());
        if (unit.length != text.size() || text.empty()) {
          fail(node.offset, "a range of characters has one character at each end");
        }
        return unit.code_point;
      };
      const CodePointRange range{single(node.text), single(node.second)};
      if (range.first > range.last) fail(node.offset, "the range of characters is backwards");
      return regexes_.characters({&range, 1});
    }
    case Kind::kRegexExt: return lark_substring_regex(regexes_, text_, node.offset, node.text);
    default: return parse(node);
  }
}

RegexId LarkTerminals::parse(const LarkNode& node) {
  RegexOptions options{.dialect = PatternDialect::kLark};
  std::string pattern = node.text;
  for (const char flag : node.second) {
    options.case_insensitive |= flag == 'i';
    options.dot_all |= flag == 's';
    options.extended |= flag == 'x';
    if (flag == 'm') pattern.insert(0, "(?m)");
    if (flag == 'l') {
      fail_at(text_, node.offset, "the flag l (locale) is not supported", ErrorCode::kUnsupported);
    }
  }
  try {
    return parse_regex(regexes_, pattern, options);
  } catch (const Error& error) {
    fail_within(text_, node.offset + 1, error);
  }
}

RegexId LarkTerminals::letters_in_either_case(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_word = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                         (byte >= 'a' && byte <= 'z') || byte == '_' || byte == ' ' || byte >= 0x80;
    if (is_word) {
      pattern += c;
    } else {
      static constexpr char kDigits[] = "0123456789ABCDEF";
      pattern += "\\x";
      pattern += kDigits[byte >> 4];
      pattern += kDigits[byte & 15];
    }
  }
  return parse_regex(regexes_, pattern,
                     {.dialect = PatternDialect::kLark, .case_insensitive = true});
}

}  // namespace tokrail
