// What a hybrid tokenizer is, in sections of a .tkz file. The language is used where it lies.
// Errors: Error(kInvalidFile) for what does not fit together. Internal to .tkz files.
#pragma once

#include <memory>

#include "tokenizers/formats/tkz_container.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail::tkz {

void write_hybrid(const HybridSpec& spec, SectionWriter& sections);

/// What is read fits together and to the language; check_hybrid_spec with the number of ids is left
/// to whoever knows it.
std::shared_ptr<const HybridSpec> read_hybrid(const SectionReader& sections);

}  // namespace tokrail::tkz
