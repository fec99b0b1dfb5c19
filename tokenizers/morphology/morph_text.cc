#include "tokenizers/morphology/morph_text.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {

namespace {

std::string_view piece(std::string_view word, const Morph& morph) noexcept {
  return word.substr(morph.begin, morph.end - morph.begin);
}

// A word that is being made.
constexpr size_t kNever = static_cast<size_t>(-1);

struct Partial {
  std::string text;  // without the tail that is open
  EndingId ending;
  MorphState state;
  size_t tags;                 // used up
  bool free;                   // the last suffix had no letters, and no tag was asked for
  bool is_name;                // of a stem that is written with capitals, or a number
  size_t unasked_at = kNever;  // tags used up before such a suffix
};

class Generator {
 public:
  Generator(const Language& language, std::span<const std::string> tags)
      : language_(language), tags_(tags), is_tag_(tags.size()) {
    for (size_t s = 0; s < language.state_count(); ++s) {
      for (const MorphArc& arc : language.arcs(static_cast<MorphState>(s))) {
        for (size_t i = 0; i < tags.size(); ++i) {
          if (language.tag(arc.tag) == tags[i]) is_tag_[i] = true;
        }
      }
    }
  }

  void add(Partial partial) { pending_.push_back(std::move(partial)); }

  std::vector<std::string> run() {
    // In the order found, so that the first lexeme's come first.
    for (size_t i = 0; i < pending_.size(); ++i) leave(Partial(pending_[i]));
    // Names take an apostrophe, as early as they can; other words where they cannot do without.
    std::stable_sort(surfaces_.begin(), surfaces_.end(), [](const Surface& a, const Surface& b) {
      return a.unasked_at < b.unasked_at;
    });
    std::vector<std::string> chosen;
    for (const bool name : {true, false}) {
      for (const Surface& surface : surfaces_) {
        if (surface.fits(name)) add_once(surface.text, chosen);
      }
    }
    if (!chosen.empty()) return chosen;
    for (const Surface& surface : surfaces_) add_once(surface.text, chosen);
    return chosen;
  }

 private:
  struct Surface {
    std::string text;
    size_t unasked_at;
    bool is_name;
    bool fits(bool name) const {
      const bool unasked = unasked_at != kNever;
      return name ? is_name && unasked : !unasked;
    }
  };

  static void add_once(const std::string& text, std::vector<std::string>& out) {
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
  }

  void leave(const Partial& partial) {
    const Ending ending = language_.ending(partial.ending);
    if (partial.tags == tags_.size() && !partial.free && language_.is_final(partial.state)) {
      surfaces_.push_back(
          {partial.text + std::string(ending.base_tail), partial.unasked_at, partial.is_name});
    }
    if (partial.tags == tags_.size()) return;
    for (const MorphArc& arc : language_.arcs(partial.state)) {
      const std::string& wanted = tags_[partial.tags];
      const bool named = (is_tag_[partial.tags] ? language_.tag(arc.tag)
                                                : language_.suffix_name(arc.suffix)) == wanted;
      const Realised realised = language_.realise(partial.ending, arc.suffix);
      if (!realised.allowed) continue;
      const bool free = !named && partial.unasked_at == kNever && has_no_letters(realised);
      if (!named && !free) continue;
      Partial next = {partial.text,
                      realised.end,
                      arc.to,
                      partial.tags + (named ? 1 : 0),
                      free,
                      partial.is_name,
                      free ? partial.tags : partial.unasked_at};
      next.text += realised.changes_left ? ending.changed_tail : ending.base_tail;
      next.text += realised.text;
      if (seen_.insert({next.text, next.ending, next.state, next.tags, next.unasked_at}).second) {
        pending_.push_back(std::move(next));
      }
    }
  }

  bool has_no_letters(const Realised& realised) const {
    if (realised.text.empty()) return false;
    for (const auto [position, unit] : utf8_units(realised.text)) {
      const char32_t c = unit.code_point;
      if (language_.to_upper(c) != c || language_.to_lower(c) != c) return false;
    }
    return true;
  }

