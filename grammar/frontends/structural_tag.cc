#include "grammar/frontends/structural_tag.h"

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/frontends/free_text.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema/schema_document.h"
#include "grammar/frontends/json_text.h"
#include "grammar/frontends/regex_notation.h"

namespace tokrail {
namespace {

constexpr uint32_t kMaxFormats = 128;  // formats inside each other

// What ends the tag around a format: one of some texts, or a token. Free text right before it must
// know, because it ends where the first of them begins.
struct Ends {
  std::vector<std::string> texts = {};
  std::optional<ExprId> token = std::nullopt;
  bool none() const { return texts.empty() && !token; }
};

class Reader {
 public:
  Reader(std::string_view text, const JsonSchemaOptions& options)
      : document_(SchemaDocument::read(text, options.max_depth)), options_(options) {}

  Grammar run() {
    const JsonId root = document_.root();
    if (!document_.is_object(root)) fail(root, "expected an object");
    const RuleId start = grammar_.add_rule("structural_tag");
    grammar_.set_start(start);
    if (document_.find(root, "structures") != SchemaDocument::kNone) {
      grammar_.define(start, flat_form(root));
      return std::move(grammar_);
    }
    const JsonId type = member(root, "type");
    if (!document_.is_string(type) || document_.text(type) != "structural_tag") {
      fail(type, "expected \"structural_tag\"");
    }
    grammar_.define(start, lower(member(root, "format"), {}));
    return std::move(grammar_);
  }

 private:
  // Reading JSON.

  [[noreturn]] void fail(JsonId at, const std::string& message,
                         ErrorCode code = ErrorCode::kInvalidArgument) const {
    throw Error(code, message, pointer_of(at));
  }
  std::string pointer_of(JsonId id) const {
    const std::string pointer = document_.pointer(id);
    return pointer.empty() ? "#" : "#" + pointer;
  }
  JsonId optional_member(JsonId object, std::string_view key) const {
    return document_.find(object, key);
  }
  JsonId member(JsonId object, std::string_view key) const {
    const JsonId id = document_.find(object, key);
    if (id == SchemaDocument::kNone) fail(object, "expected a member '" + std::string(key) + "'");
    return id;
  }
  std::string string(JsonId id) const {
    if (!document_.is_string(id)) fail(id, "expected a string");
    return std::string(document_.text(id));
  }
  std::string string_member(JsonId object, std::string_view key) const {
    return string(member(object, key));
  }
  std::span<const JsonId> items(JsonId id) const {
    if (!document_.is_array(id)) fail(id, "expected a list");
    return document_.children(id);
  }
  std::vector<std::string> strings(JsonId object, std::string_view key, bool required) const {
    const JsonId list = optional_member(object, key);
    if (list == SchemaDocument::kNone) {
      if (required) member(object, key);
      return {};
    }
    std::vector<std::string> all;
    for (const JsonId one : items(list)) {
      all.push_back(string(one));
      if (all.back().empty()) fail(one, "expected a string that is not empty");
    }
    if (required && all.empty()) fail(list, "expected at least one string");
    return all;
  }
  bool flag(JsonId object, std::string_view key) const {
    const JsonId id = optional_member(object, key);
    if (id == SchemaDocument::kNone) return false;
    if (!document_.is_boolean(id)) fail(id, "expected true or false");
    return document_.kind(id) == JsonKind::kTrue;
  }
  uint32_t number(JsonId id, bool minus_one_is_unbounded) const {
    const std::string_view text = document_.text(id);
    uint32_t value = 0;
    if (document_.kind(id) == JsonKind::kNumber) {
      if (minus_one_is_unbounded && text == "-1") return Grammar::kUnbounded;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const bool is_whole = error == std::errc() && end == text.data() + text.size();
      if (is_whole && value <= 0x7FFFFFFF) return value;
    }
    fail(id, "expected a whole number up to 2147483647");
  }
  std::optional<uint32_t> limit(JsonId object, std::string_view key) const {
    const JsonId id = optional_member(object, key);
    if (id == SchemaDocument::kNone || document_.kind(id) == JsonKind::kNull) return std::nullopt;
    return number(id, false);
  }
  void check_members(JsonId object, std::initializer_list<std::string_view> known) const {
    for (const JsonId one : document_.children(object)) {
      bool found = false;
      for (const std::string_view key : known) found |= document_.key(one) == key;
      if (!found) {
        fail(one, "'" + std::string(document_.key(one)) + "' is not known here",
             ErrorCode::kUnsupported);
      }
    }
  }

  // Formats.

