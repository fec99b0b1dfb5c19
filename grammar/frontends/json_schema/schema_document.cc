#include "grammar/frontends/json_schema/schema_document.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <limits>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace tokrail {

/// Takes the events of the streaming parser; containers are closed from a stack of open values.
class SchemaDocumentHandler {
 public:
  using error_code = boost::json::error_code;
  using json_text = boost::json::string_view;
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);

  SchemaDocument document;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) {
    document.root_ = pending_.back();
    return true;
  }
  bool on_object_begin(error_code&) { return open(JsonKind::kObject); }
  bool on_array_begin(error_code&) { return open(JsonKind::kArray); }
  bool on_object_end(size_t, error_code&) {
    drop_duplicates();
    return close();
  }
  bool on_array_end(size_t, error_code&) { return close(); }
  bool on_key_part(json_text text, size_t, error_code&) { return append(text); }
  bool on_key(json_text text, size_t, error_code&) {
    append(text);
    key_ = part_;
    key_size_ = static_cast<uint32_t>(document.characters_.size()) - part_;
    return end_part();
  }
  bool on_string_part(json_text text, size_t, error_code&) { return append(text); }
  bool on_string(json_text text, size_t, error_code&) {
    append(text);
    return scalar(JsonKind::kString);
  }
  bool on_number_part(json_text text, error_code&) { return append(text); }
  bool on_int64(int64_t, json_text text, error_code&) { return number(text); }
  bool on_uint64(uint64_t, json_text text, error_code&) { return number(text); }
  bool on_double(double, json_text text, error_code&) { return number(text); }
  bool on_bool(bool value, error_code&) {
    return scalar(value ? JsonKind::kTrue : JsonKind::kFalse);
  }
  bool on_null(error_code&) { return scalar(JsonKind::kNull); }
  bool on_comment_part(json_text, error_code&) { return true; }
  bool on_comment(json_text, error_code&) { return true; }

 private:
  struct Open {
    JsonId id;
    size_t pending;  // values that wait below this container's own
  };

  bool append(json_text text) {
    document.characters_.append(text.data(), text.size());
    return true;
  }
  bool end_part() {
    part_ = static_cast<uint32_t>(document.characters_.size());
    return true;
  }
  bool number(json_text text) {
    append(text);
    return scalar(JsonKind::kNumber);
  }
  JsonId add(JsonKind kind) {
    const auto id = static_cast<JsonId>(document.values_.size());
    SchemaDocument::Value value{.kind = kind};
    value.key = key_;
    value.key_size = key_size_;
    key_size_ = 0;
    if (!open_.empty()) {
      value.parent = open_.back().id;
      value.index = static_cast<uint32_t>(pending_.size() - open_.back().pending);
    }
    document.values_.push_back(value);
    return id;
  }
  bool scalar(JsonKind kind) {
    const JsonId id = add(kind);
    document.values_[id].first = part_;
    document.values_[id].size = static_cast<uint32_t>(document.characters_.size()) - part_;
    pending_.push_back(id);
    return end_part();
  }
  bool open(JsonKind kind) {
    const JsonId id = add(kind);
    open_.push_back({id, pending_.size()});
    return true;
  }
  void drop_duplicates() {
    const auto first = pending_.begin() + static_cast<ptrdiff_t>(open_.back().pending);
    const auto count = static_cast<size_t>(pending_.end() - first);
    if (count < 2) return;
    std::unordered_map<std::string_view, size_t> last;
    last.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      last[document.key(first[static_cast<ptrdiff_t>(i)])] = i;
    }
    if (last.size() == count) return;
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      const JsonId id = first[static_cast<ptrdiff_t>(i)];
      if (last[document.key(id)] == i) {
        first[static_cast<ptrdiff_t>(kept++)] = id;
      } else {
        document.duplicates_.push_back(id);
      }
    }
    pending_.resize(open_.back().pending + kept);
  }
  bool close() {
    const Open top = open_.back();
    open_.pop_back();
    SchemaDocument::Value& value = document.values_[top.id];
    value.first = static_cast<uint32_t>(document.children_.size());
    value.size = static_cast<uint32_t>(pending_.size() - top.pending);
    document.children_.insert(document.children_.end(),
                              pending_.begin() + static_cast<ptrdiff_t>(top.pending),
                              pending_.end());
    pending_.resize(top.pending);
    pending_.push_back(top.id);
    return true;
  }

  std::vector<Open> open_;
  std::vector<JsonId> pending_;
  uint32_t part_ = 0, key_ = 0, key_size_ = 0;
};

