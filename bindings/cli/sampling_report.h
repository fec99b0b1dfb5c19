// What `tokrail verify sampling` found out, number by number, for people and as JSON.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tokrail::cli {

/// One number: what it should be, and how far it may be off.
struct SamplingCheck {
  std::string what;
  double got = 0;
  double expected = 0;
  double allowed = 0;    ///< largest difference
  bool at_most = false;  ///< `got` may be anything up to expected
  bool ok = false;
};

struct CaseReport {
  std::string file;
  std::string id;
  std::vector<SamplingCheck> checks;
  std::vector<std::string> lines;  ///< what a reader wants to see, checks aside

  void near(std::string what, double got, double expected, double allowed);
  void at_most(std::string what, double got, double bar);
  size_t failed() const;
};

/// A line per case, what it says, and every check that failed.
std::string report_text(const CaseReport& report);
/// {"file":...,"case":...,"ok":...,"checks":[{"what":...,"got":...,"expected":...,"allowed":...,
/// "ok":...}]}
std::string report_json(const CaseReport& report);

/// 0.0123, as short as it can be said with `digits` digits.
std::string short_number(double value, int digits = 4);

}  // namespace tokrail::cli
