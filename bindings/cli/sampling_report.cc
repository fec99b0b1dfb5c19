#include "bindings/cli/sampling_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "bindings/cli/json_text.h"

namespace tokrail::cli {
namespace {

/// JSON has no infinities and no NaN.
std::string json_number(double value) {
  return std::isfinite(value) ? short_number(value, 17) : "null";
}

}  // namespace

std::string short_number(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

void CaseReport::near(std::string what, double got, double expected, double allowed) {
  const bool ok = std::fabs(got - expected) <= allowed;  // false for NaN
  checks.push_back({std::move(what), got, expected, allowed, false, ok});
}

void CaseReport::at_most(std::string what, double got, double bar) {
  checks.push_back({std::move(what), got, bar, 0, true, got <= bar});
}

size_t CaseReport::failed() const {
  return static_cast<size_t>(
      std::count_if(checks.begin(), checks.end(), [](const auto& check) { return !check.ok; }));
}

std::string report_text(const CaseReport& report) {
  std::string text = report.failed() == 0 ? "ok      " : "FAILED  ";
  text += report.file + ": " + report.id + ": ";
  append_number(report.checks.size() - report.failed(), text);
  text += " of ";
  append_number(report.checks.size(), text);
  text += " numbers right\n";
  for (const std::string& line : report.lines) text += "        " + line + '\n';
  for (const SamplingCheck& check : report.checks) {
    if (check.ok) continue;
    text += "        WRONG: " + check.what + " is " + short_number(check.got, 9) +
            (check.at_most ? ", should be at most " : ", should be ") +
            short_number(check.expected, 9);
    if (!check.at_most) text += " within " + short_number(check.allowed, 3);
    text += '\n';
  }
  return text;
}

std::string report_json(const CaseReport& report) {
  std::string text = "{\"file\":";
  append_json_string(report.file, text);
  text += ",\"case\":";
  append_json_string(report.id, text);
  text += report.failed() == 0 ? ",\"ok\":true,\"checks\":[" : ",\"ok\":false,\"checks\":[";
  for (size_t i = 0; i < report.checks.size(); ++i) {
    const SamplingCheck& check = report.checks[i];
    text += i > 0 ? ",{\"what\":" : "{\"what\":";
    append_json_string(check.what, text);
    text += ",\"got\":" + json_number(check.got) + ",\"expected\":" + json_number(check.expected);
    text += check.at_most ? std::string(",\"at_most\":true")
                          : ",\"allowed\":" + json_number(check.allowed);
    text += check.ok ? ",\"ok\":true}" : ",\"ok\":false}";
  }
  return text + "]}";
}

}  // namespace tokrail::cli
