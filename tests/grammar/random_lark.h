// Random Lark grammars over the letters "ab.": terminals that overlap, are each other's beginnings,
// ignored ones, lazy and suffix ones.
#pragma once

#include <string>
#include <vector>

#include "tests/support/property.h"

namespace tokrail::test {

class RandomLark {
 public:
  enum class Mix : uint8_t { kLongestOnly, kWithShortest, kWithEvery };

  RandomLark(Random& random, Mix mix) : random_(random), mix_(mix) {}

  std::string make() {
    text_.clear();
    symbols_.clear();
    const size_t rules = 1 + below(random_, 3), terminals = 2 + below(random_, 3);
    for (size_t i = 1; i < rules; ++i) symbols_.push_back("r" + std::to_string(i));
    for (size_t i = 0; i < terminals; ++i) symbols_.push_back("T" + std::to_string(i));
    for (const char* literal : {"\"a\"", "\"b\"", "\".\"", "\"ab\""}) {
      if (below(random_, 3) == 0) symbols_.push_back(literal);
    }
    if (mix_ != Mix::kLongestOnly) add_attributed();
    text_ += "start: " + expression(2) + '\n';
    for (size_t i = 1; i < rules; ++i) text_ += "r" + std::to_string(i) + ": " + rule_body() + '\n';
    for (size_t i = 0; i < terminals; ++i) {
      text_ += "T" + std::to_string(i);
      if (below(random_, 3) == 0) text_ += '.' + std::to_string(1 + below(random_, 2));
      text_ += ": " + pattern() + '\n';
    }
    if (below(random_, 2) == 0) text_ += "%ignore " + ignored() + '\n';
    if (below(random_, 6) == 0) text_ += "%ignore " + ignored() + '\n';
    return text_;
  }

 private:
  const char* pick(const std::vector<const char*>& list) {
    return list[below(random_, list.size())];
  }
  std::string pattern() {
    // Names, keywords, numbers and ranges (1, 1.1, 1..1), comments, strings: as regular languages
    // over three letters.
    return pick({"/[ab]+/",      "/a+/",       "/b+/",     "\"ab\"", "\"aa\"",   "\"a\"",
                 "/a(\\.a)?/",   "/a+\\.a+/",  "/a+\\.?/", "\"..\"", "\".\"",    "/\\.+/",
                 "/\\.a[^b]*b/", "/a[^b]*b/",  "/(ab)+/",  "/a*b/",  "/b?a/",    "/ab?a?/",
                 "/[ab]{2,3}/",  "/\\.[ab]*/", "/(aa)+/",  "\"ba\"", "/b\\.?b/", "/a|aab/"});
  }
  std::string ignored() {
    return pick({"/\\.+/", "\".\"", "\"..\"", "/b/", "/\\.b*\\./", "/b\\.*/", "/(\\.|bab)+/"});
  }
  void add_attributed() {
    const size_t count = 1 + below(random_, 2);
    for (size_t i = 0; i < count; ++i) {
      const std::string name = "z" + std::to_string(i);
      symbols_.push_back(name);
      switch (mix_ == Mix::kWithEvery ? 2 + below(random_, 2) : below(random_, 2)) {
        case 0: text_ += name + "[lazy]: " + pattern() + '\n'; break;
        case 1:
          text_ += name + "[suffix=" + pick({"\"b\"", "\".\"", "\"ab\"", "/a|b/"}) +
                   "]: " + pick({"/[ab]*/", "/.*/", "/[a.]*/", "/a*/"}) + '\n';
          break;
        case 2:
          text_ += name + "[stop=" + pick({"\"b\"", "\".\"", "\"ab\""}) +
                   "]: " + pick({"/[ab]*/", "/[ab.]*/", "/[a.]*/"}) + '\n';
          break;
        default: text_ += name + "[stop=\"\"]: " + pattern() + '\n'; break;
      }
    }
  }
  std::string rule_body() { return expression(2); }
  std::string expression(int depth) {
    switch (depth > 0 ? below(random_, 10) : 0) {
      case 0:
      case 1: return symbols_[below(random_, symbols_.size())];
      case 2: return '(' + expression(depth - 1) + ")*";
      case 3: return '(' + expression(depth - 1) + ")+";
      case 4: return '(' + expression(depth - 1) + ")?";
      case 5:
      case 6: return '(' + expression(depth - 1) + " | " + expression(depth - 1) + ')';
      case 7: return '(' + expression(depth - 1) + "){1,3}";
      default: return expression(depth - 1) + ' ' + expression(depth - 1);
    }
  }

  Random& random_;
  Mix mix_;
  std::string text_;
  std::vector<std::string> symbols_;
};

}  // namespace tokrail::test
