#include "grammar/regex/regex_store.h"

namespace tokrail {
namespace {

using Kind = RegexSet::Kind;

constexpr size_t kMaxPrinted = 1 << 16;

void print_byte(uint8_t byte, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kSpecial = "\\^$.|?*+()[]{}-/&~";
  if (byte < 0x21 || byte > 0x7E) {
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    return;
  }
  if (kSpecial.find(static_cast<char>(byte)) != std::string_view::npos) out += '\\';
  out += static_cast<char>(byte);
}

void print_bytes(const ByteSet& set, std::string& out) {
  if (const auto byte = set.single()) return print_byte(*byte, out);
  const bool negated = set.count() > 128;
  const ByteSet shown = negated ? ~set : set;
  out += negated ? "[^" : "[";
  for (int byte = 0; byte < 256; ++byte) {
    if (!shown.contains(static_cast<uint8_t>(byte))) continue;
    const int first = byte;
    while (byte < 255 && shown.contains(static_cast<uint8_t>(byte + 1))) ++byte;
    print_byte(static_cast<uint8_t>(first), out);
    if (byte > first + 1) out += '-';
    if (byte > first) print_byte(static_cast<uint8_t>(byte), out);
  }
  out += ']';
}

std::string count_suffix(uint32_t min, uint32_t max) {
  if (max == RegexSet::kUnbounded && min <= 1) return min == 0 ? "*" : "+";
  if (min == 0 && max == 1) return "?";
  std::string out = "{" + std::to_string(min);
  if (max != min) out += ',';
  if (max != min && max != RegexSet::kUnbounded) out += std::to_string(max);
  return out + "}";
}

/// How tightly a form binds: an operand that binds less tightly than its place asks is put in
/// parentheses.
int binding(Kind kind) {
  switch (kind) {
    case Kind::kAlternate: return 0;
    case Kind::kIntersect: return 1;
    case Kind::kConcat:
    case Kind::kLiteral: return 2;
    case Kind::kComplement:
    case Kind::kRepeat: return 3;
    default: return 4;
  }
}

}  // namespace

std::string RegexSet::to_string(RegexId id) const {
  struct Item {
    std::string text;  // or an expression
    RegexId id = kNothing;
    int least = 0;  // binding its place asks for
  };
  std::string out;
  std::vector<Item> work = {{"", id, 0}};
  const auto print_text = [&work](std::string text) { work.push_back({std::move(text)}); };
  const auto print_later = [&work](RegexId part, int least) { work.push_back({"", part, least}); };
  while (!work.empty()) {
    if (out.size() > kMaxPrinted) return out + "...";
    const auto [text, at, least] = std::move(work.back());
    work.pop_back();
    if (!text.empty()) {
      out += text;
      continue;
    }
    const Impl::Node& node = impl_->node(at);
    const auto parts = impl_->operands_of(node);
    if (at != kAnything && binding(node.kind) < least) {
      out += "(?:";
      print_text(")");
    }
    switch (node.kind) {
      case Kind::kNothing: out += "[]"; break;
      case Kind::kEmpty: out += "()"; break;
      case Kind::kBytes: print_bytes(byte_set(at), out); break;
      case Kind::kLiteral:
        for (const char c : literal_bytes(at)) print_byte(static_cast<uint8_t>(c), out);
        if (parts[0] != kEmpty) print_later(parts[0], 2);
        break;
      case Kind::kConcat:
        print_later(parts[1], 2);
        print_later(parts[0], 3);
        break;
      case Kind::kAlternate:
      case Kind::kIntersect:
        for (size_t i = parts.size(); i-- > 0;) {
          print_later(parts[i], node.kind == Kind::kAlternate ? 1 : 2);
          if (i > 0) print_text(node.kind == Kind::kAlternate ? "|" : "&");
        }
        break;
      case Kind::kComplement:
        if (at == kAnything) {
          out += "[^]*";
          break;
        }
        out += '~';
        print_later(parts[0], 4);
        break;
      case Kind::kRepeat:
        print_text(count_suffix(node.value[1], node.value[2]));
        print_later(parts[0], 4);
        break;
    }
  }
  return out;
}

}  // namespace tokrail
