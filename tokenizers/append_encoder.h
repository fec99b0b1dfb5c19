// AppendEncoder: the ids of a text that grows at its end and is cut back.
//
// At every moment the ids are exactly what Tokenizer::encode (without template or BOS and EOS)
// gives for the whole text. Pieces that no further text can change are encoded once and kept; only
// the undecided tail is encoded again, and long pieces are not even read again: the encodings of
// all prefixes of the tail are kept in a table.
//
//   AppendEncoder encoder(tokenizer);
//   encoder.append("Hello wor");
//   encoder.count();                      // as encode("Hello wor").size()
//   size_t before = encoder.size();
//   encoder.append("ld");
//   encoder.ids();                        // as encode("Hello world")
//   encoder.truncate(before);             // as if the last append had not been
//
// Complexity: for byte-level BPE with a known splitter, append is O(bytes appended) amortised and
// truncate O(pieces and bytes given back + the piece that is cut); ids() adds the ids that changed.
// A truncate inside a piece of many kilobytes makes the next ids() read that piece again. Where
// text has characters that its normalizer (NFC) changes, what follows the first of them is encoded
// again by each ids(). All other tokenizers encode the whole text in each ids() after a change;
// is_incremental() tells. Memory: the text, its ids, 24 bytes per kept piece, 8 bytes per byte of a
// long piece at the end. Thread safety: an object belongs to one thread; copies are independent.
// Shares the tokenizer's engine. Errors: truncate throws Error(kInvalidArgument) for a size the
// text does not have; ids() and count() throw what encode throws for the text, and may be called
// again after truncate.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.h"
#include "tokenizers/spec.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

class AppendEncoder {
 public:
  /// `special_text`: as in EncodeOptions; unset is the default of the format.
  explicit AppendEncoder(const Tokenizer& tokenizer,
                         std::optional<SpecialText> special_text = std::nullopt);
  ~AppendEncoder();
  AppendEncoder(const AppendEncoder& other);
  AppendEncoder& operator=(const AppendEncoder& other);
  AppendEncoder(AppendEncoder&&) noexcept;
  AppendEncoder& operator=(AppendEncoder&&) noexcept;

  void append(std::string_view text);
  /// Goes back to the first `size` bytes.
  void truncate(size_t size);
  void clear() { truncate(0); }

  const std::string& text() const noexcept;
  size_t size() const noexcept { return text().size(); }

  /// Valid until the next call of append, truncate, ids or count.
  std::span<const TokenId> ids();
  size_t count() { return ids().size(); }

  /// The first ids and the bytes they stand for that no further text can change. Always empty
  /// where is_incremental() is false.
  struct Certain {
    std::span<const TokenId> ids;
    size_t bytes;
  };
  Certain certain();

  bool is_incremental() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
