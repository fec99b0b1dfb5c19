#include "grammar/frontends/json_schema/string_formats.h"

#include <algorithm>
#include <string>

namespace tokrail {
namespace {

std::string whole(const std::string& pattern) {
  return "^(?:" + pattern + ")$";
}

std::string some(std::initializer_list<std::string> choices) {
  std::string text = "(?:";
  for (const std::string& choice : choices) {
    if (text.size() > 3) text += '|';
    text += choice;
  }
  return text + ")";
}

// RFC 3339, section 5.6 and appendix A.
std::string date() {
  return some({"\\d{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])",
               "\\d{4}-(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)", "\\d{4}-02-(?:0[1-9]|1\\d|2[0-8])",
               "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"});
}

/// The leap second is taken in UTC only, where it can be told without arithmetic.
std::string time() {
  return some(
      {"(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?"
       "(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)",
       "23:59:60(?:\\.\\d+)?(?:[Zz]|[+-]00:00)"});
}

std::string duration() {
  const std::string time = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
  const std::string date = "(?:\\d+D|\\d+M(?:\\d+D)?|\\d+Y(?:\\d+M(?:\\d+D)?)?)";
  return "P" + some({"\\d+W", date + "(?:" + time + ")?", time});
}

// RFC 1123, section 2.1; RFC 2673; RFC 4291, section 2.2.
/// Labels do not begin or end with "-", and with "--" in the third and fourth place they are
/// Punycode, which no automaton decodes: these are not taken.
std::string label(const std::string& letters, int most) {
  const std::string x = "[" + letters + "]", y = "[" + letters + "-]";
  return x + "(?:" + y + "?" + x + "|" + y + "[" + letters + "-]" + x + "|" + y + "(?:" + x + y +
         "|-" + x + ")" + y + "{0," + std::to_string(most - 5) + "}" + x + ")?";
}

std::string host_name() {
  const std::string one = label("A-Za-z0-9", 63);
  return one + "(?:\\." + one + ")*";
}

std::string ipv4() {
  const std::string byte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  return byte + "(?:\\." + byte + "){3}";
}

std::string ipv6() {
  const std::string h = "[0-9A-Fa-f]{1,4}";
  const std::string last = some({h + ":" + h, ipv4()});
  const auto before = [&](int most) {
    return most == 0 ? "(?:" + h + ")?"
                     : "(?:(?:" + h + ":){0," + std::to_string(most) + "}" + h + ")?";
  };
  return some({"(?:" + h + ":){6}" + last, "::(?:" + h + ":){5}" + last,
               before(0) + "::(?:" + h + ":){4}" + last, before(1) + "::(?:" + h + ":){3}" + last,
               before(2) + "::(?:" + h + ":){2}" + last, before(3) + "::" + h + ":" + last,
               before(4) + "::" + last, before(5) + "::" + h, before(6) + "::"});
}

// RFC 3986, appendix A; RFC 3987, section 2.2 for the characters beyond ASCII.
struct UriSyntax {
  std::string letters, private_letters;

