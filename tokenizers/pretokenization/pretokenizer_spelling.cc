// The steps that respell what they cut: the byte-level alphabet and Metaspace.
#include <array>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/pretokenization/pretokenizer_stage.h"
#include "tokenizers/pretokenization/splitter.h"

namespace tokrail::detail {
namespace {

/// tokenizer.json's ByteLevel: cut by GPT-2's pattern, then spell bytes in the alphabet. Here the
/// text is spelled first, at once, and cut at the places where the cuts have moved to; the pieces
/// share its memory.
class ByteLevelStage final : public PreTokenizerStage {
 public:
  explicit ByteLevelStage(const PreTokenizerStep& step)
      : prefix_space_(step.add_prefix_space),
        splitter_(step.use_regex ? Splitter::for_pattern(gpt2_pattern()) : nullptr) {
    if (step.use_regex && splitter_ == nullptr) {
      throw Error(ErrorCode::kInternal, "the pattern of GPT-2 is not compiled in");
    }
  }

  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    for (AlignedText& piece : pieces) {
      if (prefix_space_ && !piece.text().starts_with(' ')) piece.prepend(" ");
      if (piece.empty()) continue;
      if (splitter_ == nullptr) {
        spell(piece);
        out.push_back(std::move(piece));
      } else {
        split_piece(piece, out);
      }
    }
  }

 private:
  void split_piece(AlignedText& piece, std::vector<AlignedText>& out) const {
    const AlignedText before = piece;  // keeps the text while the piece is rewritten
    const std::string_view text = before.text();
    spell(piece);
    constexpr size_t kBatch = 512;
    std::array<uint32_t, kBatch> ends;
    size_t spelled = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t count = splitter_->split(text, at, ends.data(), kBatch);
      size_t begin = at;
      for (size_t i = 0; i < count; ++i) {
        const size_t from = spelled;
        for (const size_t end = at + ends[i]; begin < end; ++begin) {
          spelled += byte_level_length(text[begin]);
        }
        out.push_back(piece.slice(from, spelled));
      }
      at = begin;
    }
  }

  /// Every byte of a unit stands for the whole unit.
  static void spell(AlignedText& piece) {
    const std::string_view text = piece.text();
    size_t length = 0;
    for (const char byte : text) length += byte_level_length(byte);
    if (length == text.size()) return;  // all bytes are their own letters
    std::string spelled;
    spelled.reserve(length);
    std::vector<uint32_t> starts, ends;
    starts.reserve(length);
    ends.reserve(length);
    for (const auto& [position, unit] : utf8_units(text)) {
      append_byte_level(text.substr(position, unit.length), spelled);
      starts.resize(spelled.size(), static_cast<uint32_t>(position));
      ends.resize(spelled.size(), static_cast<uint32_t>(position + unit.length));
    }
    piece.assign(std::move(spelled), std::move(starts), std::move(ends));
  }

  bool prefix_space_;
  std::unique_ptr<const Splitter> splitter_;
};

/// tokenizer.json's Metaspace: spaces become "▁", which begins a piece.
class MetaspaceStage final : public PreTokenizerStage {
 public:
  explicit MetaspaceStage(const PreTokenizerStep& step)
      : replacement_(step.replacement), scheme_(step.prepend_scheme), split_(step.split) {
    if (replacement_.empty() || !valid_utf8(replacement_)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the replacement of Metaspace: expected a character of well-formed UTF-8");
    }
  }

  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    std::vector<TextMatch> matches, kept;
    for (AlignedText& piece : pieces) {
      respell(piece, matches);
      if (!split_) {
        if (!piece.empty()) out.push_back(std::move(piece));
        continue;
      }
      find(piece.text(), replacement_, matches);
      append_parts(piece, matches, SplitBehavior::kMergedWithNext, kept, out);
    }
  }

 private:
  void respell(AlignedText& piece, std::vector<TextMatch>& matches) const {
    if (piece.text().find(' ') != std::string_view::npos) {
      find(piece.text(), " ", matches);
      std::erase_if(matches, [](const TextMatch& match) { return !match.is_match; });
      piece.replace(matches, replacement_);
    }
    const bool wanted = scheme_ == PrependScheme::kAlways ||
                        (scheme_ == PrependScheme::kFirst && piece.original_begin() == 0);
    if (wanted && !piece.text().starts_with(replacement_)) piece.prepend(replacement_);
  }

  static void find(std::string_view text, std::string_view wanted,
                   std::vector<TextMatch>& matches) {
    matches.clear();
    size_t done = 0;
    for (size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, done)) {
      if (at > done) matches.push_back({done, at, false});
      done = at + wanted.size();
      matches.push_back({at, done, true});
    }
    if (done < text.size()) matches.push_back({done, text.size(), false});
  }

  std::string replacement_;
  PrependScheme scheme_;
  bool split_;
};

}  // namespace

std::string_view gpt2_pattern() noexcept {
  return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
}

StagePtr make_byte_level_stage(const PreTokenizerStep& step) {
  return std::make_unique<ByteLevelStage>(step);
}

StagePtr make_metaspace_stage(const PreTokenizerStep& step) {
  return std::make_unique<MetaspaceStage>(step);
}

}  // namespace tokrail::detail
