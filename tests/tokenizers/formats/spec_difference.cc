#include "tests/tokenizers/formats/spec_difference.h"

#include <sstream>

#include "tests/support/property.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail::test {
namespace {

template <typename Value>
std::string optional_text(const std::optional<Value>& value) {
  return value ? std::to_string(*value) : "unset";
}

std::string text_of(const Pattern& pattern) {
  return (pattern.is_regex ? "regex " : "text ") + escaped(pattern.text);
}

std::string text_of(const std::vector<TemplatePiece>& pieces) {
  std::ostringstream out;
  for (const TemplatePiece& piece : pieces) {
    out << static_cast<int>(piece.kind) << ' ' << piece.token << ' ' << piece.type_id;
    for (const TokenId id : piece.ids) out << ' ' << id;
    for (const std::string& text : piece.texts) out << ' ' << text;
    out << ';';
  }
  return out.str();
}

std::string describe(const TruncationSpec& t) {
  std::ostringstream out;
  out << t.max_length << ' ' << t.stride << ' ' << static_cast<int>(t.strategy) << ' '
      << static_cast<int>(t.direction);
  return out.str();
}

std::string describe(const PaddingSpec& p) {
  std::ostringstream out;
  out << optional_text(p.fixed_length) << ' ' << static_cast<int>(p.direction) << ' '
      << optional_text(p.pad_to_multiple_of) << ' ' << p.pad_id << ' ' << p.pad_type_id << ' '
      << p.pad_token;
  return out.str();
}

std::string describe(const Merge& merge) {
  std::ostringstream out;
  out << merge.left << ' ' << merge.right << ' ' << merge.result;
  return out.str();
}

std::string describe(const ModelSpec& model) {
  std::ostringstream out;
  out << static_cast<int>(model.kind) << ' ' << optional_text(model.dropout) << ' '
      << optional_text(model.unk_id) << ' ' << model.continuing_prefix << ' '
      << model.end_of_word_suffix << ' ' << model.fuse_unk << model.byte_fallback
      << model.ignore_merges << ' ' << model.max_input_chars_per_word << ' ' << model.raw_bytes
      << model.llama_wordpiece;
  return out.str();
}

std::string describe(const SpecialRoles& roles) {
  std::ostringstream out;
  for (const auto& role : {roles.bos, roles.pad, roles.unk, roles.mask, roles.cls, roles.sep}) {
    out << optional_text(role) << ' ';
  }
  for (const TokenId id : roles.eos) out << ' ' << id;
  return out.str();
}

std::string describe(const NormalizerStep& step) {
  std::ostringstream out;
  out << static_cast<int>(step.kind) << ' ' << step.strip_left << step.strip_right << ' '
      << text_of(step.pattern) << ' ' << escaped(step.text) << ' '
      << std::hash<std::string>()(step.charsmap) << ' ' << step.clean_text
      << step.handle_chinese_chars << step.lowercase << ' '
      << (step.strip_accents ? (*step.strip_accents ? "yes" : "no") : "unset") << ' '
      << step.add_dummy_prefix << step.remove_extra_whitespaces << step.escape_whitespaces
      << step.treat_whitespace_as_suffix;
  return out.str();
}

std::string describe(const PreTokenizerStep& step) {
  std::ostringstream out;
  out << static_cast<int>(step.kind) << ' ' << step.add_prefix_space << step.use_regex
      << step.trim_offsets << ' ' << text_of(step.pattern) << ' ' << static_cast<int>(step.behavior)
      << ' ' << step.invert << step.individual_digits << ' ' << step.replacement << ' '
      << static_cast<int>(step.prepend_scheme) << ' ' << step.split << ' '
      << static_cast<uint32_t>(step.delimiter) << ' ' << step.length;
  return out.str();
}

std::string describe(const PostProcessorStep& step) {
  std::ostringstream out;
  out << static_cast<int>(step.kind) << ' ' << step.trim_offsets << step.add_prefix_space
      << step.use_regex << ' ' << text_of(step.single) << ' ' << text_of(step.pair) << ' '
      << step.cls.first << ' ' << step.cls.second << ' ' << step.sep.first << ' '
      << step.sep.second;
  return out.str();
}

std::string describe(const DecoderStep& step) {
  std::ostringstream out;
  out << static_cast<int>(step.kind) << ' ' << step.prefix << ' ' << step.cleanup << ' '
      << step.replacement << ' ' << static_cast<int>(step.prepend_scheme) << ' ' << step.split
      << ' ' << step.suffix << ' ' << step.pad_token << ' ' << step.word_delimiter_token << ' '
      << text_of(step.pattern) << ' ' << escaped(step.text) << ' ' << step.start << ' ' << step.stop
      << ' ' << step.add_prefix_space << step.trim_offsets << step.use_regex;
  return out.str();
}

std::string describe(const AddedToken& token) {
  std::ostringstream out;
  out << token.id << ' ' << escaped(token.content) << ' ' << token.single_word << token.lstrip
      << token.rstrip << token.normalized << token.special;
  return out.str();
}

template <typename Item>
std::string list_difference(const char* what, const std::vector<Item>& a,
                            const std::vector<Item>& b) {
  if (a.size() != b.size()) {
    return std::string(what) + ": " + std::to_string(a.size()) + " and " + std::to_string(b.size());
  }
  for (size_t i = 0; i < a.size(); ++i) {
    const std::string left = describe(a[i]), right = describe(b[i]);
    if (left != right) {
      return std::string(what) + " " + std::to_string(i) + ": " + left + " and " + right;
    }
  }
  return {};
}

std::string vocabulary_difference(const VocabularySpec& a, const VocabularySpec& b) {
  if (a.size() != b.size()) {
    return "sizes " + std::to_string(a.size()) + " and " + std::to_string(b.size());
  }
  for (size_t id = 0; id < a.size(); ++id) {
    if (a.texts[id] != b.texts[id]) {
      return "text of " + std::to_string(id) + ": " + escaped(a.texts[id]) + " and " +
             escaped(b.texts[id]);
    }
    if (a.kinds[id] != b.kinds[id]) return "kind of " + std::to_string(id);
  }
  if (a.scores != b.scores) return "scores";
  if (a.first_added != b.first_added) return "first added token";
  return {};
}

std::string hybrid_difference(const HybridSpec& a, const HybridSpec& b) {
  if (a.language->bytes() != b.language->bytes()) return "languages";
  if (a.numbers != b.numbers) return "numbers";
  if (a.specials != b.specials || a.bytes != b.bytes || a.marks != b.marks ||
      a.suffixes != b.suffixes || a.chains != b.chains || a.numerals != b.numerals ||
      a.stems != b.stems || a.pieces != b.pieces) {
    return "ranges of ids";
  }
  if (a.chain_suffixes != b.chain_suffixes) return "chains";
  if (a.stem_tokens != b.stem_tokens) return "stems";
  const MorphCosts &x = a.costs, &y = b.costs;
  if (x.lexemes != y.lexemes || x.steps != y.steps || x.unknown_stem != y.unknown_stem ||
      x.unknown_letter != y.unknown_letter || x.unknown_states != y.unknown_states ||
      x.number != y.number || x.join != y.join) {
    return "costs";
  }
  return {};
}

}  // namespace

