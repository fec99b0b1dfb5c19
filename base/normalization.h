// Unicode normalisation forms of UTF-8 text, with what changed, pinned to Unicode 16.0.
//
// ICU does the work. Its version differs between machines (Debian 12 has ICU 72, Unicode 15), and
// ids depend on the result, so the answers are pinned: the few characters of Unicode 15.1 and 16.0
// that normalise to or compose into something, or have a combining class, come from a table here
// (32 characters and their parts, and the outlined letters and digits U+1CCD6 to U+1CCF9), and
// what is unassigned in 16.0 is inert even where a newer ICU knows better. ICU 72 or newer.
//
//   normalize(NormalizationForm::kNfc, "e\u0301") == "\u00e9"
//   std::vector<NormalizationEdit> edits;
//   normalize_into(NormalizationForm::kNfkc, text, out, &edits);   // sums of lengths match
//
// Ill-formed bytes are kept as they are, and nothing combines across them.
// Complexity: O(bytes), long runs of combining marks included; ASCII is copied.
// Thread safety: all functions are pure. Errors: Error kInternal if ICU's data cannot be loaded.
// Standard: UAX #15.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

enum class NormalizationForm : uint8_t { kNfc, kNfd, kNfkc, kNfkd };

/// A stretch of the source and what it became. Stretches follow each other without gaps in both
/// texts; a changed one is not cut further (a letter with its marks, typically).
struct NormalizationEdit {
  size_t source_length;  ///< bytes
  size_t target_length;  ///< bytes
  bool changed;          ///< false: equal bytes
};

/// One code point of a normalised text, and how it came to be: 0 stands for one code point of the
/// source (changed or not), +1 was added after the code point before it, -n also took the place
/// of the n source code points that follow. The sum of changes is target minus source length.
struct NormalizedCodePoint {
  char32_t code_point;
  int32_t change;

  bool operator==(const NormalizedCodePoint&) const = default;
};

/// The normalised text.
std::string normalize(NormalizationForm form, std::string_view text);

/// Appends the normalised text to `out` and, where asked for, its edits to `edits`.
void normalize_into(NormalizationForm form, std::string_view text, std::string& out,
                    std::vector<NormalizationEdit>* edits = nullptr);

/// Appends the normalised code points with their changes. The slow, direct reading of the
/// algorithm: decompose, order, compose. The source must be code points (nothing is checked).
void normalize_code_points(NormalizationForm form, std::u32string_view source,
                           std::vector<NormalizedCodePoint>& out);

/// Whether normalising would change nothing.
bool is_normalized(NormalizationForm form, std::string_view text);

/// Length in bytes of a prefix that is normalised already and ends where nothing can combine
/// across, so that only the rest has to be looked at. Not necessarily the longest.
size_t normalized_prefix_length(NormalizationForm form, std::string_view text);

/// Whether nothing before this code point can combine or change places with it.
bool has_normalization_boundary_before(NormalizationForm form, char32_t code_point);

/// Canonical_Combining_Class: 0 for a starter.
uint8_t combining_class(char32_t code_point) noexcept;

}  // namespace tokrail