  ExprId lower(JsonId format, const Ends& ends) {
    if (!document_.is_object(format)) fail(format, "expected a format, an object with 'type'");
    if (++depth_ > kMaxFormats) {
      fail(format, "formats nest deeper than " + std::to_string(kMaxFormats));
    }
    const ExprId made = lower_type(format, string_member(format, "type"), ends);
    --depth_;
    return made;
  }

  ExprId lower_type(JsonId format, const std::string& type, const Ends& ends) {
    if (type == "any_text") return any_text(format, ends);
    if (type == "sequence") return sequence(format, ends);
    if (type == "or") return choice(format, ends);
    if (type == "triggered_tags") return triggered_tags(format, ends);
    if (type == "dispatch") return dispatch(format, ends);
    if (type == "any_tokens") return any_tokens(format, ends);
    if (type == "token_triggered_tags") return token_triggered_tags(format, ends);
    if (type == "token_dispatch") return token_dispatch(format, ends);
    return finish(lower_bounded(format, type), ends);
  }

  // Formats that end by themselves.
  ExprId lower_bounded(JsonId format, const std::string& type) {
    if (type == "const_string") {
      check_members(format, {"type", "value"});
      return grammar_.literal(string_member(format, "value"));
    }
    if (type == "json_schema") return json_schema(format);
    if (type == "grammar") {
      check_members(format, {"type", "grammar"});
      const JsonId text = member(format, "grammar");
      return embedded(text, "in this grammar: ", [&] { return read_gbnf(string(text)); });
    }
    if (type == "regex") {
      check_members(format, {"type", "pattern"});
      const JsonId pattern = member(format, "pattern");
      try {
        return grammar_.regex(parse_regex(grammar_.regexes(), string(pattern)));
      } catch (const Error& error) {
        fail(pattern, error.what(), error.code());
      }
    }
    if (type == "tag") return tag(format, "");
    if (type == "tags_with_separator") return tags_with_separator(format);
    if (type == "token") {
      check_members(format, {"type", "token"});
      return grammar_.tokens(token_set({member(format, "token")}));
    }
    if (type == "exclude_token") {
      check_members(format, {"type", "exclude_tokens"});
      return grammar_.tokens(tokens_but(format, "exclude_tokens"));
    }
    return repetition(format, type);
  }

  ExprId repetition(JsonId format, const std::string& type) {
    uint32_t min = 0, max = Grammar::kUnbounded;
    if (type == "repeat") {
      check_members(format, {"type", "content", "min", "max"});
      min = number(member(format, "min"), false);
      max = number(member(format, "max"), true);
      if (min > max) fail(member(format, "max"), "expected max >= min");
    } else {
      if (type == "optional") {
        max = 1;
      } else if (type == "plus") {
        min = 1;
      } else if (type != "star") {
        fail(member(format, "type"), "format '" + type + "' is not supported",
             ErrorCode::kUnsupported);
      }
      check_members(format, {"type", "content"});
    }
    return grammar_.repeat(lower(member(format, "content"), {}), min, max);
  }

  ExprId finish(ExprId content, const Ends& ends) {
    if (ends.none()) return content;
    return grammar_.sequence({content, end_of(ends)});
  }
  ExprId end_of(const Ends& ends) {
    std::vector<ExprId> choices;
    for (const std::string& text : ends.texts) choices.push_back(grammar_.literal(text));
    if (ends.token) choices.push_back(*ends.token);
    return grammar_.choice(choices);
  }

  ExprId sequence(JsonId format, const Ends& ends) {
    check_members(format, {"type", "elements"});
    const std::span<const JsonId> elements = items(member(format, "elements"));
    std::vector<ExprId> parts;
    for (size_t i = 0; i < elements.size(); ++i) {
      const bool is_last = i + 1 == elements.size();
      parts.push_back(lower(elements[i], is_last ? ends : Ends{}));
    }
    const ExprId all = grammar_.sequence(parts);
    return elements.empty() ? finish(all, ends) : all;
  }

  ExprId choice(JsonId format, const Ends& ends) {
    check_members(format, {"type", "elements"});
    std::vector<ExprId> choices;
    for (const JsonId one : items(member(format, "elements"))) choices.push_back(lower(one, ends));
    return grammar_.choice(choices);
  }

  ExprId json_schema(JsonId format) {
    check_members(format, {"type", "json_schema", "style", "any_order"});
    const JsonId style = optional_member(format, "style");
    if (style != SchemaDocument::kNone && string(style) != "json") {
      fail(style, "style '" + string(style) + "' is not supported", ErrorCode::kUnsupported);
    }
    JsonSchemaOptions options = options_;
    if (flag(format, "any_order")) options.key_order = KeyOrder::kAny;
    return schema(member(format, "json_schema"), options);
  }

