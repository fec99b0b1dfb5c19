#include "tokenizers/training/hybrid_spec_builder.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

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
    set_roles();
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
    for (const std::string& token : options_.special_tokens) add_special(token);
    const size_t ids = fixed_ids(*parts_.language, options_) + parts_.chains.size() +
                       parts_.stems.size() + parts_.pieces.size();
    const auto& asked_for = options_.special_tokens;
    size_t number = 0;
    for (size_t missing = options_.vocab_size - std::min(ids, options_.vocab_size); missing > 0;) {
      const std::string token = "<|reserved_" + std::to_string(number++) + "|>";
      if (std::find(asked_for.begin(), asked_for.end(), token) != asked_for.end()) continue;
      add_special(token);
      --missing;
    }
  }

  void add_special(const std::string& token) {
    AddedToken added;
    added.id = static_cast<TokenId>(spec_.vocabulary.size());
    added.content = token;
    added.normalized = false;
    added.special = true;
    spec_.added_tokens.push_back(added);
    add(token, TokenKind::kControl);
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

  void set_roles() {
    const auto id_of = [&](const std::string& token) -> std::optional<TokenId> {
      for (const AddedToken& added : spec_.added_tokens) {
        if (!token.empty() && added.content == token) return added.id;
      }
      return std::nullopt;
    };
    spec_.roles.bos = id_of(options_.bos_token);
    spec_.roles.pad = id_of(options_.pad_token);
    if (const auto eos = id_of(options_.eos_token)) spec_.roles.eos = {*eos};
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