  const Language& language_;
  std::span<const std::string> tags_;
  std::vector<bool> is_tag_;  // whether each is the tag of some arc; else it names a suffix
  std::vector<Partial> pending_;
  std::set<std::tuple<std::string, EndingId, MorphState, size_t, size_t>> seen_;
  std::vector<Surface> surfaces_;
};

bool has_tag(const Language& language, std::string_view tag) {
  for (size_t s = 0; s < language.state_count(); ++s) {
    for (const MorphArc& arc : language.arcs(static_cast<MorphState>(s))) {
      if (language.tag(arc.tag) == tag || language.suffix_name(arc.suffix) == tag) return true;
    }
  }
  return false;
}

void check_tags(const Language& language, std::span<const std::string> tags) {
  for (const std::string& tag : tags) {
    if (has_tag(language, tag)) continue;
    throw Error(ErrorCode::kInvalidArgument, "the language has no tag \"" + tag + "\"");
  }
}

bool pos_fits(std::string_view pos, std::string_view wanted) noexcept {
  return wanted.empty() || pos == wanted ||
         (pos.starts_with(wanted) && pos.substr(wanted.size()).starts_with('.'));
}

}  // namespace

void lower_with_places(const Language& language, std::string_view text, std::string& lower,
                       std::vector<uint32_t>& written_at) {
  lower.clear();
  written_at.clear();
  for (const auto [position, unit] : utf8_units(text)) {
    if (unit.valid) {
      append_utf8(language.to_lower(unit.code_point), lower);
    } else {
      lower.append(text.substr(position, unit.length));
    }
    written_at.resize(lower.size(), static_cast<uint32_t>(position));
  }
  written_at.push_back(static_cast<uint32_t>(text.size()));
}

std::string_view morph_lemma(const Language& language, std::string_view word, const Morph& morph) {
  switch (morph.kind) {
    case Morph::Kind::kLexeme: return language.form(language.lexeme(morph.index).form).text;
    case Morph::Kind::kSuffix: return {};
    default: return piece(word, morph);
  }
}

std::string_view morph_tag(const Language& language, const Morph& morph) {
  switch (morph.kind) {
    case Morph::Kind::kLexeme: return language.pos_name(language.lexeme(morph.index).pos);
    case Morph::Kind::kSuffix: return language.tag(morph.tag);
    case Morph::Kind::kNumber: return "number";
    default: return "unknown";
  }
}

std::string describe(const Language& language, std::string_view word, const Analysis& analysis) {
  std::string out;
  for (const Morph& morph : analysis.morphs) {
    if (morph.kind == Morph::Kind::kSuffix) {
      out += '+';
    } else {
      if (!out.empty()) out += '#';
      out += morph_lemma(language, word, morph);
      out += '/';
    }
    out += morph_tag(language, morph);
  }
  return out;
}

std::string segmentation(std::string_view word, const Analysis& analysis) {
  std::string out;
  for (const Morph& morph : analysis.morphs) {
    if (!out.empty()) out += '|';
    out += piece(word, morph);
  }
  return out;
}

std::vector<std::string> generate_surfaces(const Language& language, std::string_view lemma,
                                           std::span<const std::string> tags) {
  check_tags(language, tags);
  const size_t slash = lemma.rfind('/');
  const std::string_view text = lemma.substr(0, slash);
  const std::string_view pos =
      slash == std::string_view::npos ? std::string_view() : lemma.substr(slash + 1);
  Generator generator(language, tags);
  bool known = false;
  if (std::string digits; !text.empty() && number_end(text, digits) == text.size() &&
                          pos_fits("number", pos) &&
                          language.numeral_state() != Language::kNoState) {
    known = true;
    generator.add({std::string(text), language.ending_of_number(digits), language.numeral_state(),
                   0, false, true});
  }
  for (const FormId id : language.forms_with_text(text)) {
    const StemForm form = language.form(id);
    for (uint32_t i = 0; i < form.lexeme_count; ++i) {
      const Lexeme lexeme = language.lexeme(form.first_lexeme + i);
      if (!pos_fits(language.pos_name(lexeme.pos), pos)) continue;
      known = true;
      generator.add({std::string(form.text.substr(0, form.prefix)), form.ending, lexeme.state, 0,
                     false, form.proper || form.upper});
    }
  }
  if (!known) {
    throw Error(ErrorCode::kInvalidArgument,
                "the lexicon has no stem \"" + std::string(lemma) + "\"");
  }
  return generator.run();
}

}  // namespace tokrail