  ExprId schema(JsonId id, const JsonSchemaOptions& options) {
    const std::string text = json_text(document_, id);
    try {
      return embed(read_json_schema(text, options).grammar);
    } catch (const Error& error) {
      // The place inside the schema is a pointer, too.
      std::string inner = error.where();
      if (inner.starts_with('#')) inner.erase(0, 1);
      throw Error(error.code(), error.message(), pointer_of(id) + inner);
    }
  }

  template <typename Read>
  ExprId embedded(JsonId at, const std::string& prefix, Read read) {
    try {
      return embed(read());
    } catch (const Error& error) {
      fail(at, prefix + error.what(), error.code());
    }
  }
  ExprId embed(const Grammar& inner) {
    return grammar_.rule(grammar_.embed(inner, "part" + std::to_string(++parts_) + "."));
  }

  // Tags.

  // A tag without the first bytes of its begin, which are already read.
  ExprId tag(JsonId id, std::string_view known_begin) {
    if (!document_.is_object(id)) fail(id, "expected a tag");
    check_members(id, {"type", "begin", "content", "end"});
    const JsonId begin = member(id, "begin");
    ExprId head;
    if (document_.is_string(begin)) {
      head = grammar_.literal(string(begin).substr(known_begin.size()));
    } else {
      head = grammar_.tokens(token_set({token_of(begin)}));
    }
    return grammar_.sequence({head, tag_body(id)});
  }
  ExprId tag_body(JsonId id) { return lower(member(id, "content"), ends_of(member(id, "end"))); }

  Ends ends_of(JsonId end) {
    Ends ends;
    if (document_.is_object(end)) {
      ends.token = grammar_.tokens(token_set({token_of(end)}));
      return ends;
    }
    if (document_.is_array(end)) {
      for (const JsonId one : items(end)) ends.texts.push_back(string(one));
      if (ends.texts.empty()) fail(end, "expected at least one end");
    } else {
      ends.texts.push_back(string(end));
    }
    // An empty end ends nothing.
    bool has_empty = false;
    for (const std::string& text : ends.texts) has_empty |= text.empty();
    if (has_empty && ends.texts.size() > 1) fail(end, "an empty end stands alone");
    if (has_empty) ends.texts.clear();
    return ends;
  }

  ExprId tags_with_separator(JsonId format) {
    check_members(format, {"type", "tags", "separator", "at_least_one", "stop_after_first"});
    std::vector<ExprId> choices;
    for (const JsonId one : items(member(format, "tags"))) choices.push_back(tag(one, ""));
    const ExprId any = grammar_.choice(choices);
    ExprId list = any;
    if (!flag(format, "stop_after_first")) {
      const ExprId separator = grammar_.literal(string_member(format, "separator"));
      list = grammar_.sequence(
          {any, grammar_.repeat(grammar_.sequence({separator, any}), 0, Grammar::kUnbounded)});
    }
    return flag(format, "at_least_one") ? list : grammar_.optional(list);
  }

  // Free text with things in it that open something.

  struct Trigger {
    std::string text;
    std::vector<ExprId> rests;   ///< what may follow the trigger
    std::vector<ExprId> wholes;  ///< the same with the trigger before it
  };

  ExprId any_text(JsonId format, const Ends& ends) {
    check_members(format, {"type", "excludes", "max_tokens", "max_chars"});
    FreeText free(grammar_.regexes(), limit(format, "max_chars"));
    free.excludes = strings(format, "excludes", false);
    const auto max_tokens = limit(format, "max_tokens");
    if (max_tokens == 0u) return finish(grammar_.empty(), ends);
    const auto terminal = [&](RegexId regex) {
      return grammar_.terminal(
          Terminal{.name = "any_text", .regex = regex, .max_tokens = max_tokens});
    };
    std::vector<ExprId> choices;
    free.stops = ends.texts;
    for (const std::string& end : ends.texts) choices.push_back(terminal(free.up_to(end)));
    if (ends.token) choices.push_back(grammar_.sequence({terminal(free.whole()), *ends.token}));
    if (ends.none()) choices.push_back(terminal(free.whole()));
    return grammar_.choice(choices);
  }

  ExprId triggered_tags(JsonId format, const Ends& ends) {
    check_members(format,
                  {"type", "triggers", "tags", "at_least_one", "stop_after_first", "excludes"});
    std::vector<Trigger> triggers;
    for (std::string& text : strings(format, "triggers", true)) {
      triggers.push_back({std::move(text), {}, {}});
    }
    for (const JsonId one : items(member(format, "tags"))) {
      const JsonId begin = member(one, "begin");
      Trigger& trigger = trigger_of(triggers, begin);
      trigger.rests.push_back(tag(one, trigger.text));
      trigger.wholes.push_back(tag(one, ""));
    }
    return with_triggers(triggers, strings(format, "excludes", false), flag(format, "at_least_one"),
                         flag(format, "stop_after_first"), ends);
  }

