// PrecompiledTables as sections of a .tkz file and back. Internal to .tkz files.
//
// The arrays are used where they lie. Whatever they hold, running on them stays inside of them and
// ends. Errors: Error(kInvalidFile) for tables that do not fit together or belong to another
// vocabulary.
#pragma once

#include "tokenizers/engine/precompiled_tables.h"
#include "tokenizers/formats/tkz_container.h"

namespace tokrail::tkz {

void write_tables(const PrecompiledTables& tables, SectionWriter& sections);

/// `size` is that of the vocabulary.
PrecompiledTables read_tables(const SectionReader& sections, size_t size);

}  // namespace tokrail::tkz
