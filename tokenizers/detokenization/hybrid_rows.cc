#include "tokenizers/detokenization/hybrid_rows.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace tokrail {
namespace {

/// Suffixes behind each other whose changes of tails are followed; what lies deeper is cut off.
constexpr int kDeepest = 3;

/// Looks for the strings that a context's suffixes make of what it holds back.
class ChangedStrings {
 public:
  ChangedStrings(const DecodeTableBuilder& builder, TokenId begin, TokenId end)
      : builder_(builder), begin_(begin), end_(end) {}

  void find(DecodeContext context, const std::string& before, int depth) {
    const std::string_view held = builder_.released(context);
    std::vector<std::pair<std::string, DecodeContext>> open;
    for (TokenId id = begin_; id < end_; ++id) {
      const std::string_view text = builder_.overlaid(context, id);
      if (text.starts_with(held)) continue;
      const DecodeContext next = builder_.overlaid_next(context, id);
      std::string all = before + std::string(text);
      if (builder_.released(next).empty() || depth == kDeepest) {
        found_.push_back(std::move(all));
      } else {
        found_.push_back(all + std::string(builder_.released(next)));
        open.emplace_back(std::move(all), next);
      }
    }
    drop_longer();
    for (const auto& [all, next] : open) {
      if (!is_covered(all)) find(next, all, depth + 1);
    }
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  bool is_covered(std::string_view text) const {
    return std::ranges::any_of(found_, [&](const auto& known) { return text.starts_with(known); });
  }
  void drop_longer() {
    std::ranges::sort(found_, [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    std::vector<std::string> all = std::exchange(found_, {});
    for (std::string& text : all) {
      if (!is_covered(text)) found_.push_back(std::move(text));
    }
  }

  const DecodeTableBuilder& builder_;
  const TokenId begin_, end_;
  std::vector<std::string> found_;
};

}  // namespace

HybridRows::HybridRows(const HybridSpec& spec, const HybridEndings& endings)
    : endings_(endings),
      ids_{spec.suffixes.begin, spec.chains.end},
      suffix_count_(spec.suffixes.size()),
      cells_(ids_.size()) {
  plan_chains(spec);
}

void HybridRows::plan_chains(const HybridSpec& spec) {
  std::vector<uint32_t> order(spec.chain_suffixes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](uint32_t chain) { return spec.chain_suffixes[chain].size(); });
  std::map<std::vector<SuffixId>, uint32_t> cells;
  for (const uint32_t chain : order) {
    const std::vector<SuffixId>& suffixes = spec.chain_suffixes[chain];
    const auto cell = static_cast<uint32_t>(suffix_count_ + chain);
    Plan plan{cell, suffixes[0], {suffixes.begin() + 1, suffixes.end()}};
    for (size_t length = suffixes.size() - 1; length > 1; --length) {
      const auto middle = suffixes.begin() + static_cast<std::ptrdiff_t>(length);
      const auto known = cells.find({suffixes.begin(), middle});
      if (known == cells.end()) continue;
      plan = {cell, known->second, {middle, suffixes.end()}};
      break;
    }
    cells.emplace(suffixes, cell);
    plans_.push_back(std::move(plan));
  }
}

void HybridRows::spell_suffixes(const Language& language) {
  std::string text, upper;
  for (const EndingId left : endings_.reached()) {
    for (const Realised& realised : endings_.realised(left)) {
      text.assign(endings_.released(left, realised)).append(realised.text);
      upper.clear();
      language.append_upper(text, upper);
      spellings_[false].push_back(text);
      spellings_[true].push_back(upper);
    }
  }
}

void HybridRows::append(EndingId left, size_t suffix, Cell& cell) const {
  const size_t at = endings_.row(left) * suffix_count_ + suffix;
  for (const bool capitals : {false, true}) cell.texts[capitals].append(spellings_[capitals][at]);
  cell.end = endings_.realised(left)[suffix].end;
}

void HybridRows::spell(HybridEndings::Class c) {
  const EndingId left = endings_.ending(c);
  for (size_t suffix = 0; suffix < suffix_count_; ++suffix) {
    Cell& cell = cells_[suffix];
    for (std::string& text : cell.texts) text.clear();
    append(left, suffix, cell);
  }
  for (const Plan& plan : plans_) {
    Cell& cell = cells_[plan.cell];
    cell = cells_[plan.first];
    for (const SuffixId suffix : plan.rest) append(cell.end, suffix, cell);
  }
}

std::vector<std::string> HybridRows::changed_strings(const DecodeTableBuilder& builder,
                                                     DecodeContext context) const {
  // Chains begin with what their first suffix spells, or with what one behind it makes of its tail.
  ChangedStrings strings(builder, ids_.begin, ids_.begin + static_cast<TokenId>(suffix_count_));
  strings.find(context, {}, 1);
  return strings.take();
}

}  // namespace tokrail