  std::string unreserved() const { return "A-Za-z0-9._~" + letters + "-"; }
  std::string escape() const { return "%[0-9A-Fa-f]{2}"; }
  std::string character(const std::string& more) const {
    return "(?:[" + more + "!$&'()*+,;=" + unreserved() + "]|" + escape() + ")";
  }
  std::string authority() const {
    const std::string literal =
        "\\[(?:" + ipv6() + "|[vV][0-9A-Fa-f]+\\.[!$&'()*+,;=:A-Za-z0-9._~-]+)\\]";
    return "(?:" + character(":") + "*@)?(?:" + literal + "|" + character("") + "*)(?::\\d*)?";
  }
  std::string tail() const {
    return "(?:\\?(?:" + character(":@/?") +
           (private_letters.empty() ? "" : "|[" + private_letters + "]") + ")*)?(?:#" +
           character(":@/?") + "*)?";
  }
  std::string absolute() const {
    const std::string segment = character(":@");
    return "[A-Za-z][A-Za-z0-9+.-]*:" +
           some({"//" + authority() + "(?:/" + segment + "*)*",
                 "/(?:" + segment + "+(?:/" + segment + "*)*)?",
                 segment + "+(?:/" + segment + "*)*", ""}) +
           tail();
  }
  std::string relative() const {
    const std::string segment = character(":@");
    return some({"//" + authority() + "(?:/" + segment + "*)*",
                 "/(?:" + segment + "+(?:/" + segment + "*)*)?",
                 character("@") + "+(?:/" + segment + "*)*", ""}) +
           tail();
  }
};

constexpr const char* kLettersBeyondAscii =
    "\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF\\u{10000}-\\u{1FFFD}\\u{20000}-\\u{2FFFD}"
    "\\u{30000}-\\u{3FFFD}\\u{40000}-\\u{4FFFD}\\u{50000}-\\u{5FFFD}\\u{60000}-\\u{6FFFD}"
    "\\u{70000}-\\u{7FFFD}\\u{80000}-\\u{8FFFD}\\u{90000}-\\u{9FFFD}\\u{A0000}-\\u{AFFFD}"
    "\\u{B0000}-\\u{BFFFD}\\u{C0000}-\\u{CFFFD}\\u{D0000}-\\u{DFFFD}\\u{E1000}-\\u{EFFFD}";

UriSyntax uri_syntax(bool international) {
  if (!international) return {};
  return {kLettersBeyondAscii, "\\uE000-\\uF8FF\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}"};
}

// RFC 6570, section 2.
std::string uri_template() {
  const std::string character = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})";
  const std::string name = character + "(?:\\.?" + character + ")*";
  const std::string variable = name + "(?::[1-9]\\d{0,3}|\\*)?";
  const std::string letters = std::string(kLettersBeyondAscii) +
                              "\\uE000-\\uF8FF\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}";
  return "(?:[\\x21\\x23\\x24\\x26-\\x3B\\x3D\\x3F-\\x5B\\x5D\\x5F\\x61-\\x7A\\x7E" + letters +
         "]|%[0-9A-Fa-f]{2}|\\{[+#./;?&=,!@|]?" + variable + "(?:," + variable + ")*\\})*";
}

// RFC 5321, section 4.1.2; RFC 6531 for the characters beyond ASCII.
std::string email(bool international) {
  const std::string more = international ? "\\u0080-\\u{10FFFF}" : "";
  const std::string atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~" + more + "-]+";
  const std::string quoted =
      "\"(?:[\\x20\\x21\\x23-\\x5B\\x5D-\\x7E" + more + "]|\\\\[\\x20-\\x7E])*\"";
  const std::string label = international ? "[A-Za-z0-9\\u0080-\\u{10FFFF}]"
                                            "(?:[A-Za-z0-9\\u0080-\\u{10FFFF}-]{0,61}"
                                            "[A-Za-z0-9\\u0080-\\u{10FFFF}])?"
                                          : "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  return some({atom + "(?:\\." + atom + ")*", quoted}) + "@" +
         some({label + "(?:\\." + label + ")*", "\\[(?:" + ipv4() + "|IPv6:" + ipv6() + ")\\]"});
}

// RFC 6901, section 3.
const char* const kJsonPointer = "(?:/(?:[^~/]|~[01])*)*";

