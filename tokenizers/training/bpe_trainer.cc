#include "tokenizers/training/bpe_trainer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/training/piece_splitter.h"
#include "tokenizers/training/special_tokens.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {
namespace {

constexpr size_t kBytes = 256;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

std::string in_byte_alphabet(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) append_utf8(byte_to_alphabet(static_cast<uint8_t>(byte)), text);
  return text;
}

size_t round_up(size_t n, size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// The whole vocabulary's size that is aimed at.
size_t wanted_ids(const BpeTrainerOptions& options) {
  constexpr size_t kMaxIds = size_t{1} << 30;
  if (options.pad_to_multiple == 0 || options.pad_to_multiple > kMaxIds) {
    refuse("expected pad_to_multiple from 1 to 2^30");
  }
  if (options.vocab_size > kMaxIds) refuse("expected a vocabulary of at most 2^30 ids");
  const size_t ids = round_up(options.vocab_size, options.pad_to_multiple);
  const size_t needed = kBytes + options.special_tokens.size();
  if (ids < needed) {
    refuse("expected a vocabulary of at least " + std::to_string(needed) +
           " ids (256 bytes and the special tokens), found " + std::to_string(options.vocab_size));
  }
  return ids;
}

SpecialRoleNames role_names(const BpeTrainerOptions& options) {
  return {options.bos_token, options.eos_token, options.pad_token};
}

void check_forced_tokens(const BpeTrainerOptions& options, const PieceSplitter& splitter) {
  std::vector<uint32_t> ends;
  for (const std::string& token : options.forced_tokens) {
    splitter.split(token, ends);
    if (ends.size() > 1) {
      refuse("the pattern cuts the forced token \"" + token + "\" into " +
             std::to_string(ends.size()) + " pieces, so it could never be produced");
    }
  }
}

PreTokenizerStep byte_level_step(bool use_regex) {
  PreTokenizerStep step;
  step.kind = PreTokenizerStep::Kind::kByteLevel;
  step.add_prefix_space = false;
  step.use_regex = use_regex;
  return step;
}

std::vector<PreTokenizerStep> pre_tokenizers(const std::string& regex) {
  if (regex == split_pattern("gpt2", DigitPolicy::kAsPattern)) return {byte_level_step(true)};
  PreTokenizerStep split;
  split.kind = PreTokenizerStep::Kind::kSplit;
  split.pattern = {regex, true};
  split.behavior = SplitBehavior::kIsolated;
  return {split, byte_level_step(false)};
}

class SpecBuilder {
 public:
  SpecBuilder(const LearnedBpe& learned, const BpeTrainerOptions& options)
      : learned_(learned), options_(options) {}

  TokenizerSpec build(const std::string& regex, size_t ids) {
    spec_.format = SourceFormat::kTokenizerJson;
    spec_.name = options_.name;
    if (options_.special_tokens_first) add_special_tokens(ids);
    add_learned();
    if (!options_.special_tokens_first) add_special_tokens(ids);
    spec_.model.kind = ModelSpec::Kind::kMergeBpe;
    spec_.pre_tokenizers = pre_tokenizers(regex);
    DecoderStep decoder;
    decoder.kind = DecoderStep::Kind::kByteLevel;
    spec_.decoders = {decoder};
    spec_.special_text = SpecialTextDefault::kMatch;
    set_special_roles(role_names(options_), spec_);
    return std::move(spec_);
  }

 private:
  void add_learned() {
    const TokenId first = static_cast<TokenId>(spec_.vocabulary.size());
    for (size_t i = 0; i < learned_.tokens.size(); ++i) {
      const std::string text = in_byte_alphabet(learned_.tokens[i]);
      const auto spelled_alike = [&](const std::string& token) { return token == text; };
      if (std::any_of(options_.special_tokens.begin(), options_.special_tokens.end(),
                      spelled_alike)) {
        refuse("the special token " + text + " is also a learned token; spell it differently");
      }
      spec_.vocabulary.texts.push_back(text);
      spec_.vocabulary.kinds.push_back(TokenKind::kNormal);
    }
    for (const Merge& merge : learned_.merges) {
      spec_.model.merges.push_back({first + merge.left, first + merge.right, first + merge.result});
    }
  }

  /// The tokens asked for, then as many reserved ones as `ids` leaves room for.
  void add_special_tokens(size_t ids) {
    const size_t reserved = ids - learned_.tokens.size() - options_.special_tokens.size();
    for (const std::string& token : with_reserved_tokens(options_.special_tokens, reserved)) {
      add_special_token(token, spec_);
    }
  }

  const LearnedBpe& learned_;
  const BpeTrainerOptions& options_;
  TokenizerSpec spec_;
};

WordCountOptions count_options(const BpeTrainerOptions& options) {
  WordCountOptions count;
  count.threads = options.threads;
  count.max_memory = options.max_memory;
  count.prune_rare = options.prune_rare;
  count.progress = options.progress;
  count.stop = options.stop;
  return count;
}

BpeLearnerOptions learner_options(const BpeTrainerOptions& options, size_t ids) {
  BpeLearnerOptions learner;
  learner.vocab_size = ids - options.special_tokens.size();
  learner.min_frequency = options.min_frequency;
  learner.max_token_bytes = options.max_token_bytes;
  learner.objective = options.objective;
  learner.forced_tokens = options.forced_tokens;
  learner.threads = options.threads;
  learner.progress = options.progress;
  learner.stop = options.stop;
  return learner;
}

}  // namespace

BpeTraining train_bpe(TextSource& source, const BpeTrainerOptions& options) {
  const size_t ids = wanted_ids(options);
  check_special_tokens(options.special_tokens, role_names(options));
  const std::string regex = split_pattern(options.pattern, options.digits);
  const auto splitter = split_by_regex(regex);
  check_forced_tokens(options, *splitter);
  const BpeLearnerOptions learner = learner_options(options, ids);
  check_bpe_options(learner);

  const WordCounts words = count_words(source, *splitter, count_options(options));
  const LearnedBpe learned = learn_bpe(words, learner);

  BpeTraining trained;
  const size_t learned_ids = learned.tokens.size() + options.special_tokens.size();
  const size_t all_ids = round_up(learned_ids, options.pad_to_multiple);
  trained.spec = SpecBuilder(learned, options).build(regex, all_ids);
  trained.stop_reason = learned.stop_reason;
  trained.merges = learned.merges.size();
  trained.reserved_tokens = all_ids - learned_ids;
  trained.last_merge_count = learned.merge_counts.empty() ? 0 : learned.merge_counts.back();
  trained.bytes = words.bytes;
  trained.pieces = words.occurrences;
  trained.distinct_pieces = words.words.size();
  trained.lines_cut = words.lines_cut;
  trained.pruned_words = words.pruned_words;
  trained.pruned_occurrences = words.pruned_occurrences;
  return trained;
}

}  // namespace tokrail
