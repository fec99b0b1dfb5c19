// Strings, numbers and literals: boolean logic on sets.
#include <optional>

#include "base/error.h"
#include "grammar/frontends/json_schema/schema_algebra.h"
#include "grammar/frontends/json_schema/string_formats.h"

namespace tokrail {
namespace {

/// Schemas inside of schemas on the same value: more levels are refused, for the stack's sake.
constexpr unsigned kMostInPlace = 300;

[[noreturn]] void throw_loop(const SchemaReader& reader, const Schema& schema) {
  throw Error(ErrorCode::kInvalidArgument,
              "the schema refers to itself for the same value, or is nested too deeply",
              reader.pointer(schema));
}

}  // namespace

/// `domain` has Set, all(), none(), both(), either(), complement(), own(schema), of(schema id).
template <class Domain>
typename Domain::Set SchemaAlgebra::combined(const Schema& schema, Domain domain) {
  using Set = typename Domain::Set;
  if (schema.is_true) return domain.all();
  if (schema.is_false) return domain.none();
  Set set = domain.own(schema);
  const auto restrict = [&](const Set& by) { set = domain.both(set, by); };
  if (schema.reference != Schema::kNone) restrict(domain.of(schema.reference));
  for (const SchemaId part : schema.references) restrict(domain.of(part));
  for (const SchemaId part : schema.all_of) restrict(domain.of(part));
  if (!schema.any_of.empty()) {
    Set any = domain.none();
    for (const SchemaId part : schema.any_of) any = domain.either(any, domain.of(part));
    restrict(any);
  }
  if (!schema.one_of.empty()) {
    Set any = domain.none(), once = domain.none();
    for (const SchemaId part : schema.one_of) {
      const Set other = domain.of(part);
      if (domain.is_none(other)) continue;
      once = domain.either(domain.both(once, domain.complement(other)),
                           domain.both(other, domain.complement(any)));
      any = domain.either(any, other);
    }
    restrict(once);
  }
  if (schema.negated != Schema::kNone) restrict(domain.complement(domain.of(schema.negated)));
  if (schema.consequence != Schema::kNone || schema.alternative != Schema::kNone) {
    const Set condition = domain.of(schema.condition);
    const Set then =
        schema.consequence == Schema::kNone ? domain.all() : domain.of(schema.consequence);
    const Set otherwise =
        schema.alternative == Schema::kNone ? domain.all() : domain.of(schema.alternative);
    restrict(domain.either(domain.both(condition, then),
                           domain.both(domain.complement(condition), otherwise)));
  }
  return set;
}

namespace {

constexpr uint8_t kLiterals = kNullBit | kFalseBit | kTrueBit;

}  // namespace

uint8_t SchemaAlgebra::own_literals(const Schema& schema) {
  uint8_t bits = schema.types & kLiterals;
  for (const Schema::Constants& constants : schema.constants) bits &= constants.literals;
  return bits;
}

uint8_t SchemaAlgebra::literals_of(SchemaId id) {
  struct Domain {
    using Set = uint8_t;
    SchemaAlgebra& algebra;
    Set all() const { return kLiterals; }
    Set none() const { return 0; }
    bool is_none(Set a) const { return a == 0; }
    Set both(Set a, Set b) const { return a & b; }
    Set either(Set a, Set b) const { return a | b; }
    Set complement(Set a) const { return kLiterals & ~a; }
    Set own(const Schema& schema) const { return algebra.own_literals(schema); }
    Set of(SchemaId part) const { return algebra.literals_of(part); }
  };
  if (const auto found = literals_.find(id); found != literals_.end()) {
    if (!found->second) throw_loop(reader_, reader_.get(id));
    return *found->second;
  }
  const Schema& schema = reader_.get(id);
  if (++in_place_depth_ > kMostInPlace) throw_loop(reader_, schema);
  literals_[id] = std::nullopt;
  const uint8_t bits = combined(schema, Domain{*this});
  --in_place_depth_;
  literals_[id] = bits;
  return bits;
}

TextId SchemaAlgebra::own_text(const Schema& schema) {
  if ((schema.types & kStringBit) == 0) return TextLanguages::kNone;
  TextId set = texts_.length(schema.min_length, schema.max_length);
  for (const Schema::Constants& constants : schema.constants) {
    set = texts_.both(set, texts_.of(constants.strings));
  }
  const SchemaDocument& document = reader_.document();
  if (schema.pattern != SchemaDocument::kNone) {
    try {
      set = texts_.both(set, texts_.pattern(document.text(schema.pattern)));
    } catch (const Error& error) {
      refuse({document.pointer(schema.pattern), "pattern: " + error.message()});
    }
  }
  if (schema.format != SchemaDocument::kNone && options_.assert_formats) {
    const std::string_view name = document.text(schema.format);
    if (const auto format = string_format(texts_, name)) {
      set = texts_.both(set, *format);
    } else if (!is_number_format(name)) {
      const std::string message = "format: \"" + std::string(name) + "\" is not known";
      if (options_.strict_formats)
        refuse({document.pointer(schema.format), message});
      else
        reader_.warn(document.pointer(schema.format), message + " and not checked");
    }
  }
  return set;
}

TextId SchemaAlgebra::text_of(SchemaId id) {
  struct Domain {
    using Set = TextId;
    SchemaAlgebra& algebra;
    Set all() const { return TextLanguages::kAll; }
    Set none() const { return TextLanguages::kNone; }
    bool is_none(Set a) const { return a == TextLanguages::kNone; }
    Set both(Set a, Set b) const { return algebra.texts_.both(a, b); }
    Set either(Set a, Set b) const { return algebra.texts_.either(a, b); }
    Set complement(Set a) const { return algebra.texts_.complement(a); }
    Set own(const Schema& schema) const { return algebra.own_text(schema); }
    Set of(SchemaId part) const { return algebra.text_of(part); }
  };
  if (const auto found = texts_of_.find(id); found != texts_of_.end()) {
    if (!found->second) throw_loop(reader_, reader_.get(id));
    return *found->second;
  }
  const Schema& schema = reader_.get(id);
  if (++in_place_depth_ > kMostInPlace) throw_loop(reader_, schema);
  texts_of_[id] = std::nullopt;
  const TextId text = combined(schema, Domain{*this});
  --in_place_depth_;
  texts_of_[id] = text;
  return text;
}

NumberLanguage SchemaAlgebra::own_number(const Schema& schema) {
  if ((schema.types & kNumberBit) == 0) return numbers_.none();
  NumberLanguage set = numbers_.all();
  const auto restrict = [&](const NumberLanguage& by) { set = numbers_.both(set, by); };
  if (schema.integer) restrict(numbers_.integer(schema.draft == SchemaDraft::k4));
  for (const Schema::Bound& bound : schema.bounds) {
    restrict(bound.lower ? numbers_.at_least(bound.value, bound.strictly)
                         : numbers_.at_most(bound.value, bound.strictly));
  }
  for (const auto& [at, factor] : schema.multiples) {
    try {
      restrict(numbers_.multiple_of(factor));
    } catch (const Error& error) {
      refuse({reader_.document().pointer(at), error.message()});
    }
  }
  for (const Schema::Constants& constants : schema.constants) {
    restrict(constants.numbers.empty() ? numbers_.none() : numbers_.of(constants.numbers));
  }
  return set;
}

const NumberLanguage& SchemaAlgebra::number_of(SchemaId id) {
  struct Domain {
    using Set = NumberLanguage;
    SchemaAlgebra& algebra;
    Set all() const { return algebra.numbers_.all(); }
    Set none() const { return algebra.numbers_.none(); }
    bool is_none(const Set& a) const { return algebra.numbers_.is_none(a); }
    Set both(const Set& a, const Set& b) const { return algebra.numbers_.both(a, b); }
    Set either(const Set& a, const Set& b) const { return algebra.numbers_.either(a, b); }
    Set complement(const Set& a) const { return NumberLanguages::complement(a); }
    Set own(const Schema& schema) const { return algebra.own_number(schema); }
    Set of(SchemaId part) const { return algebra.number_of(part); }
  };
  if (const auto found = numbers_of_.find(id); found != numbers_of_.end()) {
    if (!found->second) throw_loop(reader_, reader_.get(id));
    return *found->second;
  }
  const Schema& schema = reader_.get(id);
  if (++in_place_depth_ > kMostInPlace) throw_loop(reader_, schema);
  numbers_of_[id] = std::nullopt;
  NumberLanguage number = combined(schema, Domain{*this});
  --in_place_depth_;
  return *(numbers_of_[id] = std::move(number));
}

}  // namespace tokrail