  // The shortest trigger that the tag begins with: it ends first in the text.
  Trigger& trigger_of(std::vector<Trigger>& triggers, JsonId begin) const {
    const std::string text = string(begin);
    Trigger* found = nullptr;
    for (Trigger& one : triggers) {
      const bool is_first = found == nullptr || one.text.size() < found->text.size();
      if (text.starts_with(one.text) && is_first) found = &one;
    }
    if (found == nullptr) fail(begin, "expected a begin that starts with one of the triggers");
    return *found;
  }

  ExprId dispatch(JsonId format, const Ends& ends) {
    check_members(format, {"type", "rules", "loop", "excludes"});
    std::vector<Trigger> triggers;
    for (const JsonId rule : items(member(format, "rules"))) {
      const std::span<const JsonId> pair = items(rule);
      if (pair.size() != 2) fail(rule, "expected a pattern and a format");
      const std::string text = string(pair[0]);
      if (text.empty()) fail(pair[0], "expected a string that is not empty");
      const ExprId content = lower(pair[1], {});
      triggers.push_back({text, {content}, {grammar_.sequence({grammar_.literal(text), content})}});
    }
    const JsonId loop = optional_member(format, "loop");
    const bool is_once = loop != SchemaDocument::kNone && !flag(format, "loop");
    return with_triggers(triggers, strings(format, "excludes", false), false, is_once, ends);
  }

  ExprId with_triggers(const std::vector<Trigger>& triggers, std::vector<std::string> excludes,
                       bool at_least_one, bool stop_after_first, const Ends& ends) {
    FreeText free(grammar_.regexes(), std::nullopt);
    free.excludes = std::move(excludes);
    for (const Trigger& one : triggers) free.stops.push_back(one.text);
    free.stops.insert(free.stops.end(), ends.texts.begin(), ends.texts.end());
    const auto text_terminal = [&](RegexId regex) {
      return grammar_.terminal(Terminal{.name = "free_text", .regex = regex});
    };
    std::vector<ExprId> opened, wholes, last;
    for (const Trigger& one : triggers) {
      opened.push_back(
          grammar_.sequence({text_terminal(free.up_to(one.text)), grammar_.choice(one.rests)}));
      wholes.push_back(grammar_.choice(one.wholes));
    }
    for (const std::string& end : ends.texts) last.push_back(text_terminal(free.up_to(end)));
    const ExprId rest = text_terminal(free.whole());
    if (ends.token) last.push_back(grammar_.sequence({rest, *ends.token}));
    if (ends.none()) last.push_back(rest);
    return loop(grammar_.choice(opened), grammar_.choice(wholes), grammar_.choice(last),
                ends.none() ? grammar_.empty() : end_of(ends), at_least_one, stop_after_first);
  }

  // opened: free text and what opens in it; whole: the same without text; last: the free text at
  // the end, with what ends the tag around; end: what ends the tag around.
  ExprId loop(ExprId opened, ExprId whole, ExprId last, ExprId end, bool at_least_one,
              bool stop_after_first) {
    if (stop_after_first) {
      const ExprId once = grammar_.sequence({at_least_one ? whole : opened, end});
      return at_least_one ? once : grammar_.choice({once, last});
    }
    const ExprId rest = grammar_.sequence({grammar_.repeat(opened, 0, Grammar::kUnbounded), last});
    return at_least_one ? grammar_.sequence({whole, rest}) : rest;
  }

  ExprId flat_form(JsonId root) {
    check_members(root, {"type", "structures", "triggers"});
    std::vector<Trigger> triggers;
    for (std::string& text : strings(root, "triggers", true)) {
      triggers.push_back({std::move(text), {}, {}});
    }
    for (const JsonId one : items(member(root, "structures"))) {
      if (!document_.is_object(one)) fail(one, "expected an object");
      check_members(one, {"begin", "schema", "end"});
      Trigger& trigger = trigger_of(triggers, member(one, "begin"));
      const ExprId content =
          finish(schema(member(one, "schema"), options_), ends_of(member(one, "end")));
      const std::string begin = string_member(one, "begin");
      const ExprId rest = grammar_.literal(begin.substr(trigger.text.size()));
      trigger.rests.push_back(grammar_.sequence({rest, content}));
    }
    return with_triggers(triggers, {}, false, false, {});
  }

