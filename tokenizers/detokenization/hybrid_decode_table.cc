#include "tokenizers/detokenization/hybrid_decode_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizers/detokenization/decode_table_builder.h"
#include "tokenizers/detokenization/hybrid_endings.h"
#include "tokenizers/detokenization/hybrid_rows.h"
#include "tokenizers/detokenization/hybrid_words.h"

namespace tokrail {
namespace {

constexpr DecodeContext kInside = DecodeTableBuilder::kInside;

class HybridTableCompiler {
 public:
  explicit HybridTableCompiler(const TokenizerSpec& spec);
  std::shared_ptr<const DecodeTable> compile();

 private:
  void read_ids();
  void add_contexts();
  void add_point_contexts();
  void add_shared();
  void lead_shared();
  void fill_class(HybridEndings::Class c);
  void fill_suffixes(DecodeContext context, bool capitals);
  void fill_unspaced_numerals(DecodeContext context, const NumberEnd* before);
  void fill_number(DecodeContext context, const NumberEnd& before, DecodeContext point);
  void fill_stems(DecodeContext context, bool spaced, StemMark mark);
  void fill_bare(DecodeContext context, StemMark mark);
  void copy_shared(DecodeContext context, TokenId begin, TokenId end);
  void add_pending(DecodeContext context);

  DecodeContext add_context(std::string released = {});
  bool has_marks() const { return hybrid_.marks.size() > 0; }
  TokenId byte_id(char byte) const {
    return hybrid_.bytes.begin + static_cast<unsigned char>(byte);
  }
  DecodeContext context_of(EndingId ending, bool capitals) const {
    return (capitals ? in_capitals_ : in_plain_)[endings_.class_of(ending)];
  }
  DecodeContext after(const AfterText& text) const {
    return text.bare ? bare_ : context_of(text.ending, false);
  }
  DecodeContext after_numeral(TokenId id, const NumberEnd* before) const;

  const TokenizerSpec& spec_;
  const HybridSpec& hybrid_;
  DecodeTableBuilder builder_;
  HybridEndings endings_;
  HybridRows rows_;
  HybridNumbers numbers_;
  std::vector<StemSpellings> stems_;  ///< by id - stems.begin
  std::vector<AfterText> verbatim_;   ///< by id; of bytes, pieces and what stands behind the pieces

