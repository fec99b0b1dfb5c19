// HybridEncoder: text -> ids of a hybrid vocabulary.
//
//   text ─segments─► " kitabımda" ─lower─► Analyser ─morphs─► cheapest ids ─► bytes compared
//
// A segment is an optional space and a run of letters, digits and apostrophes, or a run of other
// characters. What a segment becomes is a function of its bytes and of its *entry*: whether stems,
// and whether numerals, would be spelled with a space there (two bits of the decode context). So
// segments can be kept in a cache, keyed by both.
//
// Ids of a segment: the Analyser reads the lower-cased word; a shortest path over (morphs written,
// decode context) then chooses ids, where an edge exists only if the decode table spells exactly
// the bytes that stand there: stem ids in a fitting case (or behind a mark), suffix ids, chains,
// numerals, pieces and bytes for any span inside a morph. So decode(encode(x)) == x for every byte
// string. Readings that ids can spell have no pieces. Fewest ids win (a piece in a stem that has an
// id counts as two); of equal ones those with fewer pieces in stems and suffixes, then the lower
// ids at the first difference. Chains never change the reading, only how it is written.
//
// Complexity: O(bytes) for cached segments (some 7 ns per byte), 5 to 10 us for a new word;
// segments are at most kMaxSegment bytes, longer runs are cut. Memory: 6 MiB per thread that
// encodes at the same time, and up to 16 MiB that all threads share. Immutable, thread safe but for
// the scratch. Errors: Error(kInvalidFile) for vocabularies that cannot spell every byte.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/detokenization/decode_table.h"
#include "tokenizers/engine/fast_encoder.h"
#include "tokenizers/engine/hybrid_segments.h"
#include "tokenizers/models/model.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// How ids of a segment came about, for evaluation and for people.
struct HybridToken {
  TokenId id;
  uint32_t begin, end;  ///< bytes of the segment; a stem's changed tail belongs to the stem
};

/// Segments without cache: the reference, and what a cache miss runs.
class HybridModel final : public Model {
 public:
  static constexpr size_t kMaxSegment = kMaxHybridSegment;
  /// Bits of an entry.
  static constexpr uint8_t kBareStems = 1, kBareNumerals = 2;

  HybridModel(std::shared_ptr<const TokenizerSpec> spec, std::shared_ptr<const DecodeTable> table);
  ~HybridModel() override;

  struct Scratch;
  struct FreeScratch {
    void operator()(Scratch* scratch) const noexcept;
  };
  std::unique_ptr<Scratch, FreeScratch> make_scratch() const;

  /// Most bytes that encode_segment takes; segments of a text are much shorter.
  static constexpr size_t kMaxBytes = 60000;
  /// Appends the tokens of a segment, which must not be empty, and returns the entry of what
  /// follows it.
  uint8_t encode_segment(std::string_view segment, uint8_t entry, Scratch& scratch,
                         std::vector<HybridToken>& out) const;
  /// A text that begins at a start context.
  void tokenize(std::string_view text, std::vector<ModelToken>& out) const override;

  /// End of the segment of `text` that begins at `from`; see hybrid_segments.h.
  size_t segment_end(std::string_view text, size_t from) const noexcept {
    return hybrid_segment_end(text, from);
  }
  /// Entry of a text's first segment, and of what follows a special token.
  uint8_t start_entry() const noexcept;

  const Analyser& analyser() const noexcept;

 private:
  void check_spelling(std::string_view segment, uint8_t entry,
                      std::span<const HybridToken> tokens) const;

  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

/// The encoder with its caches: one that all threads share (bounded, lock-free reads), and in front
/// of it each scratch's own.
std::unique_ptr<const FastEncoder> make_hybrid_encoder(std::shared_ptr<const HybridModel> model);

}  // namespace tokrail
