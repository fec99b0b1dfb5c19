#include "tokenizers/formats/tkz.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/formats/tkz_container.h"
#include "tokenizers/formats/tkz_hybrid.h"
#include "tokenizers/formats/tkz_spec.h"
#include "tokenizers/formats/tkz_tables.h"

namespace tokrail {
namespace {

using tkz::Section;
using tkz::SectionReader;
using tkz::SectionWriter;

void require(bool holds, const char* expected) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, std::string("expected ") + expected);
}

void write_spec(const TokenizerSpec& spec, SectionWriter& sections) {
  const VocabularySpec& vocabulary = spec.vocabulary;
  sections.add(Section::kSpec, tkz::write_fields(spec));
  sections.add(Section::kTextBytes, vocabulary.texts.bytes());
  sections.add(Section::kTextOffsets, vocabulary.texts.offsets());
  sections.add(Section::kKinds, std::span(vocabulary.kinds));
  sections.add(Section::kScores, std::span(vocabulary.scores));
  sections.add(Section::kMerges, std::span(spec.model.merges));
  if (spec.hybrid) tkz::write_hybrid(*spec.hybrid, sections);
}

/// The texts where they lie.
ByteStrings read_texts(const SectionReader& sections) {
  const std::string_view bytes = sections.bytes(Section::kTextBytes);
  const auto offsets = sections.array<uint32_t>(Section::kTextOffsets);
  require(!offsets.empty() && offsets.front() == 0 && offsets.back() == bytes.size(),
          "texts that fill their bytes");
  bool ascending = true;
  for (size_t i = 1; i < offsets.size(); ++i) ascending &= offsets[i - 1] <= offsets[i];
  require(ascending, "texts one behind the other");
  return ByteStrings::borrow(bytes, offsets, sections.owner());
}

template <typename Element>
std::vector<Element> read_vector(const SectionReader& sections, Section kind) {
  const auto elements = sections.array<Element>(kind);
  return {elements.begin(), elements.end()};
}

std::vector<TokenKind> read_kinds(const SectionReader& sections) {
  const auto bytes = sections.array<uint8_t>(Section::kKinds);
  uint8_t highest = 0;
  for (const uint8_t byte : bytes) highest = std::max(highest, byte);
  require(highest <= static_cast<uint8_t>(TokenKind::kUnused), "known kinds of tokens");
  std::vector<TokenKind> kinds(bytes.size());
  if (!bytes.empty()) std::memcpy(kinds.data(), bytes.data(), bytes.size());
  return kinds;
}

/// The spec, with texts that lie in the sections.
TokenizerSpec read_spec_of(const SectionReader& sections) {
  TokenizerSpec spec;
  tkz::read_fields(sections.bytes(Section::kSpec), spec);
  spec.vocabulary.texts = read_texts(sections);
  spec.vocabulary.kinds = read_kinds(sections);
  spec.vocabulary.scores = read_vector<double>(sections, Section::kScores);
  spec.model.merges = read_vector<Merge>(sections, Section::kMerges);
  if (spec.model.kind == ModelSpec::Kind::kHybrid) spec.hybrid = tkz::read_hybrid(sections);
  tkz::check_spec(spec);
  return spec;
}

Tokenizer load_sections(const SectionReader& sections) {
  TokenizerSpec spec = read_spec_of(sections);
  PrecompiledTables tables = tkz::read_tables(sections, spec.vocabulary.size());
  return Tokenizer::from_precompiled(std::move(spec), std::move(tables));
}

/// A copy at an address that is a multiple of 8, as elements are read in place.
SectionReader read_copy(std::string_view bytes) {
  auto copy = std::make_shared<std::vector<uint64_t>>(bytes.size() / 8 + 1);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(copy->data()));
  const std::string_view aligned(reinterpret_cast<const char*>(copy->data()), bytes.size());
  return SectionReader(aligned, std::move(copy));
}

}  // namespace

std::string write_tkz(const TokenizerSpec& spec) {
  return write_tkz(Tokenizer::from_spec(spec));
}

std::string write_tkz(const Tokenizer& tokenizer) {
  SectionWriter sections;
  write_spec(tokenizer.spec(), sections);
  tkz::write_tables(tokenizer.engine().precompiled_tables(), sections);
  return sections.finish();
}

Tokenizer load_tkz(const std::filesystem::path& path) {
  auto file = std::make_shared<const MappedFile>(MappedFile::open(path));
  const std::string_view bytes = file->bytes();
  try {
    return load_sections(SectionReader(bytes, std::move(file)));
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

Tokenizer load_tkz_bytes(std::string_view bytes, std::string_view name) {
  try {
    return load_sections(read_copy(bytes));
  } catch (const Error& error) {
    throw error.within(name);
  }
}

TokenizerSpec read_tkz(std::string_view bytes, std::string_view name) {
  try {
    return read_spec_of(read_copy(bytes));
  } catch (const Error& error) {
    throw error.within(name);
  }
}

}  // namespace tokrail
