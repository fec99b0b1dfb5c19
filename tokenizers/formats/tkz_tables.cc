#include "tokenizers/formats/tkz_tables.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizers/detokenization/decode_table_builder.h"
#include "tokenizers/formats/tkz_archive.h"

namespace tokrail::tkz {
namespace {

/// What an id spells in one context.
struct Overlay {
  TokenId id = 0;
  std::string bytes;
  uint32_t next = 0;
};

struct ContextFields {
  std::string released, final_bytes;
  std::vector<Overlay> overlays;
};

struct DecodeFields {
  ByteRuns byte_runs = ByteRuns::kMaximalParts;
  uint32_t strip_count = 0, strip_byte = 0, start = 0;
  std::vector<ContextFields> contexts;
  std::vector<std::pair<TokenId, uint32_t>> shared_next;  ///< those that do not lead inside
};

/// What the tables have beside their arrays.
struct CompiledFields {
  bool spells_bytes = false;
  bool has_rank_bpe = false;
  RankBpe::Units units = RankBpe::Units::kBytes;
  uint32_t base_count = 0;
  bool has_cuts = false;
  std::optional<DecodeFields> decode;
};

}  // namespace

static constexpr auto last_value(Type<ByteRuns>) {
  return ByteRuns::kEachByte;
}
static constexpr auto last_value(Type<RankBpe::Units>) {
  return RankBpe::Units::kCharacters;
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, Overlay>& overlay) {
  archive(overlay.id, overlay.bytes, overlay.next);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, ContextFields>& context) {
  archive(context.released, context.final_bytes, context.overlays);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, DecodeFields>& decode) {
  archive(decode.byte_runs, decode.strip_count, decode.strip_byte, decode.start, decode.contexts,
          decode.shared_next);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, CompiledFields>& compiled) {
  archive(compiled.spells_bytes, compiled.has_rank_bpe, compiled.units, compiled.base_count,
          compiled.has_cuts, compiled.decode);
}

namespace {

void require(bool holds, const char* expected) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, std::string("expected ") + expected);
}

DecodeFields fields_of(const DecodeTable& table) {
  DecodeFields decode;
  decode.byte_runs = table.byte_runs();
  decode.strip_count = table.strip_count();
  decode.strip_byte = static_cast<unsigned char>(table.strip_byte());
  decode.start = table.start_context();
  for (size_t c = 0; c < table.context_count(); ++c) {
    const auto context = static_cast<DecodeContext>(c);
    ContextFields& out = decode.contexts.emplace_back();
    out.released = table.released(context);
    out.final_bytes = table.final_bytes(context);
    table.for_each_overlay(context, [&](TokenId id) {
      out.overlays.push_back(
          {id, std::string(table.bytes(context, id).own), table.next_context(context, id)});
    });
  }
  for (TokenId id = 0; id < table.shared_next().size(); ++id) {
    const DecodeContext next = table.shared_next()[id];
    if (next != DecodeTableBuilder::kInside) decode.shared_next.emplace_back(id, next);
  }
  return decode;
}

void add_contexts(const DecodeFields& decode, size_t size, DecodeTableBuilder& builder) {
  const size_t count = decode.contexts.size();
  require(count >= 1 && decode.start < count && decode.contexts[0].released.empty() &&
              decode.contexts[0].final_bytes.empty(),
          "an inside context that holds nothing, and a start context");
  for (size_t c = 1; c < count; ++c) {
    builder.add_context(decode.contexts[c].released, decode.contexts[c].final_bytes);
  }
  for (size_t c = 0; c < count; ++c) {
    const std::vector<Overlay>& overlays = decode.contexts[c].overlays;
    for (size_t i = 0; i < overlays.size(); ++i) {
      const auto& [id, bytes, next] = overlays[i];
      require(id < size && (i == 0 || overlays[i - 1].id < id) && next < count,
              "spellings of a context by ascending ids that lead to contexts");
      builder.overlay(static_cast<DecodeContext>(c), id, bytes, static_cast<DecodeContext>(next));
    }
  }
  for (const auto& [id, next] : decode.shared_next) {
    require(id < size && next < count, "ids that lead to contexts");
    builder.set_shared_next(id, static_cast<DecodeContext>(next));
  }
}