  // Tokens.

  JsonId token_of(JsonId format) const {
    if (!document_.is_object(format) || string_member(format, "type") != "token") {
      fail(format, "expected a string or a token");
    }
    return member(format, "token");
  }
  TokenSet token_set(std::initializer_list<JsonId> tokens) const {
    return token_set(std::span<const JsonId>(tokens.begin(), tokens.size()));
  }
  TokenSet token_set(std::span<const JsonId> tokens) const {
    TokenSet set;
    for (const JsonId one : tokens) {
      if (document_.is_string(one)) {
        set.names.push_back(string(one));
      } else {
        const uint32_t id = number(one, false);
        set.ids.push_back({id, id});
      }
    }
    return set;
  }
  /// Any token but those that a member lists.
  TokenSet tokens_but(JsonId format, std::string_view key) const {
    const JsonId list = optional_member(format, key);
    TokenSet set;
    if (list != SchemaDocument::kNone) set = token_set(items(list));
    set.negated = true;
    return set;
  }
  static void add_all(TokenSet& to, const TokenSet& from) {
    to.ids.insert(to.ids.end(), from.ids.begin(), from.ids.end());
    to.names.insert(to.names.end(), from.names.begin(), from.names.end());
  }
  void add_end(TokenSet& to, const Ends& ends) const {
    if (!ends.token) return;
    const Grammar::Expression& end = grammar_.expressions()[*ends.token];
    add_all(to, grammar_.token_sets()[end.value]);
  }

  ExprId any_tokens(JsonId format, const Ends& ends) {
    check_members(format, {"type", "exclude_tokens", "max_tokens"});
    TokenSet others = tokens_but(format, "exclude_tokens");
    add_end(others, ends);
    const uint32_t max = limit(format, "max_tokens").value_or(Grammar::kUnbounded);
    return finish(grammar_.repeat(grammar_.tokens(std::move(others)), 0, max), ends);
  }

  struct TokenTrigger {
    JsonId token;
    ExprId rest;
  };

  ExprId token_triggered_tags(JsonId format, const Ends& ends) {
    check_members(format, {"type", "trigger_tokens", "tags", "exclude_tokens", "at_least_one",
                           "stop_after_first"});
    std::vector<TokenTrigger> triggers;
    for (const JsonId one : items(member(format, "tags"))) {
      triggers.push_back({token_of(member(one, "begin")), tag_body(one)});
    }
    TokenSet others = token_set(items(member(format, "trigger_tokens")));
    return with_token_triggers(format, triggers, std::move(others), flag(format, "at_least_one"),
                               flag(format, "stop_after_first"), ends);
  }

  ExprId token_dispatch(JsonId format, const Ends& ends) {
    check_members(format, {"type", "rules", "loop", "exclude_tokens"});
    std::vector<TokenTrigger> triggers;
    TokenSet others;
    for (const JsonId rule : items(member(format, "rules"))) {
      const std::span<const JsonId> pair = items(rule);
      if (pair.size() != 2) fail(rule, "expected a token and a format");
      triggers.push_back({pair[0], lower(pair[1], {})});
      add_all(others, token_set({pair[0]}));
    }
    const JsonId loop_flag = optional_member(format, "loop");
    const bool is_once = loop_flag != SchemaDocument::kNone && !flag(format, "loop");
    return with_token_triggers(format, triggers, std::move(others), false, is_once, ends);
  }

  ExprId with_token_triggers(JsonId format, const std::vector<TokenTrigger>& triggers,
                             TokenSet others, bool at_least_one, bool stop_after_first,
                             const Ends& ends) {
    add_all(others, tokens_but(format, "exclude_tokens"));
    add_end(others, ends);
    others.negated = true;
    const ExprId free = grammar_.repeat(grammar_.tokens(std::move(others)), 0, Grammar::kUnbounded);
    std::vector<ExprId> wholes;
    for (const TokenTrigger& one : triggers) {
      wholes.push_back(grammar_.sequence({grammar_.tokens(token_set({one.token})), one.rest}));
    }
    const ExprId whole = grammar_.choice(wholes);
    return loop(grammar_.sequence({free, whole}), whole, finish(free, ends),
                ends.none() ? grammar_.empty() : end_of(ends), at_least_one, stop_after_first);
  }

  const SchemaDocument document_;
  const JsonSchemaOptions& options_;
  Grammar grammar_;
  uint32_t depth_ = 0;
  uint32_t parts_ = 0;
};

}  // namespace

Grammar read_structural_tag(std::string_view text, const JsonSchemaOptions& json) {
  return Reader(text, json).run();
}

}  // namespace tokrail
