// Rows of logits as they come and as they should not come.
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/support/property.h"

namespace tokrail::test {

struct RandomRow {
  std::vector<float> logits;
  const char* kind = "";
};

/// Sizes 1 to 3,000, mostly small; normal, peaked, rounded (ties), all equal, with holes of -inf
/// and NaN, with extreme values.
inline RandomRow random_row(Random& random) {
  static constexpr size_t kSizes[] = {1, 2, 3, 7, 15, 16, 17, 33, 100, 129, 333, 1000, 1025, 3000};
  static constexpr float kWidths[] = {0.05f, 0.5f, 1, 2, 4, 9};
  RandomRow row;
  row.logits.resize(kSizes[below(random, std::size(kSizes))]);
  std::normal_distribution<float> normal(static_cast<float>(below(random, 5)) - 2.0f,
                                         kWidths[below(random, std::size(kWidths))]);
  for (float& x : row.logits) x = normal(random);
  const auto somewhere = [&]() -> float& { return row.logits[below(random, row.logits.size())]; };
  switch (below(random, 9)) {
    case 0:
      row.kind = "ties";
      for (float& x : row.logits) x = std::round(x * 2) / 2;
      break;
    case 1:
      row.kind = "equal";
      for (float& x : row.logits) x = 1.25f;
      break;
    case 2:
      row.kind = "holes";
      for (float& x : row.logits) {
        if (below(random, 2) == 0) x = -std::numeric_limits<float>::infinity();
      }
      break;
    case 3:
      row.kind = "peaked";
      somewhere() += 15;
      break;
    case 4:
      row.kind = "outlier";
      somewhere() = -1e9f;
      break;
    case 5:
      row.kind = "nan";
      somewhere() = std::numeric_limits<float>::quiet_NaN();
      break;
    case 6:
      row.kind = "zipf";
      for (size_t i = 0; i < row.logits.size(); ++i) {
        row.logits[i] = -1.1f * std::log(static_cast<float>(i + 1)) + 0.05f * normal(random);
      }
      std::shuffle(row.logits.begin(), row.logits.end(), random);
      break;
    default: row.kind = "normal";
  }
  return row;
}

}  // namespace tokrail::test
