#include "tokenizers/formats/vocabulary_entries.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tokenizers/formats/json_document.h"

namespace tokrail {
namespace {

constexpr uint32_t kNone = 0xFFFFFFFFu;

[[noreturn]] void fail_merge(const MergeTexts& merges, size_t number, const std::string& problem,
                             std::string_view where) {
  const std::string_view text = merges.texts[number];
  const size_t split = merges.splits[number];
  throw Error(ErrorCode::kInvalidFile,
              "merge " + std::to_string(number) + " of " + quoted(text.substr(0, split)) + " and " +
                  quoted(text.substr(split)) + ": " + problem,
              std::string(where));
}

constexpr size_t kMergesAhead = 8;

void prefetch_merge(const MergeTexts& merges, size_t number, const TokenIndex& index) {
  if (number >= merges.splits.size()) return;
  const std::string_view text = merges.texts[number];
  index.prefetch(text.substr(0, merges.splits[number]));
  index.prefetch(text.substr(merges.splits[number]));
}

// Takes out all but one of pairs that are listed several times.
void keep_one_of_equal_pairs(std::vector<Merge>& merges, size_t vocabulary_size,
                             RepeatedMerge keep) {
  std::vector<uint32_t> last_with_result(vocabulary_size, kNone);
  std::vector<uint32_t> previous(merges.size(), kNone);
  std::vector<uint32_t> repeated;
  for (uint32_t i = 0; i < merges.size(); ++i) {
    uint32_t& last = last_with_result[merges[i].result];
    for (uint32_t earlier = last; earlier != kNone; earlier = previous[earlier]) {
      if (merges[earlier].left != merges[i].left || merges[earlier].right != merges[i].right) {
        continue;
      }
      repeated.push_back(keep == RepeatedMerge::kLast ? earlier : i);
      break;
    }
    previous[i] = last;
    last = i;
  }
  if (repeated.empty()) return;
  for (const uint32_t i : repeated) merges[i].result = kNoToken;
  std::erase_if(merges, [](const Merge& merge) { return merge.result == kNoToken; });
}

}  // namespace

bool entries_are_in_order(const VocabularyEntries& entries, const TokenIndex& index) {
  for (size_t i = 0; i < entries.ids.size(); ++i) {
    if (entries.ids[i] != i) return false;
  }
  return index.size() + index.empty_texts() == entries.ids.size();
}

VocabularySpec arrange_vocabulary(const VocabularyEntries& entries, const TokenIndex& index,
                                  std::string_view where) {
  VocabularySpec vocabulary;
  const size_t count = entries.texts.size();
  TokenId highest = 0;
  for (const TokenId id : entries.ids) highest = std::max(highest, id);
  std::vector<uint32_t> entry_of(count == 0 ? 0 : size_t{highest} + 1, kNone);
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view text = entries.texts[i];
    if (!text.empty() && index.find(text) != i) continue;
    uint32_t& entry = entry_of[entries.ids[i]];
    if (entry != kNone) {
      throw Error(ErrorCode::kInvalidFile,
                  "expected one token per id, found " + quoted(entries.texts[entry]) + " and " +
                      quoted(text) + " with id " + std::to_string(entries.ids[i]),
                  std::string(where));
    }
    entry = i;
  }
  vocabulary.texts.reserve(entry_of.size(), entries.texts.bytes().size());
  vocabulary.kinds.assign(entry_of.size(), TokenKind::kNormal);
  if (!entries.scores.empty()) vocabulary.scores.assign(entry_of.size(), 0.0);
  for (size_t id = 0; id < entry_of.size(); ++id) {
    const uint32_t entry = entry_of[id];
    vocabulary.texts.push_back(entry == kNone ? std::string_view() : entries.texts[entry]);
    if (entry == kNone) {
      vocabulary.kinds[id] = TokenKind::kUnused;
    } else if (!entries.scores.empty()) {
      vocabulary.scores[id] = entries.scores[entry];
    }
  }
  return vocabulary;
}

std::vector<Merge> resolve_merges(const MergeTexts& merges, const ByteStrings& texts,
                                  const TokenIndex& index, size_t prefix_length,
                                  std::string_view where, RepeatedMerge repeated) {
  std::vector<Merge> resolved;
  resolved.reserve(merges.splits.size());
  std::string joined;
  TokenId guess = 0;  // trainers give the results of successive merges successive ids
  for (size_t i = 0; i < merges.splits.size(); ++i) {
    prefetch_merge(merges, i + kMergesAhead, index);
    const std::string_view text = merges.texts[i];
    const std::string_view left = text.substr(0, merges.splits[i]);
    const std::string_view right = text.substr(merges.splits[i]);
    std::string_view result = text;
    if (prefix_length > 0) {
      if (right.size() < prefix_length) {
        fail_merge(merges, i, "the right side is shorter than the prefix", where);
      }
      joined.assign(left).append(right.substr(prefix_length));
      result = joined;
    }
    const bool guessed = guess < texts.size() && texts[guess] == result;
    const Merge merge = {index.find(left), index.find(right), guessed ? guess : index.find(result)};
    guess = merge.result + 1;
    if (merge.left == kNoToken || merge.right == kNoToken) {
      const std::string_view unknown = merge.left == kNoToken ? left : right;
      fail_merge(merges, i, "expected tokens, " + quoted(unknown) + " is none", where);
    }
    if (merge.result == kNoToken) {
      fail_merge(merges, i, "expected the result to be a token, " + quoted(result) + " is none",
                 where);
    }
    resolved.push_back(merge);
  }
  keep_one_of_equal_pairs(resolved, texts.size(), repeated);
  return resolved;
}

}  // namespace tokrail
