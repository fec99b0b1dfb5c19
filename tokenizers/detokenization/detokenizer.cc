#include "tokenizers/detokenization/detokenizer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/detokenization/decode_chain.h"
#include "tokenizers/detokenization/decode_rules.h"
#include "tokenizers/detokenization/decode_steps.h"

namespace tokrail {
namespace {

void check_ids(std::span<const TokenId> ids, size_t size) {
  TokenId highest = 0;
  for (const TokenId id : ids) highest = std::max(highest, id);
  if (ids.empty() || highest < size) return;
  const auto at = std::find_if(ids.begin(), ids.end(), [size](TokenId id) { return id >= size; });
  throw Error(
      ErrorCode::kInvalidArgument,
      "id " + std::to_string(*at) + " is not below the vocabulary's size " + std::to_string(size),
      "id number " + std::to_string(at - ids.begin()));
}

/// Shared spellings one after the other: one 16-byte copy per id into a block that stays in the
/// first-level cache, then a copy of the block.
template <bool kSkipSpecial>
void append_plain(const DecodeTable& table, std::span<const TokenId> ids, std::string& out) {
  constexpr size_t kIds = 512;
  using Entry = DecodeTable::Entry;
  static_assert(sizeof(Entry) == 16);
  std::array<char, kIds * sizeof(Entry)> block;
  const Entry* const entries = table.entries();
  for (size_t begin = 0; begin < ids.size(); begin += kIds) {
    const size_t end = std::min(begin + kIds, ids.size());
    char* p = block.data();
    for (size_t i = begin; i < end; ++i) {
      const Entry& entry = entries[ids[i]];
      if (kSkipSpecial && table.is_special(ids[i])) continue;
      if (entry.length == Entry::kLong) [[unlikely]] {
        out.append(block.data(), p).append(entry.view(table.long_bytes()));
        p = block.data();
        continue;
      }
      std::memcpy(p, &entry, sizeof(Entry));
      p += entry.length;
    }
    out.append(block.data(), p);
  }
}

/// Contexts that are rows: per id what was held back, then its own bytes, 16 bytes each, into a
/// block. Whether an id is in the overlay decides a number, not a branch. Returns the last context.
template <bool kSkipSpecial>
DecodeContext append_rows(const DecodeTable& table, std::span<const TokenId> ids,
                          DecodeContext context, std::string& out) {
  using Entry = DecodeTable::Entry;
  constexpr size_t kIds = 256;
  std::array<char, 2 * kIds * sizeof(Entry)> block;
  const Entry* const entries = table.entries();
  const DecodeTable::Row* const rows = table.rows().data();
  const DecodeContext* const next = table.next_slots();
  for (size_t begin = 0; begin < ids.size(); begin += kIds) {
    const size_t end = std::min(begin + kIds, ids.size());
    char* p = block.data();
    for (size_t i = begin; i < end; ++i) {
      const TokenId id = ids[i];
      const DecodeTable::Row& row = rows[context];
      const TokenId at = id - row.begin;
      const bool overlaid = at < row.count;
      const size_t slot = overlaid ? size_t{row.slot} + at : id;
      context = next[slot];
      std::memcpy(p, &row.released, sizeof(Entry));
      p += overlaid ? 0 : row.released.length;
      if (kSkipSpecial && table.is_special(id)) continue;
      const Entry& entry = entries[slot];
      if (entry.length == Entry::kLong) [[unlikely]] {
        out.append(block.data(), p).append(entry.view(table.long_bytes()));
        p = block.data();
        continue;
      }
      std::memcpy(p, &entry, sizeof(Entry));
      p += entry.length;
    }
    out.append(block.data(), p);
  }
  return context;
}

void append_by_table(const DecodeTable& table, std::span<const TokenId> ids, bool skip_special,
                     std::string& out) {
  DecodeContext context = table.start_context();
  if (!table.rows().empty() && (!skip_special || table.skipped_ids_move())) {
    context = skip_special ? append_rows<true>(table, ids, context, out)
                           : append_rows<false>(table, ids, context, out);
    out.append(table.final_bytes(context));
    return;
  }
  size_t i = 0;
  for (; i < ids.size() && !table.is_plain(context); ++i) {
    const bool skipped = skip_special && table.is_special(ids[i]);
    if (skipped && !table.skipped_ids_move()) continue;
    const SpelledBytes bytes = table.bytes(context, ids[i]);
    out.append(bytes.released);
    if (!skipped) out.append(bytes.own);
    context = table.next_context(context, ids[i]);
  }
  const auto rest = ids.subspan(i);  // in a context that nothing leaves
  if (skip_special) {
    append_plain<true>(table, rest, out);
  } else {
    append_plain<false>(table, rest, out);
  }
  out.append(table.final_bytes(context));
}

void append_by_chain(const DecodeTable& table, std::span<const TokenId> ids, bool skip_special,
                     bool raw_bytes, std::string& out) {
  DecodeChainState chain(table.chain(), raw_bytes);
  for (const TokenId id : ids) {
    if (table.is_left_out(id, skip_special)) continue;
    chain.push(id, out);
  }
  chain.finish(out);
}

/// Whether a token that prints nothing stands behind a byte token: it ends the run all the same,
/// so bytes on both sides are ill-formed even where together they spell a character.
bool splits_run(const DecodeTable& table, std::span<const TokenId> ids, bool skip_special) {
  bool in_run = false;
  for (const TokenId id : ids) {
    if (table.is_left_out(id, skip_special)) continue;
    if (in_run && table.is_silent(id)) return true;
    in_run = table.is_byte(id);
  }
  return false;
}

/// Text of a table with byte tokens, ill-formed runs replaced as the format's system does it.
std::string replace_runs(const DecodeTable& table, std::span<const TokenId> ids,
                         bool skip_special) {
  std::string out;
  std::string run;
  const auto close_run = [&] {
    out +=
        table.byte_runs() == ByteRuns::kWholeRun ? replace_whole_run(run) : replace_each_byte(run);
    run.clear();
  };
  const bool strips = table.strip_count() > 0;
  DecodeContext context = strips ? table.inside_context() : table.start_context();
  for (const TokenId id : ids) {
    if (table.is_left_out(id, skip_special)) continue;
    const SpelledBytes bytes = table.bytes(context, id);
    context = table.next_context(context, id);
    if (table.is_byte(id)) {
      bytes.append_to(run);
      continue;
    }
    if (!run.empty()) close_run();
    out += replace_invalid_utf8(bytes.released);
    out += replace_invalid_utf8(bytes.own);
  }
  close_run();
  out += table.final_bytes(context);
  if (strips) {
    size_t leading = 0;
    while (leading < table.strip_count() && leading < out.size() &&
           out[leading] == table.strip_byte()) {
      ++leading;
    }
    out.erase(0, leading);
  }
  return out;
}

}  // namespace

Detokenizer Detokenizer::compile(const TokenizerSpec& spec, const Normalize& normalize) {
  return Detokenizer(compile_decode_table(spec, normalize));
}

void Detokenizer::decode_bytes_into(std::span<const TokenId> ids, bool skip_special,
                                    std::string& out) const {
  check_ids(ids, size());
  if (table_->chain() != nullptr) {
    append_by_chain(*table_, ids, skip_special, /*raw_bytes=*/true, out);
    return;
  }
  // Room for tokens of common length at once; growing by doubling covers the rest.
  out.reserve(out.size() + ids.size() * 4);
  append_by_table(*table_, ids, skip_special, out);
}

std::string Detokenizer::decode_bytes(std::span<const TokenId> ids, bool skip_special) const {
  std::string out;
  decode_bytes_into(ids, skip_special, out);
  return out;
}

std::string Detokenizer::decode_text(std::span<const TokenId> ids, DecodeOptions options) const {
  const bool replaces = options.invalid_utf8 == InvalidUtf8::kReplace;
  std::string out;
  if (replaces && table_->chain() != nullptr) {
    check_ids(ids, size());
    append_by_chain(*table_, ids, options.skip_special, /*raw_bytes=*/false, out);
  } else {
    decode_bytes_into(ids, options.skip_special, out);
  }
  if (options.invalid_utf8 == InvalidUtf8::kKeep) return out;
  const size_t invalid = find_invalid_utf8(out);
  if (options.invalid_utf8 == InvalidUtf8::kError) {
    if (invalid == std::string::npos) return out;
    throw Error(ErrorCode::kTextRefused, "the decoded text is not well-formed UTF-8",
                "byte " + std::to_string(invalid));
  }
  const bool by_runs = table_->chain() == nullptr && table_->has_byte_tokens() &&
                       table_->byte_runs() != ByteRuns::kMaximalParts;
  if (by_runs && (invalid != std::string::npos || !table_->texts_valid() ||
                  splits_run(*table_, ids, options.skip_special))) {
    return replace_runs(*table_, ids, options.skip_special);
  }
  if (invalid == std::string::npos) return out;
  return replace_invalid_utf8(out);
}

}  // namespace tokrail
