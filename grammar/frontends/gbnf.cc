#include "grammar/frontends/gbnf.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "grammar/frontends/gbnf_syntax.h"
#include "grammar/frontends/source_error.h"
#include "grammar/passes/fold_regular.h"

namespace tokrail {
namespace {

std::vector<CodePointRange> complement_of(const std::vector<CodePointRange>& ranges) {
  std::vector<CodePointRange> sorted = ranges;
  std::sort(sorted.begin(), sorted.end(),
            [](const CodePointRange& a, const CodePointRange& b) { return a.first < b.first; });
  std::vector<CodePointRange> rest;
  char32_t next = 0;
  for (const CodePointRange& range : sorted) {
    if (range.first > next) rest.push_back({next, static_cast<char32_t>(range.first - 1)});
    next = std::max<char32_t>(next, range.last + 1);
  }
  if (next <= kMaxCodePoint) rest.push_back({next, kMaxCodePoint});
  return rest;
}

class Lowering {
 public:
  explicit Lowering(std::string_view text) : text_(text), syntax_(parse_gbnf(text)) {}

  Grammar run() {
    declare_rules();
    std::vector<ExprId> lowered;
    lowered.reserve(syntax_.nodes.size());
    for (const GbnfNode& node : syntax_.nodes) lowered.push_back(lower(node, lowered));
    for (const GbnfRule& rule : syntax_.rules) {
      grammar_.define(rules_.at(rule.name), lowered[rule.body]);
    }
    return std::move(grammar_);
  }

 private:
  void declare_rules() {
    const LineIndex lines(text_);
    for (const GbnfRule& rule : syntax_.rules) {
      const RuleId id = grammar_.add_rule(rule.name, lines.place(rule.offset));
      if (!rules_.emplace(rule.name, id).second) {
        fail_at(text_, rule.offset, "rule '" + rule.name + "' is defined a second time");
      }
    }
    const auto root = rules_.find("root");
    if (root == rules_.end()) fail_at(text_, text_.size(), "expected a rule 'root', the start");
    grammar_.set_start(root->second);
  }

  ExprId lower(const GbnfNode& node, const std::vector<ExprId>& lowered) {
    switch (node.kind) {
      case GbnfNode::Kind::kLiteral: return grammar_.literal(node.text);
      case GbnfNode::Kind::kClass:
        return grammar_.regex(
            grammar_.regexes().characters(node.negated ? complement_of(node.ranges) : node.ranges));
      case GbnfNode::Kind::kAny: return grammar_.regex(grammar_.regexes().any_character());
      case GbnfNode::Kind::kName: {
        const auto found = rules_.find(node.text);
        if (found == rules_.end()) {
          fail_at(text_, node.offset, "there is no rule '" + node.text + "'");
        }
        return grammar_.rule(found->second);
      }
      case GbnfNode::Kind::kTokenId:
        return grammar_.tokens({.ids = {{node.min, node.min}}, .negated = node.negated});
      case GbnfNode::Kind::kToken:
        return grammar_.tokens({.names = {node.text}, .negated = node.negated});
      case GbnfNode::Kind::kRepeat:
        return grammar_.repeat(lowered[node.children[0]], node.min, node.max);
      case GbnfNode::Kind::kSequence:
      case GbnfNode::Kind::kChoice: break;
    }
    std::vector<ExprId> children;
    children.reserve(node.children.size());
    for (const uint32_t child : node.children) children.push_back(lowered[child]);
    return node.kind == GbnfNode::Kind::kChoice ? grammar_.choice(children)
                                                : grammar_.sequence(children);
  }

  std::string_view text_;
  GbnfSyntax syntax_;
  Grammar grammar_;
  std::unordered_map<std::string, RuleId> rules_;
};

}  // namespace

Grammar read_gbnf(std::string_view text) {
  return fold_regular(Lowering(text).run());
}

}  // namespace tokrail
