#include "tokenizers/training/hybrid_spec_builder.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "tokenizers/training/special_tokens.h"

namespace tokrail {
namespace {

constexpr size_t kBytes = 256;
constexpr std::array<std::string_view, 3> kMarks = {"<capital>", "<upper>", "<join>"};

std::string byte_text(size_t byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + ">";
}

class Builder {
 public:
  Builder(HybridParts parts, const HybridTrainerOptions& options)
      : options_(options), hybrid_(std::make_shared<HybridSpec>()), parts_(std::move(parts)) {}

  TokenizerSpec build() {
    spec_.format = SourceFormat::kHybrid;
    spec_.model.kind = ModelSpec::Kind::kHybrid;
    spec_.name = options_.name;
    spec_.special_text = SpecialTextDefault::kMatch;
    hybrid_->specials = range([&] { add_specials(); });
    hybrid_->bytes = range([&] {
      for (size_t byte = 0; byte < kBytes; ++byte) add(byte_text(byte), TokenKind::kByte);
    });
    hybrid_->marks = range([&] {
      for (const std::string_view mark : kMarks) add(mark);
    });
    hybrid_->suffixes = range([&] {
      for (size_t id = 0; id < parts_.language->suffix_count(); ++id) {
        add(suffix_text(static_cast<SuffixId>(id)));
      }
    });
    hybrid_->chains = range([&] { add_chains(); });
    hybrid_->numerals = range([&] {
      for (const std::string& text : numeral_texts(options_.numbers)) add(text);
    });
    hybrid_->stems = range([&] { add_stems(); });
    hybrid_->pieces = range([&] {
      for (const std::string& piece : parts_.pieces) add(piece);
    });
    hybrid_->numbers = options_.numbers;
    hybrid_->costs = std::move(parts_.costs);
    hybrid_->chain_suffixes = std::move(parts_.chains);
    hybrid_->stem_tokens = std::move(parts_.stems);
    hybrid_->language = std::move(parts_.language);
    spec_.hybrid = hybrid_;
    set_special_roles({options_.bos_token, options_.eos_token, options_.pad_token}, spec_);
    return std::move(spec_);
  }

 private:
  template <typename Add>
  IdRange range(Add&& add_all) {
    IdRange ids;
    ids.begin = static_cast<TokenId>(spec_.vocabulary.size());
    add_all();
    ids.end = static_cast<TokenId>(spec_.vocabulary.size());
    return ids;
  }

  void add(std::string_view text, TokenKind kind = TokenKind::kNormal) {
    spec_.vocabulary.texts.push_back(text);
    spec_.vocabulary.kinds.push_back(kind);
  }

  void add_specials() {
    const size_t ids = fixed_ids(*parts_.language, options_) + parts_.chains.size() +
                       parts_.stems.size() + parts_.pieces.size();
    const size_t reserved = options_.vocab_size - std::min(ids, options_.vocab_size);
    for (const std::string& token : with_reserved_tokens(options_.special_tokens, reserved)) {
      add_special_token(token, spec_);
    }
  }

  std::string suffix_text(SuffixId id) const {
    return "+" + std::string(parts_.language->suffix_name(id));
  }

  void add_chains() {
    for (const auto& chain : parts_.chains) {
      std::string text;
      for (const SuffixId id : chain) text += suffix_text(id);
      add(text);
    }
  }

  void add_stems() {
    for (const StemToken& stem : parts_.stems) {
      const std::string_view form = parts_.language->form(stem.form).text;
      std::string text;
      switch (stem.letter_case) {
        case StemCase::kLower: text = form; break;
        case StemCase::kCapital: parts_.language->append_capital(form, text); break;
        case StemCase::kUpper: parts_.language->append_upper(form, text); break;
      }
      add(text);
    }
  }

  const HybridTrainerOptions& options_;
  std::shared_ptr<HybridSpec> hybrid_;
  HybridParts parts_;
  TokenizerSpec spec_;
};

}  // namespace

std::vector<std::string> numeral_texts(NumberChunks numbers) {
  std::vector<std::string> texts;
  if (numbers == NumberChunks::kPieces) return texts;
  std::vector<std::string> shorter = {""};
  for (size_t length = 1; length <= (numbers == NumberChunks::kSingle ? 1u : 3u); ++length) {
    std::vector<std::string> longer;
    for (const std::string& head : shorter) {
      for (char digit = '0'; digit <= '9'; ++digit) longer.push_back(head + digit);
    }
    texts.insert(texts.end(), longer.begin(), longer.end());
    shorter = std::move(longer);
  }
  texts.insert(texts.end(), {".", ","});
  return texts;
}

size_t fixed_ids(const Language& language, const HybridTrainerOptions& options) {
  return options.special_tokens.size() + kBytes + kMarks.size() + language.suffix_count() +
         numeral_texts(options.numbers).size();
}

TokenizerSpec build_hybrid_spec(HybridParts parts, const HybridTrainerOptions& options) {
  return Builder(std::move(parts), options).build();
}

}  // namespace tokrail
