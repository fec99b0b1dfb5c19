// HybridPaths: the fewest ids that spell a segment part by part.
//
// States are (bytes of the segment decided, bytes written, decode context); the two differ by the
// tail that the context holds back. An edge writes one or some ids where the decode table spells
// exactly the bytes that stand there:
//
//   stem      an id of its form, behind marks where it takes them
//   suffix    the id of the suffix, or a chain for it and those behind it
//   number    numerals, as NumberChunks cuts digits
//   literal   pieces and bytes for any span inside one part
//
// A reading that ids can spell is spelled by them alone. Else, of paths with the fewest ids, those
// with fewer literals in stems and suffixes win, where a literal in a stem that has an id counts as
// two ids; of equal paths the one with the lower id at the first difference.
//
// Complexity: O(bytes * (longest piece + contexts)). Private to HybridModel; belongs to one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/engine/hybrid_encoder.h"
#include "tokenizers/engine/hybrid_reading.h"
#include "tokenizers/engine/hybrid_tables.h"

namespace tokrail::detail {

class HybridPaths {
 public:
  explicit HybridPaths(const HybridTables& tables) : tables_(tables), table_(tables.table()) {}

  /// Appends the tokens and returns the context behind them.
  DecodeContext find(const HybridReading& reading, uint8_t entry, std::vector<HybridToken>& out);

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  static constexpr uint32_t kImpossible = 0xFFFFFFFF;
  static constexpr uint32_t kIdCost = 1024;  // more than a segment has literals
  static constexpr uint32_t kMaxIds = 3;

  struct State {
    uint32_t next_in_cell;
    DecodeContext context;
    uint16_t part;     // that begins here, or that this is inside of
    uint16_t at;       // bytes decided
    uint16_t written;  // bytes that ids have spelled
    uint32_t first_edge = 0, edges_end = 0;
    uint32_t cost = kImpossible;
    uint32_t choice = kNone;  // edge
  };
  struct Edge {
    uint32_t to;
    uint32_t cost;
    uint32_t count;
    TokenId ids[kMaxIds];
  };
  /// Ids that were spelled from a state on.
  struct Writing {
    DecodeContext context;
    uint32_t written;
    uint32_t count = 0;
    TokenId ids[kMaxIds] = {};
  };

  size_t cell_of(uint32_t part, uint32_t at) const noexcept { return size_t{part} + at; }
  uint32_t state_at(uint32_t part, uint32_t at, uint32_t written, DecodeContext context);
  bool write(Writing& writing, TokenId id) const noexcept;
  void add_edge(const Writing& writing, uint32_t part, uint32_t at, uint32_t cost);

  bool find_literals(std::vector<HybridToken>& out, DecodeContext& behind);
  void build();
  void expand(uint32_t index);
  bool begins_word() const noexcept;
  void add_stems();
  void add_stem(const Writing& before, TokenId id);
  void add_suffixes();
  void add_numerals();
  void add_numeral(const Writing& before, uint32_t begin, uint32_t end);
  void add_literals();
  uint32_t literal_cost(const HybridPart& part, uint32_t begin, uint32_t end) const noexcept;
  uint32_t end_cost(const State& state) const noexcept;
  void choose(State& state) const noexcept;
  bool is_before(const Edge& left, const Edge& right) const noexcept;

  const HybridTables& tables_;
  const DecodeTable& table_;
  const HybridReading* reading_ = nullptr;
  std::string_view text_;
  uint8_t entry_ = 0;
  bool with_literals_ = true;
  std::vector<uint32_t> cells_;  // first state
  std::vector<State> states_;
  std::vector<Edge> edges_;
  std::vector<uint32_t> order_;  // states as they were expanded
  struct Pick {
    uint32_t ids;  ///< from here to the end
    TokenId id;
    uint32_t end;
  };
  std::vector<Pick> picks_;  // by byte, of find_literals
  State now_{};              // the state that is expanded
  bool is_entry_ = false;
};

}  // namespace tokrail::detail
