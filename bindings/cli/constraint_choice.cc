#include "bindings/cli/constraint_choice.h"

#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/catalogue_build.h"
#include "grammar/constraints/canonical_constraint.h"
#include "grammar/constraints/catalogue_constraint.h"
#include "grammar/constraints/product_constraint.h"
#include "grammar/constraints/span_constraint.h"
#include "grammar/constraints/stop_constraint.h"

namespace tokrail::cli {

namespace {

SpanEdges edges_of(const std::string& name) {
  if (name == "bytes") return SpanEdges::kBytes;
  return name == "words" ? SpanEdges::kWords : SpanEdges::kCharacters;
}

std::unique_ptr<Constraint> catalogue_of(const ConstraintChoice& choice,
                                         const std::shared_ptr<const Vocabulary>& vocabulary,
                                         TextConstraintOptions options) {
  auto catalogue = std::make_shared<const Catalogue>(load_catalogue(choice.catalogue));
  if (choice.separator.empty()) {
    return std::make_unique<CatalogueConstraint>(vocabulary, std::move(catalogue),
                                                 std::move(options));
  }
  CatalogueList list;
  list.separator = choice.separator;
  list.at_least = choice.entries_min;
  if (choice.entries_max != 0) list.at_most = choice.entries_max;
  return std::make_unique<CatalogueConstraint>(vocabulary, std::move(catalogue), std::move(list),
                                               std::move(options));
}

}  // namespace

bool names_constraint(const ConstraintChoice& choice) {
  return !choice.catalogue.empty() || !choice.span_of.empty() || !choice.banned.empty() ||
         choice.canonical;
}

void add_constraints(const ConstraintChoice& choice, DecodeContext context,
                     const std::shared_ptr<const Vocabulary>& vocabulary,
                     const std::shared_ptr<const CanonicalEncoder>& encoder,
                     std::vector<std::unique_ptr<Constraint>>& parts) {
  const TextConstraintOptions options{.context = context, .encoder = encoder};
  if (!choice.catalogue.empty()) parts.push_back(catalogue_of(choice, vocabulary, options));
  if (!choice.span_of.empty()) {
    SpanOptions span;
    span.edges = edges_of(choice.span_edges);
    span.min_bytes = choice.span_min;
    const std::string text = read_text_file(choice.span_of);
    try {
      parts.push_back(std::make_unique<SpanConstraint>(vocabulary, text, span, options));
    } catch (const Error& error) {
      throw error.within(choice.span_of);
    }
  }
  if (!choice.banned.empty()) {
    parts.push_back(std::make_unique<StopConstraint>(
        vocabulary, StopStrings{.stops = {}, .banned = choice.banned}, options));
  }
  if (choice.canonical) {
    parts.push_back(std::make_unique<CanonicalConstraint>(vocabulary, encoder));
  }
}

std::unique_ptr<Constraint> all_of(std::vector<std::unique_ptr<Constraint>> parts) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return std::move(parts.front());
  return std::make_unique<ProductConstraint>(std::move(parts));
}

}  // namespace tokrail::cli
