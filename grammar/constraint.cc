#include "grammar/constraint.h"

#include <exception>
#include <vector>

#include "base/bitset.h"

namespace tokrail {

std::unique_ptr<Constraint> Constraint::start() const {
  std::unique_ptr<Constraint> fresh = fork();
  fresh->reset();
  return fresh;
}

size_t Constraint::validate(std::span<const TokenId> ids) const noexcept {
  try {
    const std::unique_ptr<Constraint> probe = fork();
    size_t count = 0;
    while (count < ids.size() && probe->accept(ids[count])) ++count;
    return count;
  } catch (const std::exception&) {
    return 0;
  }
}

bool Constraint::is_stuck() const noexcept {
  if (is_ended() || is_complete()) return false;
  try {
    std::vector<uint32_t> mask(mask_words(vocab_size()));
    return fill_mask(mask) == MaskStatus::kDead;
  } catch (const std::exception&) {
    return false;
  }
}

Shortest Constraint::shortest_completion() const noexcept {
  return is_complete() ? Shortest{0, 0} : Shortest{1, Shortest::kUnknown};
}

size_t Constraint::forced(std::span<TokenId>) const noexcept {
  return 0;
}

}  // namespace tokrail
