#include "decoding/samplers/suffix_repeats.h"

#include <algorithm>

namespace tokrail {

void SuffixRepeats::find(const RecentTokens& tokens) {
  const size_t size = tokens.size();
  reversed.resize(size);
  for (size_t i = 0; i < size; ++i) reversed[i] = tokens.from_end(i);
  lengths.assign(size, 0);
  // [begin, end) is the match found so far that reaches furthest.
  size_t begin = 0, end = 0;
  for (size_t k = 1; k < size; ++k) {
    size_t length = k < end ? std::min<size_t>(lengths[k - begin], end - k) : 0;
    while (k + length < size && reversed[length] == reversed[k + length]) ++length;
    lengths[k] = static_cast<uint32_t>(length);
    if (k + length > end) {
      begin = k;
      end = k + length;
    }
  }
}

}  // namespace tokrail
