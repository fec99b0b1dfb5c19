#include "tokenizers/training/piece_splitter.h"

#include <array>
#include <string>
#include <utility>

#include "tokenizers/pretokenization/regex_finder.h"
#include "tokenizers/pretokenization/splitter.h"

namespace tokrail {
namespace {

class KnownPatternSplitter final : public PieceSplitter {
 public:
  explicit KnownPatternSplitter(std::unique_ptr<const Splitter> splitter)
      : splitter_(std::move(splitter)) {}

  void split(std::string_view text, std::vector<uint32_t>& ends) const override {
    constexpr size_t kBatch = 1024;
    std::array<uint32_t, kBatch> batch;
    ends.clear();
    for (size_t at = 0; at < text.size();) {
      const size_t n = splitter_->split(text, at, batch.data(), kBatch);
      for (size_t i = 0; i < n; ++i) ends.push_back(static_cast<uint32_t>(at + batch[i]));
      at += batch[n - 1];
    }
  }

 private:
  std::unique_ptr<const Splitter> splitter_;
};

class RegexSplitter final : public PieceSplitter {
 public:
  explicit RegexSplitter(RegexFinder finder) : finder_(std::move(finder)) {}

  void split(std::string_view text, std::vector<uint32_t>& ends) const override {
    std::vector<TextRange> matches;
    finder_.find_all(text, matches);
    ends.clear();
    const auto cut = [&](size_t at) {
      if (at > 0 && (ends.empty() || ends.back() < at)) ends.push_back(static_cast<uint32_t>(at));
    };
    for (const TextRange& match : matches) {
      cut(match.begin);
      cut(match.end);
    }
    cut(text.size());
  }

 private:
  RegexFinder finder_;
};

class WholeText final : public PieceSplitter {
 public:
  void split(std::string_view text, std::vector<uint32_t>& ends) const override {
    ends.clear();
    if (!text.empty()) ends.push_back(static_cast<uint32_t>(text.size()));
  }
};

}  // namespace

std::unique_ptr<const PieceSplitter> split_by_regex(std::string_view regex) {
  if (auto known = Splitter::for_pattern(regex)) {
    return std::make_unique<KnownPatternSplitter>(std::move(known));
  }
  return std::make_unique<RegexSplitter>(RegexFinder::compile(regex));
}

std::unique_ptr<const PieceSplitter> no_split() {
  return std::make_unique<WholeText>();
}

}  // namespace tokrail
