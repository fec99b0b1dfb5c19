// HybridEndings: the endings that the ids of a hybrid vocabulary lead to, those that nothing tells
// apart as one class.
//
//   HybridEndings endings(language);
//   endings.reach(ending, capitals);      // what stems and pieces lead to
//   endings.find_classes();               // and what suffixes lead to from there
//   endings.class_of(ending);
//
// Two endings are of one class where the same bytes are released and every suffix spells the same
// and leads to the same class; chains of suffixes then agree too. Complexity: O(endings *
// suffixes). Internal to the module.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language.h"

namespace tokrail {

class HybridEndings {
 public:
  using Class = uint16_t;

  explicit HybridEndings(const Language& language);

  bool has_tail(EndingId id) const noexcept {
    return !endings_[id].base_tail.empty() || endings_[id].changes;
  }
  /// An ending without tail that spells like `id` unchanged. `text` is what stands there, in case
  /// the language has none.
  EndingId closed(EndingId id, std::string_view text) const noexcept;
  /// Behind letters, of any case, that are no stem.
  EndingId behind_letters(std::string_view text) const;
  EndingId behind_number(std::string_view digits) const noexcept;

  void reach(EndingId id, bool capitals) { (capitals ? in_capitals_ : in_plain_)[id] = true; }
  /// Finds all that is reached through suffixes, and the classes. kNoEnding is always reached.
  void find_classes();

  size_t class_count() const noexcept { return firsts_.size(); }
  /// Of an ending that was reached.
  Class class_of(EndingId id) const noexcept { return classes_[id]; }
  /// Stands for its class.
  EndingId ending(Class c) const noexcept { return firsts_[c]; }
  /// Whether ids lead to the class, outside of capitals or in them.
  bool is_reached(Class c, bool capitals) const noexcept {
    return (capitals ? class_in_capitals_ : class_in_plain_)[c];
  }
  const Ending& at(EndingId id) const noexcept { return endings_[id]; }
  /// All that are reached, and where an ending stands among them.
  const std::vector<EndingId>& reached() const noexcept { return reached_; }
  size_t row(EndingId id) const noexcept { return rows_[id]; }
  /// By suffix, of an ending that was reached.
  std::span<const Realised> realised(EndingId id) const noexcept {
    return {realised_.data() + row(id) * suffix_count_, suffix_count_};
  }
  /// What a suffix makes of the ending's tail.
  std::string_view released(EndingId id, const Realised& suffix) const noexcept {
    return suffix.changes_left ? endings_[id].changed_tail : endings_[id].base_tail;
  }

 private:
  void reach_through_suffixes();
  uint64_t first_sign(EndingId id) const;

  const Language& language_;
  size_t suffix_count_;
  std::vector<Ending> endings_;
  std::vector<bool> in_plain_, in_capitals_;
  std::vector<uint32_t> rows_;  ///< by ending; kNoIndex: not reached
  std::vector<EndingId> reached_;
  std::vector<Realised> realised_;
  std::vector<Class> classes_;
  std::vector<EndingId> firsts_;
  std::vector<bool> class_in_plain_, class_in_capitals_;
};

}  // namespace tokrail