std::shared_ptr<const DecodeTable> read_decode_table(const SectionReader& sections,
                                                     const DecodeFields& decode, size_t size) {
  const auto entries = sections.array<DecodeTable::Entry>(Section::kDecodeEntries);
  require(entries.size() == size && decode.strip_byte < 256, "a spelling for each id");
  DecodeTableBuilder builder({entries, sections.bytes(Section::kDecodeArena),
                              sections.array<uint8_t>(Section::kDecodeFlags)},
                             sections.owner());
  builder.set_byte_runs(decode.byte_runs);
  builder.set_strip(decode.strip_count, static_cast<char>(decode.strip_byte));
  add_contexts(decode, size, builder);
  return builder.finish(static_cast<DecodeContext>(decode.start));
}

}  // namespace

void write_tables(const PrecompiledTables& tables, SectionWriter& sections) {
  CompiledFields compiled;
  compiled.spells_bytes = tables.spells_bytes.value_or(false);
  compiled.has_cuts = tables.cuts != nullptr;
  if (tables.rank_bpe) {
    const RankBpe::Tables arrays = tables.rank_bpe->tables();
    compiled.has_rank_bpe = true;
    compiled.units = arrays.units;
    compiled.base_count = arrays.base_count;
    sections.add(Section::kTrie, arrays.trie);
    sections.add(Section::kTokens, arrays.tokens);
    sections.add(Section::kIds, arrays.ids);
    sections.add(Section::kRanks, arrays.ranks);
    sections.add(Section::kPairs, arrays.pairs);
  }
  if (tables.cuts) sections.add(Section::kCuts, std::span<const uint64_t>(tables.cuts->words()));
  // A chain is compiled from the spec's steps, and rows faster than they are read; other tables are
  // kept.
  const DecodeTable* const table = tables.decode_table.get();
  if (table && !table->chain() && table->rows().empty()) {
    compiled.decode = fields_of(*table);
    sections.add(Section::kDecodeEntries, std::span(table->entries(), table->size()));
    sections.add(Section::kDecodeArena, table->long_bytes());
    sections.add(Section::kDecodeFlags, table->flags());
  }
  TkzWriter writer;
  writer(compiled);
  sections.add(Section::kCompiled, writer.take());
}

PrecompiledTables read_tables(const SectionReader& sections, size_t size) {
  CompiledFields compiled;
  TkzReader reader(sections.bytes(Section::kCompiled));
  reader(compiled);
  reader.finish();
  PrecompiledTables tables;
  tables.spells_bytes = compiled.spells_bytes;
  if (compiled.has_rank_bpe) {
    RankBpe::Tables arrays;
    arrays.trie = sections.array<ByteTrieNode>(Section::kTrie);
    arrays.tokens = sections.array<RankBpe::Token>(Section::kTokens);
    arrays.ids = sections.array<TokenId>(Section::kIds);
    arrays.ranks = sections.array<RankBpe::Rank>(Section::kRanks);
    arrays.pairs = sections.array<uint32_t>(Section::kPairs);
    arrays.base_count = compiled.base_count;
    arrays.units = compiled.units;
    tables.rank_bpe = RankBpe::from_tables(arrays, sections.owner());
  }
  if (compiled.has_cuts) {
    const auto words = sections.array<uint64_t>(Section::kCuts);
    require(words.size() == CertainCuts::kWords, "bit sets of cuts of 40,960 bytes");
    tables.cuts =
        std::make_shared<const CertainCuts>(words.first<CertainCuts::kWords>(), sections.owner());
  }
  if (compiled.decode) tables.decode_table = read_decode_table(sections, *compiled.decode, size);
  return tables;
}

}  // namespace tokrail::tkz
