// Readers of the three forms of gold segmentations.
#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "tokenizers/evaluation/segmentation_scores.h"

namespace tokrail {

namespace {

constexpr std::string_view kSentenceMark = "# text";
constexpr std::string_view kJoin = "@@";  // before a morph that continues a word

enum class GoldForm { kTypes, kTokens, kSigmorphon };

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words = split(text, ' ');
  std::erase(words, std::string_view());
  return words;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_sentence(std::string_view line) {
  return line.starts_with(kSentenceMark);
}

class GoldReader {
 public:
  GoldReader(const std::filesystem::path& path, std::string_view bytes) : path_(path.string()) {
    for (std::string_view line : split(bytes, '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      lines_.push_back(line);
    }
    form_ = find_form();
  }

  GoldFile read() {
    file_.by_type = form_ == GoldForm::kTypes;
    for (number_ = 1; number_ <= lines_.size(); ++number_) {
      const std::string_view line = lines_[number_ - 1];
      if (line.empty()) continue;
      if (!valid_utf8(line)) fail("expected UTF-8");
      switch (form_) {
        case GoldForm::kTypes: read_type(line); break;
        case GoldForm::kTokens: read_token(line); break;
        case GoldForm::kSigmorphon: read_sigmorphon(line); break;
      }
    }
    if (form_ == GoldForm::kSigmorphon) decide_sigmorphon();
    return std::move(file_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInvalidFile, what, path_ + ":" + std::to_string(number_));
  }

  GoldForm find_form() const {
    bool sentences = false;
    for (const std::string_view line : lines_) {
      if (is_sentence(line)) {
        sentences = true;
        break;
      }
      const std::vector<std::string_view> fields = split(line, '\t');
      if (fields.size() < 2) continue;
      if (fields[1].starts_with(kJoin) || fields[1].find(" @@") != std::string_view::npos) {
        return GoldForm::kSigmorphon;
      }
      sentences |= fields.size() == 3 && (fields[1] == "_" || !is_number(fields[2]));
    }
    return sentences ? GoldForm::kTokens : GoldForm::kTypes;
  }

  std::vector<std::string_view> three_fields(std::string_view line, const char* wanted) const {
    std::vector<std::string_view> fields = split(line, '\t');
    if (fields.size() != 3 || fields[0].empty() || fields[1].empty()) {
      fail(std::string("expected ") + wanted);
    }
    return fields;
  }

  void add_checked(std::string_view form, std::string_view morphs, uint64_t count) {
    GoldWord gold{std::string(form), {}, count};
    for (const std::string_view morph : split(morphs, ' ')) gold.morphs.emplace_back(morph);
    if (!concatenates(gold)) {
      fail("expected morphs that make up \"" + gold.word + "\", got \"" + std::string(morphs) +
           "\"");
    }
    file_.words.push_back(std::move(gold));
  }

  void read_type(std::string_view line) {
    const auto fields = three_fields(line, "form, morphs and count with tabs between them");
    uint64_t count = 0;
    if (is_number(fields[2])) {
      std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), count);
    }
    if (count == 0) fail("expected a count above 0, got \"" + std::string(fields[2]) + "\"");
    add_checked(fields[0], fields[1], count);
  }

  void read_token(std::string_view line) {
    if (is_sentence(line)) {
      line.remove_prefix(kSentenceMark.size());
      const size_t begin = line.find_first_not_of(" =");
      if (begin != std::string_view::npos) file_.sentences.emplace_back(line.substr(begin));
      return;
    }
    if (line.starts_with("# ")) return;
    const auto fields = three_fields(line, "form, morphs or _, and tag with tabs between them");
    if (fields[1] == "_") {
      ++file_.unsegmented;
    } else {
      add_checked(fields[0], fields[1], 1);
    }
  }

  // Words of the first field and groups of morphs are put side by side; where their numbers differ
  // all words of the line are left out.
  void read_sigmorphon(std::string_view line) {
    const std::vector<std::string_view> fields = split(line, '\t');
    if (fields.size() < 2 || fields.size() > 3 || fields[0].empty()) {
      fail("expected word, morphs and perhaps class with tabs between them");
    }
    const std::vector<std::string_view> forms = split_words(fields[0]);
    std::vector<GoldWord> words;
    for (const std::string_view morph : split_words(fields[1])) {
      const bool joined = morph.starts_with(kJoin) && morph.size() > kJoin.size();
      if (!joined || words.empty()) words.emplace_back();
      words.back().morphs.emplace_back(joined ? morph.substr(kJoin.size()) : morph);
    }
    if (forms.size() > 1) {
      ++lines_of_words_;
      file_.sentences.emplace_back(fields[0]);
    } else {
      ++lines_of_one_;
    }
    if (words.size() != forms.size()) {
      file_.left_out += std::max<size_t>(forms.size(), 1);
      return;
    }
    for (size_t i = 0; i < words.size(); ++i) {
      words[i].word = forms[i];
      if (concatenates(words[i])) {
        file_.words.push_back(std::move(words[i]));
      } else {
        ++file_.left_out;
      }
    }
  }

  void decide_sigmorphon() {
    file_.by_type = lines_of_one_ >= lines_of_words_;
    if (file_.by_type) file_.sentences.clear();
  }

  std::string path_;
  std::vector<std::string_view> lines_;
  GoldForm form_;
  size_t number_ = 0;
  uint64_t lines_of_words_ = 0, lines_of_one_ = 0;
  GoldFile file_;
};

}  // namespace

GoldFile read_gold(const std::filesystem::path& path) {
  const MappedFile bytes = MappedFile::open(path);
  GoldFile file = GoldReader(path, bytes.bytes()).read();
  if (file.words.empty()) {
    throw Error(ErrorCode::kInvalidFile, "expected words with their morphs", path.string());
  }
  return file;
}

}  // namespace tokrail
