// Language: a compiled language pack: how stems and suffixes are spelled and what may follow what.
//
// Spelling. What stands to the left of a suffix decides how it is spelled. That is an *ending*: a
// vowel class, a sound class, some flags, and possibly a tail that is not decided yet, since the
// next morph may change it (kitap, kitab-ım). Endings are interned, so spelling a suffix is one
// table lookup, realise(ending, suffix), used alike by whoever reads words and by whoever writes
// them:
//
//   stem kitap   = "kita" + ending{tail p or b}
//   realise(ending{p|b}, P1SG) = changes the tail: "b" + "ım" -> ending{back-flat, voiced}
//   realise(ending{p|b}, LOC)  = keeps the tail:   "p" + "ta" -> ending{back-flat, vowel}
//   the word ends:               "p"
//
// Morphotactics. A stem's part of speech gives a state; arcs lead through suffixes to states;
// `is_final` states end words. Empty arcs of the pack are compiled away.
//
// Everything is in lower case; case is for whoever writes text (hybrid_spec.h). The bytes are flat
// arrays that may lie in a mapped file: opening one is a check of its bounds, below a millisecond
// per MB. Immutable, thread safe. Errors of opening: Error(kInvalidFile, kUnsupported).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/stable_hash.h"

namespace tokrail {

using SuffixId = uint16_t;
using EndingId = uint16_t;
using MorphState = uint16_t;  ///< of the morphotactic graph
using FormId = uint32_t;      ///< a stem's spelling
using LexemeId = uint32_t;    ///< a stem's spelling with its part of speech
using PosId = uint8_t;

inline constexpr EndingId kNoEnding = 0;  ///< nothing that a suffix could lean on
inline constexpr uint32_t kNoIndex = 0xFFFFFFFF;

/// Left context that decides spelling. Classes count from 1; 0: none so far.
struct SoundState {
  uint8_t vowel = 0;
  uint8_t sound = 0;
  uint8_t flags = 0;
  uint8_t unused = 0;
  bool operator==(const SoundState&) const = default;
};

/// What stands to the left of the next morph.
struct Ending {
  std::string_view base_tail;     ///< what is still to be written if nothing changes it
  std::string_view changed_tail;  ///< what is written if the next morph changes it
  bool changes = false;           ///< whether the two are different forms
  SoundState base;                ///< behind base_tail
  SoundState changed;             ///< behind changed_tail
};

/// A suffix behind an ending: the ending's tail (base or changed), then `text`, then the tail of
/// the new ending `end`, which is left open.
struct Realised {
  std::string_view text;
  EndingId end = kNoEnding;
  bool changes_left = false;
  bool allowed = false;  ///< false: no form of the suffix fits here; text is its last form
};

struct StemForm {
  std::string_view text;  ///< unchanged, whole
  uint32_t prefix = 0;    ///< bytes before the ending's tail
  EndingId ending = kNoEnding;
  bool proper = false;  ///< usually written with a capital letter
  bool upper = false;   ///< usually written in capital letters
  LexemeId first_lexeme = 0;
  uint32_t lexeme_count = 0;
};

struct Lexeme {
  FormId form = 0;
  PosId pos = 0;
  MorphState state = 0;
};

struct MorphArc {
  SuffixId suffix;
  MorphState to;
  uint16_t tag;
  uint16_t unused;
};

class Language {
 public:
  static std::shared_ptr<const Language> load(const std::filesystem::path& path);
  /// `bytes` begin at a multiple of 8 and live as long as `owner`. `name` is put into errors.
  static std::shared_ptr<const Language> from_bytes(std::string_view bytes,
                                                    std::shared_ptr<const void> owner,
                                                    std::string_view name = {});
  virtual ~Language();

  std::string_view code() const noexcept;
  std::string_view name() const noexcept;
  uint32_t version() const noexcept;
  Hash128 hash() const noexcept;            ///< of the bytes
  std::string_view bytes() const noexcept;  ///< the whole file

  // Letters.
  /// One code point; others than letters stay as they are.
  char32_t to_lower(char32_t c) const noexcept;
  char32_t to_upper(char32_t c) const noexcept;
  /// Appends; bytes that are not UTF-8 stay as they are.
  void append_upper(std::string_view text, std::string& out) const;
  /// The first character in upper case, the rest as it is.
  void append_capital(std::string_view text, std::string& out) const;
  std::string lower(std::string_view text) const;
  bool is_vowel(char32_t c) const noexcept;
  /// The ending behind lower-case letters that are in no lexicon: by their vowels and last sound;
  /// of text without a vowel that is all letters with names, the last letter's name decides
  /// (TL -> te-le). kNoEnding for text without letters.
  EndingId ending_of(std::string_view text) const noexcept;
  /// The ending behind a number, as it is read aloud ("1990" -> doksan). `digits`: ASCII, not
  /// empty; only its end matters: trailing zeros and the digit before them.
  EndingId ending_of_number(std::string_view digits) const noexcept;

  // Spelling.
  size_t ending_count() const noexcept;
  Ending ending(EndingId id) const noexcept;
  size_t suffix_count() const noexcept;
  std::string_view suffix_name(SuffixId id) const noexcept;
  std::string_view suffix_pattern(SuffixId id) const noexcept;  ///< its last form, "(y)I" say
  SuffixId suffix(std::string_view name) const noexcept;        ///< 0xFFFF: none
  Realised realise(EndingId left, SuffixId suffix) const noexcept;

  // Lexicon.
  size_t form_count() const noexcept;
  StemForm form(FormId id) const noexcept;
  size_t lexeme_count() const noexcept;
  Lexeme lexeme(LexemeId id) const noexcept;
  size_t pos_count() const noexcept;
  std::string_view pos_name(PosId id) const noexcept;

  /// All forms whose prefix (text before the ending's tail) begins `text`: calls
  /// found(prefix length, FormId) in order of length. Whether the tail fits is the caller's matter.
  /// O(length of the longest prefix).
  template <typename Found>
  void stems(std::string_view text, Found&& found) const {
    StemWalk walk = start_walk();
    for (size_t i = 0; i <= text.size(); ++i) {
      for (const FormId form : forms_at(walk)) found(i, form);
      if (i == text.size() || !step(walk, static_cast<unsigned char>(text[i]))) return;
    }
  }
  /// The forms with this text, unchanged.
  std::span<const FormId> forms_with_text(std::string_view text) const noexcept;

  // Morphotactics.
  size_t state_count() const noexcept;
  std::string_view state_name(MorphState state) const noexcept;
  std::span<const MorphArc> arcs(MorphState state) const noexcept;
  bool is_final(MorphState state) const noexcept;
  std::string_view tag(uint16_t tag) const noexcept;
  /// Whether a second stem of this part of speech may begin in the state.
  bool joins(MorphState state, PosId pos) const noexcept;
  bool joins_any(MorphState state) const noexcept;
  std::span<const MorphState> unknown_states() const noexcept;
  /// State behind digits; kNoState where numbers take no suffixes.
  static constexpr MorphState kNoState = 0xFFFF;
  MorphState numeral_state() const noexcept;

  // For stems(): a walk through the trie.
  struct StemWalk {
    uint32_t node = 0;
  };
  StemWalk start_walk() const noexcept { return {}; }
  bool step(StemWalk& walk, unsigned char byte) const noexcept;
  std::span<const FormId> forms_at(StemWalk walk) const noexcept;

 protected:
  Language();

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace tokrail
