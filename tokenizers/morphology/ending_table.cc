#include "tokenizers/morphology/ending_table.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace tokrail {
namespace {

/// Far beyond what a language needs; a pack that reaches it would fill memory.
constexpr size_t kMaxEndings = 20000, kMaxCells = size_t{1} << 24;

void append_state(SoundState state, std::string& bytes) {
  bytes += static_cast<char>(state.vowel);
  bytes += static_cast<char>(state.sound);
  bytes += static_cast<char>(state.flags);
}

/// Different for different keys: no tail has a NUL.
std::string key_bytes(const EndingKey& key) {
  std::string bytes;
  append_state(key.base, bytes);
  append_state(key.changed, bytes);
  bytes += static_cast<char>(key.changes ? 1 + key.trigger : 0);
  bytes += key.base_tail;
  bytes += '\0';
  bytes += key.changed_tail;
  return bytes;
}

}  // namespace

EndingTable::EndingTable(const SuffixSpeller& speller) : speller_(speller) {
  add(EndingKey());
}

uint32_t EndingTable::intern(const std::string& text) {
  const auto [found, is_new] = text_numbers_.emplace(text, static_cast<uint32_t>(texts_.size()));
  if (is_new) texts_.push_back(text);
  return found->second;
}

uint32_t EndingTable::add(const EndingKey& key) {
  const auto [found, is_new] =
      numbers_.emplace(key_bytes(key), static_cast<uint32_t>(keys_.size()));
  if (is_new) {
    keys_.push_back(key);
    if (keys_.size() > kMaxEndings || keys_.size() * suffix_count() > kMaxCells) {
      throw Error(ErrorCode::kInvalidFile,
                  "expected suffixes and stems with no more than 20000 endings");
    }
  }
  return found->second;
}

void EndingTable::close() {
  const size_t suffixes = suffix_count();
  if (suffixes == 0) return;
  for (size_t ending = cells_.size() / suffixes; ending < keys_.size(); ++ending) {
    for (size_t suffix = 0; suffix < suffixes; ++suffix) {
      const SpelledSuffix spelled = speller_.spell(keys_[ending], suffix);
      cells_.push_back(
          {intern(spelled.text), add(spelled.end), spelled.changes_left, spelled.allowed});
    }
  }
}

std::vector<uint32_t> EndingTable::reachable(std::vector<uint32_t> from) const {
  std::vector<bool> seen(keys_.size());
  std::vector<uint32_t> all;
  const auto visit = [&](uint32_t ending) {
    if (seen[ending]) return;
    seen[ending] = true;
    all.push_back(ending);
  };
  for (const uint32_t ending : from) visit(ending);
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t suffix = 0; suffix < suffix_count(); ++suffix) visit(cell(all[i], suffix).end);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<uint32_t> EndingTable::classes() const {
  std::vector<uint32_t> classes(keys_.size());
  std::map<std::string, uint32_t> by_tails;
  for (size_t ending = 0; ending < keys_.size(); ++ending) {
    EndingKey tails = keys_[ending];
    tails.base = tails.changed = {};
    tails.trigger = 0;
    const std::string bytes = (ending == 0 ? "nothing" : "") + key_bytes(tails);
    classes[ending] = by_tails.emplace(bytes, static_cast<uint32_t>(by_tails.size())).first->second;
  }
  for (size_t count = by_tails.size();;) {
    std::map<std::vector<uint32_t>, uint32_t> by_row;
    std::vector<uint32_t> finer(keys_.size()), row;
    for (uint32_t ending = 0; ending < keys_.size(); ++ending) {
      row.assign(1, classes[ending]);
      for (size_t suffix = 0; suffix < suffix_count(); ++suffix) {
        const Cell& to = cell(ending, suffix);
        row.push_back(to.text << 2 | (to.changes_left ? 2u : 0u) | (to.allowed ? 1u : 0u));
        row.push_back(classes[to.end]);
      }
      finer[ending] = by_row.emplace(row, static_cast<uint32_t>(by_row.size())).first->second;
    }
    classes = std::move(finer);
    if (by_row.size() == count) return classes;
    count = by_row.size();
  }
}

}  // namespace tokrail
