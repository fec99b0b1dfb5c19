#include <string>
#include <utility>

#include "base/error.h"
#include "tokenizers/engine/hybrid_encoder.h"
#include "tokenizers/engine/hybrid_paths.h"
#include "tokenizers/engine/hybrid_reading.h"
#include "tokenizers/engine/hybrid_tables.h"

namespace tokrail {

struct HybridModel::Tables : detail::HybridTables {
  using HybridTables::HybridTables;
};

struct HybridModel::Scratch {
  explicit Scratch(const Tables& tables) : reading(tables), paths(tables) {}
  detail::HybridReading reading;
  detail::HybridPaths paths;
};

HybridModel::HybridModel(std::shared_ptr<const TokenizerSpec> spec,
                         std::shared_ptr<const DecodeTable> table) {
  if (!spec->hybrid) throw Error(ErrorCode::kInvalidArgument, "expected a hybrid vocabulary");
  check_hybrid_spec(*spec->hybrid, spec->vocabulary.size());
  tables_ = std::make_unique<const Tables>(std::move(spec), std::move(table));
}

HybridModel::~HybridModel() = default;

std::unique_ptr<HybridModel::Scratch, HybridModel::FreeScratch> HybridModel::make_scratch() const {
  return std::unique_ptr<Scratch, FreeScratch>(new Scratch(*tables_));
}

void HybridModel::FreeScratch::operator()(Scratch* scratch) const noexcept {
  delete scratch;
}

const Analyser& HybridModel::analyser() const noexcept {
  return tables_->analyser();
}

uint8_t HybridModel::start_entry() const noexcept {
  return tables_->entry_of(tables_->table().start_context());
}

uint8_t HybridModel::encode_segment(std::string_view segment, uint8_t entry, Scratch& scratch,
                                    std::vector<HybridToken>& out) const {
  if (segment.empty() || segment.size() > kMaxBytes || entry >= detail::HybridTables::kEntries) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a segment of 1 to " + std::to_string(kMaxBytes) + " bytes");
  }
  const size_t before = out.size();
  scratch.reading.read(segment);
  const DecodeContext behind = scratch.paths.find(scratch.reading, entry, out);
  check_spelling(segment, entry, std::span(out).subspan(before));
  return tables_->entry_of(behind);
}

// Holds by construction; text that comes back changed would be worse than no ids.
void HybridModel::check_spelling(std::string_view segment, uint8_t entry,
                                 std::span<const HybridToken> tokens) const {
  const DecodeTable& table = tables_->table();
  DecodeContext context = tables_->context_of(entry);
  size_t at = 0;
  const auto take = [&](std::string_view bytes) {
    if (segment.substr(at, bytes.size()) != bytes) {
      throw Error(ErrorCode::kInternal, "a segment is not spelled by its ids");
    }
    at += bytes.size();
  };
  for (const HybridToken& token : tokens) {
    const SpelledBytes bytes = table.bytes(context, token.id);
    take(bytes.released);
    take(bytes.own);
    context = table.next_context(context, token.id);
  }
  take(table.final_bytes(context));
  if (at != segment.size()) {
    throw Error(ErrorCode::kInternal, "a segment is not spelled by its ids");
  }
}

void HybridModel::tokenize(std::string_view text, std::vector<ModelToken>& out) const {
  const auto scratch = make_scratch();
  std::vector<HybridToken> tokens;
  uint8_t entry = start_entry();
  for (size_t at = 0; at < text.size();) {
    const size_t end = segment_end(text, at);
    tokens.clear();
    entry = encode_segment(text.substr(at, end - at), entry, *scratch, tokens);
    const auto begin = static_cast<uint32_t>(at);
    for (const HybridToken& token : tokens) {
      out.push_back({token.id, begin + token.begin, begin + token.end});
    }
    at = end;
  }
}

}  // namespace tokrail
