// Documents of text files, for n-gram models: a line, a paragraph (lines up to an empty one) or a
// file each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail::cli {

/// Calls take(document, bytes of input used up so far). Returns the bytes in all. Error with the
/// file for what cannot be read; Error(kInvalidArgument) for an unknown kind.
void read_documents(const std::vector<std::string>& files, const std::string& kind,
                    const std::function<void(std::string_view, uint64_t)>& take);
/// Sum of the sizes of the files; 0 where one has none.
uint64_t size_of_files(const std::vector<std::string>& files);

}  // namespace tokrail::cli