std::string spec_difference(const TokenizerSpec& a, const TokenizerSpec& b) {
  const auto optional_description = [](const auto& value) {
    return value ? describe(*value) : std::string("unset");
  };
  if (a.format != b.format) return "formats";
  if (a.name != b.name) return "names " + a.name + " and " + b.name;
  for (const std::string& difference :
       {vocabulary_difference(a.vocabulary, b.vocabulary),
        list_difference("merge", a.model.merges, b.model.merges),
        list_difference("normalizer", a.normalizers, b.normalizers),
        list_difference("pre-tokenizer", a.pre_tokenizers, b.pre_tokenizers),
        list_difference("post-processor", a.post_processors, b.post_processors),
        list_difference("decoder", a.decoders, b.decoders),
        list_difference("added token", a.added_tokens, b.added_tokens)}) {
    if (!difference.empty()) return difference;
  }
  if (describe(a.model) != describe(b.model))
    return "models: " + describe(a.model) + " and " + describe(b.model);
  if (describe(a.roles) != describe(b.roles))
    return "roles: " + describe(a.roles) + " and " + describe(b.roles);
  if (optional_description(a.truncation) != optional_description(b.truncation)) return "truncation";
  if (optional_description(a.padding) != optional_description(b.padding)) return "padding";
  if ((a.hybrid == nullptr) != (b.hybrid == nullptr)) return "a hybrid and none";
  if (a.hybrid) {
    if (const auto difference = hybrid_difference(*a.hybrid, *b.hybrid); !difference.empty()) {
      return difference;
    }
  }
  if (a.special_text != b.special_text) return "special text";
  if (a.add_bos != b.add_bos || a.add_eos != b.add_eos) return "added BOS or EOS";
  return {};
}

}  // namespace tokrail::test