/// ECMA-262 with u: patterns whose groups are at most four deep, with ranges and bounds that can be
/// seen to be in order; without back-references.
std::string regular_expression() {
  const std::string escape =
      "\\\\(?:[dDsSwWbBfnrtv0]|c[A-Za-z]|x[0-9A-Fa-f]{2}|u(?:[0-9A-Fa-f]{4}|\\{0*[0-9A-Fa-f]{1,5}"
      "\\})"
      "|[\\^$\\\\.*+?()[\\]{}|/]|[pP]\\{(?:L|Lu|Ll|Lt|Lm|Lo|M|N|Nd|P|S|Z|Alphabetic)\\})";
  std::string range = "(?:";
  for (const char* part : {"0-9", "a-z", "A-Z"}) {
    for (char c = part[0]; c < part[2]; ++c) {
      range += std::string(range.size() > 3 ? "|" : "") + c + "-[" + c + "-" + part[2] + "]";
    }
  }
  range += ")";
  const std::string in_class = "\\[\\^?(?:" + range + "|[^\\]\\\\[-]|" + escape + ")*-?\\]";
  const std::string atom = some({"[^\\^$\\\\.*+?()[\\]{}|]", "\\.", escape, in_class});
  std::string bounds = "\\{(?:\\d+,?|0,\\d+|\\d,\\d\\d+|\\d\\d,[1-9]\\d\\d+";
  for (char c = '1'; c <= '9'; ++c) bounds += std::string("|") + c + ",[" + c + "-9]";
  bounds += ")\\}";
  const std::string times = "(?:(?:[*+?]|" + bounds + ")\\?" + "?)?";
  std::string level = "(?:" + atom + times + "|[\\^$|])*";
  for (int depth = 0; depth < 4; ++depth) {
    level = "(?:(?:" + atom + "|\\((?:\\?(?:[:=!]|<[=!]))?" + level + "\\))" + times + "|[\\^$|])*";
  }
  return level;
}

// Semantic Versioning 2.0.0, section "grammar"; RFC 9562.
std::string version() {
  const std::string number = "(?:0|[1-9]\\d*)";
  const std::string part = "(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)";
  return number + "\\." + number + "\\." + number + "(?:-" + part + "(?:\\." + part +
         ")*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?";
}

const char* const kUuid =
    "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}";

/// Labels of scripts that are written from left to right and need none of the rules of context of
/// RFC 5892; short enough for their ASCII form.
std::string international_host_name() {
  const std::string letter =
      "a-z0-9\\u00DF-\\u00F6\\u00F8-\\u00FF\\u03AC-\\u03CE\\u0430-\\u044F\\u3041-\\u3096"
      "\\u30A1-\\u30FA\\u4E00-\\u9FFF\\uAC00-\\uD7A3";
  const std::string one = some({label("A-Za-z0-9", 63), label(letter, 14)});
  return one + "(?:[.\\u3002\\uFF0E\\uFF61]" + one + ")*";
}

}  // namespace

std::optional<TextId> string_format(TextLanguages& texts, std::string_view name) {
  const auto make = [&](const std::string& pattern) { return texts.pattern(whole(pattern)); };
  if (name == "date-time") return make(date() + "[Tt]" + time());
  if (name == "date" || name == "full-date") return make(date());
  if (name == "time") return make(time());
  if (name == "duration") return make(duration());
  if (name == "email") return make(email(false));
  if (name == "idn-email") return make(email(true));
  if (name == "hostname" || name == "host-name") {
    return texts.both(make(host_name()), texts.length(1, 253));
  }
  if (name == "idn-hostname") {
    return texts.both(make(international_host_name()), texts.length(1, 253));
  }
  if (name == "ipv4" || name == "ip-address") return make(ipv4());
  if (name == "ipv6") return make(ipv6());
  if (name == "uri" || name == "url") return make(uri_syntax(false).absolute());
  if (name == "uri-reference") {
    return make(some({uri_syntax(false).absolute(), uri_syntax(false).relative()}));
  }
  if (name == "iri") return make(uri_syntax(true).absolute());
  if (name == "iri-reference") {
    return make(some({uri_syntax(true).absolute(), uri_syntax(true).relative()}));
  }
  if (name == "uuid") return make(kUuid);
  if (name == "uri-template") return make(uri_template());
  if (name == "json-pointer") return make(kJsonPointer);
  if (name == "relative-json-pointer") {
    return make("(?:0|[1-9]\\d*)(?:#|" + std::string(kJsonPointer) + ")");
  }
  if (name == "regex") return make(regular_expression());
  if (name == "semver") return make(version());
  return std::nullopt;
}

bool is_number_format(std::string_view name) {
  constexpr std::string_view kNames[] = {"int8",   "int16",  "int32", "int64",  "uint8",  "uint16",
                                         "uint32", "uint64", "float", "double", "decimal"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace tokrail