namespace {

std::string line_with_caret(std::string_view text, size_t offset, size_t begin) {
  constexpr size_t kSide = 60;
  size_t end = std::min(text.find('\n', offset), text.size());
  begin = std::max(begin, offset > kSide ? offset - kSide : 0);
  end = std::min(end, offset + kSide);
  std::string line;
  for (const char c : text.substr(begin, end - begin)) {
    line += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F ? '.' : c;
  }
  return "\n" + line + "\n" + std::string(offset - begin, ' ') + "^";
}

[[noreturn]] void throw_syntax_error(std::string_view text, size_t offset, std::string message) {
  offset = std::min(offset, text.size());
  const size_t lines = static_cast<size_t>(
      std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(offset), '\n'));
  const size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  throw Error(ErrorCode::kInvalidArgument, message + line_with_caret(text, offset, begin),
              std::to_string(lines + 1) + ":" + std::to_string(offset - begin + 1));
}

std::string_view expected(boost::json::error kind) {
  using boost::json::error;
  switch (kind) {
    case error::incomplete: return "the JSON text ends too early";
    case error::extra_data: return "expected the end of the JSON text";
    case error::too_deep: return "JSON nested too deeply";
    case error::expected_hex_digit: return "expected a hexadecimal digit";
    case error::expected_utf16_escape:
    case error::illegal_leading_surrogate:
    case error::illegal_trailing_surrogate: return "a surrogate without its other half";
    default: return "not JSON: unexpected text";
  }
}

}  // namespace

SchemaDocument SchemaDocument::read(std::string_view text, uint32_t max_depth) {
  if (text.size() >= std::numeric_limits<uint32_t>::max() / 2) {
    throw Error(ErrorCode::kInvalidArgument, "JSON texts of 2 GiB and more are not read");
  }
  // The parser recurses for each level; this many levels fit into any thread's stack.
  constexpr uint32_t kMostLevels = 4000;
  boost::json::parse_options options;
  options.max_depth = std::min(max_depth, kMostLevels);
  boost::json::basic_parser<SchemaDocumentHandler> parser(options);
  boost::json::error_code error;
  const size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (error) {
    const auto kind = static_cast<boost::json::error>(error.value());
    std::string message(expected(kind));
    if (kind == boost::json::error::too_deep) {
      message += ": the limit is " + std::to_string(options.max_depth) + " levels";
    }
    throw_syntax_error(text, read, std::move(message));
  }
  return std::move(parser.handler().document);
}

JsonId SchemaDocument::find(JsonId id, std::string_view name) const noexcept {
  if (!is_object(id)) return kNone;
  for (const JsonId child : children(id)) {
    if (key(child) == name) return child;
  }
  return kNone;
}

JsonId SchemaDocument::at(JsonId id, std::string_view pointer) const {
  while (!pointer.empty() && id != kNone) {
    if (pointer[0] != '/') return kNone;
    const size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string token;
    for (size_t i = 1; i < end; ++i) {
      if (pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
        token += pointer[++i] == '0' ? '~' : '/';
      } else {
        token += pointer[i];
      }
    }
    pointer.remove_prefix(end);
    if (is_array(id)) {
      uint32_t index = 0;
      const auto [last, failed] = std::from_chars(token.data(), token.data() + token.size(), index);
      const bool is_index = failed == std::errc() && last == token.data() + token.size();
      id = is_index && index < children(id).size() ? children(id)[index] : kNone;
    } else {
      id = find(id, token);
    }
  }
  return id;
}

std::string SchemaDocument::pointer(JsonId id) const {
  std::vector<JsonId> path;
  for (JsonId at = id; parent(at) != kNone; at = parent(at)) path.push_back(at);
  std::string result;
  for (size_t i = path.size(); i-- > 0;) {
    result += '/';
    if (is_array(parent(path[i]))) {
      result += std::to_string(values_[path[i]].index);
      continue;
    }
    for (const char c : key(path[i])) {
      if (c == '~')
        result += "~0";
      else if (c == '/')
        result += "~1";
      else
        result += c;
    }
  }
  return result;
}

}  // namespace tokrail
