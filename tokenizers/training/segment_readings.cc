#include "tokenizers/training/segment_readings.h"

#include "tokenizers/engine/hybrid_segments.h"
#include "tokenizers/morphology/morph_text.h"

namespace tokrail {
namespace {

class SegmentSplitter final : public PieceSplitter {
 public:
  void split(std::string_view text, std::vector<uint32_t>& ends) const override {
    ends.clear();
    for (size_t at = 0; at < text.size();) {
      at = hybrid_segment_end(text, at);
      ends.push_back(static_cast<uint32_t>(at));
    }
  }
};

}  // namespace

std::unique_ptr<const PieceSplitter> split_segments() {
  return std::make_unique<SegmentSplitter>();
}

bool is_word_segment(std::string_view segment) {
  if (segment.starts_with(' ')) segment.remove_prefix(1);
  if (segment.empty()) return false;
  const char* const p = segment.data();
  return detail::segment_character(p, p + segment.size()).kind == detail::SegmentKind::kWord;
}

WrittenCase SegmentReader::case_of(std::string_view written, std::string_view lower) {
  if (written == lower) return WrittenCase::kLower;
  changed_.clear();
  language_.append_capital(lower, changed_);
  if (written == changed_) return WrittenCase::kCapital;
  changed_.clear();
  language_.append_upper(lower, changed_);
  return written == changed_ ? WrittenCase::kUpper : WrittenCase::kMixed;
}

const std::vector<WrittenMorph>& SegmentReader::read(std::string_view segment) {
  const uint32_t space = segment.starts_with(' ') ? 1 : 0;
  const std::string_view word = segment.substr(space);
  lower_with_places(language_, word, lower_, written_at_);
  analyser_.best(lower_, scratch_, morphs_);
  written_.clear();
  for (const Morph& morph : morphs_) {
    const uint32_t begin = written_at_[morph.begin], end = written_at_[morph.end];
    const auto lower = std::string_view(lower_).substr(morph.begin, morph.end - morph.begin);
    written_.push_back(
        {morph, begin + space, end + space, case_of(word.substr(begin, end - begin), lower)});
  }
  return written_;
}

}  // namespace tokrail
