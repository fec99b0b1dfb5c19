#include "tokenizers/engine/hybrid_tables.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "tokenizers/engine/hybrid_encoder.h"

namespace tokrail::detail {

HybridTables::HybridTables(std::shared_ptr<const TokenizerSpec> spec,
                           std::shared_ptr<const DecodeTable> decode_table)
    : spec_(std::move(spec)),
      table_(std::move(decode_table)),
      analyser_(spec_->hybrid->language,
                std::shared_ptr<const MorphCosts>(spec_->hybrid, &spec_->hybrid->costs)) {
  index_literals();
  index_numerals();
  index_stems();
  index_chains();
  classify_contexts();
  find_entry_contexts();
  find_beginnings();
}

void HybridTables::index_literals() {
  // Of equal keys the trie keeps the one with the largest value, and lower ids are wanted.
  std::vector<ByteTrieEntry> entries;
  for (const IdRange& range : {hybrid().bytes, hybrid().pieces}) {
    for (TokenId id = range.begin; id < range.end; ++id) {
      const std::string_view bytes = table_->shared_bytes(id);
      if (!bytes.empty()) entries.push_back({bytes, id});
    }
  }
  std::sort(entries.begin(), entries.end(), [](const ByteTrieEntry& a, const ByteTrieEntry& b) {
    return std::tie(a.key, a.value) < std::tie(b.key, b.value);
  });
  const auto same = [](const ByteTrieEntry& a, const ByteTrieEntry& b) { return a.key == b.key; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  literals_ = ByteTrie::build(entries);
}

void HybridTables::index_numerals() {
  std::vector<ByteTrieEntry> entries;
  for (TokenId id = hybrid().numerals.begin; id < hybrid().numerals.end; ++id) {
    entries.push_back({spec_->vocabulary.texts[id], id});
  }
  chunks_numbers_ = hybrid().numbers != NumberChunks::kPieces && !entries.empty();
  numerals_ = ByteTrie::build(entries);
}

void HybridTables::index_stems() {
  const auto& stems = hybrid().stem_tokens;
  const size_t forms = language().form_count();
  form_begin_.assign(forms + 2, 0);
  for (const StemToken& stem : stems) ++form_begin_[stem.form + 1];
  for (size_t form = 0; form <= forms; ++form) form_begin_[form + 1] += form_begin_[form];
  form_tokens_.resize(stems.size());
  std::vector<uint32_t> next(form_begin_.begin(), form_begin_.end() - 1);
  for (size_t i = 0; i < stems.size(); ++i) {
    form_tokens_[next[stems[i].form]++] = hybrid().stems.begin + static_cast<TokenId>(i);
  }
}

void HybridTables::index_chains() {
  std::map<std::pair<uint32_t, SuffixId>, uint32_t> steps;
  chain_ids_.push_back(kNoToken);
  for (size_t i = 0; i < hybrid().chain_suffixes.size(); ++i) {
    uint32_t place = kChainStart;
    for (const SuffixId suffix : hybrid().chain_suffixes[i]) {
      const auto [at, is_new] =
          steps.emplace(std::pair(place, suffix), static_cast<uint32_t>(chain_ids_.size()));
      if (is_new) chain_ids_.push_back(kNoToken);
      place = at->second;
    }
    if (chain_ids_[place] == kNoToken) {
      chain_ids_[place] = hybrid().chains.begin + static_cast<TokenId>(i);
    }
  }
  for (const auto& [key, to] : steps) chain_steps_.push_back({key.first, key.second, to});
}

uint32_t HybridTables::next_chain(uint32_t place, SuffixId suffix) const noexcept {
  const auto at =
      std::lower_bound(chain_steps_.begin(), chain_steps_.end(), std::pair(place, suffix),
                       [](const ChainStep& step, const std::pair<uint32_t, SuffixId>& key) {
                         return std::pair(step.from, step.suffix) < key;
                       });
  const bool found = at != chain_steps_.end() && at->from == place && at->suffix == suffix;
  return found ? at->to : kNoChain;
}

// ---------------------------------------------------------------------------- entries

void HybridTables::classify_contexts() {
  const size_t count = table_->context_count();
  // Spelled with a space inside of a text, so that contexts can be told by it.
  const auto probe = [this](IdRange range) {
    for (TokenId id = range.begin; id < range.end; ++id) {
      if (table_->bytes(table_->inside_context(), id).own.starts_with(' ')) return id;
    }
    return kNoToken;
  };
  const TokenId stem = probe(hybrid().stems), numeral = probe(hybrid().numerals);
  entries_.assign(count, 0);
  follows_mark_.assign(count, false);
  const auto is_bare = [this](DecodeContext context, TokenId id) {
    if (id == kNoToken) return context == table_->start_context();
    return !table_->bytes(context, id).own.starts_with(' ');
  };
  for (size_t i = 0; i < count; ++i) {
    const auto context = static_cast<DecodeContext>(i);
    entries_[i] =
        static_cast<uint8_t>((is_bare(context, stem) ? HybridModel::kBareStems : 0) |
                             (is_bare(context, numeral) ? HybridModel::kBareNumerals : 0));
    for (TokenId mark = hybrid().marks.begin; mark < hybrid().marks.end; ++mark) {
      if (mark < hybrid().join_mark()) follows_mark_[table_->next_context(context, mark)] = true;
    }
  }
}

void HybridTables::find_entry_contexts() {
  for (uint8_t entry = 0; entry < kEntries; ++entry) {
    const DecodeContext inside = table_->inside_context(), start = table_->start_context();
    DecodeContext found = inside;
    for (size_t i = entries_.size(); i-- > 0;) {
      const auto context = static_cast<DecodeContext>(i);
      const bool holds_back = !table_->released(context).empty();
      if (entries_[i] == entry && !holds_back && !follows_mark_[i]) found = context;
    }
    if (entries_[start] == entry) found = start;
    if (entries_[inside] == entry) found = inside;
    entry_contexts_[entry] = found;
  }
}

bool HybridTables::begins_alike(DecodeContext left, DecodeContext right, TokenId id) const {
  const SpelledBytes bytes = table_->bytes(left, id);
  const std::string_view released = table_->released(left);
  const SpelledBytes wanted = table_->bytes(right, id);
  if (bytes.size() != released.size() + wanted.size() || !bytes.str().starts_with(released) ||
      !bytes.str().ends_with(wanted.str())) {
    return false;
  }
  const DecodeContext next = table_->next_context(left, id);
  const DecodeContext other = table_->next_context(right, id);
  // Points behind different numbers; a segment that begins with one has no ids but literals.
  return next == other || (hybrid().bytes.has(id) && literals_alike(next, other));
}

bool HybridTables::literals_alike(DecodeContext left, DecodeContext right) const {
  if (entries_[left] != entries_[right]) return false;
  if (!table_->released(left).empty() || !table_->released(right).empty()) return false;
  bool alike = true;
  const auto check = [&](TokenId id) {
    if (!hybrid().bytes.has(id) && !hybrid().pieces.has(id)) return;
    const DecodeContext next = table_->next_context(left, id);
    const DecodeContext other = table_->next_context(right, id);
    if (next != other && (next != left || other != right)) alike = false;
    if (table_->bytes(left, id).str() != table_->bytes(right, id).str()) alike = false;
  };
  table_->for_each_overlay(left, check);
  table_->for_each_overlay(right, check);
  return alike;
}

void HybridTables::find_beginnings() {
  cannot_begin_.assign(table_->size(), 0);
  for (const IdRange& range : {hybrid().suffixes, hybrid().chains}) {
    std::fill(cannot_begin_.begin() + range.begin, cannot_begin_.begin() + range.end, 0xFF);
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (follows_mark_[i]) continue;  // no segment ends there
    const auto context = static_cast<DecodeContext>(i);
    const uint8_t entry = entries_[i];
    const DecodeContext same = entry_contexts_[entry];
    const auto check = [&](TokenId id) {
      if (cannot_begin_[id] >> entry & 1) return;
      if (!begins_alike(context, same, id)) cannot_begin_[id] |= static_cast<uint8_t>(1 << entry);
    };
    if (context == same) continue;
    table_->for_each_overlay(context, check);
    table_->for_each_overlay(same, check);
  }
  for (TokenId id = hybrid().bytes.begin; id < hybrid().bytes.end; ++id) {
    if (cannot_begin_[id] != 0) {
      throw Error(
          ErrorCode::kInvalidFile,
          "expected bytes that are spelled alike behind every token, found one that is not");
    }
  }
}

}  // namespace tokrail::detail
