// tokrail catalogue: strings, one a line, as a file that is mapped and searched as it is.
#pragma once

#include <string>

#include "grammar/constraints/catalogue.h"

namespace tokrail::cli {

struct CatalogueVerb {
  std::string file;    ///< lines, or a catalogue; - for standard input
  std::string output;  ///< a catalogue file to write; empty: none
  bool json = false;
};
int run_catalogue(const CatalogueVerb& verb);

/// A file written by `tokrail catalogue`, or lines; - for standard input.
Catalogue load_catalogue(const std::string& path);
/// The whole file; - for standard input.
std::string read_text_file(const std::string& path);

}  // namespace tokrail::cli