  // By class of endings; kInside where no id leads to the class.
  std::vector<DecodeContext> in_plain_, in_capitals_;
  std::vector<DecodeContext> number_contexts_;  ///< by class of numbers
  std::vector<DecodeContext> point_contexts_;   ///< by class of points
  DecodeContext marked_[2][2] = {};             ///< [upper][bare]
  DecodeContext bare_ = kInside;
  size_t context_count_ = 1;
};

HybridTableCompiler::HybridTableCompiler(const TokenizerSpec& spec)
    : spec_(spec),
      hybrid_(*spec.hybrid),
      builder_(spec.vocabulary.size()),
      endings_(*hybrid_.language),
      rows_(hybrid_, endings_) {
  builder_.set_skipped_ids_move();
}

std::shared_ptr<const DecodeTable> HybridTableCompiler::compile() {
  read_ids();
  add_contexts();
  rows_.spell_suffixes(*hybrid_.language);
  rows_.spell(endings_.class_of(kNoEnding));
  add_shared();
  lead_shared();
  for (size_t c = 0; c < endings_.class_count(); ++c) {
    fill_class(static_cast<HybridEndings::Class>(c));
  }
  fill_bare(bare_, StemMark::kNone);
  for (const bool upper : {false, true}) {
    if (!has_marks()) break;
    const StemMark mark = upper ? StemMark::kUpper : StemMark::kCapital;
    builder_.overlay_range(marked_[upper][false], hybrid_.stems.begin, hybrid_.stems.end);
    fill_stems(marked_[upper][false], true, mark);
    fill_bare(marked_[upper][true], mark);
  }
  for (size_t context = 0; context < context_count_; ++context) {
    add_pending(static_cast<DecodeContext>(context));
  }
  return builder_.finish(bare_);
}

// What every id leads to, and with that the endings and numbers that there are.
void HybridTableCompiler::read_ids() {
  const ByteStrings& texts = spec_.vocabulary.texts;
  verbatim_.resize(texts.size());
  for (size_t byte = 0; byte < hybrid_.bytes.size(); ++byte) {
    const char text = static_cast<char>(byte);
    verbatim_[hybrid_.bytes.begin + byte] = after_text({&text, 1}, endings_);
  }
  for (size_t id = hybrid_.pieces.begin; id < texts.size(); ++id) {
    verbatim_[id] = after_text(texts[id], endings_);
  }
  for (const AfterText& text : verbatim_) endings_.reach(text.ending, false);
  stems_.reserve(hybrid_.stems.size());
  for (const StemToken& token : hybrid_.stem_tokens) {
    stems_.push_back(spell_stem(token, *hybrid_.language, endings_));
    for (const StemSpelling& spelling : stems_.back()) {
      endings_.reach(spelling.ending, spelling.capitals);
    }
  }
  for (TokenId id = hybrid_.numerals.begin; id < hybrid_.numerals.end; ++id) {
    numbers_.add_numeral(texts[id]);
  }
  numbers_.reach(endings_);
  endings_.find_classes();
  numbers_.find_classes(endings_);
}

DecodeContext HybridTableCompiler::add_context(std::string released) {
  if (++context_count_ > kMaxHybridContexts) {
    throw Error(ErrorCode::kUnsupported, "a hybrid vocabulary with more than " +
                                             std::to_string(kMaxHybridContexts) +
                                             " decode contexts");
  }
  return builder_.add_context(released, released);
}

void HybridTableCompiler::add_contexts() {
  // Shared spellings first: the builder wants all of them before the overlays, not the contexts.
  bare_ = add_context();
  if (has_marks()) {
    for (auto& contexts : marked_) {
      for (DecodeContext& context : contexts) context = add_context();
    }
  }
  for (size_t i = 0; i < numbers_.class_count(); ++i) number_contexts_.push_back(add_context());
  add_point_contexts();
  const size_t classes = endings_.class_count();
  in_plain_.assign(classes, kInside);
  in_capitals_.assign(classes, kInside);
  for (size_t i = 0; i < classes; ++i) {
    const auto c = static_cast<HybridEndings::Class>(i);
    const std::string_view tail = endings_.at(endings_.ending(c)).base_tail;
    if (endings_.is_reached(c, false) && c != endings_.class_of(kNoEnding)) {
      in_plain_[c] = add_context(std::string(tail));
    }
    if (endings_.is_reached(c, true)) {
      std::string upper;
      hybrid_.language->append_upper(tail, upper);
      in_capitals_[c] = add_context(std::move(upper));
    }
  }
  // Marks and the start have stems in their ranges, all others suffixes and little more.
  builder_.reserve_overlays(context_count_ * (rows_.end_of_ids() - rows_.begin()) +
                            5 * (hybrid_.stems.end - hybrid_.bytes.begin));
}

// Behind a point suffixes see no ending. Digits that have none either are like the points that
// follow them.
void HybridTableCompiler::add_point_contexts() {
  point_contexts_.assign(numbers_.point_class_count(), kInside);
  for (size_t i = 0; i < numbers_.class_count(); ++i) {
    if (endings_.class_of(numbers_.ending(i)) != endings_.class_of(kNoEnding)) continue;
    point_contexts_[numbers_.point_class_of(i)] = number_contexts_[i];
  }
  for (DecodeContext& context : point_contexts_) {
    if (context == kInside) context = add_context();
  }
}

void HybridTableCompiler::add_shared() {
  const ByteStrings& texts = spec_.vocabulary.texts;
  std::string spaced;
  const auto with_space = [&spaced](std::string_view text) {
    return std::string_view(spaced.assign(1, ' ').append(text));
  };
  for (TokenId id = 0; id < texts.size(); ++id) {
    if (hybrid_.bytes.has(id)) {
      const char byte = static_cast<char>(id - hybrid_.bytes.begin);
      builder_.add_shared({&byte, 1});
    } else if (hybrid_.marks.has(id)) {
      builder_.add_shared({});
      builder_.mark_mark(id);
    } else if (rows_.has(id)) {
      builder_.add_shared(rows_.text(id, false));
    } else if (hybrid_.numerals.has(id)) {
      builder_.add_shared(with_space(texts[id]));
    } else if (hybrid_.stems.has(id)) {
      builder_.add_shared(with_space(stems_[id - hybrid_.stems.begin][0].text));
    } else {
      builder_.add_shared(texts[id]);
    }
    if (spec_.vocabulary.kinds[id] == TokenKind::kControl) builder_.mark_special(id);
  }
  for (const AddedToken& token : spec_.added_tokens) {
    if (token.special && token.id < texts.size()) builder_.mark_special(token.id);
  }
}

void HybridTableCompiler::lead_shared() {
  for (TokenId id = 0; id < spec_.vocabulary.size(); ++id) {
    if (hybrid_.specials.has(id) || spec_.vocabulary.kinds[id] == TokenKind::kControl) {
      builder_.set_shared_next(id, bare_);
    } else if (rows_.has(id)) {
      builder_.set_shared_next(id, context_of(rows_.end(id), false));
    } else if (hybrid_.numerals.has(id)) {
      builder_.set_shared_next(id, after_numeral(id, nullptr));
    } else if (hybrid_.stems.has(id)) {
      const StemSpelling& stem = stems_[id - hybrid_.stems.begin][0];
      builder_.set_shared_next(id, context_of(stem.ending, stem.capitals));
    } else if (!hybrid_.marks.has(id)) {
      builder_.set_shared_next(id, after(verbatim_[id]));
    }
  }
  for (const AddedToken& token : spec_.added_tokens) {
    if (token.special && token.id < spec_.vocabulary.size())
      builder_.set_shared_next(token.id, bare_);
  }
  if (!has_marks()) return;
  builder_.set_shared_next(hybrid_.capital_mark(), marked_[false][false]);
  builder_.set_shared_next(hybrid_.upper_mark(), marked_[true][false]);
  builder_.set_shared_next(hybrid_.join_mark(), bare_);
}

DecodeContext HybridTableCompiler::after_numeral(TokenId id, const NumberEnd* before) const {
  const std::string_view text = spec_.vocabulary.texts[id];
  if (!is_digits(text)) return kInside;
  const NumberEnd end = before != nullptr ? before->followed_by(text) : NumberEnd::of(text);
  return number_contexts_[numbers_.class_of(end)];
}

/// All contexts in which suffixes see an ending of this class.
void HybridTableCompiler::fill_class(HybridEndings::Class c) {
  const TokenId begin = rows_.begin(), end = rows_.end_of_ids();
  rows_.spell(c);
  for (const bool capitals : {false, true}) {
    const DecodeContext context = (capitals ? in_capitals_ : in_plain_)[c];
    if (context == kInside) continue;
    builder_.overlay_range(context, begin, end);
    fill_suffixes(context, capitals);
  }
  for (size_t i = 0; i < numbers_.class_count(); ++i) {
    const DecodeContext point = point_contexts_[numbers_.point_class_of(i)];
    if (endings_.class_of(numbers_.ending(i)) != c || number_contexts_[i] == point) continue;
    fill_number(number_contexts_[i], numbers_.end(i), point);
  }
  if (c != endings_.class_of(kNoEnding)) return;
  for (size_t i = 0; i < point_contexts_.size(); ++i) {
    fill_number(point_contexts_[i], numbers_.point_end(i), point_contexts_[i]);
  }
}

void HybridTableCompiler::fill_suffixes(DecodeContext context, bool capitals) {
  for (TokenId id = rows_.begin(); id < rows_.end_of_ids(); ++id) {
    builder_.set_overlay(context, id, rows_.text(id, capitals),
                         context_of(rows_.end(id), capitals));
  }
}

void HybridTableCompiler::copy_shared(DecodeContext context, TokenId begin, TokenId end) {
  for (TokenId id = begin; id < end; ++id) {
    builder_.set_overlay(context, id, builder_.shared(id), builder_.shared_next(id));
  }
}

void HybridTableCompiler::fill_unspaced_numerals(DecodeContext context, const NumberEnd* before) {
  for (TokenId id = hybrid_.numerals.begin; id < hybrid_.numerals.end; ++id) {
    builder_.set_overlay(context, id, spec_.vocabulary.texts[id], after_numeral(id, before));
  }
}

/// Behind digits that end as `before`, or behind a point that follows such digits. `point`: where a
/// point leads.
void HybridTableCompiler::fill_number(DecodeContext context, const NumberEnd& before,
                                      DecodeContext point) {
  builder_.overlay_range(context, byte_id(','), hybrid_.numerals.end);
  copy_shared(context, byte_id(','), rows_.begin());
  fill_suffixes(context, false);
  fill_unspaced_numerals(context, &before);
  for (const char text : {'.', ','}) {
    builder_.set_overlay(context, byte_id(text), {&text, 1}, point);
  }
  for (TokenId id = hybrid_.numerals.begin; id < hybrid_.numerals.end; ++id) {
    const std::string_view text = spec_.vocabulary.texts[id];
    if (text == "." || text == ",") builder_.set_overlay(context, id, text, point);
  }
}

void HybridTableCompiler::fill_stems(DecodeContext context, bool spaced, StemMark mark) {
  std::string text;
  for (TokenId id = hybrid_.stems.begin; id < hybrid_.stems.end; ++id) {
    const StemSpelling& stem = stems_[id - hybrid_.stems.begin][static_cast<size_t>(mark)];
    text.assign(spaced ? 1 : 0, ' ').append(stem.text);
    builder_.set_overlay(context, id, text, context_of(stem.ending, stem.capitals));
  }
}

void HybridTableCompiler::fill_bare(DecodeContext context, StemMark mark) {
  builder_.overlay_range(context, byte_id('"'), hybrid_.stems.end);
  copy_shared(context, byte_id('"'), hybrid_.numerals.begin);
  for (const char quote : {'"', '\''})
    builder_.set_overlay(context, byte_id(quote), {&quote, 1}, bare_);
  if (has_marks()) {
    builder_.set_overlay(context, hybrid_.capital_mark(), {}, marked_[false][true]);
    builder_.set_overlay(context, hybrid_.upper_mark(), {}, marked_[true][true]);
  }
  fill_unspaced_numerals(context, nullptr);
  fill_stems(context, false, mark);
}

/// What a context holds back may become what a suffix makes of it. Of the strings that come out
/// with suffixes only those are kept that no shorter one begins, as that says as much.
void HybridTableCompiler::add_pending(DecodeContext context) {
  const std::string released(builder_.released(context));
  if (released.empty()) return;
  for (std::string& held : rows_.changed_strings(builder_, context)) {
    builder_.add_pending(context, std::move(held));
  }
}

}  // namespace

std::shared_ptr<const DecodeTable> compile_hybrid_decode_table(const TokenizerSpec& spec) {
  if (!spec.hybrid) throw Error(ErrorCode::kInvalidArgument, "expected a hybrid tokenizer");
  check_hybrid_spec(*spec.hybrid, spec.vocabulary.size());
  return HybridTableCompiler(spec).compile();
}

}  // namespace tokrail
