#include "tokenizers/formats/tiktoken.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tokenizers/formats/base64.h"
#include "tokenizers/formats/derive_merges.h"
#include "tokenizers/formats/json_document.h"
#include "tokenizers/formats/rank_vocabulary.h"
#include "tokenizers/formats/raw_bytes_form.h"
#include "tokenizers/formats/special_roles.h"
#include "tokenizers/known_encodings.h"

namespace tokrail {
namespace {

// The lines of a rank file, in the order of the file.
struct RankLines {
  ByteStrings texts;
  std::vector<TokenId> ranks;
};

class LineReader {
 public:
  LineReader(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  RankLines read() {
    texts_.reserve(bytes_.size() / 2);
    offsets_.reserve(bytes_.size() / 16);
    offsets_.push_back(0);
    ranks_.reserve(bytes_.size() / 16);
    for (size_t at = 0; at < bytes_.size(); ++line_) {
      const void* const found = std::memchr(bytes_.data() + at, '\n', bytes_.size() - at);
      const size_t end = found
                             ? static_cast<size_t>(static_cast<const char*>(found) - bytes_.data())
                             : bytes_.size();
      read_line(bytes_.substr(at, end - at));
      at = end + 1;
    }
    texts_.resize(offsets_.back());
    return {ByteStrings::from_parts(std::move(texts_), std::move(offsets_)), std::move(ranks_)};
  }

 private:
  void read_line(std::string_view line) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) return;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || space == 0) fail("expected a token and a rank");
    const size_t used = offsets_.back();
    if (texts_.size() - used < space) texts_.resize(used + space + kStep);
    const char* const end = decode_base64(line.substr(0, space), texts_.data() + used);
    if (end == nullptr) fail("expected a token in base64");
    offsets_.push_back(static_cast<uint32_t>(end - texts_.data()));
    ranks_.push_back(read_rank(line.substr(space + 1)));
  }

  TokenId read_rank(std::string_view digits) const {
    uint32_t rank = 0;
    uint32_t highest = 0;
    if (digits.empty() || digits.size() > 8) fail_rank();
    for (const char digit : digits) {
      const uint32_t value = static_cast<unsigned char>(digit) - uint32_t{'0'};
      highest = std::max(highest, value);
      rank = rank * 10 + value;
    }
    if (highest > 9 || rank > kMaxTokenId) fail_rank();
    return rank;
  }

  [[noreturn]] void fail_rank() const {
    fail("expected a rank from 0 to " + std::to_string(kMaxTokenId));
  }
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::kInvalidFile, message, place_in(name_, "line " + std::to_string(line_)));
  }

  static constexpr size_t kStep = 1 << 16;  // by which texts_ grows

  std::string_view bytes_, name_;
  size_t line_ = 1;
  std::string texts_;  // with room behind the last one
  std::vector<uint32_t> offsets_;
  std::vector<TokenId> ranks_;
};

ByteStrings arrange_by_rank(RankLines lines, std::string_view name) {
  bool in_order = true;
  TokenId highest = 0;
  for (size_t i = 0; i < lines.ranks.size(); ++i) {
    in_order &= lines.ranks[i] == i;
    highest = std::max(highest, lines.ranks[i]);
  }
  if (in_order) return std::move(lines.texts);
  std::vector<uint32_t> line_of(size_t{highest} + 1, kNoToken);
  for (uint32_t i = 0; i < lines.ranks.size(); ++i) {
    uint32_t& line = line_of[lines.ranks[i]];
    if (line != kNoToken) {
      throw Error(ErrorCode::kInvalidFile,
                  "expected different ranks, " + quoted(lines.texts[line]) + " and " +
                      quoted(lines.texts[i]) + " have rank " + std::to_string(lines.ranks[i]),
                  std::string(name));
    }
    line = i;
  }
  ByteStrings texts;
  texts.reserve(line_of.size(), lines.texts.bytes().size());
  for (const uint32_t line : line_of) {
    texts.push_back(line == kNoToken ? std::string_view() : lines.texts[line]);
  }
  return texts;
}

