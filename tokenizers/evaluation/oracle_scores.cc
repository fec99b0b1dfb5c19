#include "tokenizers/evaluation/oracle_scores.h"

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/evaluation/plain_encoding.h"
#include "tokenizers/evaluation/share.h"
#include "tokenizers/evaluation/white_space.h"

namespace tokrail {

namespace {

bool has_letter_or_is_broken(std::string_view text) {
  for (const auto [position, unit] : utf8_units(text)) {
    if (!unit.valid || is_letter(unit.code_point)) return true;
  }
  return false;
}

// Strings by what was spelled, so that each spelling is stripped and lowered once.
class StringCounter {
 public:
  explicit StringCounter(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    by_spans_ = tokenizer.spec().hybrid != nullptr || !vocabulary.exact();
  }

  void add(std::string_view line) {
    if (by_spans_) {
      add_spans(line);
    } else {
      add_spelled(line);
    }
  }

  TokenStrings strings(Casing casing) const {
    TokenStrings result;
    for (const auto& [spelled, count] : spelled_) {
      const std::string_view text = stripped(spelled);
      if (!text.empty()) result.counts[lowered(text, casing)] += count;
    }
    return result;
  }

 private:
  // What a hybrid's stem holds back, and what another's decoder changes, is in the text itself.
  void add_spans(std::string_view line) {
    const Encoding encoding = tokenizer_.encode_with_offsets(line, plain_encoding());
    for (const Span span : encoding.offsets) {
      if (span.end <= span.begin || span.end > line.size()) continue;
      ++spelled_[std::string(line.substr(span.begin, span.end - span.begin))];
    }
  }

  void add_spelled(std::string_view line) {
    const Vocabulary& vocabulary = tokenizer_.vocabulary();
    DecodeContext context = vocabulary.start_context();
    for (const TokenId id : tokenizer_.encode(line, plain_encoding())) {
      ++spelled_[vocabulary.bytes(context, id).str()];
      context = vocabulary.next_context(context, id);
    }
  }

  const Tokenizer& tokenizer_;
  bool by_spans_;
  std::unordered_map<std::string, uint64_t> spelled_;
};

}  // namespace

WordList WordList::read(const std::filesystem::path& path, Casing casing) {
  const MappedFile file = MappedFile::open(path);
  std::string_view bytes = file.bytes();
  WordList list;
  for (size_t number = 1; !bytes.empty(); ++number) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view word = stripped(bytes.substr(0, end));
    if (!valid_utf8(word)) {
      throw Error(ErrorCode::kInvalidFile, "expected UTF-8",
                  path.string() + ":" + std::to_string(number));
    }
    if (!word.empty()) list.words_.insert(lowered(word, casing));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  if (list.words_.empty()) {
    throw Error(ErrorCode::kInvalidFile, "expected a word on each line", path.string());
  }
  return list;
}

void TokenStrings::add(const TokenStrings& other) {
  for (const auto& [text, count] : other.counts) counts[text] += count;
}

TokenStrings token_strings(const Tokenizer& tokenizer, std::span<const std::string_view> lines,
                           Casing casing) {
  StringCounter counter(tokenizer);
  for (const std::string_view line : lines) counter.add(line);
  return counter.strings(casing);
}

double OracleScores::different_share() const {
  return share_of(different_in_list, different);
}
double OracleScores::occurrence_share() const {
  return share_of(occurrences_in_list, occurrences);
}

OracleScores score_against(const WordList& list, const TokenStrings& strings) {
  OracleScores scores;
  for (const auto& [text, count] : strings.counts) {
    const bool in_list = list.has(text);
    ++scores.different;
    scores.different_in_list += in_list ? 1 : 0;
    if (!has_letter_or_is_broken(text)) continue;
    scores.occurrences += count;
    scores.occurrences_in_list += in_list ? count : 0;
  }
  return scores;
}

}  // namespace tokrail
