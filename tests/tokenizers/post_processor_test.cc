#include "tokenizers/post_processor.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/tokenizers/decode_specs.h"

namespace tokrail {
namespace {

using Piece = TemplatePiece;
using StepKind = PostProcessorStep::Kind;

constexpr TokenId kCls = 101;
constexpr TokenId kSep = 102;

Encoding numbers(TokenId first, size_t count, uint32_t type_id = 0) {
  Encoding encoding;
  for (TokenId i = 0; i < count; ++i) encoding.push_back(first + i, {i, i + 1}, i, type_id);
  return encoding;
}

Piece sequence(Piece::Kind kind, uint32_t type_id) {
  Piece piece;
  piece.kind = kind;
  piece.type_id = type_id;
  return piece;
}

Piece special(TokenId id, uint32_t type_id) {
  Piece piece;
  piece.kind = Piece::Kind::kSpecialToken;
  piece.token = "[" + std::to_string(id) + "]";
  piece.ids = {id};
  piece.type_id = type_id;
  return piece;
}

PostProcessorStep bert_template() {
  PostProcessorStep step;
  step.kind = StepKind::kTemplate;
  step.single = {special(kCls, 0), sequence(Piece::Kind::kSequenceA, 0), special(kSep, 0)};
  step.pair = {special(kCls, 0), sequence(Piece::Kind::kSequenceA, 0), special(kSep, 0),
               sequence(Piece::Kind::kSequenceB, 1), special(kSep, 1)};
  return step;
}

TokenizerSpec spec_of(std::vector<PostProcessorStep> steps) {
  TokenizerSpec spec;
  spec.post_processors = std::move(steps);
  return spec;
}

TEST(PostProcessor, WithoutSteps) {
  const PostProcessor processor;
  EXPECT_EQ(processor.added_tokens(true), 0U);
  const Encoding single = processor.process(numbers(0, 2), std::nullopt, true);
  EXPECT_EQ(single, numbers(0, 2));
  const Encoding pair = processor.process(numbers(0, 2), numbers(5, 1), true);
  EXPECT_EQ(pair.ids, (std::vector<TokenId>{0, 1, 5}));
  EXPECT_EQ(pair.range_of(1), (SequenceRange{1, 2, 3}));
}

TEST(PostProcessor, Template) {
  const PostProcessor processor = PostProcessor::compile(spec_of({bert_template()}));
  EXPECT_EQ(processor.added_tokens(false), 2U);
  EXPECT_EQ(processor.added_tokens(true), 3U);
  const Encoding single = processor.process(numbers(0, 2), std::nullopt, true);
  EXPECT_EQ(single.ids, (std::vector<TokenId>{kCls, 0, 1, kSep}));
  EXPECT_EQ(single.special_tokens_mask, (std::vector<uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(single.word_ids, (std::vector<uint32_t>{kNoWord, 0, 1, kNoWord}));
  EXPECT_EQ(single.range_of(0), (SequenceRange{0, 1, 3}));
  const Encoding pair = processor.process(numbers(0, 2), numbers(5, 1), true);
  EXPECT_EQ(pair.ids, (std::vector<TokenId>{kCls, 0, 1, kSep, 5, kSep}));
  EXPECT_EQ(pair.type_ids, (std::vector<uint32_t>{0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(pair.range_of(1), (SequenceRange{1, 4, 5}));
  const Encoding plain = processor.process(numbers(0, 2), numbers(5, 1), false);
  EXPECT_EQ(plain.ids, (std::vector<TokenId>{0, 1, 5}));
}

TEST(PostProcessor, OverflowingPiecesGetSpecialTokensToo) {
  Encoding a = numbers(0, 5);
  a.truncate(2, 0, TruncationSpec::Direction::kRight);
  for (const auto kind : {StepKind::kTemplate, StepKind::kBert, StepKind::kRoberta}) {
    PostProcessorStep step = bert_template();
    step.kind = kind;
    step.cls.second = kCls;
    step.sep.second = kSep;
    step.trim_offsets = false;
    const PostProcessor processor = PostProcessor::compile(spec_of({step}));
    const Encoding result = processor.process(a, std::nullopt, true);
    ASSERT_EQ(result.overflowing.size(), 2U);
    EXPECT_EQ(result.overflowing[0].ids, (std::vector<TokenId>{kCls, 2, 3, kSep}));
    EXPECT_EQ(result.overflowing[1].ids, (std::vector<TokenId>{kCls, 4, kSep}));
    EXPECT_EQ(result.overflowing[1].range_of(0), (SequenceRange{0, 1, 2}));
  }
}

TEST(PostProcessor, BertAndRobertaPairs) {
  PostProcessorStep step;
  step.kind = StepKind::kBert;
  step.cls.second = kCls;
  step.sep.second = kSep;
  step.trim_offsets = false;
  const PostProcessor bert = PostProcessor::compile(spec_of({step}));
  EXPECT_EQ(bert.added_tokens(true), 3U);
  const Encoding a = bert.process(numbers(0, 2), numbers(5, 1, 1), true);
  EXPECT_EQ(a.ids, (std::vector<TokenId>{kCls, 0, 1, kSep, 5, kSep}));
  EXPECT_EQ(a.type_ids, (std::vector<uint32_t>{0, 0, 0, 0, 1, 1}));
  step.kind = StepKind::kRoberta;
  const PostProcessor roberta = PostProcessor::compile(spec_of({step}));
  EXPECT_EQ(roberta.added_tokens(true), 4U);
  const Encoding b = roberta.process(numbers(0, 2), numbers(5, 1, 1), true);
  EXPECT_EQ(b.ids, (std::vector<TokenId>{kCls, 0, 1, kSep, kSep, 5, kSep}));
  EXPECT_EQ(b.type_ids, std::vector<uint32_t>(7, 0));
  EXPECT_EQ(b.range_of(1), (SequenceRange{1, 5, 6}));
  EXPECT_EQ(roberta.process(numbers(0, 2), numbers(5, 1, 1), false).type_ids,
            std::vector<uint32_t>(3, 0));
}

TEST(PostProcessor, TrimsOffsets) {
  TokenizerSpec spec;
  for (const char* text : {" a", "a", "  a ", "    "})
    test::add_token(spec, encode_byte_level(text));
  AddedToken mask;
  mask.id = 4;
  mask.content = "<mask>";
  mask.lstrip = true;
  spec.added_tokens.push_back(mask);
  test::add_token(spec, "<mask>");
  PostProcessorStep step;
  step.kind = StepKind::kByteLevel;
  step.add_prefix_space = true;
  spec.post_processors = {step};
  const PostProcessor processor = PostProcessor::compile(spec);
  const auto trim = [&](std::vector<TokenId> ids, std::vector<Span> spans, std::string_view text) {
    Encoding encoding;
    for (size_t i = 0; i < ids.size(); ++i) encoding.push_back(ids[i], spans[i]);
    return processor.process(std::move(encoding), std::nullopt, true, text).offsets;
  };
  using Spans = std::vector<Span>;
  // The prefix space of the first token is not in the text; later ones are.
  EXPECT_EQ(trim({0, 0}, {{0, 1}, {1, 3}}, "a a"), (Spans{{0, 1}, {2, 3}}));
  EXPECT_EQ(trim({2}, {{0, 4}}, "  a "), (Spans{{2, 3}}));
  EXPECT_EQ(trim({3}, {{0, 4}}, "    "), (Spans{{4, 4}}));
  EXPECT_EQ(trim({1, 4}, {{0, 1}, {1, 9}}, "a  <mask>"), (Spans{{0, 1}, {3, 9}}));
}

TEST(PostProcessor, RefusesBadTemplates) {
  PostProcessorStep no_b = bert_template();
  no_b.pair.erase(no_b.pair.begin() + 3);
  EXPECT_THROW(PostProcessor::compile(spec_of({no_b})).process({}, Encoding(), true), Error);
  PostProcessorStep no_ids = bert_template();
  no_ids.single[0].ids.clear();
  EXPECT_THROW(PostProcessor::compile(spec_of({no_ids})), Error);
  PostProcessorStep b_alone = bert_template();
  b_alone.single.push_back(sequence(Piece::Kind::kSequenceB, 0));
  EXPECT_THROW(PostProcessor::compile(spec_of({b_alone})), Error);
  EXPECT_THROW(PostProcessor::compile(spec_of({bert_template(), bert_template()})), Error);
}

TEST(PostProcessor, ByteLevelThenTemplate) {
  PostProcessorStep byte_level;
  byte_level.kind = StepKind::kByteLevel;
  const PostProcessor processor = PostProcessor::compile(spec_of({byte_level, bert_template()}));
  const Encoding result = processor.process(numbers(0, 1), numbers(1, 1), true);
  EXPECT_EQ(result.ids, (std::vector<TokenId>{kCls, 0, kSep, 1, kSep}));
}

}  // namespace
}  // namespace tokrail