// "dir/cl100k_base.tiktoken.gz" -> "cl100k_base.tiktoken"
std::string_view file_name(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  if (path.ends_with(".gz")) path.remove_suffix(3);
  return path;
}

bool file_name_says(const KnownEncoding& encoding, std::string_view path) {
  const std::string_view file = file_name(path);
  if (!encoding.file_name.empty() && file == encoding.file_name) return true;
  const std::string_view stem = file.substr(0, file.find('.'));
  return stem == encoding.name || (!encoding.alias.empty() && stem == encoding.alias);
}

const KnownEncoding* recognise(const ByteStrings& texts, size_t tokens, std::string_view path) {
  const uint64_t fingerprint = fingerprint_tokens(texts);
  const KnownEncoding* by_tokens = nullptr;
  for (const KnownEncoding& encoding : known_encodings()) {
    const bool same_tokens = encoding.fingerprint != 0 && encoding.fingerprint == fingerprint;
    const bool same_count = encoding.fingerprint == 0 && encoding.token_count == tokens;
    if (file_name_says(encoding, path) && (same_tokens || same_count)) return &encoding;
    if (same_tokens && by_tokens == nullptr) by_tokens = &encoding;
  }
  return by_tokens;
}

[[noreturn]] void ask_for_pattern(std::string_view name) {
  std::string known;
  for (const KnownEncoding& encoding : known_encodings()) {
    known += (known.empty() ? "" : ", ") + std::string(encoding.name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              "a rank file does not say how text is cut and these tokens are of no known encoding: "
              "give the pattern (--pattern) as a regular expression or one of " +
                  known,
              std::string(name));
}

// Anything with a character that has a meaning in regular expressions is one.
bool is_regex(std::string_view pattern) {
  return pattern.find_first_of("\\[](){}*+?|.^$ ") != std::string_view::npos;
}

bool fits(const KnownEncoding& encoding, const ByteStrings& texts, size_t tokens) {
  if (encoding.fingerprint != 0) return encoding.fingerprint == fingerprint_tokens(texts);
  return encoding.token_count == tokens;
}

std::vector<std::pair<std::string, TokenId>> special_tokens_of(const TokenizerSpec& spec) {
  std::vector<std::pair<std::string, TokenId>> tokens;
  for (const AddedToken& token : spec.added_tokens) tokens.emplace_back(token.content, token.id);
  return tokens;
}

// Whether merging by rank gives what merging by the list gives.
bool merges_follow_ranks(const TokenizerSpec& spec) {
  const std::vector<Merge> derived = derive_merges(spec.vocabulary);
  return std::equal(derived.begin(), derived.end(), spec.model.merges.begin(),
                    spec.model.merges.end(), [](const Merge& a, const Merge& b) {
                      return a.left == b.left && a.right == b.right && a.result == b.result;
                    });
}

void inspect_pattern(const TokenizerSpec& spec, std::vector<std::string>& reasons) {
  const bool one_split = spec.pre_tokenizers.size() == 1 &&
                         spec.pre_tokenizers[0].kind == PreTokenizerStep::Kind::kSplit;
  if (!one_split) {
    reasons.emplace_back("pre-tokenizers other than one pattern");
    return;
  }
  const auto encodings = known_encodings();
  const std::string& pattern = spec.pre_tokenizers[0].pattern.text;
  if (std::none_of(encodings.begin(), encodings.end(),
                   [&](const KnownEncoding& known) { return known.pattern == pattern; })) {
    reasons.emplace_back(
        "a pattern that is none of a known encoding (the file has no place for it)");
  }
  if (spec.added_tokens.empty()) return;
  const KnownEncoding* const known = find_known_encoding(spec.name);
  if (known == nullptr || known_special_tokens(*known) != special_tokens_of(spec)) {
    reasons.emplace_back("added tokens that are not those of a known encoding");
  }
}

// What the spec asks for beside ids of a text; a rank file has no place for it.
void inspect_surroundings(const TokenizerSpec& spec, std::vector<std::string>& reasons) {
  for (const PostProcessorStep& step : spec.post_processors) {
    if (step.kind != PostProcessorStep::Kind::kByteLevel) {
      reasons.emplace_back("special tokens around a text");
      break;
    }
  }
  if (spec.truncation) reasons.emplace_back("truncation");
  if (spec.padding) reasons.emplace_back("padding");
}

// `raw` is the raw-bytes form of the spec, where it has one.
std::vector<std::string> reasons_against(const std::optional<TokenizerSpec>& raw) {
  std::vector<std::string> reasons;
  const bool ranks = raw && raw->model.kind == ModelSpec::Kind::kRankBpe;
  const bool merges = raw && raw->model.kind == ModelSpec::Kind::kMergeBpe;
  if (!ranks && !(merges && merges_follow_ranks(*raw))) {
    reasons.emplace_back("a model other than byte-pair encoding of raw bytes in the order of ids");
  }
  if (!raw) return reasons;
  if (raw->model.dropout) reasons.emplace_back("BPE-dropout");
  if (!raw->normalizers.empty()) reasons.emplace_back("normalizers");
  inspect_pattern(*raw, reasons);
  inspect_surroundings(*raw, reasons);
  return reasons;
}

}  // namespace

