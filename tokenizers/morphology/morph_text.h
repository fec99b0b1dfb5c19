// Readings as text for people, words made from it, and the way back from lower case.
//
//   describe(language, "kitabımda", analysis)              "kitap/noun+P1SG+LOC"
//   segmentation("Kitabımda", analysis)                    "Kitab|ım|da"
//   generate_surfaces(language, "kitap/noun", {"LOC"})     {"kitapta"}
//
// Complexity: linear in the readings. Thread safe; throws as said below, and what an allocation
// may.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/analyser.h"

namespace tokrail {

/// Lower-cases code point by code point; `written_at[i]` is the byte of `text` that byte i of
/// `lower` came from, with one entry more for the end.
void lower_with_places(const Language& language, std::string_view text, std::string& lower,
                       std::vector<uint32_t>& written_at);

/// Lemma of a morph: a lexeme's form, or what stands in the word; empty for a suffix.
std::string_view morph_lemma(const Language& language, std::string_view word, const Morph& morph);
/// Part of speech of a stem ("noun", "unknown", "number"), or the tag of a suffix.
std::string_view morph_tag(const Language& language, const Morph& morph);

/// Lemma and part of speech, then the tags behind "+"; a second stem stands behind "#".
std::string describe(const Language& language, std::string_view word, const Analysis& analysis);

/// The morphs as they stand in the word, in its own case, with a bar between them.
std::string segmentation(std::string_view word, const Analysis& analysis);

/// "kitap" or "kitap/noun" (or a number) and tags, each a tag of the language's arcs or (where no
/// arc has such a tag) the name of a suffix, to all surfaces that the graph allows, without
/// duplicates. A part of speech fits those that begin with it and a dot ("verb" fits "verb.ar").
/// Suffixes that are spelled without letters (apostrophes) need no tag: surfaces with one such come
/// first for names and numbers, and for other stems only where there are no others. Lower case, as
/// the lemma must be. Throws Error(kInvalidArgument) for a lemma or a tag that the language does
/// not know.
std::vector<std::string> generate_surfaces(const Language& language, std::string_view lemma,
                                           std::span<const std::string> tags);

}  // namespace tokrail
