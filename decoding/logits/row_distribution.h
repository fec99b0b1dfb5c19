// One row as a distribution to draw from: sums, truncation, draws, probabilities, removal.
//
// What all operations share. Rows of which few tokens are allowed, and what top-k leaves, are kept
// as a list; others are read in place, block by block, as often as needed. Not a public header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decoding/logits/part_sums.h"
#include "decoding/logits/row_input.h"
#include "decoding/logits/truncation.h"

namespace tokrail::logit_math {

class RowDistribution {
 public:
  struct Wishes {
    bool sums = true;       ///< false: only the largest token (greedy rows)
    bool all_sums = false;  ///< log_sum_all too: the masked logits are read
    bool entropy = false;
    bool truncate = true;
    bool removal = false;  ///< tokens will be taken out
  };

  RowDistribution() noexcept : reader_(input_) {}
  RowDistribution(const RowDistribution&) = delete;
  RowDistribution& operator=(const RowDistribution&) = delete;

  void prepare(const RowInput& input, const Wishes& wishes);

  const RowInput& input() const noexcept { return input_; }
  uint32_t flags() const noexcept { return flags_; }
  /// Nothing to draw, or nothing left.
  bool empty() const noexcept;
  /// One token has everything: +inf, or a greedy row without truncation to look at.
  bool is_point() const noexcept { return point_ != kNoToken && !point_removed_; }
  float scale() const noexcept { return c_; }

  /// Largest allowed a, -inf without any; largest of all (with all_sums).
  float most() const noexcept { return most_; }
  /// Natural log of the sum of the allowed before truncation, and of all.
  double log_sum() const noexcept;
  double log_sum_all() const noexcept;
  /// Log-probability of an allowed a before truncation.
  double log_prob(float a) const noexcept;
  double entropy() const noexcept { return entropy_; }
  /// Tokens of probability above 0 before truncation, and of those that can be drawn.
  uint32_t count_allowed();
  uint32_t count_kept();

  /// The token at u among what can be drawn; kNoToken where there is none.
  TokenId draw(double u) noexcept;
  /// Probability of an id among what could be drawn before anything was removed.
  double probability(uint32_t id) const noexcept;
  double log_probability(uint32_t id) const noexcept;
  bool could_draw(uint32_t id) const noexcept;
  /// Probabilities of all ids of block `number`; 0 outside.
  void probabilities(size_t number, double* out) noexcept;

  /// With `removal`: takes ids out; sorted or not, known or not.
  void remove(std::span<const TokenId> ids) noexcept;
  void remove_mask(std::span<const uint32_t> mask) noexcept;
  /// What is left, as a part of what there was before the first removal.
  double remaining() const noexcept;
  /// Sum of the probabilities of the ids in `mask`, removed or not.
  double mass(std::span<const uint32_t> mask) noexcept;

  /// The k first in order of falling a and rising id among what can be drawn before removals.
  void first(size_t k, TokenList& out);

 private:
  bool gather_sparse();
  void sum_dense(const Wishes& wishes);
  void note(size_t block, const BlockSum& sum, bool all);
  bool take_infinite() noexcept;
  void take_largest() noexcept;
  void find_entropy() noexcept;
  void apply_truncation();
  void sum_list();
  void weigh_list(size_t begin, size_t end) noexcept;
  static constexpr size_t kFew = 5;
  float sum_few(size_t begin, size_t end) const noexcept;
  void sum_list_part(size_t index) noexcept;
  void sum_cut();
  void keep_for_removal();
  Block kept_block(size_t number) noexcept;
  TokenId draw_listed(size_t index, double target) const noexcept;
  TokenId largest() noexcept;
  size_t list_end(size_t index) const noexcept;
  size_t part_of(size_t block) const noexcept;
  void resum(size_t index) noexcept;
  void refold_changed() noexcept;
  double probability_of(float a) const noexcept;

  RowInput input_;
  BlockReader reader_;
  float c_ = kLog2E;
  uint32_t flags_ = 0;
  TokenId point_ = kNoToken;
  bool point_removed_ = false;
  float most_ = -kInfinity;
  bool greedy_ = false;
  bool listed_ = false;
  bool has_cut_ = false;
  bool removable_ = false;
  bool sparse_ = false;
  bool all_infinite_ = false;
  Cut cut_;
  PartSums sums_;  // of what can be drawn now
  PartSums all_;   // of all
  double entropy_ = 0;
  double log_sum_ = 0;    // of the allowed before truncation
  double first_top_ = 0;  // of what could be drawn before removals
  double first_total_ = 0;
  uint32_t sparse_count_ = 0;
  Kept kept_;
  TokenList list_;                // with listed_: what can be drawn; -inf where taken out
  std::vector<float> initial_a_;  // its numbers before removals
  std::vector<float> list_weights_;
  std::vector<BlockSum> block_sums_;
  std::vector<uint32_t> left_;  // without list and with removal: the mask of what is left
  std::vector<uint8_t> changed_;
  uint32_t words_[kBlockWords];
};

}  // namespace tokrail::logit_math
