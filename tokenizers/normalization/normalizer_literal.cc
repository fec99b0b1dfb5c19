// Normalizer steps that put, take away or spell text without looking at rules: Strip, Prepend,
// ByteLevel and llama.cpp's escaping of spaces.
#include <string>
#include <vector>

#include "tokenizers/byte_alphabet.h"
#include "tokenizers/normalization/normalizer_stage.h"

namespace tokrail::detail {
namespace {

class StripStage final : public NormalizerStage {
 public:
  StripStage(bool left, bool right) : left_(left), right_(right) {}

  void run(std::string_view in, TextEnds ends, std::string& out) const override {
    AlignedText text(in);
    text.strip(left_ && ends.begin, right_ && ends.end);
    out.append(text.text());
  }
  void run(AlignedText& text, TextEnds ends) const override {
    text.strip(left_ && ends.begin, right_ && ends.end);
  }
  bool is_identity_on(std::string_view text, TextEnds ends) const override {
    if (text.empty()) return true;
    const auto is_space = [](const Utf8Unit& unit) {
      return unit.valid && is_white_space(unit.code_point);
    };
    if (left_ && ends.begin && is_space(unit_at(text, 0))) return false;
    const char* const begin = text.data();
    return !(right_ && ends.end && is_space(decode_utf8_before(begin, begin + text.size())));
  }
  // The left side of a seam ends in something that stays, so nothing is stripped across it.
  bool carry(Seam& /*seam*/) const override { return true; }

 private:
  bool left_, right_;
};

class PrependStage final : public NormalizerStage {
 public:
  explicit PrependStage(std::string prefix) : prefix_(std::move(prefix)) {}

  void run(std::string_view in, TextEnds ends, std::string& out) const override {
    if (ends.begin && !in.empty()) out.append(prefix_);
    out.append(in);
  }
  void run(AlignedText& text, TextEnds ends) const override {
    if (ends.begin) text.prepend(prefix_);
  }
  bool is_identity_on(std::string_view text, TextEnds ends) const override {
    return text.empty() || !ends.begin || prefix_.empty();
  }
  bool carry(Seam& /*seam*/) const override { return true; }

 private:
  std::string prefix_;
};

/// Every byte becomes its character of the byte-level alphabet.
class ByteLevelStage final : public WalkingStage<ByteLevelStage> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    for (const auto [position, unit] : utf8_units(in)) {
      for (uint32_t i = 0; i < unit.length; ++i) {
        char bytes[4] = {};
        const char32_t spelled = byte_to_alphabet(static_cast<uint8_t>(in[position + i]));
        sink.emit({bytes, encode_utf8(spelled, bytes)}, i == 0 ? 0 : 1);
      }
    }
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    for (const char c : text) {
      const auto byte = static_cast<uint8_t>(c);
      if (byte >= 0x80 || byte_to_alphabet(byte) != byte) return false;
    }
    return true;
  }
  bool carry(Seam& seam) const override {
    if (seam.left > kMaxCodePoint) return false;
    char bytes[4] = {};
    const uint32_t length = encode_utf8(seam.left, bytes);
    seam.left = byte_to_alphabet(static_cast<uint8_t>(bytes[length - 1]));
    encode_utf8(seam.right, bytes);
    seam.right = byte_to_alphabet(static_cast<uint8_t>(bytes[0]));
    return true;
  }
  bool is_local_in_ascii() const override { return true; }
};

/// llama.cpp's "llama" vocabularies: a space first, then every space is "▁".
class LlamaSpmStage final : public WalkingStage<LlamaSpmStage> {
 public:
  LlamaSpmStage(bool add_dummy_prefix, bool escape)
      : add_dummy_prefix_(add_dummy_prefix), space_(escape ? kEscapedSpaceUtf8 : " ") {}

  template <typename Sink>
  void walk(std::string_view in, TextEnds ends, Sink& sink) const {
    if (in.empty()) return;
    if (add_dummy_prefix_ && ends.begin) sink.emit(space_, 1);
    size_t kept = 0;
    for (size_t at = in.find(' '); at != std::string_view::npos; at = in.find(' ', at + 1)) {
      sink.keep(at - kept);
      sink.substitute(space_, 1);
      kept = at + 1;
    }
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds ends) const override {
    if (text.empty()) return true;
    if (add_dummy_prefix_ && ends.begin) return false;
    return space_ == " " || text.find(' ') == std::string_view::npos;
  }
  bool carry(Seam& seam) const override {
    if (seam.right == U' ') seam.right = unit_at(space_, 0).code_point;
    return true;
  }

 private:
  bool add_dummy_prefix_;
  std::string_view space_;
};

}  // namespace

void add_literal_stages(const NormalizerStep& step, std::vector<StagePointer>& stages) {
  using Kind = NormalizerStep::Kind;
  switch (step.kind) {
    case Kind::kStrip:
      if (!step.strip_left && !step.strip_right) return;
      stages.push_back(std::make_unique<StripStage>(step.strip_left, step.strip_right));
      return;
    case Kind::kPrepend: stages.push_back(std::make_unique<PrependStage>(step.text)); return;
    case Kind::kByteLevel: stages.push_back(std::make_unique<ByteLevelStage>()); return;
    case Kind::kLlamaSpm:
      stages.push_back(
          std::make_unique<LlamaSpmStage>(step.add_dummy_prefix, step.escape_whitespaces));
      return;
    default: return;
  }
}

}  // namespace tokrail::detail
