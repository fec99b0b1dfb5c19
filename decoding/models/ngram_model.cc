#include "decoding/models/ngram_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "decoding/models/ngram_file.h"

namespace tokrail {

struct NgramModel::View {
  MappedFile file;
  std::string bytes;  // where there is no file
  size_t size = 0;
  NgramParts parts;
};

namespace {

// The contexts of a row, shortest first, and the logarithm of the mass that each leaves.
struct Walk {
  std::array<uint32_t, kMaxNgramOrder> contexts;
  size_t count = 0;
};

Walk walk_back(const NgramParts& parts, std::span<const TokenId> context) noexcept {
  Walk walk;
  const size_t limit = parts.header.order - 1;
  uint32_t at = 0;
  for (size_t i = 0; i < limit && i <= context.size(); ++i) {
    // Before the first token of a text stands the boundary.
    const TokenId token =
        i < context.size() ? context[context.size() - 1 - i] : parts.header.boundary;
    at = find_child(parts, at, token);
    if (at == 0) {
      break;
    }
    walk.contexts[walk.count++] = at;
  }
  return walk;
}

}  // namespace

NgramModel::NgramModel(std::unique_ptr<View> view) : view_(std::move(view)) {}
NgramModel::~NgramModel() = default;

std::shared_ptr<const NgramModel> NgramModel::load(const std::filesystem::path& path) {
  auto view = std::make_unique<View>();
  view->file = MappedFile::open(path);
  view->size = view->file.size();
  try {
    view->parts = read_ngram_file(view->file.bytes());
  } catch (const Error& error) {
    throw error.within(path.string());
  }
  return std::shared_ptr<const NgramModel>(new NgramModel(std::move(view)));
}

std::shared_ptr<const NgramModel> NgramModel::from_bytes(std::string bytes) {
  auto view = std::make_unique<View>();
  view->bytes = std::move(bytes);
  view->size = view->bytes.size();
  view->parts = read_ngram_file(view->bytes);
  return std::shared_ptr<const NgramModel>(new NgramModel(std::move(view)));
}

size_t NgramModel::vocab() const noexcept {
  return view_->parts.header.vocab;
}
size_t NgramModel::order() const noexcept {
  return view_->parts.header.order;
}
TokenId NgramModel::boundary() const noexcept {
  return view_->parts.header.boundary;
}
uint64_t NgramModel::vocabulary_hash() const noexcept {
  return view_->parts.header.vocabulary_hash;
}
std::string_view NgramModel::tokenizer() const noexcept {
  return view_->parts.tokenizer;
}
size_t NgramModel::contexts() const noexcept {
  return view_->parts.tokens.size();
}
size_t NgramModel::successors() const noexcept {
  return view_->parts.successors.size();
}
size_t NgramModel::file_bytes() const noexcept {
  return view_->size;
}

void NgramModel::fill_row(std::span<const TokenId> context, std::span<float> row) const noexcept {
  const NgramParts& parts = view_->parts;
  const Walk walk = walk_back(parts, context);
  float left = 0;  // log of the mass left to the contexts below
  std::array<float, kMaxNgramOrder + 1> offsets;
  for (size_t i = walk.count; i-- > 0;) {
    offsets[i] = left;
    left += parts.log_backoff[walk.contexts[i]];
  }
  std::ranges::transform(parts.unigrams, row.begin(), [left](float x) { return x + left; });
  for (size_t i = 0; i < walk.count; ++i) {  // longer contexts write over shorter ones
    const uint32_t begin = parts.first_successor[walk.contexts[i]];
    const uint32_t end = parts.first_successor[walk.contexts[i] + 1];
    for (uint32_t at = begin; at < end; ++at) {
      row[parts.successors[at]] = parts.log_probs[at] + offsets[i];
    }
  }
}

double NgramModel::log_prob(std::span<const TokenId> context, TokenId token) const noexcept {
  const NgramParts& parts = view_->parts;
  const Walk walk = walk_back(parts, context);
  float left = 0;
  for (size_t i = walk.count; i-- > 0;) {
    const uint32_t begin = parts.first_successor[walk.contexts[i]];
    const auto tokens =
        parts.successors.subspan(begin, parts.first_successor[walk.contexts[i] + 1] - begin);
    const auto found = std::ranges::lower_bound(tokens, token);
    if (found != tokens.end() && *found == token) {
      return parts.log_probs[begin + static_cast<size_t>(found - tokens.begin())] + left;
    }
    left += parts.log_backoff[walk.contexts[i]];
  }
  return parts.unigrams[token] + left;
}

}  // namespace tokrail
