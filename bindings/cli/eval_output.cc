// An EvalReport as a table for the terminal and as JSON lines.
#include <algorithm>
#include <cstdio>

#include "base/utf8.h"
#include "bindings/cli/eval_report.h"
#include "bindings/cli/json_text.h"

namespace tokrail::cli {

namespace {

void append_padded(std::string_view text, size_t width, bool right, std::string& out) {
  const size_t length = count_code_points(text);
  const std::string space(width > length ? width - length : 0, ' ');
  if (right) {
    out.append(space).append(text);
  } else {
    out.append(text).append(space);
  }
}

std::string json_number(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.8g", value);
  return buffer;
}

}  // namespace

std::string as_table(const EvalReport& report, bool colour) {
  const auto styled = [colour](const char* code, const std::string& text) {
    return colour ? "\033[" + std::string(code) + "m" + text + "\033[0m" : text;
  };
  size_t label_width = 12;
  for (const EvalMeasure& m : report.measures) {
    label_width = std::max(label_width, count_code_points(m.label) + 4);
  }
  std::vector<size_t> widths;
  for (const std::string& name : report.tokenizers) {
    widths.push_back(std::max<size_t>(count_code_points(name), 8) + 2);
  }
  std::string out;
  for (const auto& [what, files] : report.sources) {
    append_padded(what, label_width, false, out);
    out += "  ";
    append_escaped(files, out);
    out += '\n';
  }
  out += '\n';
  const auto row = [&](const std::string& label, auto cell) {
    append_padded(label, label_width, false, out);
    for (size_t t = 0; t < widths.size(); ++t) cell(t);
    out += '\n';
  };
  row("", [&](size_t t) {
    std::string name;
    append_padded(report.tokenizers[t], widths[t], true, name);
    out += styled("1", name);
  });
  row("  vocabulary",
      [&](size_t t) { append_padded(std::to_string(report.sizes[t]), widths[t], true, out); });
  std::string group;
  for (const EvalMeasure& m : report.measures) {
    if (m.group != group) {
      group = m.group;
      out += styled("1", group) + '\n';
    }
    row("  " + m.label + (m.is_share ? " %" : ""), [&](size_t t) {
      std::string value;
      append_padded(m.text(t), widths[t], true, value);
      out += m.is_best(t) ? styled("32", value) : value;
    });
  }
  size_t tokenizer = report.tokenizers.size();
  for (const EvalError& error : report.errors) {
    if (error.tokenizer != tokenizer) {
      tokenizer = error.tokenizer;
      out += '\n' + styled("1", "cut wrong by " + report.tokenizers[tokenizer]) +
             ": occurrences, gold, tokens\n";
    }
    append_padded(std::to_string(error.count), 8, true, out);
    out += "  ";
    append_padded(error.gold, 28, false, out);
    out += ' ';
    append_escaped(error.predicted, out);  // may be cut inside of characters
    out += '\n';
  }
  return out;
}

std::string as_json_lines(const EvalReport& report) {
  std::string out;
  for (size_t t = 0; t < report.tokenizers.size(); ++t) {
    out += "{\"tokenizer\":";
    append_json_string(report.tokenizers[t], out);
    out += ",\"path\":";
    append_json_string(report.paths[t], out);
    out += ",\"vocabulary\":" + std::to_string(report.sizes[t]) + ",\"sources\":{";
    for (size_t i = 0; i < report.sources.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(report.sources[i].first, out);
      out += ':';
      append_json_string(report.sources[i].second, out);
    }
    out += "},\"measures\":{";
    bool first = true;
    for (const EvalMeasure& m : report.measures) {
      if (!m.values[t]) continue;
      if (!first) out += ',';
      first = false;
      append_json_string(m.key, out);
      out += ':' + json_number(*m.values[t]);
    }
    out += "}}\n";
  }
  for (const EvalError& error : report.errors) {
    out += "{\"tokenizer\":";
    append_json_string(report.tokenizers[error.tokenizer], out);
    out += ",\"word\":";
    append_json_string(error.word, out);
    out += ",\"gold\":";
    append_json_string(error.gold, out);
    out += ",\"predicted\":";
    append_json_string(error.predicted, out);
    out += ",\"count\":" + std::to_string(error.count) + "}\n";
  }
  return out;
}

}  // namespace tokrail::cli