bool looks_like_tiktoken(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  const size_t space = line.find(' ');
  if (line.size() > 4096 || space == std::string_view::npos) return false;
  std::string_view rank = line.substr(space + 1);
  if (!rank.empty() && rank.back() == '\r') rank.remove_suffix(1);
  std::string token;
  return space > 0 && append_base64(line.substr(0, space), token) && !rank.empty() &&
         rank.find_first_not_of("0123456789") == std::string_view::npos;
}

TokenizerSpec read_tiktoken(std::string_view bytes, std::string_view name,
                            const TiktokenOptions& options) {
  RankLines lines = LineReader(bytes, name).read();
  const size_t tokens = lines.ranks.size();
  ByteStrings texts = arrange_by_rank(std::move(lines), name);

  const KnownEncoding* encoding = nullptr;
  std::string pattern;
  if (!options.pattern) {
    encoding = recognise(texts, tokens, name);
    if (encoding == nullptr && tokens > 0) ask_for_pattern(name);
  } else if (const KnownEncoding* const named = find_known_encoding(*options.pattern)) {
    pattern = named->pattern;
    if (fits(*named, texts, tokens)) encoding = named;
  } else if (is_regex(*options.pattern)) {
    pattern = *options.pattern;
  } else {
    ask_for_pattern(name);
  }
  if (encoding != nullptr) pattern = encoding->pattern;
  const bool known = encoding != nullptr && encoding->fingerprint != 0;
  TokenizerSpec spec = rank_spec(std::move(texts), pattern, name, known);
  if (encoding != nullptr) {
    spec.name = encoding->name;
    add_special_tokens(spec, known_special_tokens(*encoding), name);
  }
  infer_roles(spec);
  return spec;
}

std::vector<std::string> tiktoken_cannot_express(const TokenizerSpec& spec) {
  if (spec.model.kind == ModelSpec::Kind::kHybrid) return {std::string(kHybridReason)};
  return reasons_against(raw_bytes_form(spec));
}

std::string write_tiktoken(const TokenizerSpec& spec) {
  const std::vector<std::string> reasons = tiktoken_cannot_express(spec);
  if (!reasons.empty()) {
    std::string message = "a rank file cannot express ";
    for (size_t i = 0; i < reasons.size(); ++i) message += (i == 0 ? "" : "; ") + reasons[i];
    throw Error(ErrorCode::kUnsupported, message);
  }
  const std::optional<TokenizerSpec> raw = raw_bytes_form(spec);
  std::vector<bool> added(raw->vocabulary.size());
  for (const AddedToken& token : raw->added_tokens) added[token.id] = true;
  std::string out;
  for (size_t id = 0; id < raw->vocabulary.size(); ++id) {
    const TokenKind kind = raw->vocabulary.kinds[id];
    if (added[id] || (kind != TokenKind::kNormal && kind != TokenKind::kByte)) continue;
    append_as_base64(raw->vocabulary.texts[id], out);
    out += ' ';
    out += std::to_string(id);
    out += '\n';
  }
  return out;
}

}  // namespace tokrail
