// The Precompiled step: a sentencepiece charsmap applied the way tokenizer.json's own system does,
// which is not sentencepiece's way. A grapheme cluster shorter than 6 bytes that *starts* with a
// key is replaced as a whole by what the shortest such key gives; else the same is tried for each
// of its code points.
#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "tokenizers/normalization/charsmap.h"
#include "tokenizers/normalization/normalizer_stage.h"

namespace tokrail::detail {
namespace {

constexpr size_t kLongestCluster = 5;
// All characters with Grapheme_Cluster_Break=Prepend are in the BMP and the first blocks behind.
constexpr char32_t kEndOfPrepends = 0x20000;

class PrecompiledStage final : public NormalizerStage {
 public:
  explicit PrecompiledStage(std::string_view blob) : map_(Charsmap::parse(blob)) {
    if (map_.empty() || !valid_utf8(map_.replacements())) {
      throw Error(ErrorCode::kInvalidFile,
                  "Precompiled: expected a charsmap whose replacements are UTF-8");
    }
    rewrites_spaces_ = map_.can_start(" ");
    for (char32_t c = 0; c < kEndOfPrepends && !rewrites_prepends_; ++c) {
      if (grapheme_break(c) != GraphemeBreak::kPrepend) continue;
      char bytes[4] = {};
      rewrites_prepends_ = map_.can_start({bytes, encode_utf8(c, bytes)});
    }
  }

  void run(std::string_view in, TextEnds /*ends*/, std::string& out) const override {
    PlainTarget target{out};
    walk(in, target);
  }

  void run(AlignedText& text, TextEnds ends) const override {
    if (is_identity_on(text.text(), ends)) return;
    AlignedTarget target;
    walk(text.text(), target);
    AlignedText::Rewrite rewrite(text);
    const std::string_view bytes = target.bytes;
    for (const auto& [begin, length, change] : target.units) {
      rewrite.emit(bytes.substr(begin, length), change);
    }
    rewrite.commit();
  }

  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    // No key starts at any code point: stricter than needed, and cheap.
    for (const auto [position, unit] : utf8_units(text)) {
      if (map_.shortest_prefix(text.substr(position))) return false;
    }
    return true;
  }

  // The reference counts removed characters with the one before; at the beginning there is none,
  // and it takes what follows for them.
  bool may_shift_alignment() const override { return true; }

  // Clusters of more than one code point hold others than these, but for a return and a line feed.
  bool is_local(char32_t code_point) const override {
    if (code_point < 0x80) return code_point != '\r';
    return grapheme_break(code_point) == GraphemeBreak::kOther;
  }

  bool carry(Seam& seam) const override {
    if (seam.left > kMaxCodePoint || seam.right != U' ') return false;
    if (rewrites_spaces_ || rewrites_prepends_) return false;
    // A code point that can only be in a cluster after a Prepend, which no key starts with.
    if (grapheme_break(seam.left) != GraphemeBreak::kOther) return false;
    if (is_extended_pictographic(seam.left)) return false;
    if (conjunct_break(seam.left) != ConjunctBreak::kNone) return false;
    std::string text, normalized;
    append_utf8(seam.left, text);
    run(text, {}, normalized);
    if (normalized.empty()) return false;
    const char* const begin = normalized.data();
    seam.left = decode_utf8_before(begin, begin + normalized.size()).code_point;
    return true;
  }

 private:
  struct PlainTarget {
    std::string& out;
    void keep(std::string_view unit) { out.append(unit); }
    void replace(std::string_view /*old_part*/, std::string_view by) { out.append(by); }
  };

  /// The changes as the reference lists them, before any is applied: a replacement may have to
  /// correct the one before it.
  struct AlignedTarget {
    struct Unit {
      size_t begin;
      uint32_t length;
      ptrdiff_t change;
    };
    std::string bytes;
    std::vector<Unit> units;

    void keep(std::string_view unit) {
      units.push_back({bytes.size(), static_cast<uint32_t>(unit.size()), 0});
      bytes.append(unit);
    }
    void replace(std::string_view old_part, std::string_view by) {
      for (const auto [position, unit] : utf8_units(by)) keep(by.substr(position, unit.length));
      const auto difference = static_cast<ptrdiff_t>(count_code_points(by)) -
                              static_cast<ptrdiff_t>(count_code_points(old_part));
      if (difference < 0 && !units.empty()) units.back().change += difference;
      for (ptrdiff_t i = 0; i < difference; ++i) {
        units[units.size() - 1 - static_cast<size_t>(i)].change = 1;
      }
    }
  };

  template <typename Target>
  void walk(std::string_view in, Target& target) const {
    for (size_t position = 0; position < in.size();) {
      const size_t end = next_grapheme(in, position);
      const std::string_view cluster = in.substr(position, end - position);
      position = end;
      if (cluster.size() <= kLongestCluster) {
        if (const auto rule = map_.shortest_prefix(cluster)) {
          target.replace(cluster, rule->replacement);
          continue;
        }
      }
      for (const auto [at, unit] : utf8_units(cluster)) {
        const std::string_view part = cluster.substr(at, unit.length);
        if (const auto rule = map_.shortest_prefix(part)) {
          target.replace(part, rule->replacement);
        } else {
          target.keep(part);
        }
      }
    }
  }

  Charsmap map_;
  bool rewrites_spaces_ = false;    // a key starts with U+0020
  bool rewrites_prepends_ = false;  // a key starts with a Grapheme_Cluster_Break=Prepend character
};

}  // namespace

void add_precompiled_stage(const NormalizerStep& step, std::vector<StagePointer>& stages) {
  stages.push_back(std::make_unique<PrecompiledStage>(step.charsmap));
}

}  // namespace tokrail::detail
