#include "tokenizers/formats/tkz_hybrid.h"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizers/formats/tkz_archive.h"

namespace tokrail::tkz {
namespace {

/// What the sections of arrays do not have. Numbers of an archive have 4 bytes.
struct HybridFields {
  NumberChunks numbers = NumberChunks::kThreeFromRight;
  std::vector<IdRange> ranges;
  std::vector<std::vector<uint32_t>> chains;
  uint32_t unknown_stem = 0, unknown_letter = 0, number = 0, join = 0;
  std::vector<uint32_t> unknown_states;
};

constexpr uint32_t kCases = 4;

void require(bool holds, const char* expected) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, std::string("expected ") + expected);
}

uint16_t narrow(uint32_t value) {
  require(value <= std::numeric_limits<uint16_t>::max(), "costs and suffixes of 16 bits");
  return static_cast<uint16_t>(value);
}

std::vector<uint16_t> narrow(const std::vector<uint32_t>& values) {
  std::vector<uint16_t> result;
  result.reserve(values.size());
  for (const uint32_t value : values) result.push_back(narrow(value));
  return result;
}

}  // namespace

static constexpr auto last_value(Type<NumberChunks>) {
  return NumberChunks::kThreeFromRight;
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, IdRange>& range) {
  auto& [begin, end] = range;
  archive(begin, end);
}

template <typename Archive>
void fields(Archive& archive, Field<Archive, HybridFields>& hybrid) {
  auto& [numbers, ranges, chains, unknown_stem, unknown_letter, number, join, unknown_states] =
      hybrid;
  archive(numbers, ranges, chains, unknown_stem, unknown_letter, number, join, unknown_states);
}

void write_hybrid(const HybridSpec& spec, SectionWriter& sections) {
  const auto& [language, costs, numbers, specials, bytes, marks, suffixes, chains, numerals, stems,
               pieces, chain_suffixes, stem_tokens] = spec;
  HybridFields hybrid;
  hybrid.numbers = numbers;
  hybrid.ranges = {specials, bytes, marks, suffixes, chains, numerals, stems, pieces};
  for (const auto& chain : chain_suffixes) hybrid.chains.emplace_back(chain.begin(), chain.end());
  const auto& [lexemes, steps, unknown_stem, unknown_letter, unknown_states, number, join] = costs;
  hybrid.unknown_stem = unknown_stem;
  hybrid.unknown_letter = unknown_letter;
  hybrid.number = number;
  hybrid.join = join;
  hybrid.unknown_states.assign(unknown_states.begin(), unknown_states.end());
  TkzWriter writer;
  writer(hybrid);
  sections.add(Section::kHybrid, writer.take());
  sections.add(Section::kLanguage, language->bytes());
  sections.add(Section::kLexemeCosts, std::span(lexemes));
  sections.add(Section::kStepCosts, std::span(steps));
  std::vector<uint32_t> stem_numbers;
  for (const StemToken& stem : stem_tokens) {
    stem_numbers.push_back(stem.form * kCases + static_cast<uint32_t>(stem.letter_case));
  }
  sections.add(Section::kStems, std::span<const uint32_t>(stem_numbers));
}

std::shared_ptr<const HybridSpec> read_hybrid(const SectionReader& sections) {
  HybridFields hybrid;
  TkzReader reader(sections.bytes(Section::kHybrid));
  reader(hybrid);
  reader.finish();
  auto spec = std::make_shared<HybridSpec>();
  spec->language =
      Language::from_bytes(sections.bytes(Section::kLanguage), sections.owner(), "the language");
  spec->numbers = hybrid.numbers;
  IdRange* const ranges[] = {&spec->specials, &spec->bytes,    &spec->marks, &spec->suffixes,
                             &spec->chains,   &spec->numerals, &spec->stems, &spec->pieces};
  require(hybrid.ranges.size() == std::size(ranges), "eight ranges of ids");
  for (size_t i = 0; i < std::size(ranges); ++i) *ranges[i] = hybrid.ranges[i];
  for (const auto& chain : hybrid.chains) spec->chain_suffixes.push_back(narrow(chain));
  const auto lexemes = sections.array<uint16_t>(Section::kLexemeCosts);
  const auto steps = sections.array<uint16_t>(Section::kStepCosts);
  spec->costs.lexemes.assign(lexemes.begin(), lexemes.end());
  spec->costs.steps.assign(steps.begin(), steps.end());
  spec->costs.unknown_stem = narrow(hybrid.unknown_stem);
  spec->costs.unknown_letter = narrow(hybrid.unknown_letter);
  spec->costs.unknown_states = narrow(hybrid.unknown_states);
  spec->costs.number = narrow(hybrid.number);
  spec->costs.join = narrow(hybrid.join);
  for (const uint32_t stem : sections.array<uint32_t>(Section::kStems)) {
    spec->stem_tokens.push_back({stem / kCases, static_cast<StemCase>(stem % kCases)});
  }
  return spec;
}

}  // namespace tokrail::tkz
