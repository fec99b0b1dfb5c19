// .tkz files give back the spec and the ids they were made of, and no damage does harm.
#include "tokenizers/formats/tkz.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/decode_specs.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tests/tokenizers/formats/spec_difference.h"
#include "tests/tokenizers/hybrid_specs.h"
#include "tests/tokenizers/piece_specs.h"
#include "tests/tokenizers/random_models.h"
#include "tokenizers/append_encoder.h"
#include "tokenizers/canonical_encoder.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/formats/load.h"
#include "tokenizers/formats/tkz_container.h"
#include "tokenizers/formats/tkz_spec.h"
#include "tokenizers/interval_counter.h"

namespace tokrail {
namespace {

using test::below;
using test::error_of;
using test::Random;

// ---------------------------------------------------------------------------- specs

/// A spec of every model kind over few letters.
TokenizerSpec model_spec(Random& random, ModelSpec::Kind kind) {
  TokenizerSpec spec;
  spec.model.kind = kind;
  VocabularySpec& vocabulary = spec.vocabulary;
  test::add_token(vocabulary, "<unk>", TokenKind::kUnknown, -20);
  spec.model.unk_id = 0;
  for (size_t i = 0; i < 4; ++i) {
    test::add_token(vocabulary, test::test_letters()[i], TokenKind::kNormal, -9.5);
  }
  for (int i = 0; i < 30; ++i) {
    const auto any = [&] { return static_cast<TokenId>(1 + below(random, vocabulary.size() - 1)); };
    const TokenId left = any(), right = any();
    const std::string text =
        std::string(vocabulary.texts[left]) + std::string(vocabulary.texts[right]);
    bool is_new = text.size() < 24;
    for (TokenId id = 0; id < vocabulary.size(); ++id) is_new &= vocabulary.texts[id] != text;
    if (!is_new) continue;
    const TokenId id = test::add_token(vocabulary, text, TokenKind::kNormal, -1.0 - i / 16.0);
    if (kind == ModelSpec::Kind::kMergeBpe) spec.model.merges.push_back({left, right, id});
  }
  const bool scored = kind == ModelSpec::Kind::kUnigram || kind == ModelSpec::Kind::kScoreBpe;
  const bool piece_model =
      scored || kind == ModelSpec::Kind::kSpmWord || kind == ModelSpec::Kind::kSpmChar;
  spec.format = kind == ModelSpec::Kind::kRankBpe ? SourceFormat::kTiktoken
                : piece_model                     ? SourceFormat::kSentencePiece
                                                  : SourceFormat::kTokenizerJson;
  if (!scored) vocabulary.scores.clear();
  if (kind == ModelSpec::Kind::kRankBpe) spec.model.raw_bytes = true;
  return spec;
}

TokenizerSpec hybrid_spec(Random& random) {
  TokenizerSpec spec = test::hybrid_spec(test::compile_pack(test::kToyTurkish), random);
  // Costs that differ, so that any that went astray would be found.
  HybridSpec hybrid = *spec.hybrid;
  const auto put = [&](auto& costs) {
    for (auto& cost : costs) cost = static_cast<uint16_t>(64 + below(random, 600));
  };
  put(hybrid.costs.lexemes);
  put(hybrid.costs.steps);
  put(hybrid.costs.unknown_states);
  hybrid.costs.unknown_stem = 701;
  hybrid.costs.unknown_letter = 203;
  hybrid.costs.number = 305;
  hybrid.costs.join = 407;
  spec.hybrid = std::make_shared<const HybridSpec>(std::move(hybrid));
  return spec;
}

std::vector<test::NamedSpec> all_specs() {
  Random random(test::property_seed());
  std::vector<test::NamedSpec> specs = test::decode_specs();
  for (int kind = 0; kind <= static_cast<int>(ModelSpec::Kind::kSpmChar); ++kind) {
    specs.push_back(
        {"model " + std::to_string(kind), model_spec(random, static_cast<ModelSpec::Kind>(kind))});
  }
  specs.push_back({"hybrid", hybrid_spec(random)});
  for (const std::string_view pattern : test::kPiecePatterns) {
    for (const auto added : {test::AddedTokens::kNone, test::AddedTokens::kBoth}) {
      specs.push_back({"pieces", test::random_piece_spec(random, pattern, added)});
    }
  }
  return specs;
}

/// Every step kind, every member away from its default, every optional set.
TokenizerSpec spec_with_everything() {
  TokenizerSpec spec;
  spec.format = SourceFormat::kGguf;
  spec.name = "all";
  const std::string odd("\0\xFF x", 4);
  for (int kind = 0; kind <= static_cast<int>(NormalizerStep::Kind::kLlamaUgm); ++kind) {
    spec.normalizers.push_back({static_cast<NormalizerStep::Kind>(kind),
                                false,
                                true,
                                {"p", true},
                                odd,
                                odd + "map",
                                false,
                                true,
                                false,
                                kind % 2 == 0,
                                false,
                                true,
                                false,
                                true});
  }
  for (int kind = 0; kind <= static_cast<int>(PreTokenizerStep::Kind::kLlamaWpm); ++kind) {
    spec.pre_tokenizers.push_back({static_cast<PreTokenizerStep::Kind>(kind),
                                   false,
                                   true,
                                   false,
                                   {"q", true},
                                   static_cast<SplitBehavior>(kind % 5),
                                   true,
                                   true,
                                   "_",
                                   static_cast<PrependScheme>(kind % 3),
                                   false,
                                   U'\u00E9',
                                   7,
                                   false,
                                   true});
  }
  const TemplatePiece piece{TemplatePiece::Kind::kSpecialToken, "[X]", {1, 2}, {"a", odd}, 3};
  for (int kind = 0; kind <= static_cast<int>(PostProcessorStep::Kind::kRoberta); ++kind) {
    spec.post_processors.push_back({static_cast<PostProcessorStep::Kind>(kind),
                                    false,
                                    true,
                                    false,
                                    {piece, {}},
                                    {piece},
                                    {"c", 4},
                                    {"s", 5}});
  }
  for (int kind = 0; kind <= static_cast<int>(DecoderStep::Kind::kByteFallback); ++kind) {
    spec.decoders.push_back({static_cast<DecoderStep::Kind>(kind),
                             "@@",
                             false,
                             "~",
                             PrependScheme::kNever,
                             false,
                             "</x>",
                             "<p>",
                             "||",
                             {"r", true},
                             odd,
                             8,
                             9,
                             false,
                             true,
                             false});
  }
  spec.added_tokens.push_back({0, odd, true, true, true, false, true});
  spec.model = {
      ModelSpec::Kind::kScoreBpe, {}, 0.25f, 3, "##", "</w>", true, true, true, 77, true, true};
  spec.roles = {1, 2, 3, 4, 5, 6, {7, 8}};
  spec.truncation = {10, 2, TruncationSpec::Strategy::kOnlySecond,
                     TruncationSpec::Direction::kLeft};
  spec.padding = {12, PaddingSpec::Direction::kLeft, 8, 9, 1, "[P]"};
  spec.vocabulary.first_added = 42;
  spec.special_text = SpecialTextDefault::kAsText;
  spec.add_bos = spec.add_eos = true;
  return spec;
}

TEST(TkzSpec, EveryFieldComesBack) {
  const TokenizerSpec spec = spec_with_everything();
  const std::string bytes = tkz::write_fields(spec);
  TokenizerSpec back;
  tkz::read_fields(bytes, back);
  EXPECT_EQ(test::spec_difference(spec, back), "");
  EXPECT_EQ(tkz::write_fields(back), bytes);
  EXPECT_NE(tkz::write_fields(TokenizerSpec()), bytes);
}

TEST(TkzSpec, RefusesBytesThatEndEarlyOrLate) {
  const std::string bytes = tkz::write_fields(spec_with_everything());
  const auto read = [](std::string_view part) {
    TokenizerSpec spec;
    tkz::read_fields(part, spec);
  };
  for (size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_TRUE(error_of([&] { read(std::string_view(bytes).substr(0, length)); })) << length;
  }
  EXPECT_TRUE(error_of([&] { read(bytes + "x"); }));
  test::read_damaged_files(bytes, 3000, read);
}

// ---------------------------------------------------------------------------- round trips

std::filesystem::path scratch_file(std::string_view name) {
  return std::filesystem::path(testing::TempDir()) / ("tkz_test_" + std::string(name) + ".tkz");
}

void expect_equal_tokenizers(const Tokenizer& a, const Tokenizer& b, int texts,
                             const test::TextGenerator& generate) {
  EXPECT_EQ(test::spec_difference(a.spec(), b.spec()), "");
  EXPECT_EQ(a.properties().fast_path, b.properties().fast_path);
  EXPECT_EQ(a.properties().byte_complete, b.properties().byte_complete);
  EXPECT_EQ(a.vocabulary().context_count(), b.vocabulary().context_count());
  EXPECT_EQ(a.vocabulary().knows_canonical_pairs(), b.vocabulary().knows_canonical_pairs());
  Random random(test::property_seed());
  const auto ids_of = [](const Tokenizer& tokenizer, const std::string& text) {
    std::vector<TokenId> ids;
    try {
      ids = tokenizer.encode(text);
    } catch (const Error&) {
      ids = {kNoToken};
    }
    return ids;
  };
  for (int i = 0; i < texts; ++i) {
    const std::string text = generate(random, below(random, 200));
    const std::vector<TokenId> ids = ids_of(a, text);
    ASSERT_EQ(ids, ids_of(b, text)) << test::escaped(text);
    std::vector<TokenId> some = test::random_ids(random, a.spec(), 20);
    for (const bool skip : {false, true}) {
      ASSERT_EQ(a.decode_bytes(some, skip), b.decode_bytes(some, skip)) << test::show_ids(some);
      ASSERT_EQ(a.decode_text(some, {skip}), b.decode_text(some, {skip})) << test::show_ids(some);
    }
    if (ids == std::vector<TokenId>{kNoToken}) continue;
    ASSERT_EQ(a.encode_with_offsets(text).offsets, b.encode_with_offsets(text).offsets);
  }
}

TEST(Tkz, SmallSpecsOfEveryKind) {
  for (const auto& [name, spec] : all_specs()) {
    SCOPED_TRACE(name);
    const Tokenizer original = Tokenizer::from_spec(spec);
    const std::string bytes = write_tkz(original);
    EXPECT_EQ(write_tkz(spec), bytes);
    EXPECT_EQ(test::spec_difference(spec, read_tkz(bytes)), "");
    EXPECT_EQ(test::spec_difference(spec, read_spec(bytes)), "");
    const Tokenizer loaded = load_tkz_bytes(bytes);
    EXPECT_EQ(write_tkz(loaded), bytes);
    expect_equal_tokenizers(original, loaded, 60, [](Random& random, size_t n) {
      return below(random, 2) == 0 ? test::random_piece(random, 5, n)
                                   : test::hazard_text(random, n);
    });
  }
}

void check_file(std::string_view name) {
  TOKRAIL_REQUIRE_SHARED_DATA(source, "tokenizers/vocab/" + std::string(name));
  const std::filesystem::path path = scratch_file(name);
  const TokenizerSpec spec = load_spec(source.string());
  const Tokenizer original = Tokenizer::from_spec(spec);
  write_file_atomically(path, write_tkz(original));
  EXPECT_EQ(test::spec_difference(spec, load_spec(path.string())), "");
  const Tokenizer loaded = Tokenizer::load(path.string());
  std::filesystem::remove(path);  // the mapping stays
  expect_equal_tokenizers(original, loaded, 300, test::random_text);
  expect_equal_tokenizers(original, loaded, 300, test::hazard_text);
}

TEST(Tkz, Cl100k) {
  check_file("cl100k_base.tiktoken");
}
TEST(Tkz, O200k) {
  check_file("o200k_base.tiktoken");
}
TEST(Tkz, Gpt2) {
  check_file("gpt2.json");
}
TEST(Tkz, GptNeox) {
  check_file("gpt_neox.json");
}
TEST(Tkz, Bert) {
  check_file("bert_base_cased.json");
}
TEST(Tkz, Xlnet) {
  check_file("xlnet_base_cased.json");
}
TEST(Tkz, XlnetSentencePiece) {
  check_file("xlnet_base_cased.model");
}
TEST(Tkz, Mistral) {
  check_file("mistral01.json");
}
TEST(Tkz, MistralSentencePiece) {
  check_file("mistral01.model");
}

// ---------------------------------------------------------------------------- damage

TokenizerSpec piece_spec(uint64_t seed) {
  Random random(seed);
  return test::random_piece_spec(random, test::kPiecePatterns[seed % 6], test::AddedTokens::kBoth);
}

void fix_checksum(std::string& file) {
  const uint64_t sum = tkz::file_checksum(file);
  std::memcpy(file.data() + offsetof(tkz::Header, checksum), &sum, sizeof(sum));
}

tkz::SectionEntry section_at(const std::string& file, size_t index) {
  tkz::SectionEntry entry;
  std::memcpy(&entry, file.data() + sizeof(tkz::Header) + index * sizeof(entry), sizeof(entry));
  return entry;
}

size_t section_count(const std::string& file) {
  tkz::Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  return header.section_count;
}

TEST(TkzDamage, CutFilesAreRefused) {
  const std::string file = write_tkz(piece_spec(1));
  const auto load = [](std::string_view bytes) { load_tkz_bytes(bytes); };
  test::expect_cut_files_refused(file, 3000, load);
  for (size_t i = 0; i < section_count(file); ++i) {
    const tkz::SectionEntry entry = section_at(file, i);
    for (const size_t length : {entry.offset, entry.offset + entry.size}) {
      if (length == file.size()) continue;
      EXPECT_TRUE(error_of([&] { load(std::string_view(file).substr(0, length)); }));
    }
  }
  EXPECT_TRUE(error_of([&] { load(file + std::string(64, '\0')); }));
  EXPECT_TRUE(error_of([&] { load({}); }));
}

TEST(TkzDamage, EveryFlippedBitIsFound) {
  std::string file = write_tkz(test::decode_specs().front().spec);
  Random random(test::property_seed());
  const size_t step = file.size() / 4000 + 1;
  for (size_t at = 0; at < file.size(); at += at < 1024 ? 1 : step) {
    const char before = file[at];
    file[at] = static_cast<char>(before ^ (1 << below(random, 8)));
    ASSERT_TRUE(error_of([&] { load_tkz_bytes(file); })) << "byte " << at;
    ASSERT_TRUE(error_of([&] { read_tkz(file); })) << "byte " << at;
    file[at] = before;
  }
}

TEST(TkzDamage, OtherVersionsAreRefusedByName) {
  const std::string file = write_tkz(piece_spec(2));
  const auto refused = [&](size_t offset, std::string_view part) {
    std::string other = file;
    other[offset] = static_cast<char>(other[offset] + 1);
    fix_checksum(other);
    test::expect_error(ErrorCode::kUnsupported, part, [&] { load_tkz_bytes(other, "my.tkz"); });
    test::expect_error(ErrorCode::kUnsupported, "my.tkz", [&] { read_tkz(other, "my.tkz"); });
  };
  refused(offsetof(tkz::Header, byte_order), "byte order");
  refused(offsetof(tkz::Header, format_version), "format version 1, found 2");
  refused(offsetof(tkz::Header, tables_version), "convert again");
  refused(offsetof(tkz::Header, unicode_version), "Unicode 16, found 17");
}

/// Uses everything that runs on the tables; what it answers does not matter.
void use(const Tokenizer& tokenizer, Random& random) {
  EncodeOptions options;
  options.ignore_file_limits = true;  // a damaged padding length may be billions
  const std::string text = test::hazard_text(random, 300) + std::string(600, 'a');
  error_of([&] {
    for (const TokenId id : tokenizer.encode(text, options)) ASSERT_LT(id, tokenizer.size());
  });
  error_of([&] { tokenizer.encode_with_offsets(text, options); });
  error_of([&] { tokenizer.encode(test::random_text(random, 200), options); });
  error_of([&] {
    AppendEncoder encoder(tokenizer);
    for (size_t at = 0; at < text.size(); at += 37) {
      encoder.append(std::string_view(text).substr(at, 37));
      encoder.ids();
    }
    encoder.truncate(text.size() / 2);
    encoder.ids();
    encoder.certain();
  });
  error_of([&] {
    const IntervalCounter counter(tokenizer, text);
    for (int i = 0; i < 20; ++i) {
      const size_t begin = below(random, text.size());
      counter.count(begin, begin + below(random, text.size() - begin));
    }
  });
  const std::vector<TokenId> ids = test::random_ids(random, tokenizer.spec(), 30);
  error_of([&] { CanonicalEncoder(tokenizer).is_canonical(ids); });
  error_of([&] { CanonicalEncoder(tokenizer).encode_certain(text); });
  error_of([&] { tokenizer.decode_text(ids); });
  error_of([&] { tokenizer.decode_text(ids, {true, InvalidUtf8::kError}); });
  error_of([&] {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    vocabulary.ids("a");
    vocabulary.id_of_piece("a");
    for (DecodeContext c = 0; c < vocabulary.context_count() && c < 3; ++c) vocabulary.tries(c);
  });
}

/// Puts numbers that are near edges, or any, into the elements of a section.
void damage_section(Random& random, std::string& file, const tkz::SectionEntry& entry) {
  if (entry.size == 0) return;
  for (size_t edits = 1 + below(random, 3); edits > 0; --edits) {
    const size_t at = entry.offset + below(random, entry.size);
    const uint32_t edges[] = {0,
                              1,
                              255,
                              256,
                              257,
                              0x7FFFFFFF,
                              0x80000000,
                              0xFFFFFFFE,
                              0xFFFFFFFF,
                              static_cast<uint32_t>(random()),
                              static_cast<uint32_t>(below(random, 600))};
    const uint32_t value = edges[below(random, std::size(edges))];
    const size_t word = at / 4 * 4;
    if (below(random, 4) == 0 || word + 4 > entry.offset + entry.size) {
      file[at] = static_cast<char>(random());
    } else {
      std::memcpy(file.data() + word, &value, sizeof(value));
    }
  }
}

void damage_and_use(const TokenizerSpec& spec, int rounds) {
  const std::string file = write_tkz(spec);
  Random random(test::property_seed());
  int used = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string damaged = file;
    const auto section = static_cast<size_t>(round) % section_count(file);
    damage_section(random, damaged, section_at(file, section));
    fix_checksum(damaged);
    error_of([&] {
      const Tokenizer tokenizer = load_tkz_bytes(damaged);
      ++used;
      use(tokenizer, random);
    });
  }
  EXPECT_GT(used, 0);
  EXPECT_LT(used, rounds);
}

TEST(TkzDamage, ByteLevelTablesThatLieDoNoHarm) {
  for (const uint64_t seed : {3, 4}) damage_and_use(piece_spec(seed), 800);
}

TEST(TkzDamage, OtherTablesThatLieDoNoHarm) {
  for (const auto& [name, spec] : test::decode_specs()) {
    SCOPED_TRACE(name);
    damage_and_use(spec, 150);
  }
  Random random(5);
  for (int kind = 0; kind <= static_cast<int>(ModelSpec::Kind::kSpmChar); ++kind) {
    SCOPED_TRACE(kind);
    damage_and_use(model_spec(random, static_cast<ModelSpec::Kind>(kind)), 150);
  }
}

TEST(TkzDamage, HybridSectionsThatLieDoNoHarm) {
  Random random(6);
  damage_and_use(hybrid_spec(random), 1000);
}

TEST(TkzDamage, SectionTablesThatLieDoNoHarm) {
  const std::string file = write_tkz(piece_spec(6));
  const size_t table_size = section_count(file) * sizeof(tkz::SectionEntry);
  const tkz::SectionEntry table = {0, 1, sizeof(tkz::Header), table_size};
  Random random(test::property_seed());
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = file;
    damage_section(random, damaged, table);
    fix_checksum(damaged);
    error_of([&] { use(load_tkz_bytes(damaged), random); });
  }
}

}  // namespace
}  // namespace tokrail
