#include "tokenizers/morphology/suffix_line.h"

#include <algorithm>
#include <string_view>

namespace tokrail {
namespace {

/// The fields of the line, with | and ; as fields of their own.
std::vector<PackField> cut_marks(const PackLine& line) {
  std::vector<PackField> fields;
  for (size_t i = 1; i < line.size(); ++i) {
    const PackField& field = line[i];
    size_t begin = 0;
    const auto flush = [&](size_t end) {
      if (end > begin) fields.push_back({field.text.substr(begin, end - begin), field.at + begin});
    };
    for (size_t at = 0; at < field.text.size(); ++at) {
      if (field.text[at] != '|' && field.text[at] != ';') continue;
      flush(at);
      fields.push_back({field.text.substr(at, 1), field.at + at});
      begin = at + 1;
    }
    flush(field.text.size());
  }
  return fields;
}

class SuffixReader {
 public:
  explicit SuffixReader(const PackLine& line) : line_(line), fields_(cut_marks(line)) {}

  SourceSuffix read() {
    SourceSuffix suffix;
    suffix.name = line_.text(0, "the name of a suffix");
    suffix.place = line_.place();
    do {
      suffix.forms.push_back(read_form());
    } while (take("|"));
    while (take(";")) read_property(suffix);
    if (next_ < fields_.size()) line_.fail(fields_[next_], "\"|\", \";\" or the end of the line");
    return suffix;
  }

 private:
  bool at_mark() const {
    return next_ == fields_.size() || fields_[next_].text == "|" || fields_[next_].text == ";";
  }
  bool take(std::string_view mark) {
    if (next_ == fields_.size() || fields_[next_].text != mark) return false;
    ++next_;
    return true;
  }
  PackField field(const char* what) {
    if (at_mark()) fail_here(what);
    return fields_[next_++];
  }
  [[noreturn]] void fail_here(const char* what) const {
    if (next_ < fields_.size()) line_.fail(fields_[next_], what);
    line_.fail_at(line_.length(), what);
  }

  /// Conditions up to the field that ends with a colon; none if no field of the form does.
  void read_conditions(SourceForm& form) {
    size_t end = next_;
    while (end < fields_.size() && fields_[end].text != "|" && fields_[end].text != ";" &&
           !fields_[end].text.ends_with(':')) {
      ++end;
    }
    if (end == fields_.size() || !fields_[end].text.ends_with(':')) return;
    for (; next_ <= end; ++next_) {
      std::string_view name = fields_[next_].text;
      if (next_ == end) name.remove_suffix(1);
      if (name.empty()) line_.fail(fields_[next_], "a condition before \":\"");
      form.conditions.emplace_back(name);
    }
  }

  SourceForm read_form() {
    SourceForm form;
    read_conditions(form);
    const PackField letters = field("the letters of a form");
    const size_t open = letters.text.find('<');
    form.text = letters.text.substr(0, open);
    if (open == std::string_view::npos) return form;
    form.changes = true;
    const size_t tilde = letters.text.find('~', open);
    const std::string_view tail = letters.text;
    if (tilde == std::string_view::npos || !tail.ends_with('>')) {
      line_.fail(letters, "<BASE~CHANGED> or <BASE~CHANGED:TRIGGER> at the end of the form");
    }
    const size_t close = tail.size() - 1;
    const size_t colon = std::min(tail.find(':', tilde), close);
    form.base_tail = tail.substr(open + 1, tilde - open - 1);
    form.changed_tail = tail.substr(tilde + 1, colon - tilde - 1);
    if (colon < close) {
      form.trigger = tail.substr(colon + 1, close - colon - 1);
      if (form.trigger.empty()) line_.fail_at(letters.at + colon, "a trigger behind \":\"");
    }
    if (form.base_tail == form.changed_tail) {
      line_.fail_at(letters.at + open, "two tails that differ");
    }
    return form;
  }

  void read_names(std::vector<std::string>& names, const char* what) {
    do {
      names.emplace_back(field(what).text);
    } while (!at_mark());
  }

  void read_property(SourceSuffix& suffix) {
    const PackField name = field("sets, triggers, not-triggers, vowel or keeps");
    if (name.text == "sets") {
      read_names(suffix.sets, "a flag");
    } else if (name.text == "triggers") {
      read_names(suffix.triggers, "a trigger");
    } else if (name.text == "not-triggers") {
      read_names(suffix.not_triggers, "a trigger");
    } else if (name.text == "vowel") {
      suffix.vowel = field("a vowel class").text;
    } else if (name.text == "keeps") {
      suffix.keeps = true;
    } else {
      line_.fail(name, "sets, triggers, not-triggers, vowel or keeps");
    }
  }

  const PackLine& line_;
  std::vector<PackField> fields_;
  size_t next_ = 0;
};

}  // namespace

SourceSuffix read_suffix(const PackLine& line) {
  return SuffixReader(line).read();
}

}  // namespace tokrail
